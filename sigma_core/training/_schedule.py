"""The contract of a schedule: a factor of a hyperparameter that changes along a run."""

import re
from abc import ABC, abstractmethod
from fractions import Fraction
from math import inf

from attrs import frozen

from sigma_core.errors import SettingError
from sigma_core.training._criterion import Observation, State

_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(iterations?|epochs?|run)\s*")


def check_span(text: str, where: str = "span") -> str:
    """The text, if it is a length of time such as "10 epochs", "500 iterations" or "0.3 run"; else SettingError."""
    _parse(text, where)
    return text


def _parse(text: str, where: str) -> tuple[Fraction, str]:
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    # Infinite is also what has so many digits that it would take for ever to write them out.
    if found is None or not 0 < float(found[1]) < inf:
        raise SettingError(
            where,
            repr(text),
            "a number above 0 with iterations, epochs or run",
            'write "10 epochs", "500 iterations" or "0.3 run"',
        )
    # Exact, so that "0.7 run" of 10 iterations ends with the seventh.
    return Fraction(found[1]), found[2].removesuffix("s")


@frozen
class Position:
    """Where a run stands: how many iterations lie behind it, and what its lengths are measured by."""

    iteration: int
    """Iterations done before this one: 0 for the first."""
    iterations_per_epoch: int
    total_iterations: int | None = None
    """Of the whole run, where its criterion tells."""

    def iterations_of(self, span: str) -> float:
        """A span in iterations.

        Raises SettingError for what is no span, and for a part of a run whose length is not known.
        """
        number, unit = _parse(span, "span")
        if unit == "iteration":
            return float(number)
        if unit == "epoch":
            return float(number * self.iterations_per_epoch)
        if self.total_iterations is None:
            raise SettingError(
                "span",
                f"{span!r} of a run whose length is not known",
                "a criterion that ends the run after some epochs or iterations",
                'stop after "20 epochs", say, or count the span in epochs or iterations',
            )
        return float(number * self.total_iterations)


class Schedule(ABC):
    """A factor by which a hyperparameter is multiplied, iteration by iteration; an attrs class, pure.

    The factor is a function of the position and of a state, a dictionary of JSON values, which only schedules that
    look at scores need. So the hyperparameter itself can still be set while the run goes on, and resume is exact.
    """

    @property
    def requires(self) -> tuple[str, ...]:
        """Identifiers of the scores that it looks at."""
        return ()

    def initial(self) -> State:
        """The state before the first iteration."""
        return {}

    def update(self, state: State, observation: Observation) -> State:  # noqa: ARG002  # for those that look
        """The state after a look at an epoch that has ended, with its scores; a new dictionary."""
        return state

    @abstractmethod
    def factor(self, position: Position, state: State) -> float:
        """The factor for the iteration at this position."""
