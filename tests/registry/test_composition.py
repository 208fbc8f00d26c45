"""Components from settings: every fault is found, and found at its place."""

from typing import Any

import attrs
import pytest
from attrs import field, frozen
from attrs.validators import gt, instance_of

from sigma_core.errors import (
    DataError,
    FaultsError,
    PluginFailedError,
    SettingError,
    UnknownComponentError,
)
from sigma_core.registry import ComponentRegistry, Composer, Fault, component, components

HERE = "registered in this process"
NEEDY = f"layers 'needy' ({HERE})"
SETTINGS = "activation, hidden, metrics, scale, size"
OR = "a table with `use`, or the object itself"


@frozen
class Relu:
    """max(0, x), or a leak below."""

    leak: float = field(default=0.0)

    @leak.validator
    def _small(self, attribute, value):
        if value >= 1:
            raise ValueError(f"a leak of {value} is no leak")


@frozen
class Mean:
    """A metric."""


@frozen
class Adam:
    """An optimiser."""

    rate: float = field(default=0.1, validator=gt(0))
    decay: float = field(default=0.9, validator=[instance_of(float), gt(0)])


@frozen
class Dense:
    """A layer."""

    size: int
    activation: Any = component("activations", default="relu")
    metrics: tuple[Any, ...] = components("metrics", kw_only=True)
    scale: "tuple[float, ...]" = field(default=(), kw_only=True)
    _hidden: bool = False


@frozen
class Plain:
    """A layer whose activation may be left out."""

    activation: Any = component("activations", default=None, metadata={"own": 1})


@frozen
class Needy:
    """A layer that needs an activation and may not be told None."""

    activation: Any = component("activations")


class Ordinary:
    """Not an attrs class."""

    def __init__(self, size: int, name: str = "x", *others, flag: bool = False, **rest):
        self.size, self.name, self.flag = size, name, flag


def made_by(rows: int = 2, *, columns: int):
    """A function that makes a dataset."""
    return [[0] * columns] * rows


class Unsigned:
    """As a class written in C may be."""

    __signature__ = "not known"


@frozen
class Fussy:
    """Raises what it is told to."""

    what: str

    def __attrs_post_init__(self):
        raise {
            "value": ValueError("the value is wrong"),
            "type": TypeError(),
            "key": KeyError("lost"),
            "data": DataError("file 'x'", "it is gone"),
        }[self.what]


@frozen
class Between:
    """Its validators look at each other's fields."""

    low: int = field()
    high: int = field()

    @high.validator
    def _above(self, attribute, value):
        if value <= self.low:
            raise ValueError(f"high is {value}, but low is {self.low}")

    @low.validator
    def _method(self, attribute, value):
        self.check(value)

    def check(self, value):
        if value < 0:
            raise ValueError("low is negative")


@frozen
class Converted:
    """Takes another type than it keeps."""

    shape: tuple[int, ...] = field(converter=tuple)
    ratio: float = field(converter=lambda value: value / 100)
    path: str = field(converter=attrs.converters.optional(str.upper), default=None)


def as_percent(value: int) -> float:
    """A converter that says what it takes."""
    return value / 100


@frozen
class Percent:
    """Given as a whole number, kept as a fraction."""

    share: float = field(converter=as_percent, validator=gt(0.01))
    other: float = field(converter=attrs.Converter(as_percent), default=1, validator=gt(0.01))


@pytest.fixture
def composer(site):
    """A composer of everything above."""
    registry = ComponentRegistry(path=[site])
    for kind, name, part in (
        ("activations", "relu", Relu),
        ("metrics", "mean", Mean),
        ("optimisers", "adam", Adam),
        ("layers", "dense", Dense),
        ("layers", "plain", Plain),
        ("layers", "needy", Needy),
        ("layers", "fussy", Fussy),
        ("layers", "between", Between),
        ("layers", "converted", Converted),
        ("layers", "percent", Percent),
        ("costs", "ordinary", Ordinary),
        ("datasets", "made", made_by),
        ("monitors", "unsigned", Unsigned),
    ):
        registry.register(kind, name, part)
    return Composer(registry)


def faults_of(composer, kind, value, place=()):
    """Places and messages of all faults; nothing is built."""
    faults = []
    assert composer.build(kind, value, place=place, faults=faults) is None
    return [(fault.place, str(fault.error)) for fault in faults]


