"""Components written down as settings: the inverse of building them."""

from datetime import date
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import attrs
import numpy as np
import pytest
from attrs import Factory, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.errors import ComponentError
from sigma_core.registry import ComponentRegistry, Composer, component, components, plain

HERE = "registered in this process"
ZERO, SINGLE = np.float32(0), np.dtype("float32")
PLAIN = "  expected: a value that TOML can write\n  to do:   "


class Colour(Enum):
    """Written by value."""

    RED = "red"
    BLUE = "blue"


class Shape(Enum):
    """Written by name."""

    FLAT = (1,)
    DEEP = (1, 2)


@frozen
class Relu:
    """A component without much to it."""

    leak: float = 0.0


@frozen
class Everything:
    """A setting of each sort."""

    size: int
    rate: float = 0.5
    flag: bool = False
    name: str = "x"
    limit: float | None = None
    one: float | None = 1.0
    mode: Literal["mean", "sum"] = "mean"
    colour: Colour = Colour.RED
    shape: Shape = Shape.FLAT
    sizes: tuple[int, ...] = (1,)
    pair: tuple[str, float] = ("a", 1.0)
    tags: frozenset[str] = frozenset()
    table: dict[str, tuple[float, ...]] = field(factory=dict, hash=False)
    path: Path = Path()
    day: date | None = None
    small: np.float32 = ZERO
    dtype: np.dtype = SINGLE
    activation: Any = component("activations", default="relu")
    metrics: tuple[Any, ...] = components("activations")
    _hidden: int = 3
    size_again: int = Factory(lambda self: self.size, takes_self=True)


class Ordinary:
    """Keeps one of its settings under another name."""

    def __init__(self, size: int = 1, lost: int = 1):
        self.size, self._lost = size, lost


@frozen
class Loose:
    """Holds anything."""

    thing: Any = 0


@pytest.fixture(scope="module")
def composer():
    """A composer of everything above."""
    registry = ComponentRegistry(path=[])
    registry.register("activations", "relu", Relu)
    registry.register("layers", "everything", Everything)
    registry.register("layers", "ordinary", Ordinary)
    registry.register("layers", "loose", Loose)
    return Composer(registry)


activations = st.builds(Relu, st.floats(allow_nan=False))
everything = st.builds(
    Everything,
    size=st.integers(),
    rate=st.floats(allow_nan=False),
    flag=st.booleans(),
    name=st.text(),
    limit=st.none() | st.floats(allow_nan=False),
    one=st.floats(allow_nan=False),
    mode=st.sampled_from(["mean", "sum"]),
    colour=st.sampled_from(Colour),
    shape=st.sampled_from(Shape),
    sizes=st.lists(st.integers()).map(tuple),
    pair=st.tuples(st.text(), st.floats(allow_nan=False)),
    tags=st.frozensets(st.text()),
    table=st.dictionaries(st.text(), st.lists(st.floats(allow_nan=False)).map(tuple)),
    path=st.text("abc/.").map(PurePosixPath).map(Path),
    day=st.none() | st.dates(),
    small=st.floats(width=32, allow_nan=False).map(np.float32),
    dtype=st.sampled_from([np.dtype("float32"), np.dtype("int64"), np.dtype("bool")]),
    activation=activations,
    metrics=st.lists(activations).map(tuple),
    hidden=st.integers(),
    size_again=st.integers(),
)


@settings(max_examples=40)
@given(everything)
def test_what_is_written_builds_the_same_again(composer, value):
    """Whatever the settings are."""
    assert composer.build("layers", composer.table(value)) == value


@settings(max_examples=40)
@given(everything)
def test_what_is_written_is_plain(composer, value):
    """Text, numbers, truth values, dates, lists and tables only: what TOML has."""

    def check(item):
        if type(item) is dict:
            assert all(type(key) is str for key in item)
            [check(inner) for inner in item.values()]
        elif type(item) is list:
            [check(inner) for inner in item]
        else:
            assert type(item) in {str, int, float, bool, date}

    check(composer.table(value))


def test_settings_at_their_defaults_are_left_out(composer):
    """What was built from a name alone is written with little more."""
    assert composer.table(composer.build("layers", {"use": "everything", "size": 2})) == {
        "use": "everything",
        "size": 2,
    }


