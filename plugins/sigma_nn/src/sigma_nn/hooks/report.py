"""Report: values in the log, now and then."""

from typing import Any

from attrs import define

from sigma_nn._settings import texts
from sigma_nn.hooks._triggered import TriggeredHook, numbers_at


@define(eq=False)
class Report(TriggeredHook):
    """Write epoch, iteration, running time and some values as an entry of the structured log.

    `values` are identifiers of scores and hyperparameters. Scores of an epoch are means over all of its records; after
    an iteration `training.loss` is that of its batch. Raises IdentifierError for what is not there or no number.
    """

    values: tuple[str, ...] = texts(default=("training.loss",))

    def act(self, event: Any, trainer: Any) -> None:
        """One entry."""
        found = numbers_at(self.values, "Report.values", event, trainer)
        seconds = round(trainer.clock.elapsed(), 3)
        trainer.environment.log.info("report", epoch=event.epoch, iteration=event.iteration, seconds=seconds, **found)
