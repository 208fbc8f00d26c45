"""How layers are composed."""

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import NetworkError
from sigma_core.network import Architecture, Layer, Node


@frozen
class Same(Layer):
    tag: str = ""

    def forward(self, inputs, *, parameters, context):
        return inputs


def tags(architecture):
    return "".join(node.layer.tag for node in architecture.nodes)


def test_a_sum_connects_in_a_row():
    """Each layer is fed by the one before it."""
    architecture = Same("a") + Same("b") + Same("c")

    assert tags(architecture) == "abc"
    assert [node.inputs for node in architecture.nodes] == [(), (0,), (1,)]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=5))
def test_composition_is_associative(times):
    """It does not matter in which order sums are taken, nor whether a layer stands alone or in an architecture."""
    parts = [number * (Same("a") + Same("b")) for number in times]
    left = Architecture()
    for part in parts:
        left = left + part
    right = Architecture()
    for part in reversed(parts):
        right = part + right

    assert left == right
    assert tags(left) == "ab" * sum(times)


def test_a_product_repeats_a_group():
    """Every copy stands for itself and is fed by the one before."""
    architecture = Same("x") + 2 * (Same("a") + Same("b"))

    assert tags(architecture) == "xabab"
    assert [node.inputs for node in architecture.nodes] == [(), (0,), (1,), (2,), (3,)]


def test_a_list_of_layers_is_an_architecture():
    """A list stands for its sum."""
    assert Architecture.of([Same("a"), [Same("b"), Same("c")]]) == Same("a") + Same("b") + Same("c")
    assert [Same("a")] + Architecture.of(Same("b")) == Same("a") + Same("b")  # noqa: RUF005  # the sum is the subject


def test_branches_are_kept_by_composition():
    """Every last node feeds each entry of what comes after."""
    fork = Architecture((Node(Same("a")), Node(Same("b"), (0,)), Node(Same("c"), (0,))))

    whole = fork + Same("d")

    assert fork.ends() == (1, 2)
    assert whole.nodes[3].inputs == (1, 2)


def test_what_is_no_layer_is_refused():
    """Anything but layers is named with its type."""
    with pytest.raises(NetworkError) as caught:
        Architecture.of(3)

    assert str(caught.value) == (
        "network: 3 is a int\n"
        "  expected: a layer, layers composed with + and *, or a list of layers\n"
        "  to do:    give an object of a class from `sigma components layers`"
    )


def test_no_times_is_refused():
    """A layer cannot be repeated less than once."""
    with pytest.raises(NetworkError) as caught:
        0 * Same("a")

    assert str(caught.value) == (
        "network: layers are repeated 0 times\n  expected: a number from 1\n  to do:    leave the layers out instead"
    )


@pytest.mark.parametrize("other", [1.5, True, "a", None])
def test_layers_compose_with_layers_only(other):
    """Python's own TypeError tells of a sum or product that has no meaning."""
    with pytest.raises(TypeError):
        Same("a") * other
    with pytest.raises(TypeError):
        Same("a") + other
    with pytest.raises(TypeError):
        other + Architecture.of(Same("a"))


def test_a_class_is_no_layer():
    """The parentheses are missing."""
    with pytest.raises(NetworkError) as caught:
        Same("a") + Same

    assert str(caught.value) == "network: Same is a class\n  expected: a layer\n  to do:    call it: Same(...)"
