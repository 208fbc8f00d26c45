"""What becomes of a component that cannot be imported."""

import sys
import threading

import pytest

from sigma_core.errors import PluginFailedError, PluginIncompatibleError, PluginUnavailableError
from sigma_core.registry import ComponentRegistry, Status


def offered(install, site, source, value="part:Part", requires=(), **options):
    """A registry with one layer, `part`, in module `part`."""
    install("sigma-x", {"sigma.layers": {"part": value}}, modules={"part.py": source}, requires=requires)
    return ComponentRegistry(path=[site], **options)


def failure(registry, kind=PluginFailedError):
    """What asking for the layer raises, and the layer afterwards."""
    with pytest.raises(kind) as caught:
        registry.get("layers", "part")
    (component,) = registry.components()
    return caught.value, component


def test_a_component_is_imported_once(install, site):
    """The same object each time."""
    registry = offered(install, site, "Part = object()")
    assert registry.get("layers", "part") is registry.get("layer", "part") is sys.modules["part"].Part


def test_an_attribute_may_be_nested_and_a_module_may_be_the_component(install, site):
    """Entry points have both forms; extras in brackets are an old custom."""
    install(
        "sigma-x",
        {"sigma.layers": {"inner": "part:Outer.Inner [extra]", "whole": "part"}},
        modules={"part.py": "class Outer:\n    class Inner: pass\n"},
    )
    registry = ComponentRegistry(path=[site])
    module = registry.get("layers", "whole")
    assert registry.get("layers", "inner") is module.Outer.Inner


def test_a_module_that_raises_has_failed(install, site):
    """The error has the cause, the component its traceback from the first line of the plugin's own."""
    registry = offered(install, site, "def fall():\n    raise ValueError('boom')\nfall()\n")
    error, component = failure(registry)
    assert str(error) == "layers 'part' (sigma-x 1.0): its import raised ValueError: boom"
    assert isinstance(error.__cause__, ValueError)
    assert (component.status, component.reason) == (Status.FAILED, "its import raised ValueError: boom")
    head, first, *_, last = component.traceback.splitlines()
    assert head == "Traceback (most recent call last):"
    assert f'{site / "part.py"}", line 3, in <module>' in first
    assert last == "ValueError: boom"


def test_a_failure_is_told_alike_again_without_another_import(install, site):
    """The second question does not run the module a second time."""
    registry = offered(
        install, site, "import sys\nsys.tries = getattr(sys, 'tries', 0) + 1\nraise ValueError('boom')\n"
    )
    try:
        first, _ = failure(registry)
        second, _ = failure(registry)
        assert second is first
        assert sys.tries == 1
    finally:
        del sys.tries


def test_a_module_that_exits_has_failed(install, site):
    """A plugin cannot end the process by being imported."""
    error, _ = failure(offered(install, site, "raise SystemExit(3)"))
    assert str(error) == "layers 'part' (sigma-x 1.0): its import raised SystemExit: 3"


