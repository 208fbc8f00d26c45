"""Types in words, and annotations that are text."""

import sys
import types
from typing import Any, Literal, TypeVar

import pytest

from sigma_core.registry._annotations import readable, resolved, seen, takes_none

Free = TypeVar("Free")


class Here:
    """A class with a class inside."""

    class Inner:
        """Seen from within."""


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (float, "float"),
        (None, "None"),
        (Any, "anything"),
        (object, "anything"),
        (Free, "anything"),
        (tuple[int, ...], "tuple of int"),
        (tuple[int, str], "tuple of (int, str)"),
        (tuple, "tuple"),
        (tuple[int | float, ...] | None, "tuple of (int or float) or None"),
        (list[tuple[float, ...]], "list of tuple of float"),
        (frozenset[str], "set of str"),
        (dict[str, float], "table of float"),
        (dict, "table"),
        (None | int, "int or None"),
        (Literal["a", 1], "'a' or 1"),
        (Here, "Here"),
        ("Unresolved", "Unresolved"),
    ],
)
def test_types_are_said_in_words(annotation, words):
    """As messages and descriptions need them."""
    assert readable(annotation) == words


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement is of Python 3.12")
def test_a_type_alias_is_what_it_stands_for():
    """Aliases made by the `type` statement are objects of their own."""
    scope = {}
    exec("type Numbers = tuple[float, ...]", scope)  # noqa: S102  # no older Python can read it
    assert readable(scope["Numbers"]) == "tuple of float"


def test_text_is_resolved_in_its_module_and_class():
    """Also inside other types."""
    assert resolved("tuple[Here, ...]", __name__) == tuple[Here, ...]
    assert resolved("Inner", __name__, Here) is Here.Inner
    assert resolved("None", __name__) is types.NoneType


@pytest.mark.parametrize("text", ["OnlyForTypeCheckers", "tuple[", "int[3]", "1 / 0"])
def test_what_cannot_be_resolved_is_anything(text):
    """The component itself checks the value then."""
    assert resolved(text, __name__) is Any
    assert resolved("int", "no.such.module") is int


def test_a_type_takes_none_if_it_says_so():
    """`Any` does not say so."""
    assert [takes_none(each) for each in (None, int | None, Literal["a"] | None)] == [True, True, True]
    assert [takes_none(each) for each in (int, Any, object, tuple[None])] == [False, False, False, False]


def test_long_values_are_shortened():
    """A message stays readable."""
    assert seen(list(range(1000))) == "[0, 1, 2, 3, 4, 5, ...] is a list"
    assert seen(None) == "it is None"
