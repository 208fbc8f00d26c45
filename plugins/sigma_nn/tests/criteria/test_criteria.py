"""Criteria, observation by observation."""

import json
from math import inf, nan

import pytest
from sigma_nn import (
    Epochs,
    Highest,
    Hours,
    Iterations,
    Lowest,
    Minutes,
    Nan,
    Patience,
    Plateau,
    Repeat,
    Seconds,
    Switch,
    Threshold,
)

from sigma_core.extend import Observation, SettingError
from sigma_core.testing import message


def observed(criterion, values, score="validation.loss"):
    """The states after epochs with these scores; None is an epoch that does not report the score."""
    states = [criterion.initial()]
    for epoch, value in enumerate(values, start=1):
        scores = {"training.loss": 0.0} if value is None else {score: value}
        states.append(criterion.update(states[-1], Observation(10 * epoch, epoch, float(epoch), scores)))
    return states[1:]


def reached(criterion, values, score="validation.loss"):
    return [state["reached"] for state in observed(criterion, values, score)]


def test_epochs():
    """Hold with the last of them and from there on."""
    assert reached(Epochs(3), [1, 1, 1, 1]) == [False, False, True, True]
    assert Epochs(3).moment == "epoch"
    assert Epochs(3).last_iteration(25) == 75


def test_iterations():
    """Hold with the last of them; the loop need not ask before."""
    assert reached(Iterations(30), [1, 1, 1, 1]) == [False, False, True, True]
    assert Iterations(30).moment == "iteration"
    assert Iterations(30).last_iteration(25) == 30
    assert [Iterations(30).next_iteration(iteration) for iteration in (0, 29, 30, 31)] == [30, 30, 31, 32]


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (">", [False, False, True]),
        (">=", [False, True, True]),
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
    ],
)
def test_threshold(comparison, expected):
    """Holds while the score lies beyond the bound."""
    assert reached(Threshold("validation.loss", comparison, 0.5), [0.4, 0.5, 0.6]) == expected


def test_a_threshold_keeps_what_it_knew_where_no_score_is_reported():
    """An epoch without validation changes nothing; NaN lies beyond no bound."""
    assert reached(Threshold("validation.loss", "<", 0.5), [None, 0.4, None, nan, None]) == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_patience():
    """Holds when so many evaluations in a row brought no new best, and no longer when one does."""
    assert reached(Patience("validation.loss", 2), [3, 2, 2, 2.5, 1.9, 2]) == [False, False, False, True, False, False]


def test_patience_asks_for_more_than_the_minimum_change():
    """A best that is better by just as much is no new one."""
    assert reached(Patience("validation.loss", 2, minimum_change=0.5), [3, 2.5, 2.5]) == [False, False, True]
    assert reached(Patience("validation.loss", 2, minimum_change=0.5), [3, 2.25, 2.25]) == [False, False, False]


@pytest.mark.parametrize(
    ("score", "goal", "is_rising_good"),
    [
        ("validation.loss", "auto", False),
        ("validation.accuracy", "auto", True),
        ("validation.thresholded_accuracy", "auto", True),
        ("accuracy.loss", "auto", False),
        ("validation.loss", "maximum", True),
        ("validation.accuracy", "minimum", False),
    ],
)
def test_patience_knows_what_is_better(score, goal, is_rising_good):
    """By its goal, or by the last word of the identifier."""
    assert reached(Patience(score, 2, goal=goal), [1, 2, 3], score)[-1] is not is_rising_good


def test_patience_with_scores_that_are_missing_or_not_numbers():
    """A missing one does not count; NaN counts and is never a best."""
    assert reached(Patience("validation.loss", 2), [1, None, None, 1, 1]) == [False, False, False, False, True]
    assert reached(Patience("validation.loss", 2), [nan, nan, 5, nan, nan]) == [False, True, False, False, True]


def test_plateau():
    """Holds when the last scores lie within the tolerance of each other."""
    assert reached(Plateau("validation.loss", 3), [2, 1, 1, 1.0005, 1.5]) == [False, False, False, True, False]
    assert reached(Plateau("validation.loss", 2, tolerance=0.5), [2, 1, 0.4]) == [False, True, False]
    assert reached(Plateau("validation.loss", 2), [0, 0]) == [False, True]


