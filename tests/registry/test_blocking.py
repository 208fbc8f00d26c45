"""What is blocked is never imported."""

import sys

import pytest

from sigma_core.errors import PluginBlockedError, UnknownComponentError
from sigma_core.registry import ComponentRegistry, Status

TRAP = "raise RuntimeError('imported')\n"


@pytest.mark.parametrize(
    "block", ["sigma-x", "Sigma_X", "sigma-*", "layers:dense", "layer:dense", "layers:de*", "*:dense", "l*:d?nse"]
)
def test_a_block_is_by_distribution_or_by_kind_and_name_with_wildcards(install, site, block):
    """Names of distributions are compared as package indexes do; kinds may be singular."""
    install("sigma-x", {"sigma.layers": {"dense": "trap_x:Dense"}}, modules={"trap_x.py": TRAP})
    registry = ComponentRegistry(path=[site], block=[block])
    with pytest.raises(PluginBlockedError) as caught:
        registry.get("layers", "dense")
    assert str(caught.value) == (
        f"layers 'dense' (sigma-x 1.0): blocked here by '{block}'\n  to do:    take it off the list of what is blocked"
    )
    assert "trap_x" not in sys.modules
    (component,) = registry.components()
    assert (component.status, component.reason) == (Status.BLOCKED, f"blocked here by '{block}'")


def test_what_is_not_meant_stays_active(install, site):
    """A block of a component leaves its distribution and its kin alone."""
    install("sigma-x", {"sigma.layers": {"dense": "x:D"}, "sigma.costs": {"dense_cost": "x:C"}})
    registry = ComponentRegistry(path=[site], block=["costs:dense*", "sigma-y"])
    assert [component.status for component in registry.components()] == [Status.BLOCKED, Status.ACTIVE]
    assert [distribution.status for distribution in registry.distributions()] == [Status.ACTIVE]


def test_a_blocked_plugin_is_left_out_without_a_word(install, site):
    """It was meant to be; not even a strict registry objects."""
    install("sigma-x", {"sigma.plugins": {"x": "trap_x"}}, modules={"trap_x.py": TRAP})
    install("sigma-y", {"sigma.plugins": {"y": "trap_y"}}, modules={"trap_y.py": TRAP})
    registry = ComponentRegistry(path=[site], block=["sigma-x", "plugins:y"], strict=True)
    assert list(registry.plugins()) == []
    assert {"trap_x", "trap_y"}.isdisjoint(sys.modules)
    assert [distribution.status for distribution in registry.distributions()] == [Status.BLOCKED, Status.BLOCKED]


def test_blocking_one_of_two_of_a_name_makes_the_other_usable(install, site):
    """That is what the error about both advises."""
    install("one", {"sigma.layers": {"dense": "one:Dense"}}, modules={"one.py": "Dense = 'one'"})
    install("two", {"sigma.layers": {"dense": "two:Dense"}}, modules={"two.py": TRAP})
    assert ComponentRegistry(path=[site], block=["two"]).get("layers", "dense") == "one"


def test_a_kind_that_does_not_exist_is_refused_at_once():
    """A block that can cover nothing is a slip."""
    with pytest.raises(UnknownComponentError) as caught:
        ComponentRegistry(block=["layres:dense"])
    assert str(caught.value).startswith("kind 'layres': there is no such kind of component\n")
    assert str(caught.value).endswith("(nearest: layers)")
