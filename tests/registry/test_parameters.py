"""Registries of identified values."""

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import IdentifierError, UnknownIdentifierError
from sigma_core.registry import Registry

VALUES = {
    "network.dense_1.weights": 1,
    "network.dense_1.bias": 2,
    "network.dense_2.weights": 3,
    "optimiser.rate": 0.1,
}
TAGS = {"network.dense_1.bias": {"bias"}, "network.dense_2": {"last", "dense"}}
identifiers = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)


@pytest.fixture
def registry():
    """Two layers and an optimiser."""
    return Registry.of(VALUES, TAGS)


class Counter:
    """What holds two values that change whenever they are read."""

    names = ("a.left", "a.right")
    tags = {}  # noqa: RUF012  # a source as short as it gets

    def __init__(self):
        self.reads = 0

    def read(self, names):
        self.reads += 1
        return {name: np.full(2, self.reads) for name in names}


def test_a_registry_is_a_mapping_by_whole_identifiers(registry):
    """Seen from where it is asked, in order."""
    assert isinstance(registry, Mapping)
    assert registry == VALUES
    assert list(registry["network"]) == ["dense_1.weights", "dense_1.bias", "dense_2.weights"]
    assert (len(registry), len(registry["network.dense_1"])) == (4, 2)
    assert repr(registry["network.dense_1"]) == "<Registry 'network.dense_1': weights, bias>"
    assert repr(Registry.of({})) == "<Registry 'root': nothing>"


def test_a_path_is_the_same_in_one_step_or_in_several(registry):
    """What lies between is a registry too."""
    assert registry["network.dense_1.weights"] == registry["network"]["dense_1"]["weights"] == 1
    assert isinstance(registry["network.dense_1"], Registry)
    assert ("network.dense_1" in registry, "dense_1" in registry, 3 in registry) == (True, False, False)


@given(st.dictionaries(identifiers, st.integers()))
def test_a_registry_holds_what_it_was_given(values):
    """As a dictionary does, and below each word as well."""
    registry = Registry.of(values)
    assert dict(registry) == values
    for name in values:
        above, _, last = name.rpartition(".")
        if above and above not in values:
            assert registry[above][last] == values[name]


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


def test_tags_are_of_values_and_of_registries(registry):
    """From wherever they are asked."""
    assert registry.tags("network.dense_1.bias") == registry["network.dense_1"].tags("bias") == {"bias"}
    assert registry["network.dense_2"].tags() == {"last", "dense"}
    assert registry.tags("network.dense_1") == registry.tags() == frozenset()


def test_patterns_find_identifiers(registry):
    """With wildcards and tags, from wherever they are asked."""
    assert registry.resolve("network.*.weights") == ("network.dense_1.weights", "network.dense_2.weights")
    assert registry.resolve("**.<last>.*") == ("network.dense_2.weights",)
    assert registry["network"].resolve("<last>.*") == ("dense_2.weights",)


def test_nothing_can_be_changed(registry):
    """Neither values nor the arrays among them, nor back to where they could be."""
    array = np.zeros(2)
    held = Registry.of({"a.w": array})
    assert not hasattr(registry, "__setitem__")
    for shown in (held["a.w"], held["a"]["w"], next(iter(held.values()))):
        with pytest.raises(ValueError, match="read-only"):
            shown[0] = 2
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            shown.flags.writeable = True


def test_a_registry_reads_from_what_holds_its_values():
    """Each time it is asked; several at once where they are to be of one moment."""
    source = Counter()
    live = Registry(source)
    assert (live["a.left"][0], live["a.left"][0]) == (1, 2)
    assert "a.left" in live
    assert source.reads == 2

    snapshot = live["a"].snapshot()
    assert {name: value.tolist() for name, value in snapshot.items()} == {"left": [3, 3], "right": [3, 3]}
    assert list(live.snapshot("*.left")) == ["a.left"]
    assert source.reads == 4


def test_a_copy_is_deep_and_the_callers_own():
    """As a dictionary, or as a registry of its own with its tags."""
    held = Registry.of({"a.b.list": [1], "a.b.array": np.zeros(2)}, {"a.b.list": {"t"}, "c": {"u"}})
    copied = held["a.b"].copy()
    copied["list"].append(2)
    copied["array"][0] = 1
    twin = deepcopy(held["a.b"])
    twin["list"].append(3)

    assert (copied["list"], twin["list"], held["a.b.list"]) == ([1, 2], [1, 3], [1])
    assert held["a.b.array"].tolist() == [0, 0]
    assert (twin.parent, twin.tags("list"), twin.tags("c")) == (None, {"t"}, frozenset())


def test_what_is_not_there_is_named_with_the_nearest(registry):
    """A `KeyError` too, so that mappings' ways of asking work."""
    dense = registry["network.dense_1"]
    with pytest.raises(UnknownIdentifierError) as caught:
        dense["weigth"]
    assert str(caught.value) == (
        "identifier 'network.dense_1.weigth': there is nothing of that name\n"
        "  expected: bias, weights (nearest: weights)"
    )
    assert dense.get("weigth", 3) == 3


def test_a_pattern_that_means_nothing_is_an_error(registry):
    """A slip would otherwise give nothing."""
    for ask in (registry["network.dense_1"].resolve, registry["network.dense_1"].snapshot):
        with pytest.raises(UnknownIdentifierError) as caught:
            ask("*.weights")
        assert str(caught.value) == (
            "pattern '*.weights': there is nothing of that name\n  expected: bias, weights (nearest: weights)"
        )


@pytest.mark.parametrize("identifier", ["", "a..b", ".a", "a b", "a.*", "<t>", 3])
def test_a_malformed_identifier_is_refused(identifier):
    """It can be that of nothing."""
    with pytest.raises(IdentifierError) as caught:
        Registry.of({})[identifier]
    assert str(caught.value) == (
        f"identifier {identifier!r}: it is malformed\n  expected: words of letters, digits, '_' and '-', joined by dots"
    )
