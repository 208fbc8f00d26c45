"""The contract of schedules."""

import json
from math import isfinite
from typing import Any

from sigma_core.testing._subject import Subject, examined
from sigma_core.training import Observation, Position, Schedule

_PER_EPOCH = 10


def check_schedule(schedule: Schedule, *, epochs: int = 6) -> None:
    """Hold a schedule to its contract, along a run of some epochs of 10 iterations.

    Checked are that each factor is a finite float, not negative, and a function of position and state alone; that the
    state is JSON, from which a run goes on as without a break, and that an update leaves the old one as it is;
    settings, as a recipe writes them; docstrings. Raises AssertionError with what was checked, what was expected and
    what was found.
    """
    subject = examined("schedules", Schedule, schedule)
    schedule = subject.component
    with subject.trying("initial"):
        state = schedule.initial()
    for epoch in range(epochs):
        read = after_json(subject, state)
        positions = [
            Position(iteration, _PER_EPOCH, epochs * _PER_EPOCH)
            for iteration in range(epoch * _PER_EPOCH, (epoch + 1) * _PER_EPOCH)
        ]
        with subject.trying(f"factors of epoch {epoch + 1}"):
            factors = [schedule.factor(position, state) for position in positions]
            again = [schedule.factor(position, read) for position in reversed(positions)][::-1]
        for position, factor in zip(positions, factors, strict=True):
            subject.claim(
                type(factor) is float and isfinite(factor) and factor >= 0,
                f"factor of iteration {position.iteration}",
                "a finite float from 0",
                repr(factor),
            )
        subject.claim(
            factors == again,
            f"factors of epoch {epoch + 1}, asked for again in another order",
            f"the same, from the same state: {factors}",
            f"{again}",
        )
        state = moved_on(subject, state, observed(schedule.requires, epoch))


def observed(requires: Any, epoch: int) -> Observation:
    """What there is to look at after an epoch: scores that fall for a while and then stand."""
    scores = {name: 1.0 / (1 + min(epoch, 2)) for name in ("training.loss", "validation.loss", *requires)}
    return Observation((epoch + 1) * _PER_EPOCH, epoch + 1, float(epoch + 1), scores)


def after_json(subject: Subject[Any], state: Any) -> Any:
    """A state as it comes out of a checkpoint."""
    with subject.trying(f"state {state!r}, written as JSON", "that it can be written"):
        read = json.loads(json.dumps(state))
    subject.claim(read == state, "state, written as JSON and read", repr(state), repr(read))
    return read


def moved_on(subject: Subject[Any], state: Any, observation: Observation) -> Any:
    """The state after an update, which must leave the old one as it is."""
    before = json.dumps(state)
    with subject.trying("update"):
        after = subject.component.update(state, observation)
    subject.claim(
        json.dumps(state) == before, "state after an update", f"a new one, and the old one as it was: {before}", state
    )
    return after