def test_a_name_is_a_component_with_its_defaults(composer):
    """Kinds may be singular."""
    assert composer.build("activation", "relu") == Relu()


def test_a_table_names_the_component_and_sets_its_settings(composer):
    """Lists become tuples, integers floats; names inside become components."""
    built = composer.build(
        "layers", {"use": "dense", "size": 3, "metrics": ["mean", {"use": "mean"}], "scale": [1, 2.5], "hidden": True}
    )
    assert built == Dense(3, Relu(), metrics=(Mean(), Mean()), scale=(1.0, 2.5), hidden=True)


def test_a_component_field_takes_a_name_a_table_an_object_or_none(composer):
    """The field keeps what it is given until it is built."""
    assert Dense(3, "relu").activation == "relu"
    for given, expected in (("relu", Relu()), ({"use": "relu", "leak": 0.5}, Relu(0.5)), (Relu(0.1), Relu(0.1))):
        assert composer.build("layers", Plain(given)) == Plain(expected)
        assert composer.build("layers", {"use": "plain", "activation": given}) == Plain(expected)
    assert composer.build("layers", {"use": "plain", "activation": None}) == Plain(None)


def test_a_field_of_several_takes_one_without_brackets(composer):
    """Text is not taken apart."""
    assert Dense(3, metrics="mean").metrics == ("mean",)
    assert composer.build("layers", Dense(3, metrics="mean")).metrics == (Mean(),)
    assert composer.build("layers", {"use": "dense", "size": 1, "metrics": {"use": "mean"}}).metrics == (Mean(),)


def test_an_object_without_names_inside_is_given_back_itself(composer):
    """Nothing is copied without need."""
    whole = Dense(3, Relu(), metrics=(Mean(),))
    assert composer.build("layers", whole) is whole
    strange = object()
    assert composer.build("layers", strange) is strange


def test_a_cost_is_a_layer(composer):
    """It ends a network."""
    assert isinstance(composer.build("layers", {"use": "ordinary", "size": 1}), Ordinary)
    assert isinstance(composer.build("layers", Ordinary(1)), Ordinary)


def test_parameters_of_a_function_or_an_ordinary_class_are_settings(composer):
    """Checked by their annotations; what collects the rest is none."""
    assert composer.build("datasets", {"use": "made", "columns": 3}) == [[0, 0, 0], [0, 0, 0]]
    built = composer.build("costs", {"use": "ordinary", "size": 1, "flag": True})
    assert (built.size, built.name, built.flag) == (1, "x", True)
    assert faults_of(composer, "costs", {"use": "ordinary", "size": "1", "others": 3}) == [
        (("size",), f"costs 'ordinary' ({HERE}), size: '1' is a str\n  expected: int"),
        (
            ("others",),
            f"costs 'ordinary' ({HERE}): there is no setting 'others'\n  expected: flag, name, size",
        ),
    ]


def test_a_component_without_a_signature_has_no_settings(composer):
    """Written in C, perhaps."""
    assert composer.describe("monitors", "unsigned").settings == ()


def test_all_faults_are_reported_at_once_with_their_places(composer):
    """However deep they are."""
    value = {
        "use": "dense",
        "sise": 3,
        "activation": {"use": "relu", "leak": "x", "steep": 1},
        "metrics": ["mean", "main", 3, {"used": "mean"}, {"use": 4}],
        "scale": [1, "a"],
    }
    dense = f"layers 'dense' ({HERE})"
    assert faults_of(composer, "layers", value, ("network", 2)) == [
        (
            ("network", 2, "sise"),
            f"{dense}: there is no setting 'sise'\n  expected: {SETTINGS} (nearest: size)",
        ),
        (
            ("network", 2, "activation", "leak"),
            f"activations 'relu' ({HERE}), leak: 'x' is a str\n  expected: float",
        ),
        (
            ("network", 2, "activation", "steep"),
            f"activations 'relu' ({HERE}): there is no setting 'steep'\n  expected: leak",
        ),
        (
            ("network", 2, "metrics", 1),
            "metrics 'main': there is no such metric\n  expected: mean (nearest: mean)",
        ),
        (
            ("network", 2, "metrics", 2),
            f"{dense}, metrics[2]: 3 is an int\n  expected: the name of a metric, {OR}",
        ),
        (
            ("network", 2, "metrics", 3),
            f"{dense}, metrics[3]: the table has no `use`\n  expected: `use` with one of mean",
        ),
        (
            ("network", 2, "metrics", 4, "use"),
            f"{dense}, metrics[4], use: 4 is an int\n  expected: the name of a metric",
        ),
        (("network", 2, "scale"), f"{dense}, scale[1]: 'a' is a str\n  expected: float"),
        (("network", 2), f"{dense}: the setting 'size' is missing\n  expected: int"),
    ]


