"""Registries of identified values."""

from collections.abc import Mapping
from copy import deepcopy
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import IdentifierError, SettingError, UnknownIdentifierError
from sigma_core.registry import Registry, RegistryView

identifiers = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)


@pytest.fixture
def registry():
    """Two layers and an optimiser."""
    return Registry(
        {
            "network": {"dense_1": {"weights": 1, "bias": 2}, "dense_2": {"weights": 3}},
            "optimiser.rate": 0.1,
        }
    )


def test_a_path_is_the_same_in_one_step_or_in_several(registry):
    """What lies between is a registry too."""
    assert registry["network.dense_1.weights"] == registry["network"]["dense_1"]["weights"] == 1
    assert isinstance(registry["network.dense_1"], Registry)


def test_a_registry_is_a_mapping_of_the_names_right_below(registry):
    """As nested dictionaries are."""
    assert list(registry) == ["network", "optimiser"]
    assert len(registry) == 2
    assert registry["network.dense_1"] == {"weights": 1, "bias": 2}
    assert registry == {
        "network": {"dense_1": {"weights": 1, "bias": 2}, "dense_2": {"weights": 3}},
        "optimiser": {"rate": 0.1},
    }
    assert ("network.dense_1" in registry, "dense_1" in registry, 3 in registry) == (True, False, False)
    assert repr(registry["optimiser"]) == "Registry({'rate': 0.1})"


def test_flat_has_every_value_by_identifier(registry):
    """Seen from where it is asked."""
    assert registry.flat() == {
        "network.dense_1.weights": 1,
        "network.dense_1.bias": 2,
        "network.dense_2.weights": 3,
        "optimiser.rate": 0.1,
    }
    assert registry["network.dense_2"].flat() == {"weights": 3}


def test_a_registry_knows_where_it_is(registry):
    """Up to the root."""
    dense = registry["network.dense_1"]
    assert (dense.identifier, dense.parent.identifier, dense.parent.parent.identifier) == (
        "network.dense_1",
        "network",
        "",
    )
    assert registry.parent is None
    assert dense.root == registry
    assert isinstance(dense.parent, Registry)
    assert isinstance(dense.view().parent, RegistryView)
    assert not isinstance(dense.view().parent, Registry)


def test_what_is_set_below_is_seen_above(registry):
    """There is one tree."""
    dense = registry["network.dense_1"]
    dense["weights"] = 10
    dense["extra.deep"] = 11
    assert registry["network.dense_1.weights"] == 10
    assert registry["network.dense_1.extra"] == {"deep": 11}
    del registry["network.dense_1"]
    assert list(registry["network"]) == ["dense_2"]
    assert len(dense) == 0


def test_a_mapping_takes_the_place_of_a_registry(registry):
    """A registry too, even one that holds it."""
    registry["network.dense_1"] = {"kernel": 5}
    assert registry["network.dense_1"] == {"kernel": 5}
    registry["network"] = registry["network.dense_1"]
    assert registry["network"] == {"kernel": 5}
    registry["network"] = Registry({"a.b": 1}).view()
    assert registry["network"].flat() == {"a.b": 1}


@given(st.lists(st.tuples(identifiers, st.integers())))
def test_a_registry_holds_what_was_set_last(steps):
    """As a dictionary of identifiers does, except that no name is a value and a registry at once."""
    registry, twin = Registry(), {}
    for identifier, value in steps:
        clash = any(other.startswith(f"{identifier}.") or identifier.startswith(f"{other}.") for other in twin)
        if clash:
            with pytest.raises(IdentifierError):
                registry[identifier] = value
        else:
            registry[identifier] = twin[identifier] = value
    assert registry.flat() == twin
    assert all(registry[identifier] == value for identifier, value in twin.items())
    assert set(registry) == {identifier.split(".")[0] for identifier in twin}


def test_a_value_is_taken_out_and_a_registry_becomes_a_tree_of_its_own(registry):
    """With a default where there may be nothing."""
    assert registry.pop("optimiser.rate") == 0.1
    taken = registry.pop("network.dense_1")
    assert (taken, taken.parent) == ({"weights": 1, "bias": 2}, None)
    assert registry.pop("network.dense_1", "gone") == "gone"
    assert registry.popitem() == ("network", {"dense_2": {"weights": 3}})
    assert len(registry) == 0
    assert registry.setdefault("a.b", 3) == registry["a.b"] == 3
    registry.clear()
    assert registry.get("a.b") is None


