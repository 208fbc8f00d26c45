"""Strict conversion of what a recipe writes to the types that components declare."""

import typing
from collections.abc import Callable, Collection, Iterable, Mapping, MutableSequence, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, NewType, Protocol, TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import SettingError
from sigma_core.registry import conform


class Colour(Enum):
    """Written by value."""

    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    """An integer too."""

    LOW = 1
    HIGH = 2


class Shape(Enum):
    """Of values that TOML cannot write: written by name."""

    FLAT = (1,)
    DEEP = (1, 2)


class Point(NamedTuple):
    """A tuple with a shape of its own."""

    x: int


class Runs(Protocol):
    """Cannot be checked at run time."""

    def run(self): ...


Count = NewType("Count", int)
Bounded = TypeVar("Bounded", bound=int)
Free = TypeVar("Free")

FITTING = [
    (1, int, 1),
    (np.int8(3), int, 3),
    (1.5, float, 1.5),
    (2, float, 2.0),
    (np.float32(0.5), float, 0.5),
    (Fraction(1, 2), float, 0.5),
    (True, bool, True),
    (np.bool_(True), bool, True),
    ("a", str, "a"),
    (None, None, None),
    (None, int | None, None),
    (3, int | None, 3),
    (1, int | float, 1),
    (1, float | int, 1),
    (1, float | str, 1.0),
    ([1, 2], int | tuple[int, ...], (1, 2)),
    ("a", typing.Optional[str], "a"),  # noqa: UP045  # the old spelling is in use
    ("sum", Literal["mean", "sum"], "sum"),
    ("red", Colour, Colour.RED),
    ("RED", Colour, Colour.RED),
    (Colour.BLUE, Colour, Colour.BLUE),
    (2, Level, Level.HIGH),
    ("LOW", Level, Level.LOW),
    ("DEEP", Shape, Shape.DEEP),
    ([1, 2], tuple[int, ...], (1, 2)),
    ([1, "a"], tuple[int, str], (1, "a")),
    ([], tuple[()], ()),
    ([1, "a"], tuple, (1, "a")),
    ([[1], [2, 3]], tuple[tuple[float, ...], ...], ((1.0,), (2.0, 3.0))),
    ((1, 2), list[float], [1.0, 2.0]),
    ((1, 2), Sequence[float], (1.0, 2.0)),
    ([1], Iterable[int], (1,)),
    ([1], Collection[int], (1,)),
    ((1,), MutableSequence[int], [1]),
    ([1, 1], set[int], {1}),
    ([1, 1], frozenset[int], frozenset({1})),
    ({1}, AbstractSet[int], frozenset({1})),
    ({"a": 1}, dict[str, float], {"a": 1.0}),
    ({"a": [1]}, Mapping[str, tuple[int, ...]], {"a": (1,)}),
    ({"a": 1}, dict, {"a": 1}),
    ("a/b", Path, Path("a/b")),
    ("a/b", PurePosixPath, PurePosixPath("a/b")),
    (Path("a"), Path, Path("a")),
    ("anything", Any, "anything"),
    (None, object, None),
    (5, Count, 5),
    (5, Bounded, 5),
    ("x", Free, "x"),
    (Point(1), Point, Point(1)),
    (len, Callable[..., int], len),
    (int, type[int], int),
    (date(2020, 1, 2), date, date(2020, 1, 2)),
    (object, Runs, object),
    (4, "not resolved", 4),
    (1, np.int16, np.int16(1)),
    (1, np.float32, np.float32(1)),
    (1.5, np.float64, np.float64(1.5)),
    (1, np.floating, np.float64(1)),
    (1, np.integer, np.int64(1)),
    (True, np.bool_, np.bool_(True)),
    ("float32", np.dtype, np.dtype("float32")),
    (np.float32, np.dtype[Any], np.dtype("float32")),
    (np.float32(1), np.float32, np.float32(1)),
]


