"""Schedules, iteration by iteration, against those of PyTorch and against what their papers say."""

import json
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_nn import (
    ConstantSchedule,
    CosineSchedule,
    ExponentialSchedule,
    MilestonesSchedule,
    OneCycleSchedule,
    OnPlateauSchedule,
    PolynomialSchedule,
    SequenceSchedule,
    StepSchedule,
    WarmUpSchedule,
)

from sigma_core.extend import Observation, Position, SettingError

EPOCH = 10
TOTAL = 300


def factors(schedule, count=TOTAL, *, total=TOTAL):
    """Of the first iterations of a run."""
    return [schedule.factor(Position(n, EPOCH, total), schedule.initial()) for n in range(count)]


def of_torch(torch, make, count=TOTAL, *, rate=1.0):
    """The learning rates that a scheduler of PyTorch gives, where the optimiser's own is 1."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = make(torch.optim.lr_scheduler, optimiser)
    rates = []
    for _ in range(count):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


def warm_up_then_cosine(torch, optimiser):
    parts = [
        torch.LinearLR(optimiser, 0.01, total_iters=20),
        torch.StepLR(optimiser, 50, 0.5),
        torch.CosineAnnealingLR(optimiser, TOTAL - 120),
    ]
    return torch.SequentialLR(optimiser, parts, [20, 120])


CASES = {
    "constant": (ConstantSchedule(0.25), lambda torch, o: torch.ConstantLR(o, 0.25, total_iters=TOTAL)),
    "step": (StepSchedule("3 epochs", 0.5), lambda torch, o: torch.StepLR(o, 30, 0.5)),
    "step by iterations": (StepSchedule("7 iterations", 0.9), lambda torch, o: torch.StepLR(o, 7, 0.9)),
    "milestones": (MilestonesSchedule(), lambda torch, o: torch.MultiStepLR(o, [150, 225], 0.1)),
    "milestones of all kinds": (
        MilestonesSchedule(["7 iterations", "2.5 epochs", "0.7 run"], 0.3),
        lambda torch, o: torch.MultiStepLR(o, [7, 25, 210], 0.3),
    ),
    "exponential": (ExponentialSchedule(0.97, "1 iteration"), lambda torch, o: torch.ExponentialLR(o, 0.97)),
    "exponential by epochs": (ExponentialSchedule(0.5), lambda torch, o: torch.ExponentialLR(o, 0.5 ** (1 / EPOCH))),
    "polynomial": (PolynomialSchedule(), lambda torch, o: torch.PolynomialLR(o, TOTAL)),
    "polynomial of power 3": (
        PolynomialSchedule("12 epochs", 3.0),
        lambda torch, o: torch.PolynomialLR(o, 120, 3.0),
    ),
    "linear to an end": (
        PolynomialSchedule("200 iterations", end=0.2),
        lambda torch, o: torch.LinearLR(o, 1.0, 0.2, total_iters=200),
    ),
    "cosine": (CosineSchedule(), lambda torch, o: torch.CosineAnnealingLR(o, TOTAL)),
    "cosine to an end": (CosineSchedule(end=0.1), lambda torch, o: torch.CosineAnnealingLR(o, TOTAL, 0.1)),
    "cosine with restarts": (
        CosineSchedule("4 epochs", 0.1, restarts=True),
        lambda torch, o: torch.CosineAnnealingWarmRestarts(o, 40, 1, 0.1),
    ),
    "cosine with longer restarts": (
        CosineSchedule("1 epoch", restarts=True, growth=2),
        lambda torch, o: torch.CosineAnnealingWarmRestarts(o, 10, 2),
    ),
    "one cycle": (OneCycleSchedule(), lambda torch, o: torch.OneCycleLR(o, 1.0, TOTAL)),
    "one cycle in straight lines": (
        OneCycleSchedule("1 run", 0.45, 10.0, 100.0, "linear"),
        lambda torch, o: torch.OneCycleLR(
            o, 1.0, TOTAL, pct_start=0.45, div_factor=10.0, final_div_factor=100.0, anneal_strategy="linear"
        ),
    ),
    "warm-up": (WarmUpSchedule("4 epochs", 0.2), lambda torch, o: torch.LinearLR(o, 0.2, total_iters=40)),
    "sequence": (
        SequenceSchedule(
            [WarmUpSchedule("1 run"), StepSchedule("5 epochs", 0.5), CosineSchedule()], ["2 epochs", "100 iterations"]
        ),
        warm_up_then_cosine,
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch warns of what its own sequences do
def test_a_schedule_is_that_of_pytorch(name, torch):
    """Over a whole run, to rounding."""
    schedule, oracle = CASES[name]
    # PyTorch's one cycle allows no step behind its end.
    count = TOTAL - 1 if name.startswith("one cycle") else TOTAL
    np.testing.assert_allclose(factors(schedule, count), of_torch(torch, oracle, count), rtol=1e-12, atol=1e-12)


def test_one_cycle_ends_with_its_last_iteration():
    """At next to nothing, from where it does not move."""
    assert factors(OneCycleSchedule(), TOTAL + 5)[TOTAL - 1 :] == [1 / 25e4] * 6


@pytest.mark.parametrize("warm_up", [0.0, 0.3])
@pytest.mark.parametrize("length", ["1 iteration", "2 iterations", "0.5 iterations"])
def test_one_cycle_of_next_to_no_length(length, warm_up):
    """There is nothing to divide by."""
    assert factors(OneCycleSchedule(length, warm_up), 3)[1:] == [1 / 25e4] * 2


def test_one_cycle_begins_with_the_maximum_where_there_is_no_room_to_rise():
    """As it says, unlike PyTorch."""
    assert factors(OneCycleSchedule("3 iterations"), 4) == [1.0, pytest.approx(0.500002), 1 / 25e4, 1 / 25e4]


def test_an_exponential_warm_up():
    """The logarithm rises in a straight line: a test of ranges (Smith 2017) when it is as long as the run."""
    np.testing.assert_allclose(
        factors(WarmUpSchedule("1 run", 1e-6, "exponential"), 301), np.logspace(-6, 0, 301), rtol=1e-12
    )


@pytest.mark.parametrize(
    "schedule",
    [
        PolynomialSchedule("20 iterations", end=0.25),
        CosineSchedule("20 iterations", end=0.25),
        SequenceSchedule([ConstantSchedule(), ConstantSchedule(0.25)], ["20 iterations"]),
    ],
)
def test_a_schedule_stays_at_its_end(schedule):
    """However far the run goes on."""
    assert set(factors(schedule, 60)[20:]) == {0.25}


@given(growth=st.floats(1, 3), length=st.integers(1, 30))
def test_a_cosine_with_restarts_begins_each_wave_at_one(growth, length):
    """The first wave is the one without restarts; all stay between the end and 1."""
    heights = factors(CosineSchedule(f"{length} iterations", 0.1, restarts=True, growth=growth), 100)
    assert heights[:length] == factors(CosineSchedule(f"{length} iterations", 0.1), length)
    assert all(0.1 <= height <= 1 for height in heights)
    assert heights[length] == 1


@given(lengths=st.lists(st.integers(1, 20), max_size=4))
def test_the_parts_of_a_sequence_see_a_run_of_their_own(lengths):
    """Each as long as its stretch, the last to the end of the whole run."""
    sequence = SequenceSchedule([CosineSchedule()] * (len(lengths) + 1), [f"{n} iterations" for n in lengths])
    expected = [factor for n in [*lengths, 100 - sum(lengths)] for factor in factors(CosineSchedule(), n, total=n)]
    assert factors(sequence, 100, total=100) == expected


def test_a_sequence_in_a_sequence():
    """Its run is its stretch."""
    inner = SequenceSchedule([ConstantSchedule(0.5), CosineSchedule()], ["0.5 run"])
    outer = SequenceSchedule([inner, ConstantSchedule(2.0)], ["20 iterations"])
    assert factors(outer, 30) == [0.5] * 10 + factors(CosineSchedule(), 10, total=10) + [2.0] * 10


def test_a_sequence_in_a_run_of_unknown_length():
    """Its parts but the last know their lengths; the last is told of none."""
    known = SequenceSchedule([CosineSchedule(), ConstantSchedule()], ["20 iterations"])
    assert factors(known, 30, total=None) == factors(CosineSchedule(), 20, total=20) + [1.0] * 10

    with pytest.raises(SettingError) as caught:
        factors(SequenceSchedule([ConstantSchedule(), CosineSchedule()], ["20 iterations"]), 30, total=None)

    assert str(caught.value) == (
        "span: '1 run' of a run whose length is not known\n"
        "  expected: a criterion that ends the run after some epochs or iterations\n"
        '  to do:    stop after "20 epochs", say, or count the span in epochs or iterations'
    )


def test_a_sequence_that_is_longer_than_the_run():
    """What comes behind the end of the run is reached by whoever goes on."""
    sequence = SequenceSchedule([ConstantSchedule(), PolynomialSchedule()], ["20 iterations"])
    assert factors(sequence, 25, total=10) == [1.0] * 21 + [0.0] * 4


# On plateau


def after(schedule, scores, name="validation.loss"):
    """The factor after each epoch with such a score; None is an epoch that does not report it."""
    state, found = schedule.initial(), []
    for epoch, score in enumerate(scores, start=1):
        seen = {"training.loss": 0.0} if score is None else {name: score}
        state = json.loads(json.dumps(schedule.update(state, Observation(EPOCH * epoch, epoch, 1.0, seen))))
        found.append(schedule.factor(Position(EPOCH * epoch, EPOCH), state))
    return found


def plateaus_of_torch(torch, scores, **settings):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, eps=0.0, **settings)
    found = []
    for score in scores:
        scheduler.step(score)
        found.append(optimiser.param_groups[0]["lr"])
    return found


@pytest.mark.parametrize("patience", [0, 2, 5])
@pytest.mark.parametrize("cooldown", [0, 1, 4])
@pytest.mark.parametrize("goal", ["minimum", "maximum"])
def test_plateaus_are_those_of_pytorch(patience, cooldown, goal, torch):
    """Over scores that fall, rise, stand still and are no numbers."""
    random = np.random.default_rng(6)
    scores = [*(2 + np.cumsum(random.normal(0, 0.05, 200)) * random.integers(0, 2, 200)).tolist(), nan, inf, 0.1, 0.1]
    scores = [score for score in scores if goal == "minimum" or score != inf]
    schedule = OnPlateauSchedule("validation.loss", patience, 0.5, 0.01, cooldown, 1e-9, goal)
    settings = {"patience": patience, "factor": 0.5, "threshold": 0.01, "cooldown": cooldown, "min_lr": 1e-9}
    expected = plateaus_of_torch(torch, scores, mode=goal[:3], **settings)
    assert min(expected) < 0.1
    np.testing.assert_allclose(after(schedule, scores), expected, rtol=1e-12)


def test_a_plateau_is_counted_anew_after_each_decay():
    """More than `patience` epochs without a new best, and again as many; never below the minimum."""
    schedule = OnPlateauSchedule("validation.loss", 1, 0.5, minimum=0.25)
    assert after(schedule, [1.0] * 8) == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]


def test_an_epoch_without_the_score_does_not_count():
    """Validation may be rarer than epochs are."""
    schedule = OnPlateauSchedule("validation.loss", 1, 0.5)
    assert after(schedule, [1.0, None, 1.0, None, None, 1.0]) == [1, 1, 1, 1, 1, 0.5]


def test_what_is_better_follows_from_the_name():
    """Unless a goal is set."""
    falling = [0.9, 0.8, 0.7]
    assert after(OnPlateauSchedule("validation.loss", 0), falling)[-1] == 1
    assert after(OnPlateauSchedule("validation.accuracy", 0, 0.5), falling, "validation.accuracy")[-1] == 0.25
    assert after(OnPlateauSchedule("validation.loss", 0, 0.5, goal="maximum"), falling)[-1] == 0.25


def test_a_threshold_is_a_share_of_negative_scores_too():
    """Better is lower, on either side of zero."""
    schedule = OnPlateauSchedule("validation.loss", 0, 0.5, 0.1)
    assert after(schedule, [-1.0, -1.05, -1.2]) == [1, 0.5, 0.5]


def test_a_sequence_shows_scores_to_all_its_parts():
    """And requires what they require, each once."""
    plateau = OnPlateauSchedule("validation.loss", 0, 0.5)
    sequence = SequenceSchedule([WarmUpSchedule(), plateau, plateau], ["1 epoch", "2 epochs"])
    assert sequence.requires == ("validation.loss",)
    assert after(sequence, [1.0, 0.9, 0.9]) == [1, 1, 0.5]


# Refused


NO_LENGTH = """
  expected: a number above 0 with iterations, epochs or run
  to do:    write "10 epochs", "500 iterations" or "0.3 run\""""