def test_tags_are_of_values_and_of_registries(registry):
    """Given when they are added, or later."""
    registry.add("network.lstm_1.bias", 4, tags=("bias",))
    registry.tag("network.lstm_1", "recurrent")
    registry.tag("network.lstm_1", "first", "recurrent")
    assert registry.tags("network.lstm_1.bias") == {"bias"}
    assert registry["network.lstm_1"].tags() == {"recurrent", "first"}
    assert registry["network"].tags("lstm_1") == {"recurrent", "first"}
    assert registry.tags("network.dense_1") == frozenset()


def test_patterns_find_identifiers(registry):
    """With wildcards and tags, from wherever they are asked."""
    registry.tag("network.dense_2", "last")
    assert registry.resolve("network.*.weights") == ("network.dense_1.weights", "network.dense_2.weights")
    assert registry.resolve("**.<last>.*") == ("network.dense_2.weights",)
    assert registry["network"].resolve("<last>.*") == ("dense_2.weights",)
    assert registry.view().resolve("optimiser.*") == ("optimiser.rate",)


def test_values_are_set_by_pattern(registry):
    """All of them, and told which."""
    assert registry["network"].set("*.weights", 7) == ("dense_1.weights", "dense_2.weights")
    assert registry.flat() == {
        "network.dense_1.weights": 7,
        "network.dense_1.bias": 2,
        "network.dense_2.weights": 7,
        "optimiser.rate": 0.1,
    }


def test_a_typed_value_stays_of_its_type(registry):
    """However it is set; when one of several does not fit, none is set."""
    registry.add("optimiser.decay", 1, type=float)
    registry["optimiser.name"] = "adam"
    assert (registry["optimiser.decay"], type(registry["optimiser.decay"])) == (1.0, float)
    registry["optimiser.decay"] = 2
    assert type(registry["optimiser"]["decay"]) is float
    for fault in (
        lambda: registry["optimiser"].update(decay="fast"),
        lambda: registry.set("optimiser.*", "fast"),
        lambda: registry.update(optimiser={"name": "sgd", "decay": "fast"}),
    ):
        with pytest.raises(SettingError) as caught:
            fault()
        assert str(caught.value) == "identifier 'optimiser.decay': 'fast' is a str\n  expected: float"
        assert registry["optimiser"] == {"rate": 0.1, "decay": 2.0, "name": "adam"}
    with pytest.raises(SettingError, match="identifier 'size': 'x' is a str"):
        registry.add("size", "x", type=int)
    assert "size" not in registry


def test_a_deleted_value_takes_its_type_and_tags_along(registry):
    """Whoever comes after it is free."""
    registry.add("optimiser.decay", 1.0, type=float, tags=("t",))
    del registry["optimiser.decay"]
    registry["optimiser.decay"] = "free"
    assert registry.tags("optimiser.decay") == frozenset()


def test_a_view_is_read_only_and_live(registry):
    """What changes in the registry is seen in it."""
    view = registry.view()
    assert not hasattr(view, "__setitem__")
    assert not hasattr(view["network"], "__setitem__")
    registry["network.dense_1.weights"] = 9
    assert view["network.dense_1"]["weights"] == 9
    assert view == registry


def test_arrays_are_handed_out_read_only_by_views():
    """Of the same memory."""
    array = np.zeros(2)
    registry = Registry({"a.w": array})
    assert registry["a.w"] is array
    shown = registry.view()["a.w"]
    array[0] = 1
    assert shown.tolist() == [1, 0]
    with pytest.raises(ValueError, match="read-only"):
        shown[0] = 2
    with pytest.raises(ValueError, match="read-only"):
        registry.view().flat()["a.w"][0] = 2


def test_a_copy_is_deep_and_the_root_of_its_own(registry):
    """With types and tags."""
    registry.add("network.dense_1.kernel", [1], type=list, tags=("t",))
    registry.tag("network.dense_1", "u")
    for copied in (registry["network.dense_1"].copy(), deepcopy(registry["network.dense_1"])):
        assert (copied.parent, copied.tags(), copied.tags("kernel")) == (None, {"u"}, {"t"})
        copied["kernel"].append(2)
        with pytest.raises(SettingError):
            copied["kernel"] = "x"
    assert registry["network.dense_1.kernel"] == [1]


