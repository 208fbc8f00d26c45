"""Time series: values that the run store keeps, iteration by iteration."""

from typing import Any

from attrs import define

from sigma_core.extend import ValuesPublished
from sigma_nn._settings import texts
from sigma_nn.hooks._values import ValuesHook


@define(eq=False)
class TimeSeries(ValuesHook):
    """Publish values on the bus, from which the run store keeps them as time series of the same names.

    `values` are identifiers of scores and hyperparameters, such as `optimiser.learning_rate`; with `mean=True` their
    means over the iterations since the last point are published. A score that there has not been is left out.
    """

    values: tuple[str, ...] = texts(default=("optimiser.learning_rate",))

    def act(self, event: Any, trainer: Any) -> None:
        """One point of each."""
        found = self.found(event, trainer)
        trainer.environment.bus.publish(
            ValuesPublished(source="time_series", epoch=event.epoch, iteration=event.iteration, values=found)
        )
