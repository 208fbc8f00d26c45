"""Names: unknown ones, ambiguous ones, registered ones."""

import sys

import pytest

from sigma_core.errors import DuplicateComponentError, UnknownComponentError
from sigma_core.registry import KINDS, ComponentRegistry, Status


class Dense:
    """A layer of this module."""


class Relu:
    """An activation of this module."""


def test_kinds_are_all_there_are(site):
    """Also those of which nothing is installed."""
    assert ComponentRegistry(path=[site]).kinds() == tuple(KINDS)


def test_an_unknown_name_is_answered_with_the_nearest(install, site):
    """And with everything that there is."""
    install("sigma-x", {"sigma.layers": {"dense": "x:D", "dropout": "x:E"}, "sigma.costs": {"squared": "x:S"}})
    with pytest.raises(UnknownComponentError) as caught:
        ComponentRegistry(path=[site]).get("layers", "dens")
    assert str(caught.value) == (
        "layers 'dens': there is no such layer\n  expected: dense, dropout, squared (nearest: dense)"
    )


def test_a_name_of_another_kind_is_recognised(install, site):
    """The message says what it is."""
    install("sigma-x", {"sigma.optimisers": {"adam": "x:A"}, "sigma.layers": {"dense": "x:D"}})
    with pytest.raises(UnknownComponentError) as caught:
        ComponentRegistry(path=[site]).get("layers", "adam")
    assert str(caught.value) == (
        "layers 'adam': there is no such layer\n  expected: dense\n  to do:    'adam' is an optimiser"
    )


def test_a_kind_of_which_nothing_is_installed_says_so(site):
    """There is nothing to choose from."""
    with pytest.raises(UnknownComponentError) as caught:
        ComponentRegistry(path=[site]).get("monitor", "console")
    assert str(caught.value) == (
        "monitors 'console': there is no such monitor\n"
        "  expected: nothing\n"
        "  to do:    install a distribution that offers monitors"
    )


def test_costs_are_found_among_layers(install, site):
    """Not the other way round."""
    install("sigma-x", {"sigma.costs": {"squared": "x:S"}, "sigma.layers": {"dense": "x:D"}})
    registry = ComponentRegistry(path=[site])
    assert registry.find("layers", "squared").kind == "costs"
    assert registry.names("layers") == ("dense", "squared")
    assert registry.names("costs") == ("squared",)
    with pytest.raises(UnknownComponentError) as caught:
        registry.find("costs", "dense")
    assert str(caught.value) == (
        "costs 'dense': there is no such cost\n  expected: squared\n  to do:    'dense' is a layer"
    )


def test_two_distributions_with_one_name_are_both_named(install, site):
    """Neither is preferred, and neither is imported."""
    install("one", {"sigma.layers": {"dense": "one:Dense"}}, modules={"one.py": ""})
    install("two", {"sigma.layers": {"dense": "two:Dense", "other": "two:Other"}}, version="3", modules={"two.py": ""})
    registry = ComponentRegistry(path=[site])
    with pytest.raises(DuplicateComponentError) as caught:
        registry.get("layers", "dense")
    assert str(caught.value) == (
        "layers 'dense': it is offered more than once, by one 1.0 and two 3\n"
        "  expected: one component for each name\n"
        "  to do:    uninstall one of the distributions, or block one by its name"
    )
    assert {"one", "two"}.isdisjoint(sys.modules)
    assert [(component.status, component.reason) for component in registry.components()] == [
        (Status.FAILED, "also offered by two 3"),
        (Status.FAILED, "also offered by one 1.0"),
        (Status.ACTIVE, ""),
    ]


def test_a_layer_and_a_cost_of_one_name_clash(install, site):
    """A network could not tell which is meant."""
    install("sigma-x", {"sigma.layers": {"norm": "x:L"}, "sigma.costs": {"norm": "x:C"}})
    registry = ComponentRegistry(path=[site])
    for kind in ("layers", "costs"):
        with pytest.raises(DuplicateComponentError) as caught:
            registry.find(kind, "norm")
        assert str(caught.value).startswith(
            f"{kind} 'norm': it is offered more than once, by sigma-x 1.0 as a cost and sigma-x 1.0 as a layer\n"
        )