def test_an_interrupt_is_not_a_failure(install, site):
    """Ctrl-C during a long import is the user's."""
    registry = offered(install, site, "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        registry.get("layers", "part")
    assert registry.components()[0].status is Status.ACTIVE


def test_a_missing_dependency_makes_it_unavailable(install, site):
    """The error says which, and how to get it; the user can put it right."""
    error, component = failure(offered(install, site, "import not_there.deep"), PluginUnavailableError)
    assert str(error) == (
        "layers 'part' (sigma-x 1.0): it needs not_there, which is not installed\n  to do:    pip install not_there"
    )
    assert error.exit_code == 2
    assert (component.status, component.reason) == (Status.UNAVAILABLE, "it needs not_there, which is not installed")


def test_the_extra_that_brings_a_missing_dependency_is_named(install, site, monkeypatch):
    """Modules that are not called as their distribution are known by both names."""
    monkeypatch.setitem(sys.modules, "cv2", None)
    monkeypatch.delitem(sys.modules, "cv2")
    requires = ("numpy", "opencv_python>4; python_version > '3' and extra == 'video'", "other; extra == 'other'")
    error, _ = failure(offered(install, site, "import cv2", requires=requires), PluginUnavailableError)
    assert str(error) == (
        "layers 'part' (sigma-x 1.0): it needs opencv-python, which is not installed\n"
        '  to do:    pip install "sigma-x[video]"'
    )


def test_a_part_of_the_standard_library_cannot_be_installed(install, site, monkeypatch):
    """Some modules are there on some systems only."""
    source = "raise ModuleNotFoundError(\"No module named 'winreg'\", name='winreg')"
    error, _ = failure(offered(install, site, source), PluginUnavailableError)
    assert str(error) == (
        "layers 'part' (sigma-x 1.0): it needs 'winreg' of the standard library, which is not on this system"
    )


def test_a_plugin_may_say_itself_that_it_is_unavailable(install, site):
    """Its own words reach the user."""
    source = (
        "from sigma_core.errors import PluginUnavailableError\n"
        "raise PluginUnavailableError('sigma-x', 'there is no CUDA device', remedy='use the numpy backend')\n"
    )
    error, component = failure(offered(install, site, source), PluginUnavailableError)
    assert str(error) == "sigma-x: there is no CUDA device\n  to do:    use the numpy backend"
    assert (component.status, component.reason) == (Status.UNAVAILABLE, "there is no CUDA device")


def test_a_missing_module_of_its_own_is_a_failure(install, site):
    """Nothing that could be installed would help."""
    error, _ = failure(offered(install, site, "", value="part.gone:Part"))
    assert str(error) == (
        "layers 'part' (sigma-x 1.0): its import raised ModuleNotFoundError: "
        "No module named 'part.gone'; 'part' is not a package"
    )


def test_a_missing_attribute_names_the_nearest(install, site):
    """An entry point with a slip of spelling is put right by the message."""
    error, component = failure(offered(install, site, "Parts = 1\nOther = _hidden = 2\n"))
    assert str(error) == (
        "layers 'part' (sigma-x 1.0): 'part' has no attribute 'Part'\n  expected: Other, Parts (nearest: Parts)"
    )
    assert component.status is Status.FAILED


def test_a_module_that_raises_when_asked_for_the_attribute_has_failed(install, site):
    """Modules may import their parts lazily."""
    error, _ = failure(offered(install, site, "def __getattr__(name):\n    raise OSError('no file')\n"))
    assert str(error) == "layers 'part' (sigma-x 1.0): its import raised OSError: no file"


def test_an_entry_point_that_names_no_module_has_failed(install, site):
    """Malformed values are shown as they are."""
    error, _ = failure(offered(install, site, "", value="part/part.py:Part"))
    assert str(error) == (
        "layers 'part' (sigma-x 1.0): its entry point is 'part/part.py:Part'\n  expected: module:attribute"
    )


def test_what_is_incompatible_is_never_imported(install, site):
    """Nobody knows what it would do."""
    error, component = failure(
        offered(install, site, "raise ValueError", requires=("sigma-core>=99",)), PluginIncompatibleError
    )
    where, remedy = str(error).splitlines()
    assert where.startswith("layers 'part' (sigma-x 1.0): it requires sigma-core>=99, but ")
    assert where.endswith(" is installed")
    assert remedy == "  to do:    install versions that go together"
    assert component.status is Status.INCOMPATIBLE
    assert "part" not in sys.modules


def test_one_failure_leaves_its_neighbours_alone(install, site):
    """Each component is imported by itself."""
    install(
        "sigma-x",
        {"sigma.layers": {"bad": "bad:Bad", "good": "good:Good"}},
        modules={"bad.py": "1 / 0", "good.py": "Good = 1"},
    )
    registry = ComponentRegistry(path=[site])
    with pytest.raises(PluginFailedError):
        registry.get("layers", "bad")
    assert registry.get("layers", "good") == 1
    assert [distribution.status for distribution in registry.distributions()] == [Status.ACTIVE]


def test_threads_get_the_same_object(install, site):
    """Whoever comes first imports it for all."""
    registry = offered(install, site, "class Part: pass")
    found = []
    threads = [threading.Thread(target=lambda: found.append(registry.get("layers", "part"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