REFUSED = {
    "a length that is none": (
        lambda: CosineSchedule("10 hours"),
        "CosineSchedule.length: '10 hours'" + NO_LENGTH,
    ),
    "a length that is a number": (
        lambda: StepSchedule(10),
        "StepSchedule.every: 10" + NO_LENGTH,
    ),
    "a length of zero among others": (
        lambda: MilestonesSchedule(["1 epoch", "0 epochs"]),
        "MilestonesSchedule.moments: '0 epochs'" + NO_LENGTH,
    ),
    "a decay that grows": (
        lambda: StepSchedule(decay=1.5),
        "StepSchedule.decay: 1.5\n  expected: a finite number above 0 and of at most 1",
    ),
    "a wave that shrinks": (
        lambda: CosineSchedule(growth=0.5),
        "CosineSchedule.growth: 0.5\n  expected: a finite number of at least 1",
    ),
    "a shape that does not exist": (
        lambda: WarmUpSchedule(shape="cosine"),
        "WarmUpSchedule.shape: 'cosine'\n  expected: one of 'linear', 'exponential'",
    ),
    "a sequence of nothing": (
        SequenceSchedule,
        "SequenceSchedule.schedules: there are none\n  expected: at least one schedule",
    ),
    "a sequence with a length for its last part": (
        lambda: SequenceSchedule([ConstantSchedule()], ["1 epoch"]),
        "SequenceSchedule.lengths: 1 for 1 schedules\n  expected: one for each schedule but the last, which goes on",
    ),
    "a score that is none": (
        lambda: OnPlateauSchedule("the loss"),
        "OnPlateauSchedule.value: 'the loss'\n  expected: the identifier of a score, such as validation.loss",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_setting_is_refused_where_it_enters(name):
    """With what is allowed."""
    make, expected = REFUSED[name]
    with pytest.raises(SettingError) as caught:
        make()
    assert str(caught.value) == expected
