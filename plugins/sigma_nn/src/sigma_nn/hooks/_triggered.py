"""What hooks have in common that act at a trigger of their settings, and the values that they read."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from attrs import define

from sigma_core.extend import EpochEnded, IdentifierError, IterationEnded, Trigger, hookimpl, listed
from sigma_nn._settings import moment


def _counts_epochs(hook: "TriggeredHook") -> bool:
    return {unit.value for unit in Trigger.parse(hook.when).units()} == {"epochs"}


@define(eq=False)
class TriggeredHook(ABC):
    """Acts when its trigger is due.

    One that counts epochs alone is looked at after each epoch and its validation, any other after each iteration.
    """

    phase: ClassVar[str] = "observe"

    when: str = moment()

    @abstractmethod
    def act(self, event: Any, trainer: Any) -> None:
        """What it does; the event is EpochEnded or IterationEnded."""

    @hookimpl(when=lambda hook: hook.when if _counts_epochs(hook) else "never", phase=lambda hook: hook.phase)
    def sigma_epoch_ended(self, event: EpochEnded, trainer: Any) -> None:
        """Act after an epoch."""
        self.act(event, trainer)

    @hookimpl(when=lambda hook: "never" if _counts_epochs(hook) else hook.when, phase=lambda hook: hook.phase)
    def sigma_iteration_ended(self, event: IterationEnded, trainer: Any) -> None:
        """Act after an iteration."""
        self.act(event, trainer)


def numbers_at(identifiers: Iterable[str], where: str, event: Any, trainer: Any) -> dict[str, float]:
    """Scores of an event and hyperparameters, by identifier.

    After an iteration `training.loss` is that of its batch. Raises IdentifierError for what is neither, or no number.
    """
    scores = dict(event.scores)
    if isinstance(event, IterationEnded):
        scores = {f"training.{name}": value for name, value in scores.items()}
    return {name: _number(name, scores, where, trainer) for name in identifiers}


def _number(name: str, scores: dict[str, Any], where: str, trainer: Any) -> float:
    try:
        value = scores[name] if name in scores else trainer.get(name)
    except IdentifierError as error:
        known = (*scores, "optimiser.learning_rate")
        raise IdentifierError(
            where, f"there is no value {name!r} at this moment", listed(known, name), "name one of these"
        ) from error
    if np.ndim(value) or isinstance(value, dict):
        raise IdentifierError(where, f"{name!r} is no number", "the identifier of one number", "name another")
    return float(value)
