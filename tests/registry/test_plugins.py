"""Plugins with hooks: loaded in order, contained when they fail."""

import pytest

from sigma_core.errors import (
    HookRegistrationError,
    PluginFailedError,
    PluginIncompatibleError,
    PluginUnavailableError,
)
from sigma_core.registry import ComponentRegistry, Status


@pytest.fixture
def reports():
    """What a registry reported: event and fields."""
    return []


@pytest.fixture
def registry(site, reports):
    """A lenient registry of the site that reports."""
    return ComponentRegistry(path=[site], strict=False, report=lambda event, fields: reports.append((event, fields)))


def rejected(plugin, distribution, status, reason):
    """The report of a plugin that was rejected."""
    return "plugin_rejected", {"plugin": plugin, "distribution": distribution, "status": status, "reason": reason}


def test_plugins_come_sorted_by_name(install, registry, reports):
    """Entry points have no order of their own, and order is what hooks run in."""
    install("alpha", {"sigma.plugins": {"z": "part_a:A"}}, modules={"part_a.py": "A = 1"})
    install("beta", {"sigma.plugins": {"a": "part_b:B"}}, modules={"part_b.py": "B = 2"})
    assert list(registry.plugins()) == [("a", "beta", 2), ("z", "alpha", 1)]
    assert reports == []


def test_a_plugin_that_raises_is_reported_once_and_the_others_load(install, registry, reports):
    """Nothing that a plugin does wrong takes the rest down."""
    install("bad", {"sigma.plugins": {"bad": "part_a"}}, modules={"part_a.py": "raise ValueError('boom')"})
    install("good", {"sigma.plugins": {"good": "part_b:B"}}, modules={"part_b.py": "B = 2"})
    assert [name for name, _, _ in registry.plugins()] == ["good"]
    assert [name for name, _, _ in registry.plugins()] == ["good"]
    assert reports == [rejected("bad", "bad", "failed", "its import raised ValueError: boom")]
    bad, good = registry.distributions()
    assert (bad.status, bad.reason, good.status) == (Status.FAILED, "its import raised ValueError: boom", Status.ACTIVE)
    assert bad.traceback.endswith("ValueError: boom\n")


def test_a_plugin_without_its_dependency_is_reported_as_unavailable(install, registry, reports):
    """It says which."""
    install("sigma-x", {"sigma.plugins": {"x": "part_a"}}, modules={"part_a.py": "import not_there"})
    assert list(registry.plugins()) == []
    assert reports == [rejected("x", "sigma-x", "unavailable", "it needs not_there, which is not installed")]


def test_an_incompatible_distribution_is_reported_once_for_all_its_parts(install, registry, reports):
    """Its plugin and components share one reason."""
    install("future", {"sigma.plugins": {"f": "f"}, "sigma.layers": {"g": "g:G"}}, requires=("sigma-core>=99",))
    assert list(registry.plugins()) == list(registry.plugins()) == []
    ((event, fields),) = reports
    assert (event, fields["plugin"], fields["distribution"], fields["status"]) == (
        "plugin_rejected",
        "future",
        "future",
        "incompatible",
    )


def test_a_misspelt_group_is_reported_and_the_plugin_loads(install, registry, reports):
    """The fault is of the distribution's metadata."""
    install(
        "slip", {"sigma.optimizers": {"a": "a:A"}, "sigma.plugins": {"p": "part_a:A"}}, modules={"part_a.py": "A = 1"}
    )
    assert list(registry.plugins()) == [("p", "slip", 1)]
    reason = "there is no group of entry points 'sigma.optimizers' (nearest: sigma.optimisers)"
    assert reports == [rejected("slip", "slip", "failed", reason)]


def test_a_name_offered_twice_is_reported_once(install, registry, reports):
    """Before anybody asks for it."""
    install("one", {"sigma.layers": {"dense": "one:Dense"}})
    install("two", {"sigma.layers": {"dense": "two:Dense"}})
    assert list(registry.plugins()) == []
    assert reports == [rejected("layers:dense", "one", "failed", "also offered by two 1.0")]


def test_two_plugins_of_one_name_are_both_left_out(install, registry, reports):
    """Neither is imported; the name is reported once."""
    install("one", {"sigma.plugins": {"same": "part_a"}})
    install("two", {"sigma.plugins": {"same": "part_b"}})
    assert list(registry.plugins()) == []
    assert reports == [rejected("same", "one", "failed", "also offered by two 1.0")]


def test_a_distribution_may_have_one_plugin(install, registry, reports):
    """With more, none of them is taken."""
    install("many", {"sigma.plugins": {"a": "part_a", "b": "part_b"}})
    assert list(registry.plugins()) == []
    reason = "its distribution has 2 plugins (a, b) and may have one"
    assert reports == [rejected("a", "many", "failed", reason), rejected("b", "many", "failed", reason)]


def test_a_plugin_that_cannot_be_registered_is_rejected(install, registry, reports):
    """The plugin manager says why, and the plugin is not handed out again."""
    install("sigma-x", {"sigma.plugins": {"x": "part_a:A"}}, modules={"part_a.py": "A = 1"})
    ((name, _, _),) = registry.plugins()
    registry.reject(name, HookRegistrationError("plugin 'x'", "there is no hook 'sigma_runs_ended'"))
    assert list(registry.plugins()) == []
    assert reports == [rejected("x", "sigma-x", "failed", "there is no hook 'sigma_runs_ended'")]
    assert registry.distributions()[0].status is Status.FAILED


def test_when_strict_every_failure_is_an_error(install, site):
    """Each time, not only the first."""
    install("bad", {"sigma.plugins": {"bad": "part_a"}}, modules={"part_a.py": "raise ValueError('boom')"})
    registry = ComponentRegistry(path=[site], strict=True)
    for _ in range(2):
        with pytest.raises(PluginFailedError) as caught:
            list(registry.plugins())
        assert str(caught.value) == "plugins 'bad' (bad 1.0): its import raised ValueError: boom"


def test_when_strict_a_missing_dependency_is_an_error(install, site):
    """The user can put it right."""
    install("sigma-x", {"sigma.plugins": {"x": "part_a"}}, modules={"part_a.py": "import not_there"})
    with pytest.raises(PluginUnavailableError) as caught:
        list(ComponentRegistry(path=[site], strict=True).plugins())
    assert str(caught.value) == (
        "plugins 'x' (sigma-x 1.0): it needs not_there, which is not installed\n  to do:    pip install not_there"
    )


def test_when_strict_an_incompatible_distribution_is_an_error(install, site):
    """Although nobody asked for it."""
    install("future", {"sigma.layers": {"g": "g:G"}}, requires=("sigma-core>=99",))
    with pytest.raises(PluginIncompatibleError) as caught:
        list(ComponentRegistry(path=[site], strict=True).plugins())
    assert str(caught.value).startswith("distribution future 1.0: it requires sigma-core>=99, but ")


@pytest.mark.parametrize(("value", "strict"), [("1", True), ("0", False), (None, False)])
def test_the_variable_sigma_strict_makes_registries_strict(monkeypatch, site, value, strict):
    """Unless they are told otherwise."""
    if value is None:
        monkeypatch.delenv("SIGMA_STRICT", raising=False)
    else:
        monkeypatch.setenv("SIGMA_STRICT", value)
    assert ComponentRegistry(path=[site]).strict is strict
    assert ComponentRegistry(path=[site], strict=not strict).strict is not strict