def test_faults_inside_an_object_have_places_too(composer):
    """A trainer composed in Python gets the same report."""
    value = Dense(3, {"use": "relu", "leak": "x"}, metrics=("mean", "main"))
    assert [place for place, _ in faults_of(composer, "layers", value)] == [("activation", "leak"), ("metrics", 1)]


def test_an_unknown_component_is_at_the_place_of_its_name(composer):
    """Of the text, or of `use`."""
    (by_name,) = faults_of(composer, "layers", "dens", ("network", 0))
    (by_table,) = faults_of(composer, "layers", {"use": "dens", "size": 1}, ("network", 0))
    assert (by_name[0], by_table[0]) == (("network", 0), ("network", 0, "use"))


def test_a_single_fault_is_raised_as_it_is(composer):
    """Its type tells what it is."""
    with pytest.raises(UnknownComponentError, match="there is no such layer"):
        composer.build("layers", "dens")


def test_several_faults_are_raised_together(composer):
    """One report."""
    with pytest.raises(FaultsError) as caught:
        composer.build("optimisers", {"use": "adam", "rate": "fast", "decays": 1})
    assert str(caught.value) == (
        "optimisers: 2 faults\n"
        f"optimisers 'adam' ({HERE}), rate: 'fast' is a str\n"
        "  expected: float\n"
        f"optimisers 'adam' ({HERE}): there is no setting 'decays'\n"
        "  expected: decay, rate (nearest: decay)"
    )
    assert [type(fault) for fault in caught.value.faults] == [SettingError, SettingError]


def test_faults_are_added_to_those_that_are_there(composer):
    """A recipe has one list for all of its parts."""
    faults = [Fault(("x",), SettingError("x", "first"))]
    composer.build("optimisers", "adan", place=("optimiser",), faults=faults)
    assert [fault.place for fault in faults] == [("x",), ("optimiser",)]


def test_every_validator_is_heard(composer):
    """Also beside a setting of the wrong type."""
    adam = f"optimisers 'adam' ({HERE})"
    assert faults_of(composer, "optimisers", {"use": "adam", "rate": -1, "decay": 0}, ("o",)) == [
        (("o", "rate"), f"{adam}, rate: 'rate' must be > 0: -1.0"),
        (("o", "decay"), f"{adam}, decay: 'decay' must be > 0: 0.0"),
    ]
    assert faults_of(composer, "optimisers", {"use": "adam", "rate": -1, "decay": "slow"}) == [
        (("decay",), f"{adam}, decay: 'slow' is a str\n  expected: float"),
        (("rate",), f"{adam}, rate: 'rate' must be > 0: -1.0"),
    ]


def test_a_validator_is_heard_about_a_component_inside_an_object(composer):
    """The place is that of the inner setting."""
    assert faults_of(composer, "layers", Plain({"use": "relu", "leak": 2})) == [
        (("activation", "leak"), f"activations 'relu' ({HERE}), leak: a leak of 2.0 is no leak")
    ]


def test_validators_may_look_at_other_fields_and_at_methods(composer):
    """What a validator needs of the object is there at the latest when the object is made."""
    between = f"layers 'between' ({HERE})"
    assert composer.build("layers", {"use": "between", "low": 1, "high": 2}) == Between(1, 2)
    assert faults_of(composer, "layers", {"use": "between", "low": 1, "high": 1}) == [
        (("high",), f"{between}, high: high is 1, but low is 1")
    ]
    assert faults_of(composer, "layers", {"use": "between", "low": -1, "high": 1}) == [
        ((), f"{between}: low is negative")
    ]


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("value", SettingError, f"layers 'fussy' ({HERE}): the value is wrong"),
        ("type", SettingError, f"layers 'fussy' ({HERE}): TypeError"),
        ("key", PluginFailedError, f"layers 'fussy' ({HERE}): it raised KeyError: 'lost'"),
        ("data", DataError, "file 'x': it is gone"),
    ],
)
def test_what_a_constructor_raises_is_a_fault(composer, what, error, message):
    """Whatever it is; errors of our own keep their words."""
    with pytest.raises(error) as caught:
        composer.build("layers", {"use": "fussy", "what": what})
    assert str(caught.value) == message
    assert what == "data" or isinstance(caught.value.__cause__, ValueError | TypeError | KeyError)


