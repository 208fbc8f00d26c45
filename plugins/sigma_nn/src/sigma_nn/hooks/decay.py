"""Decay: a hyperparameter that is multiplied at a trigger."""

from typing import Any, ClassVar

from attrs import define

from sigma_nn._settings import number
from sigma_nn.hooks._triggered import TriggeredHook


@define(eq=False)
class Decay(TriggeredHook):
    """Multiply a hyperparameter by `factor` when the trigger is due; it never falls below `minimum`.

    The value itself is set, unlike by schedules, which multiply whatever it is set to.
    """

    phase: ClassVar[str] = "schedule"

    factor: float = number(default=0.5, above=0, below=1)
    minimum: float = number(default=0.0, at_least=0)
    setting: str = "optimiser.learning_rate"

    @property
    def required_numbers(self) -> tuple[str, ...]:
        """The hyperparameter."""
        return (self.setting,)

    def act(self, event: Any, trainer: Any) -> None:  # every event is the same to it
        """Decay."""
        value = trainer.get(self.setting)
        trainer.set(self.setting, min(value, max(self.minimum, value * self.factor)))
