"""Criteria of any shape against a model that looks at the whole course of a run anew each time."""

import json
from math import inf, isfinite, isnan, nan

from hypothesis import given
from hypothesis import strategies as st
from sigma_nn import Epochs, Iterations, Lowest, Nan, Patience, Plateau, Repeat, Seconds, Switch, Threshold

from sigma_core.extend import Observation
from sigma_core.testing import ComponentRegistry, Composer
from sigma_core.training import parse_criterion

PER_EPOCH = 2
VALUE = "validation.loss"

AllOf, AnyOf, Not = type(Epochs(1) & Epochs(2)), type(Epochs(1) | Epochs(2)), type(~Epochs(1))


def reported(looks):
    """The scores of the epochs that report it."""
    return [seen.scores[VALUE] for moment, seen in looks if moment == "epoch" and VALUE in seen.scores]


def lowest(scores):
    known = [score for score in scores if not isnan(score)]
    return bool(known) and not isnan(scores[-1]) and all(scores[-1] < other for other in known[:-1])


def patient(scores):
    """How many have come since the last that was the lowest of all up to it."""
    best = [number for number in range(1, len(scores) + 1) if lowest(scores[:number])]
    return len(scores) - max(best, default=0)


def flat(scores, count, tolerance):
    last = scores[-count:]
    return len(last) == count and all(map(isfinite, last)) and max(last) - min(last) <= tolerance * max(map(abs, last))


def repeats(repeat, looks):
    """At which looks of its own it has held, over and over."""
    ends = [number for number, (moment, _) in enumerate(looks, 1) if moment in repeat.criterion.moments]
    held = [holds(repeat.criterion, looks[:end]) for end in ends]
    if not repeat.in_a_row:
        return sum(held) >= repeat.times
    return len(held) >= repeat.times and all(held[-repeat.times :])


def is_newest(looks):
    """Whether the last epoch reports the score, and the lowest of all."""
    epochs = [seen for moment, seen in looks if moment == "epoch"]
    return bool(epochs) and VALUE in epochs[-1].scores and lowest(reported(looks))


def below(threshold, scores):
    return scores[-1] < threshold.bound if threshold.comparison == "<" else scores[-1] >= threshold.bound


OF_LOOKS = {
    AllOf: lambda made, looks: all(holds(part, looks) for part in made.parts),
    AnyOf: lambda made, looks: any(holds(part, looks) for part in made.parts),
    Not: lambda made, looks: not holds(made.parts[0], looks),
    Repeat: repeats,
    Epochs: lambda made, looks: any(moment == "epoch" and seen.epoch >= made.count for moment, seen in looks),
    Iterations: lambda made, looks: any(
        moment == "iteration" and seen.iteration >= made.count for moment, seen in looks
    ),
    Seconds: lambda made, looks: any(moment == "iteration" and seen.seconds >= made.count for moment, seen in looks),
    Switch: lambda _, __: False,
    Lowest: lambda _, looks: is_newest(looks),
}
OF_SCORES = {
    Threshold: below,
    Patience: lambda made, scores: patient(scores) >= made.count,
    Plateau: lambda made, scores: flat(scores, made.count, made.tolerance),
    Nan: lambda _, scores: not isfinite(scores[-1]),
}


def holds(criterion, looks):
    """Whether a criterion holds after the looks that there were: moments, and what was seen at them."""
    if type(criterion) in OF_LOOKS:
        return OF_LOOKS[type(criterion)](criterion, looks)
    scores = reported(looks)
    return bool(scores) and OF_SCORES[type(criterion)](criterion, scores)


counts = st.integers(1, 4)
leaves = st.one_of(
    st.builds(Epochs, counts),
    st.builds(Iterations, st.integers(1, 9)),
    st.builds(Seconds, counts),
    st.just(Switch("enough")),
    st.builds(Threshold, st.just(VALUE), st.sampled_from(["<", ">="]), st.sampled_from([0.5, 1.0])),
    st.just(Lowest(VALUE)),
    st.builds(Patience, st.just(VALUE), counts),
    st.builds(Plateau, st.just(VALUE), st.integers(2, 3), st.sampled_from([0.0, 0.6])),
    st.just(Nan(VALUE)),
)
criteria = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
        st.builds(Repeat, inner, st.integers(1, 3), st.booleans()),
    ),
    max_leaves=6,
)
courses = st.lists(st.none() | st.sampled_from([0.0, 0.4, 0.5, 1.0, 2.0, nan, inf]), max_size=7)
COMPOSER = Composer(ComponentRegistry())


@given(criteria, courses)
def test_a_criterion_holds_when_the_model_says(criterion, course):
    """At each look, from its text as from its parts, with a state that is written and read each time."""
    read = parse_criterion(str(criterion), COMPOSER)
    assert read == criterion
    state, looks = read.initial(), []
    assert state["reached"] == holds(criterion, looks)
    for epoch, score in enumerate(course, 1):
        scores = {} if score is None else {VALUE: score}
        for iteration in range((epoch - 1) * PER_EPOCH + 1, epoch * PER_EPOCH + 1):
            seen = Observation(iteration, epoch - 1, iteration / 3, {"training.loss": 1.0})
            looks.append(("iteration", seen))
            state = json.loads(json.dumps(read.step(state, seen, "iteration")))
            assert state["reached"] == holds(criterion, looks), looks
        seen = Observation(epoch * PER_EPOCH, epoch, epoch, scores)
        looks.append(("epoch", seen))
        state = json.loads(json.dumps(read.step(state, seen, "epoch")))
        assert state["reached"] == holds(criterion, looks), looks


def first_reached(criterion, course, *, skips):
    """The look at which a run would end; with `skips` it looks at no iteration before which nothing can come."""
    state, following = criterion.initial(), 0
    has_iterations = "iteration" in criterion.moments
    for epoch, score in enumerate(course, 1):
        scores = {} if score is None else {VALUE: score}
        for iteration in range((epoch - 1) * PER_EPOCH + 1, epoch * PER_EPOCH + 1):
            if not has_iterations or (skips and iteration < following):
                continue
            state = criterion.step(state, Observation(iteration, epoch - 1, iteration / 3, {}), "iteration")
            following = criterion.next_iteration(iteration)
            if state["reached"]:
                return "iteration", iteration
        state = criterion.step(state, Observation(epoch * PER_EPOCH, epoch, epoch, scores), "epoch")
        if state["reached"]:
            return "epoch", epoch
    return None


@given(criteria, courses)
def test_nothing_is_missed_between_looks(criterion, course):
    """A run passes over the iterations at which a criterion says that it cannot come to hold."""
    assert first_reached(criterion, course, skips=True) == first_reached(criterion, course, skips=False)