def test_a_plateau_needs_finite_scores():
    """NaN and infinity are no plateau, wherever they stand."""
    assert reached(Plateau("validation.loss", 2), [nan, 1, nan, nan, 1]) == [False] * 5
    assert reached(Plateau("validation.loss", 2), [inf, inf, None]) == [False] * 3


def test_lowest_and_highest():
    """Hold at each new best, the first one included; what equals it, is missing or is no number is none."""
    assert reached(Lowest("validation.loss"), [3, 2, 2, nan, None, 1]) == [True, True, False, False, False, True]
    assert reached(Highest("validation.loss"), [nan, 1, 1, 2, inf]) == [False, True, False, True, True]


@pytest.mark.parametrize(("criterion", "seconds"), [(Seconds(90), 90), (Minutes(1.5), 90), (Hours(0.5), 1800)])
def test_time(criterion, seconds):
    """Holds at the first iteration that ends when the running time has passed."""
    state = criterion.initial()
    found = [
        criterion.update(state, Observation(1, 0, now, {}))["reached"] for now in (0.0, seconds - 0.1, seconds, 1e9)
    ]

    assert found == [False, False, True, True]
    assert criterion.moment == "iteration"
    assert criterion.last_iteration(10) is None


def test_nan():
    """Holds while the score is no finite number."""
    assert reached(Nan("validation.loss"), [1, nan, None, 2, inf, -inf]) == [False, True, True, False, True, True]


def test_nan_of_the_training_loss_is_seen_at_once():
    """It is known after each iteration, all other scores after an epoch."""
    assert (Nan("training.loss").moment, Nan("validation.loss").moment) == ("iteration", "epoch")


def test_a_switch_holds_while_it_is_on():
    """Looks change nothing, and another switch's name neither."""
    switch = Switch("enough")
    off = switch.initial()
    on = switch.turned(off, "enough", is_on=True)

    assert (switch.switches(off), switch.switches(on)) == ({"enough": False}, {"enough": True})
    assert switch.turned(off, "other", is_on=True) == off
    assert switch.update(on, Observation(1, 1, 1.0, {})) == on
    assert switch.turned(on, "enough", is_on=False) == off


def test_a_switch_inside_others():
    """Combinations and repetitions have the switches of their parts, and hold as soon as they are turned."""
    both = (Epochs(2) | Switch("enough")) & ~Switch("not_yet")
    on = both.turned(both.initial(), "enough", is_on=True)
    repeated = Repeat(Switch("enough"), 2)

    assert both.switches(on) == {"enough": True, "not_yet": False}
    assert on["reached"]
    assert not both.turned(on, "not_yet", is_on=True)["reached"]
    turned = repeated.turned(repeated.initial(), "enough", is_on=True)
    assert (repeated.switches(turned), turned["reached"]) == ({"enough": True}, False)


def test_repeat():
    """In a row, or in all."""
    low = Threshold("validation.loss", "<", 1)
    scores = [0, 2, 0, 0, 2, 0]

    assert reached(Repeat(low, 2), scores) == [False, False, False, True, False, False]
    assert reached(Repeat(low, 3, in_a_row=False), scores) == [False, False, False, True, True, True]


def test_repeat_looks_when_its_criterion_does():
    """Moments, scores and the ends that are known are those of the criterion."""
    repeat = Repeat(Iterations(30), 3)
    state = repeat.initial()
    for iteration in (29, 30, 31, 32):
        state = repeat.step(state, Observation(iteration, 1, 0.0, {}), "iteration")
        assert repeat.step(state, Observation(iteration, 1, 0.0, {}), "epoch") == state

    assert state["reached"]
    assert (repeat.moment, repeat.moments) == ("iteration", {"iteration"})
    assert (repeat.next_iteration(0), repeat.last_iteration(10)) == (30, 32)
    assert Repeat(Epochs(2), 3).last_iteration(10) == 40
    assert Repeat(Patience("validation.loss", 2), 3).last_iteration(10) is None
    assert Repeat(Patience("validation.loss", 2), 3).requires == ("validation.loss",)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (
            lambda: Switch("en.ough"),
            "Switch.name: 'en.ough'\n  expected: a name without dots, such as enough",
        ),
        (lambda: Minutes(0), "Minutes.count: 0.0\n  expected: a finite number above 0"),
        (lambda: Repeat(Epochs(2), 0), "Repeat.times: 0\n  expected: an integer of at least 1"),
    ],
)
def test_settings_that_are_refused(make, expected):
    """With what is allowed."""
    with pytest.raises(SettingError) as caught:
        make()
    assert message(caught.value) == expected


