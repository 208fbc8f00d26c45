"""Triggers against a brute-force twin: count every iteration, compare with what the trigger promises."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.errors import ExpressionError, SettingError
from sigma_core.hooks import Clock, Reading, Trigger, after, every, once, until
from sigma_core.hooks._clock import Unit
from sigma_core.hooks._counting import After, Every, Until
from sigma_core.hooks._trigger import AllOf, Always, AnyOf, Never, Once, Wake

LENGTH = 4
TOTAL = 22


def at(iteration, *, seconds=0.0):
    clock = Clock(iterations_per_epoch=LENGTH, total_iterations=TOTAL)
    return clock.reading_at(iteration, seconds)


def due_iterations(text, last=TOTAL):
    trigger = Trigger.parse(text)
    found = []
    for iteration in range(1, last + 1):
        now, then = at(iteration), at(iteration - 1)
        if trigger.due(now, then):
            found.append(iteration)
            trigger = trigger.after_firing(now, then)
    return found


def due_epochs(text, *, length=LENGTH, last=20):
    """At the end of which epochs a hook of epochs runs."""
    trigger = Trigger.parse(text)
    found = []
    for epoch in range(1, last + 1):
        now = Reading(epoch * length, epoch, 0.0, length, last * length)
        then = Reading((epoch - 1) * length, epoch - 1, 0.0, length, last * length)
        if trigger.due(now, then):
            found.append(epoch)
            trigger = trigger.after_firing(now, then)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("every 5 iterations", [5, 10, 15, 20]),
        ("5 iterations after 4", [9, 14, 19]),
        ("5 iterations until 15", [5, 10, 15]),
        ("5 iterations until 14", [5, 10]),
        ("2 epochs", [8, 16]),
        ("every epoch after 3", [16, 20]),
        ("0.5 epochs until 1.5", [2, 4, 6]),
        ("0.25 run", [6, 11, 17, 22]),
        ("0.1 run", [3, 5, 7, 9, 11, 14, 16, 18, 20, 22]),
        ("once", [1]),
        ("once (every 7 iterations)", [7]),
        ("once | 10 iterations", [1, 10, 20]),
        ("after 19 iterations", [20, 21, 22]),
        ("after 5 epochs", [21, 22]),
        ("until 3 iterations", [1, 2, 3]),
        ("every 2 iterations & every 3 iterations", [6, 12, 18]),
        ("(2 epochs | 5 iterations) & after 9 iterations", [10, 15, 16, 20]),
        ("once (2 iterations & 3 iterations) | never", [6]),
        ("always & until 2 iterations", [1, 2]),
        ("after 0.9 run", [20, 21, 22]),
    ],
)
def test_due_at_iterations(text, expected):
    """For a hook of every iteration, each unit is due where the documentation says."""
    assert due_iterations(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 epochs", [3, 6, 9, 12, 15, 18]),
        ("3 epochs after 10", [13, 16, 19]),
        ("3 epochs after 10 until 16", [13, 16]),
        ("10 iterations until 30", [3, 5, 8]),
        ("0.25 run", [5, 10, 15, 20]),
        ("once", [1]),
        ("after 18 epochs", [19, 20]),
        ("until 2 epochs", [1, 2]),
    ],
)
def test_due_at_ends_of_epochs(text, expected):
    """A hook of epochs runs at its first event at or after each multiple, whatever the unit."""
    assert due_epochs(text) == expected


def test_several_events_in_one_epoch_count_once():
    """Of several validations in an epoch that is due, the first one counts."""
    trigger = every(2).epochs
    first, second = Reading(5, 2, 0.0), Reading(7, 2, 0.0)
    assert trigger.due(first, Reading(3, 1, 0.0))
    assert not trigger.due(second, first)


def test_seconds_are_due_when_a_multiple_was_passed():
    """Seconds count multiples, so that a slow iteration does not shift those after it."""
    trigger = every(10).seconds.after(5).until(35)
    assert not trigger.due(at(2, seconds=14.9), at(1, seconds=5.0))
    assert trigger.due(at(3, seconds=18.0), at(2, seconds=14.9))
    assert trigger.due(at(4, seconds=25.0), at(3, seconds=18.0))
    assert not trigger.due(at(5, seconds=34.0), at(4, seconds=25.0))
    assert trigger.due(at(6, seconds=100.0), at(5, seconds=34.0))
    assert trigger.next_iteration(at(6, seconds=100.0)) is None
    assert trigger.next_iteration(at(4, seconds=25.0)) == 5
    assert trigger.next_seconds(at(4, seconds=25.0)) == 35.0


def test_seconds_bound_other_triggers():
    """`after` and `until` take seconds; their first iteration is only known to be a later one."""
    assert after(3).seconds.due(at(1, seconds=3.5), at(0))
    assert after(3).seconds.wakes(at(1)) == (Wake(2, 3.0),)
    assert until(3).seconds.due(at(1, seconds=3.0), at(0))
    assert until(3).seconds.wakes(at(1, seconds=2.0)) == (Wake(2, 0.0),)
    assert until(3).seconds.wakes(at(1, seconds=3.5)) == ()


def test_alternatives_wake_apart():
    """Either side of | wakes on its own; & wakes when both can be due; once as what it holds."""
    either = every(60).seconds | every(100).iterations
    both = every(60).seconds & every(100).iterations
    assert either.wakes(at(3, seconds=1.0)) == (Wake(4, 60.0), Wake(100, 0.0))
    assert both.wakes(at(3, seconds=1.0)) == (Wake(100, 60.0),)
    assert once(both).wakes(at(3, seconds=1.0)) == (Wake(100, 60.0),)
    assert (either & until(5).epochs).wakes(at(3, seconds=1.0)) == (Wake(4, 0.0),)
    assert Never().wakes(at(3)) == ()


def test_a_conjunction_that_never_meets_answers_with_a_bound():
    """Where & finds nothing within its patience, it names an iteration before which nothing is due."""
    never_meet = every(2).iterations & every(2).iterations.after(1)
    found = never_meet.next_iteration(at(0))
    assert found is not None
    assert found > 900


def test_a_conjunction_ends_with_its_first_side():
    """& is over as soon as one side is."""
    assert (every(2).iterations & every(3).iterations.until(5)).next_iteration(at(4)) is None


numbers = st.integers(1, 12)
units = st.sampled_from([Unit.ITERATIONS, Unit.EPOCHS])
fractions = st.sampled_from([0.05, 0.1, 0.25, 0.3, 0.5, 1])


@st.composite
def counts(draw):
    if draw(st.booleans()):
        return Every(draw(fractions), Unit.RUN)
    bound = st.integers(0, 12)
    return Every(draw(numbers), draw(units), draw(bound), draw(st.none() | bound))


leaves = st.one_of(
    counts(),
    st.builds(After, numbers, units),
    st.builds(Until, numbers, units),
    st.builds(Always),
    st.builds(Never),
)
triggers = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Once, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a, b: a & b, inner, inner),
    ),
    max_leaves=5,
)


@given(triggers)
def test_text_parses_back(trigger):
    """The text of a trigger is canonical: it parses back to an equal trigger."""
    assert Trigger.parse(str(trigger)) == trigger


@given(triggers, st.integers(0, TOTAL))
@settings(max_examples=300)
def test_next_iteration_agrees_with_a_scan(trigger, iteration):
    """The promised iteration is the first one that a scan over every iteration finds due."""
    promised = trigger.next_iteration(at(iteration))
    horizon = 13 * 12 * LENGTH
    scan = (i for i in range(iteration + 1, horizon) if trigger.due(at(i), at(i - 1)))
    first = next(scan, None)
    if promised is None or promised >= horizon:
        assert first is None
    elif first is None or isinstance(trigger, AllOf | AnyOf | Once):
        # Where sides that never meet are nested, the promise is a bound.
        assert first is None or promised <= first
    else:
        assert promised == first


@given(counts(), counts())
def test_a_conjunction_of_counts_is_exact(one, other):
    """Two counts that meet within reach are promised exactly."""
    trigger = one & other
    first = next((i for i in range(1, 2000) if trigger.due(at(i), at(i - 1))), None)
    if first is not None:
        assert trigger.next_iteration(at(0)) == first


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("3 epochs", "every 3 epochs"),
        ("every epoch", "every 1 epochs"),
        ("  2 epochs|100 iterations ", "every 2 epochs | every 100 iterations"),
        ("every 3 epochs after 10 epochs", "every 3 epochs after 10"),
        ("0.25 run", "every 0.25 run"),
        ("1 run", "every 1 run"),
        ("2.0 second", "every 2 seconds"),
        ("1e-3 seconds", "every 0.001 seconds"),
        ("(once)", "once"),
        ("once(3 epochs)", "once (every 3 epochs)"),
        ("(1 epochs | once) & always | never", "(every 1 epochs | once) & always | never"),
        (
            "3 iterations & (4 iterations & 5 iterations)",
            "every 3 iterations & every 4 iterations & every 5 iterations",
        ),
    ],
)
def test_canonical_text(text, canonical):
    """Short forms are accepted and written out."""
    assert str(Trigger.parse(text)) == canonical


def test_python_and_text_are_the_same():
    """What is built by calls equals what is parsed."""
    assert every(3).epochs.after(10).until(20) == Trigger.parse("3 epochs after 10 until 20")
    assert every(0.25).run | once() == Trigger.parse("0.25 run | once")
    assert after(2).epochs & until(500).iterations == Trigger.parse("after 2 epochs & until 500 iterations")
    assert once(every(3).seconds) == Trigger.parse("once (3 seconds)")


def test_units_are_known():
    """A trigger tells what it counts in, so that a length that is missing is found before the run."""
    trigger = Trigger.parse("2 epochs & after 0.5 run | once (until 3 iterations) | 4 seconds | always")
    assert trigger.units() == frozenset(Unit)


FORM = 'such as "every 10 iterations", "3 epochs after 10", "0.25 run", "once", joined by | and &'


@pytest.mark.parametrize(
    ("text", "column", "found", "expected"),
    [
        ("", 0, "the text ends here", f"a trigger, {FORM}"),
        ("evry 3 epochs", 0, "'evry' does not fit here", f"a trigger, {FORM} (nearest: every)"),
        ("every 3 epoks", 8, "'epoks' does not fit here", "iterations, epochs, seconds or run (nearest: epochs)"),
        ("every", 5, "the text ends here", "a number and a unit"),
        ("every x epochs", 6, "'x' does not fit here", "a number and a unit"),
        ("3 epochs after", 14, "the text ends here", "a number"),
        ("after 3", 7, "the text ends here", "iterations, epochs, seconds or run"),
        ("(3 epochs", 9, "the text ends here", "| or & or a closing parenthesis"),
        ("3 epochs)", 8, "')' does not fit here", "| or & or the end of the text"),
        ("3 epochs, once", 8, "',' does not fit here", "| or & or the end of the text"),
        ("3 epochs | ", 10, "the text ends here", f"a trigger, {FORM}"),
        (
            "3 epochs after 10 iterations",
            18,
            "'iterations' does not fit here",
            'epochs, or "& after NUMBER UNIT" to count in another unit',
        ),
        ("once | every 0 epochs", 13, "0 epochs", "a number above 0"),
        ("1.5 iterations", 0, "1.5 iterations", "a whole number of iterations"),
        ("every 2 run", 6, "2 run", "a fraction of the run, at most 1"),
        ("1 run until 1.5", 12, "1.5 run", "a fraction of the run, at most 1"),
        ("after 1.5 iterations", 6, "1.5 iterations", "a whole number of iterations"),
    ],
)
def test_faults_have_a_caret(text, column, found, expected):
    """A text that does not parse is shown with a caret under the fault."""
    with pytest.raises(ExpressionError) as caught:
        Trigger.parse(text)
    lines = [f"trigger: {found}", f"    {text}", f"    {' ' * column}^", f"  expected: {expected}"]
    assert str(caught.value) == "\n".join(lines)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: every(0).iterations, "trigger: 0 iterations\n  expected: a number above 0"),
        (lambda: every(-1).seconds, "trigger: -1 seconds\n  expected: a number above 0"),
        (lambda: every(True).epochs, "trigger: True epochs\n  expected: a finite number"),
        (lambda: every("3").epochs, "trigger: '3' epochs\n  expected: a finite number"),
        (lambda: every(float("inf")).seconds, "trigger: inf seconds\n  expected: a finite number"),
        (lambda: until(0.5).iterations, "trigger: 0.5 iterations\n  expected: a whole number of iterations"),
        (lambda: after(2).run, "trigger: 2 run\n  expected: a fraction of the run, at most 1"),
    ],
)
def test_amounts_are_checked_where_they_enter(make, message):
    """An amount that cannot be counted is refused at once."""
    with pytest.raises(SettingError) as caught:
        make()
    assert str(caught.value) == message


def test_readings_of_iterations_are_exact():
    """A reading within an epoch is an exact fraction, or None where the length of an epoch is not known."""
    assert at(3).epochs == Fraction(3, 4)
    assert Clock().reading_at(3, 0.0).epochs is None
    assert Clock(epoch=2, seconds=lambda: 1.5).reading() == Reading(0, 2, 1.5)
