"""Triggers against a brute-force twin: count every iteration, compare with what the trigger promises."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.errors import ExpressionError, SettingError
from sigma_core.events import RunEnded, RunPaused, RunReset, RunResumed, RunStarted
from sigma_core.hooks import Clock, Reading, Trigger, after, every, on, once, times, until
from sigma_core.hooks._clock import Unit
from sigma_core.hooks._counting import After, Every, Until
from sigma_core.hooks._trigger import AllOf, Always, AnyOf, Never, Times, Wake

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
        ("3 times", [1, 2, 3]),
        ("2 times (every 5 iterations after 4)", [9, 14]),
        ("2 times (2 iterations) & 3 iterations", [6, 12]),
        ("on pause", []),
        ("until 0 pauses & 10 iterations", [10, 20]),
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


def test_the_clock_on_the_wall_counts_pauses():
    """Seconds of it, not of running time; a pause of ten seconds lies between these iterations."""
    trigger, running = every(10).wall_seconds, every(10).seconds
    clock = Clock(iterations_per_epoch=LENGTH, total_iterations=TOTAL)
    then = clock.reading_at(1, 4.0)
    clock.paused = 10.0
    now = clock.reading_at(2, 5.0)

    assert trigger.due(now, then)
    assert not running.due(now, then)
    assert (trigger.wakes(now), running.wakes(now)) == ((Wake(3, 0.0),), (Wake(3, 10.0),))
    assert (after(14).wall_seconds.due(now, then), until(14).wall_seconds.due(now, then)) == (True, False)
    assert until(14).wall_seconds.wakes(now) == ()


EVENTS = {
    "start": RunStarted(run="run", directory=None, epoch=0, iteration=0),
    "pause": RunPaused(epoch=1, iteration=1),
    "resume": RunResumed(epoch=1, iteration=1),
    "reset": RunReset(epoch=1, iteration=1),
    "stop": RunEnded(run="", directory=None, epoch=1, epochs=1, iteration=1, seconds=0.0, ended_because=""),
}


@given(
    st.lists(st.sampled_from(sorted(EVENTS)), max_size=30),
    st.sampled_from(sorted(EVENTS)),
    st.integers(1, 4),
    st.integers(0, 4),
    st.none() | st.integers(0, 9),
)
def test_moments_are_counted(course, moment, number, start, end):
    """Each n-th of a kind behind `after`, up to `until`, is due, whatever else happens; a stop is one of a start."""
    trigger = Every(number, Unit(f"{moment}s"), start, end)
    clock, due, seen, starts = Clock(), [], 0, 0
    for event in course:
        then = clock.reading()
        clock.note(EVENTS[event])
        starts += event == "start"
        if event == moment:
            before, seen = seen, starts if moment == "stop" else seen + 1
            last = min(seen, seen if end is None else end)
            expected = max(0, (last - start) // number) > max(0, (min(before, last) - start) // number)
            due.append((trigger.due(clock.reading(), then), expected))
        else:
            assert not trigger.due(clock.reading(), then)

    assert [is_due for is_due, _ in due] == [expected for _, expected in due]


@pytest.mark.parametrize(
    ("text", "at", "part"),
    [
        ("on start | every 3 epochs after 10", "starts", "on start"),
        ("on start | every 3 epochs after 10", None, "every 3 epochs after 10"),
        ("on start | every 3 epochs after 10", "pauses", "never"),
        ("on pause & after 2 epochs", "pauses", "on pause & after 2 epochs"),
        ("on pause & after 2 epochs", None, "never"),
        ("on pause & 2 epochs", "pauses", "never"),
        (
            "(on pause | on resume) & (after 2 epochs | until 3 seconds)",
            "resumes",
            "on resume & (after 2 epochs | until 3 seconds)",
        ),
        ("after 2 pauses & until 9 epochs", None, "after 2 pauses & until 9 epochs"),
        ("after 2 pauses & until 9 epochs", "pauses", "never"),
        ("2 times (on pause | 3 epochs)", "pauses", "2 times (on pause)"),
        ("2 times (on pause | 3 epochs)", None, "2 times (every 3 epochs)"),
        ("2 times (on pause)", None, "never"),
        ("always | on stop", "stops", "on stop"),
        ("always | on stop", None, "always"),
        ("never", "stops", "never"),
    ],
)
def test_the_part_of_a_moment(text, at, part):
    """A hook of several events gives each what is due there; bounds hold for all."""
    assert Trigger.parse(text).at(None if at is None else Unit(at)) == Trigger.parse(part)


numbers = st.integers(1, 12)
units = st.sampled_from([Unit.ITERATIONS, Unit.EPOCHS])
all_units = st.sampled_from([unit for unit in Unit if unit is not Unit.RUN])
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
        st.builds(Times, st.integers(1, 3), inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a, b: a & b, inner, inner),
    ),
    max_leaves=5,
)


@given(triggers | st.builds(Every, numbers, all_units, numbers) | st.builds(After, numbers, all_units))
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
    elif first is None or isinstance(trigger, AllOf | AnyOf | Times):
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
        ("1 times (3 epochs)", "once (every 3 epochs)"),
        ("2 times(on pause)", "2 times (on pause)"),
        ("every start", "on start"),
        ("1 stops after 2", "on stop after 2"),
        ("on reset until 3 resets", "on reset until 3"),
        ("every 3 resumes after 1", "every 3 resumes after 1"),
        ("3 live seconds", "every 3 seconds"),
        ("every wall second", "every 1 wall seconds"),
        ("every 3 wall seconds after 10 wall seconds", "every 3 wall seconds after 10"),
        ("after 2 live seconds | until 3 wall seconds", "after 2 seconds | until 3 wall seconds"),
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
    assert times(3) | times(2, every(3).wall_seconds) == Trigger.parse("3 times | 2 times (3 wall seconds)")
    for moment in ("start", "stop", "pause", "resume", "reset"):
        assert on(moment) == Trigger.parse(f"on {moment}") == getattr(every(1), f"{moment}s")


def test_units_are_known():
    """A trigger tells what it counts in, so that a length that is missing is found before the run."""
    trigger = Trigger.parse("2 epochs & after 0.5 run | once (until 3 iterations) | 4 seconds | always")
    assert trigger.units() == {Unit.EPOCHS, Unit.RUN, Unit.ITERATIONS, Unit.SECONDS}


UNITS = "iterations, epochs, seconds, run, starts, stops, pauses, resumes or resets"
FORM = 'such as "every 10 iterations", "3 epochs after 10", "0.25 run", "on pause", "once", joined by | and &'


@pytest.mark.parametrize(
    ("text", "column", "found", "expected"),
    [
        ("", 0, "the text ends here", f"a trigger, {FORM}"),
        ("evry 3 epochs", 0, "'evry' does not fit here", f"a trigger, {FORM} (nearest: every)"),
        ("every 3 epoks", 8, "'epoks' does not fit here", f"{UNITS} (nearest: epochs)"),
        ("every", 5, "the text ends here", "a number and a unit"),
        ("every x epochs", 6, "'x' does not fit here", "a number and a unit"),
        ("3 epochs after", 14, "the text ends here", "a number"),
        ("after 3", 7, "the text ends here", UNITS),
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
        ("on paus", 3, "'paus' does not fit here", "start, stop, pause, resume or reset (nearest: pause)"),
        ("3 epochs | on", 13, "the text ends here", "start, stop, pause, resume or reset"),
        ("on pause after 1.5", 15, "1.5 pauses", "a whole number of pauses"),
        ("0 times (once)", 0, "0 times", "a whole number above 0"),
        ("1.5 times", 0, "1.5 times", "a whole number above 0"),
        ("2 times (on pause", 17, "the text ends here", "| or & or a closing parenthesis"),
        ("every 3 wall epochs", 13, "'epochs' does not fit here", "seconds"),
        (
            "3 live seconds after 10 wall seconds",
            24,
            "'wall' does not fit here",
            'seconds, or "& after NUMBER UNIT" to count in another unit',
        ),
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
        (lambda: every(1.5).starts, "trigger: 1.5 starts\n  expected: a whole number of starts"),
        (lambda: times(True), "trigger: True times\n  expected: a whole number above 0"),
        (
            lambda: on("pauze"),
            "trigger: on 'pauze'\n  expected: pause, reset, resume, start, stop (nearest: pause)",
        ),
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
    assert Clock(epoch=2, seconds=lambda: 1.5).reading() == Reading(0, 2, 1.5, wall=1.5)