def test_what_is_remembered_is_json():
    """States are what a checkpoint writes, and an update leaves the old one as it was."""
    for criterion in (Patience("validation.loss", 2), Plateau("validation.loss", 2), Epochs(2)):
        state = criterion.initial()
        for value in (3.0, 2.0, 2.0):
            before = json.dumps(state)
            new = criterion.update(state, Observation(1, 1, 1.0, {"validation.loss": value}))
            assert json.dumps(state) == before
            assert json.loads(json.dumps(new)) == new
            state = new


@pytest.mark.parametrize(
    ("criterion", "values", "reason"),
    [
        (Epochs(2), [1, 1], "2 epochs"),
        (Iterations(20), [1, 1], "20 iterations"),
        (Threshold("validation.loss", "<", 0.5), [0.4], "validation.loss < 0.5"),
        (Patience("validation.loss", 1), [0.25, 0.5], "validation.loss patience 1 (best: 0.25)"),
        (Patience("validation.loss", 1), [nan], "validation.loss patience 1"),
        (Plateau("validation.loss", 2), [0.25, 0.25], "validation.loss plateau 2 (at 0.25)"),
        (Plateau("validation.loss", 2), [], "validation.loss plateau 2"),
        (Lowest("validation.loss"), [2, 0.25], "validation.loss lowest (0.25)"),
        (Highest("validation.loss"), [nan], "validation.loss highest"),
        (Nan("validation.loss"), [nan], "validation.loss nan"),
        (Seconds(1), [1], "1 seconds"),
        (Switch("enough"), [1], "enough switch"),
        (Repeat(Epochs(1), 2), [1, 1], "(1 epochs) repeat 2"),
    ],
)
def test_reasons(criterion, values, reason):
    """What a run says of its end."""
    assert criterion.reason((observed(criterion, values) or [criterion.initial()])[-1]) == reason


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        (Epochs(20), "20 epochs"),
        (Iterations(1000), "1000 iterations"),
        (Threshold("validation.accuracy", ">", 0.97), "validation.accuracy > 0.97"),
        (Threshold("validation.loss", "<=", 2), "validation.loss <= 2"),
        (Patience("validation.loss", 5), "validation.loss patience 5"),
        (Patience("validation.loss", 5, 0.01), "validation.loss patience 5 0.01"),
        (Patience("validation.loss", 5, goal="maximum"), "validation.loss patience 5 0 maximum"),
        (Plateau("validation.loss", 5), "validation.loss plateau 5"),
        (Plateau("validation.loss", 5, 1e-5), "validation.loss plateau 5 1e-05"),
        (Hours(2.5), "2.5 hours"),
        (Minutes(10), "10 minutes"),
        (
            Repeat(~Lowest("validation.loss") & Nan("training.loss"), 2),
            "(~validation.loss lowest & training.loss nan) repeat 2",
        ),
        (Repeat(Epochs(1), 2, in_a_row=False), "(1 epochs) repeat 2 false"),
    ],
)
def test_text_form(criterion, text):
    """What is given by default is left out at the end."""
    assert str(criterion) == text


def test_criteria_name_the_scores_they_need():
    """So that a run can refuse a score that nobody reports."""
    assert Patience("validation.loss", 5).requires == ("validation.loss",)
    assert Plateau("validation.loss", 5).requires == ("validation.loss",)
    assert Threshold("validation.accuracy", ">", 0.97).requires == ("validation.accuracy",)
    assert Epochs(2).requires == ()