def test_a_component_inside_is_written_by_name_or_as_a_table(composer):
    """The name says it all if there are no settings; a name that was never built stays one."""
    value = Everything(1, activation=Relu(0.5), metrics=(Relu(), "relu", {"use": "relu", "leak": 1.0}))
    assert composer.table(value) == {
        "use": "everything",
        "size": 1,
        "activation": {"use": "relu", "leak": 0.5},
        "metrics": ["relu", "relu", {"use": "relu", "leak": 1.0}],
    }


def test_names_and_values_are_those_of_a_recipe(composer):
    """Private fields by the names by which they are given."""
    value = Everything(1, colour=Colour.BLUE, shape=Shape.DEEP, path=Path("a") / "b", hidden=4, limit=np.float32(0.5))
    assert composer.table(value) == {
        "use": "everything",
        "size": 1,
        "colour": "blue",
        "shape": "DEEP",
        "path": "a/b",
        "hidden": 4,
        "limit": 0.5,
    }


def test_true_is_not_one(composer):
    """Although Python says that they are equal."""
    assert composer.table(Loose(False)) == {"use": "loose", "thing": False}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.bool_(True), True),
        (np.int8(3), 3),
        (np.float64(0.5), 0.5),
        (np.dtype("int16"), "int16"),
        ({"b", "a"}, ["a", "b"]),
    ],
)
def test_numbers_of_numpy_are_written_as_numbers(value, expected):
    """TOML knows no other."""
    result = plain(value, "here")
    assert (type(result), result) == (type(expected), expected)


def test_an_object_that_is_not_registered_is_refused(composer):
    """It has no name to be written by."""
    with pytest.raises(ComponentError) as caught:
        composer.table(Colour.RED)
    assert str(caught.value) == (
        "Colour: <Colour.RED: 'red'> is a Colour, which is not registered\n"
        "  expected: a component\n"
        "  to do:    register its class as an entry point of its distribution, or with environment.register"
    )


def test_a_class_is_refused(composer):
    """It has no settings yet."""
    with pytest.raises(ComponentError) as caught:
        composer.table(Relu)
    assert str(caught.value).splitlines()[0] == "type: Relu is a class"


def test_a_setting_that_is_kept_under_another_name_is_refused(composer):
    """It cannot be read back from an ordinary class."""
    with pytest.raises(ComponentError) as caught:
        composer.table(Ordinary())
    assert str(caught.value) == (
        f"layers 'ordinary' ({HERE}), lost: the setting cannot be read back\n"
        "  expected: an attribute\n"
        "  to do:    make it an attrs class, or keep the setting under its own name"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, f", thing: it is None\n{PLAIN} leave the setting out where None is its default"),
        ([1, {"a": None}], f", thing[1].a: it is None\n{PLAIN} leave the setting out where None is its default"),
        (1j, f", thing: 1j is a complex\n{PLAIN} use plain values or a component"),
        (np.zeros(2), f", thing: array([0., 0.]) is a ndarray\n{PLAIN} use plain values or a component"),
    ],
)
def test_what_toml_cannot_write_is_refused(composer, value, message):
    """None where it is no default, and objects that are no components."""
    with pytest.raises(ComponentError) as caught:
        composer.table(Loose(value))
    assert str(caught.value) == f"layers 'loose' ({HERE}){message}"


def test_a_component_inside_that_is_not_registered_is_refused(composer):
    """With the class that would have to be."""
    with pytest.raises(ComponentError, match=r"Unknown: Unknown\(\) is an Unknown, which is not registered"):
        composer.table(Everything(1, activation=attrs.make_class("Unknown", [])()))


def test_of_several_names_the_one_of_the_fitting_kind_is_written():
    """A class may be registered under two kinds."""
    registry = ComponentRegistry(path=[])
    registry.register("layers", "loose", Loose)
    registry.register("activations", "a_relu", Loose)
    registry.register("metrics", "relu", Relu)
    registry.register("schedules", "relu_too", Relu)
    holder = attrs.make_class("Holder", {"inner": component("schedules")})
    registry.register("hooks", "holder", holder)
    assert Composer(registry).table(holder(Relu())) == {"use": "holder", "inner": "relu_too"}
    assert Composer(registry).table(Loose()) == {"use": "a_relu"}