def test_the_same_name_of_kinds_apart_is_no_clash(install, site):
    """A metric and an activation are never looked for in one place."""
    install("sigma-x", {"sigma.metrics": {"norm": "x:M"}, "sigma.activations": {"norm": "x:A"}})
    registry = ComponentRegistry(path=[site])
    assert registry.find("metrics", "norm").value == "x:M"
    assert registry.find("activations", "norm").value == "x:A"


def test_a_registered_component_is_of_one_registry_only(site):
    """As notebooks and tests have it."""
    registry = ComponentRegistry(path=[site])
    registry.register("layer", "dense", Dense)
    assert registry.get("layers", "dense") is Dense
    assert [str(component) for component in registry.components()] == ["layers 'dense' (registered in this process)"]
    assert ComponentRegistry(path=[site]).components() == ()


def test_a_taken_name_cannot_be_registered(install, site):
    """Whether it is an installed one's or a registered one's."""
    install("sigma-x", {"sigma.costs": {"dense": "x:D"}})
    registry = ComponentRegistry(path=[site])
    with pytest.raises(DuplicateComponentError) as caught:
        registry.register("layers", "dense", Dense)
    assert str(caught.value) == (
        "layers 'dense': the name is taken, by sigma-x 1.0 as a cost\n"
        "  expected: one component for each name\n"
        "  to do:    register it under another name, or block the other"
    )
    registry.register("layers", "mine", Dense)
    with pytest.raises(DuplicateComponentError) as caught:
        registry.register("layers", "mine", Relu)
    assert str(caught.value).startswith("layers 'mine': the name is taken, by registered in this process\n")


def test_a_cell_of_a_notebook_can_be_run_again(site):
    """A class defined anew takes the place of its former self."""
    registry = ComponentRegistry(path=[site])
    registry.register("layers", "dense", Dense)
    again = type("Dense", (), {"__module__": Dense.__module__})
    registry.register("layers", "dense", again)
    assert registry.get("layers", "dense") is again
    assert len(registry.components()) == 1


def test_a_component_knows_its_name(site):
    """A class, an instance, a function, an object."""
    registry, thing = ComponentRegistry(path=[site]), object()
    registry.register("layers", "dense", Dense)
    registry.register("hooks", "test", test_kinds_are_all_there_are)
    registry.register("monitors", "thing", thing)
    assert registry.name_of(Dense) == registry.name_of(Dense()) == ("layers", "dense")
    assert registry.name_of(test_kinds_are_all_there_are) == ("hooks", "test")
    assert registry.name_of(thing) == ("monitors", "thing")
    assert registry.name_of(object()) is registry.name_of(Relu) is None


def test_a_subclass_is_not_its_base(site):
    """It would be written down as something that it is not."""
    registry = ComponentRegistry(path=[site])
    registry.register("layers", "dense", Dense)
    assert registry.name_of(type("Mine", (Dense,), {})()) is None


def test_a_name_is_told_without_an_import(install, site):
    """Also of what was imported by other means, and through another door."""
    install(
        "sigma-x",
        {"sigma.layers": {"part": "package.door:Part", "other": "elsewhere:Part"}},
        modules={
            "package/__init__.py": "",
            "package/home.py": "class Part: pass",
            "package/door.py": "from package.home import Part",
            "elsewhere.py": "1 / 0",
        },
    )
    registry = ComponentRegistry(path=[site])
    from package.home import Part

    assert registry.name_of(Part()) is None
    import package.door  # noqa: F401

    assert registry.name_of(Part()) == ("layers", "part")
    assert "elsewhere" not in sys.modules


def test_of_several_names_the_first_counts(site):
    """An old name may stay beside a new one."""
    registry = ComponentRegistry(path=[site])
    registry.register("layers", "dense.v2", Dense)
    registry.register("layers", "dense", Dense)
    registry.register("activations", "plain", Dense)
    assert registry.name_of(Dense()) == ("activations", "plain")
    assert [entry.name for entry in registry.registrations(Dense)] == ["plain", "dense", "dense.v2"]