def test_converters_have_their_say(composer):
    """Values are checked against the field, or against what the converter says that it takes."""
    built = composer.build("layers", {"use": "converted", "shape": [1, 2], "ratio": 50, "path": "a"})
    assert built == Converted((1, 2), 50, "a")
    assert composer.build("layers", {"use": "percent", "share": 50, "other": 5}).share == 0.5
    assert faults_of(composer, "layers", {"use": "percent", "share": 0.5}) == [
        (("share",), f"layers 'percent' ({HERE}), share: 0.5 is a float\n  expected: int")
    ]
    assert faults_of(composer, "layers", {"use": "percent", "share": 1}) == [
        (("share",), f"layers 'percent' ({HERE}), share: 'share' must be > 0.01: 0.01")
    ]
    assert faults_of(composer, "layers", {"use": "percent", "share": 2, "other": 1}) == [
        ((), f"layers 'percent' ({HERE}): 'other' must be > 0.01: 0.01")
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, f"layers: 3 is an int\n  expected: the name of a layer, {OR}"),
        (None, f"layers: it is None\n  expected: the name of a layer, {OR}"),
        (Dense, f"layers: Dense is a class\n  expected: the name of a layer, {OR}\n  to do:    call it: Dense(...)"),
        (Adam(), "layers: Adam is an optimiser\n  expected: a layer"),
        ({"use": "needy"}, f"{NEEDY}: the setting 'activation' is missing\n  expected: activations component"),
        (
            {"use": "needy", "activation": None},
            f"{NEEDY}, activation: it is None\n  expected: the name of an activation, {OR}",
        ),
        (
            {"use": "needy", "activation": Adam()},
            f"{NEEDY}, activation: Adam is an optimiser\n  expected: an activation",
        ),
    ],
)
def test_what_is_no_component_is_refused(composer, value, message):
    """With what would be one."""
    with pytest.raises(SettingError) as caught:
        composer.build("layers", value)
    assert str(caught.value) == message


def test_an_installed_component_that_fails_is_a_fault(install, site):
    """In a recipe it is one among others."""
    install("sigma-x", {"sigma.layers": {"bad": "part:Bad"}}, modules={"part.py": "raise ValueError('boom')"})
    composer = Composer(ComponentRegistry(path=[site]))
    assert faults_of(composer, "layers", ["bad"][0]) == [
        ((), "layers 'bad' (sigma-x 1.0): its import raised ValueError: boom")
    ]


def test_a_field_refuses_a_kind_that_does_not_exist():
    """At the definition of the class."""
    for make in (component, components):
        with pytest.raises(UnknownComponentError, match="kind 'activatoins': there is no such kind of component"):
            make("activatoins")


def test_annotations_as_text_are_resolved_where_they_were_written(install, site):
    """Also those that a subclass in another module inherits."""
    base = (
        "from __future__ import annotations\nfrom attrs import frozen\nfrom pathlib import Path as Where\n"
        "@frozen\nclass Base:\n    where: Where\n    count: Unknown = 1\n"
    )
    sub = (
        "from __future__ import annotations\nfrom attrs import frozen\nfrom base_of import Base\n"
        "Where = int\n@frozen\nclass Sub(Base):\n    size: int = 1\n"
    )
    install("sigma-x", {"sigma.sources": {"sub": "sub_of:Sub"}}, modules={"base_of.py": base, "sub_of.py": sub})
    composer = Composer(ComponentRegistry(path=[site]))
    built = composer.build("sources", {"use": "sub", "where": "a", "count": "anything"})
    assert str(built.where) == "a"
    with pytest.raises(SettingError) as caught:
        composer.build("sources", {"use": "sub", "where": 3})
    assert str(caught.value) == "sources 'sub' (sigma-x 1.0), where: 3 is an int\n  expected: path"
