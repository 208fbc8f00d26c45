"""What metadata tells, without an import."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import pytest

from sigma_core.registry import ComponentRegistry, Status
from sigma_core.registry._distributions import incompatibility


def test_nothing_is_read_before_the_first_question(install, site):
    """What is installed after the registry was made is found all the same."""
    registry = ComponentRegistry(path=[site])
    install("late", {"sigma.layers": {"dense": "late:Dense"}})
    assert [component.name for component in registry.components()] == ["dense"]


def test_a_question_is_answered_from_metadata_alone(install, site):
    """Listing imports nothing of what it lists."""
    install("quiet", {"sigma.layers": {"dense": "quiet:Dense"}, "sigma.plugins": {"quiet": "quiet"}})
    script = (
        "import sys; from sigma_core.registry import ComponentRegistry;"
        f"registry = ComponentRegistry(path=[{str(site)!r}]);"
        "print([c.name for c in registry.components()], [d.name for d in registry.distributions()]);"
        "print([name for name in ('quiet', 'numpy', 'sigma_nn') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "['dense'] ['quiet']\n[]\n"


def test_importing_the_registry_imports_no_machinery():
    """Metadata, versions and arrays are paid for by those who ask for them."""
    heavy = ("importlib.metadata", "packaging", "numpy")
    script = f"import sys, sigma_core.registry; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_components_are_sorted_by_kind_and_name(install, site):
    """The order of installation does not show."""
    install("beta", {"sigma.layers": {"z": "beta:Z", "a": "beta:A"}})
    install("alpha", {"sigma.costs": {"c": "alpha:C"}, "sigma.layers": {"m": "alpha:M"}})
    registry = ComponentRegistry(path=[site])
    found = [(component.kind, component.name, component.distribution) for component in registry.components()]
    assert found == [
        ("costs", "c", "alpha"),
        ("layers", "a", "beta"),
        ("layers", "m", "alpha"),
        ("layers", "z", "beta"),
    ]
    assert [component.name for component in registry.components("layer")] == ["a", "m", "z"]


def test_a_distribution_tells_what_it_is_and_brings(install, site):
    """Name, version, summary, plugin and components."""
    install("sigma-x", {"sigma.layers": {"dense": "x:Dense"}, "sigma.plugins": {"x": "x.hooks:Plugin"}}, version="2.1")
    (found,) = ComponentRegistry(path=[site]).distributions()
    assert (found.name, found.version, found.summary) == ("sigma-x", "2.1", "What sigma-x is for")
    assert (found.status, found.reason, found.plugin) == (Status.ACTIVE, "", "x.hooks:Plugin")
    assert [str(component) for component in found.components] == ["layers 'dense' (sigma-x 2.1)"]


def test_distributions_without_entries_of_ours_are_left_out(install, site):
    """Other packages are none of our business."""
    install("flask-like", {"console_scripts": {"run": "x:main"}})
    assert ComponentRegistry(path=[site]).distributions() == ()


def test_the_first_of_two_copies_counts(install, site, tmp_path):
    """An editable installation beside a stale copy is one distribution, not two that clash."""
    install("sigma-x", {"sigma.layers": {"dense": "x:New"}}, version="2.0")
    install("Sigma_X", {"sigma.layers": {"dense": "x:Old"}}, version="1.0", folder=tmp_path / "stale")
    registry = ComponentRegistry(path=[site, tmp_path / "stale"])
    assert [(each.name, each.version) for each in registry.distributions()] == [("sigma-x", "2.0")]
    assert registry.find("layers", "dense").value == "x:New"


def test_an_interrupted_installation_is_passed_over(site):
    """Entry points without metadata belong to nobody."""
    broken = site / "broken-1.0.dist-info"
    broken.mkdir()
    (broken / "entry_points.txt").write_text("[sigma.layers]\nx = x:X\n")
    assert ComponentRegistry(path=[site]).distributions() == ()


def test_a_distribution_for_another_kernel_is_incompatible(install, site):
    """Its requirement on sigma-core is checked against the kernel that runs."""
    install("future", {"sigma.layers": {"dense": "future:Dense"}}, requires=("numpy", "Sigma.Core>=99"))
    registry = ComponentRegistry(path=[site])
    (distribution,) = registry.distributions()
    (component,) = registry.components()
    assert distribution.status is component.status is Status.INCOMPATIBLE
    assert distribution.reason.startswith("it requires sigma-core>=99, but ")


@pytest.mark.parametrize(
    ("requires", "core", "expected"),
    [
        (("sigma-core>=0.1,<0.2",), "0.1.5", ""),
        (("sigma-core>=0.1",), "0.2.dev1", ""),
        (("sigma-core>=0.2",), "0.1", "it requires sigma-core>=0.2, but 0.1 is installed"),
        (("sigma-core>=9; extra == 'future'",), "0.1", ""),
        (("sigma-core>=9",), None, ""),
    ],
)
def test_requirements_are_read_with_their_markers(requires, core, expected):
    """Extras that were not asked for do not count; a kernel that is not installed fits all."""
    assert incompatibility(requires, core) == expected


def test_metadata_that_cannot_be_read_is_a_failure_of_its_distribution_alone(install, site):
    """One broken file takes nothing else down."""
    install("broken", "[sigma.layers]\nthis line has no equals sign\n")
    install("worse", {"sigma.layers": {"x": "x:X"}}, requires=("not a requirement !",))
    install("well", {"sigma.layers": {"dense": "well:Dense"}})
    broken, well, worse = ComponentRegistry(path=[site]).distributions()
    assert (broken.status, well.status, worse.status) == (Status.FAILED, Status.ACTIVE, Status.FAILED)
    assert broken.reason.startswith("its metadata cannot be read: ")
    assert worse.reason.startswith("its metadata cannot be read: ")


def test_a_misspelt_group_is_named_with_the_nearest(install, site):
    """Otherwise its components would silently be missing."""
    install("slip", {"sigma.optimizers": {"x": "x:X"}, "sigma.layers": {"dense": "slip:Dense"}, "sigma.zz": {"y": "y"}})
    registry = ComponentRegistry(path=[site])
    (distribution,) = registry.distributions()
    assert distribution.status is Status.FAILED
    assert distribution.reason == (
        "there is no group of entry points 'sigma.optimizers' (nearest: sigma.optimisers); "
        "there is no group of entry points 'sigma.zz'"
    )
    assert registry.find("layers", "dense").status is Status.ACTIVE


def test_the_kernel_takes_the_same_road():
    """Its own parts are entry points of sigma-core."""
    found = {(component.kind, component.name): component.distribution for component in ComponentRegistry().components()}
    assert found["backends", "numpy"] == "sigma-core"
    assert found["operators", "local"] == "sigma-core"


def test_a_kernel_that_was_never_installed_fits_all(install, site, monkeypatch):
    """As one that runs from its source tree."""

    def version(name):
        raise PackageNotFoundError(name)

    install("future", {"sigma.layers": {"dense": "future:Dense"}}, requires=("sigma-core>=99",))
    monkeypatch.setattr("importlib.metadata.version", version)
    assert [each.status for each in ComponentRegistry(path=[site]).distributions()] == [Status.ACTIVE]