@pytest.mark.parametrize(("value", "annotation", "expected"), FITTING)
def test_what_fits_is_given_back_as_the_type_has_it(value, annotation, expected):
    """Integers become floats where floats are wanted, lists tuples, text paths."""
    result = conform(value, annotation)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("value", "annotation", "found", "expected"),
    [
        (True, int, "True is a bool", "int"),
        (1.0, int, "1.0 is a float", "int"),
        ("1", int, "'1' is a str", "int"),
        ("fast", float, "'fast' is a str", "float"),
        (True, float, "True is a bool", "float"),
        (10**400, float, "the number is too large", "float"),
        (1, bool, "1 is an int", "bool"),
        (1, str, "1 is an int", "str"),
        (1, None, "1 is an int", "None"),
        (None, int, "it is None", "int"),
        ("a", int | None, "'a' is a str", "int or None"),
        ("a", int | float | tuple[int, ...], "'a' is a str", "int or float or tuple of int"),
        ("max", Literal["mean", "sum", 1], "'max' is a str", "'mean' or 'sum' or 1"),
        (True, Literal[1], "True is a bool", "1"),
        ("green", Colour, "'green' is a str", "'red' or 'blue'"),
        (True, Level, "True is a bool", "1 or 2"),
        ((1, 2), Shape, "(1, 2) is a tuple", "'FLAT' or 'DEEP'"),
        ("ab", tuple[str, ...], "'ab' is a str", "tuple of str"),
        ("ab", Sequence[str], "'ab' is a str", "list of str"),
        ({1}, tuple[int, ...], "{1} is a set", "tuple of int"),
        ([1], tuple[int, int], "it has 1 item", "tuple of (int, int)"),
        ([1, 2, 3], tuple[int, int], "it has 3 items", "tuple of (int, int)"),
        ([1], Point, "[1] is a list", "Point"),
        ([1], dict[str, int], "[1] is a list", "table of int"),
        (1, Mapping, "1 is an int", "table"),
        (1, Path, "1 is an int", "path"),
        (1, Callable[..., int], "1 is an int", "function"),
        (1, type[int], "1 is an int", "type"),
        ("2020-01-02", date, "'2020-01-02' is a str", "date"),
        (1.5, np.int16, "1.5 is a float", "int16"),
        (300, np.int8, "300 is an int", "int8"),
        ("a", np.float32, "'a' is a str", "float32"),
        (1, np.bool_, "1 is an int", "bool"),
        ("float99", np.dtype, "'float99' is a str", "dtype"),
        (1, np.ndarray, "1 is an int", "ndarray"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(value, annotation, found, expected):
    """The message shows the value, its type and the type that is wanted."""
    with pytest.raises(SettingError) as caught:
        conform(value, annotation, where="here")
    assert str(caught.value) == f"here: {found}\n  expected: {expected}"


@pytest.mark.parametrize(
    ("value", "annotation", "message"),
    [
        ([1, [2, "x"]], tuple[int, tuple[int, ...]], "value[1][1]: 'x' is a str\n  expected: int"),
        ({"a": {"b": [1.5]}}, dict[str, dict[str, list[int]]], "value.a.b[0]: 1.5 is a float\n  expected: int"),
        ({1: 2}, dict[str, int], "value, key 1: 1 is an int\n  expected: str"),
        ([1, "x"], int | tuple[int, ...], "value[1]: 'x' is a str\n  expected: int"),
    ],
)
def test_the_place_inside_a_value_is_told(value, annotation, message):
    """A fault deep in a list or table is found without counting."""
    with pytest.raises(SettingError) as caught:
        conform(value, annotation)
    assert str(caught.value) == message


@given(st.lists(st.integers() | st.booleans() | st.text() | st.none() | st.floats()))
def test_a_list_is_a_tuple_of_integers_only_if_each_item_is_one(items):
    """Truth values, text and floats are not."""
    if all(type(item) is int for item in items):
        assert conform(items, tuple[int, ...]) == tuple(items)
    else:
        with pytest.raises(SettingError, match=r"expected: int$"):
            conform(items, tuple[int, ...])


@given(st.floats() | st.integers(-(2**53), 2**53))
def test_a_number_is_a_float_of_the_same_value(number):
    """NaN and the infinities too."""
    result = conform(number, float)
    assert type(result) is float
    assert result == number or number != number  # noqa: PLR0124  # NaN
