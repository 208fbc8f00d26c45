"""Settings as editors show them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard.panels._settings import Setting, last_values, patterns, values_set

from sigma_core.extend import StoredEvent


def setting(type="float", value=0.001, **limits):  # noqa: A002  # it is called so
    return Setting(identifier="optimiser.learning_rate", type=type, value=value, **limits)


def event(kind, number=1, **payload):
    return StoredEvent(id=number, kind=kind, time=0.0, schema=1, epoch=0, iteration=0, payload=payload)


def test_a_learning_rate_has_a_logarithmic_slider():
    """Three powers of ten up and down from where it stands."""
    scale = setting(minimum=0).scale(0.001)
    assert scale.is_logarithmic
    assert (scale.value(scale.low), scale.value(scale.high)) == (1e-6, 1.0)
    assert scale.place(0.001) == -3
    assert scale.holds(0.5)
    assert not scale.holds(2)
    assert (scale.place(0.0), scale.place(1e9)) == (-6, 0)


def test_a_number_with_ends_has_a_slider_between_them():
    """Ends that are excluded are left out."""
    scale = setting(minimum=0, maximum=1, excludes_maximum=True).scale(0.9)
    assert (scale.low, scale.high, scale.step, scale.is_logarithmic) == (0, 0.999, 0.001, False)
    whole = setting("int", 3, minimum=1, maximum=9, excludes_minimum=True).scale(3)
    assert (whole.low, whole.high, whole.step) == (2, 9, 1)


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (setting("int", 3, minimum=0), 3),
        (setting(), 0.1),
        (setting(minimum=-1), 0.1),
        (setting(minimum=0), 0.0),
        (setting(minimum=0), None),
        (setting(minimum=0), math.nan),
        (setting("bool", True), True),
        (setting("str", "a"), "a"),
    ],
)
def test_what_has_no_ends_and_no_middle_has_no_slider(made, value):
    """It is written."""
    assert made.scale(value) is None


@given(st.floats(1e-12, 1e12))
def test_a_slider_stands_where_the_value_is(value):
    """As far as its places can tell values apart."""
    scale = setting(minimum=0).scale(value)
    assert scale.low <= scale.place(value) <= scale.high
    assert scale.value(scale.place(value)) == pytest.approx(value, rel=0.01)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_is_read_as_it_is_written(value):
    """In six digits, which is as many as are shown."""
    assert setting().read(setting().text(value)) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("float", " 0,5 ", 0.5),
        ("float", "1e-3", 0.001),
        ("int", "12", 12),
        ("bool", "True", True),
        ("str", " a, b ", "a, b"),
        ("choice", "cosine", "cosine"),
        ("tuple of str", "network.**, gradients.** ,", ["network.**", "gradients.**"]),
        ("tuple of int or None", "[8, 8]", [8, 8]),
        ("something", "not = toml", "not = toml"),
    ],
)
def test_a_text_is_read_as_its_type_wants(type_name, text, value):
    """Commas are fine in numbers, too."""
    assert setting(type_name).read(text) == value


@pytest.mark.parametrize(
    ("type_name", "text", "message"),
    [
        ("float", "abc", "could not convert string to float: 'abc'"),
        ("float", "inf", "inf"),
        ("float", "nan", "nan"),
        ("int", "1.5", "invalid literal for int() with base 10: '1.5'"),
        ("bool", "maybe", "'maybe'"),
    ],
)
def test_a_text_that_is_none_is_not_read(type_name, text, message):
    """Whatever is no finite number is none."""
    with pytest.raises((LookupError, ValueError)) as caught:
        setting(type_name).read(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0010000000474974513, "0.001"),
        (3, "3"),
        (True, "true"),
        (None, ""),
        (["a", "b"], "a, b"),
        ("text", "text"),
    ],
)
def test_a_value_is_written_as_people_write_it(value, text):
    """What was kept in 32 bits has no digits that nobody gave."""
    assert setting().text(value) == text


def test_a_description_is_read():
    """As a run tells it."""
    told = {
        "identifier": "a.b",
        "type": "choice",
        "value": "x",
        "minimum": None,
        "maximum": None,
        "choices": ["x", "y"],
    }
    assert Setting.of({**told, "choices": ["x", "y"]}) == Setting(
        identifier="a.b", type="choice", value="x", choices=("x", "y")
    )


def test_few_patterns_ask_for_all():
    """One for each table."""
    assert patterns(["optimiser.a", "optimiser.b", "criteria.calm"]) == ["criteria.*", "optimiser.*"]


def test_the_values_that_stand_are_those_of_the_start_and_what_was_set_since():
    """Others are no business of an editor's, and what was set before the run went on is in what it says then."""
    settings = [Setting(identifier="a.b", type="float", value=1.0), Setting(identifier="a.c", type="float", value=2.0)]
    one = {"command": "set_value", "identifier": "a.b", "value": 5.0}
    several = {"command": "set_values", "values": {"a.c": 7.0, "other": 1.0}}
    log = [event("command_applied", command=one), event("command_refused", command=several)]
    assert last_values(settings, log) == {"a.b": 5.0, "a.c": 2.0}
    assert last_values(settings, [*log, event("command_applied", command=several)]) == {"a.b": 5.0, "a.c": 7.0}
    assert last_values(settings, [*log, event("run_started")]) == {"a.b": 1.0, "a.c": 2.0}
    assert values_set(event("command_applied", command={"command": "pause"})) == {}
