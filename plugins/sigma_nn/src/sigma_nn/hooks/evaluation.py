"""Evaluation: loss and metrics on named data, whenever they are wanted."""

from typing import Any, ClassVar

from attrs import define

from sigma_core.extend import ValuesPublished
from sigma_nn._settings import texts
from sigma_nn.hooks._triggered import TriggeredHook


@define(eq=False)
class Evaluation(TriggeredHook):
    """Publish loss and metrics on `data`, names of validation data or `training`, as `validation.loss`, `training.f1`.

    All records are looked at, and the training goes on as without it. So a long epoch is validated inside, and metrics
    are known of the training data, which a run by itself does not compute. The run store keeps what is a number.
    """

    phase: ClassVar[str] = "score"

    data: tuple[str, ...] = texts(default=("validation",))

    @property
    def required_scores(self) -> tuple[str, ...]:
        """The losses on the data, which there are wherever there is the data."""
        return tuple(f"{name}.loss" for name in self.data)

    def act(self, event: Any, trainer: Any) -> None:
        """Score and publish."""
        scores = {f"{name}.{score}": value for name in self.data for score, value in trainer.evaluate(name).items()}
        trainer.environment.bus.publish(
            ValuesPublished(source="evaluation", epoch=event.epoch, iteration=event.iteration, values=scores)
        )
