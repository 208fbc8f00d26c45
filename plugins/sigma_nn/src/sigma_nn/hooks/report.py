"""Report: values in the log, now and then."""

from typing import Any

from attrs import define

from sigma_nn.hooks._values import ValuesHook


@define(eq=False)
class Report(ValuesHook):
    """Write epoch, iteration, running time and some values as an entry of the structured log.

    `values` are identifiers of scores and hyperparameters. Scores of an epoch are means over all of its records; after
    an iteration `training.loss` is that of its batch, and with `mean=True` it is the mean over all batches since the
    last report, for which every loss is read from the device. All other scores are the last ones; one that there has
    not been is left out.
    """

    def act(self, event: Any, trainer: Any) -> None:
        """One entry."""
        seconds = round(trainer.clock.elapsed(), 3)
        trainer.environment.log.info(
            "report", epoch=event.epoch, iteration=event.iteration, seconds=seconds, **self.found(event, trainer)
        )