def test_a_snapshot_never_changes(registry):
    """Not even by the arrays that it holds."""
    array = np.zeros(2)
    registry["network.array"] = array
    snapshot = registry.snapshot()
    array[0] = 1
    registry["network.dense_1.weights"] = 100
    assert snapshot["network.dense_1.weights"] == 1
    assert snapshot["network.array"].tolist() == [0, 0]
    assert isinstance(snapshot, Mapping)
    assert not isinstance(snapshot, Registry)


def test_snapshots_are_whole_while_others_write():
    """All values of one call to `set`, or none."""
    registry = Registry({f"layer_{number}.value": 0 for number in range(20)})
    stop, torn = [], []

    def write():
        value = 0
        while not stop:
            value += 1
            registry.set("*.value", value)
            registry[f"new_{value % 7}.other"] = value

    writer = Thread(target=write)
    writer.start()
    try:
        for _ in range(50):
            values = {value for name, value in registry.snapshot().flat().items() if name.endswith(".value")}
            torn += [values] if len(values) != 1 else []
            list(registry.view())
    finally:
        stop.append(True)
        writer.join()
    assert torn == []


def test_what_is_not_there_is_named_with_the_nearest(registry):
    """A `KeyError` too, so that mappings' ways of asking work."""
    expected = (
        "identifier 'network.dense_1.weigth': there is nothing of that name\n"
        "  expected: bias, weights (nearest: weights)"
    )
    dense = registry["network.dense_1"]
    for ask in (lambda: dense["weigth"], lambda: dense.pop("weigth"), lambda: dense.tag("weigth", "t")):
        with pytest.raises(UnknownIdentifierError) as caught:
            ask()
        assert str(caught.value) == expected
    with pytest.raises(UnknownIdentifierError) as caught:
        del dense["weigth"]
    assert str(caught.value) == expected
    with pytest.raises(KeyError):
        dense["weigth"]
    assert dense.get("weigth", 3) == 3


def test_a_pattern_that_means_nothing_is_an_error(registry):
    """A slip would otherwise set nothing."""
    with pytest.raises(UnknownIdentifierError) as caught:
        registry["network.dense_1"].set("*.weights", 1)
    assert str(caught.value) == (
        "pattern '*.weights': there is nothing of that name\n  expected: bias, weights (nearest: weights)"
    )


def test_nothing_can_be_taken_from_an_empty_registry():
    """As from an empty dictionary."""
    with pytest.raises(KeyError) as caught:
        Registry().popitem()
    assert str(caught.value) == "registry '': it is empty"


def test_a_name_is_either_a_value_or_a_registry(registry):
    """Neither takes the other's place by accident."""
    with pytest.raises(IdentifierError) as caught:
        registry["network"] = 3
    assert str(caught.value) == (
        "identifier 'network': it is a registry\n  expected: a mapping\n  to do:    set the values below it"
    )
    with pytest.raises(IdentifierError) as caught:
        registry["network"]["dense_1.weights.deep"] = 3
    assert str(caught.value) == (
        "identifier 'network.dense_1.weights.deep': 'network.dense_1.weights' is a value\n"
        "  expected: a registry\n"
        "  to do:    delete it first"
    )
    with pytest.raises(IdentifierError) as caught:
        registry["optimiser.rate"] = {"a": 1}
    assert str(caught.value).startswith("identifier 'optimiser.rate.a': 'optimiser.rate' is a value\n")


def test_what_is_there_cannot_be_added(registry):
    """It is set instead."""
    with pytest.raises(IdentifierError) as caught:
        registry.add("optimiser.rate", 1)
    assert str(caught.value) == (
        "identifier 'optimiser.rate': it is there already\n  expected: a new one\n  to do:    set it instead"
    )


@pytest.mark.parametrize("identifier", ["", "a..b", ".a", "a b", "a.*", "<t>", 3])
def test_a_malformed_identifier_is_refused(identifier):
    """For reading and for writing."""
    for use in (lambda: Registry()[identifier], lambda: Registry().__setitem__(identifier, 1)):
        with pytest.raises(IdentifierError) as caught:
            use()
        assert str(caught.value) == (
            f"identifier {identifier!r}: it is malformed\n"
            "  expected: words of letters, digits, '_' and '-', joined by dots"
        )
