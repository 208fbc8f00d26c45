"""Time series: values that the run store keeps, iteration by iteration."""

from typing import Any

from attrs import define

from sigma_core.extend import ValuesPublished
from sigma_nn._settings import texts
from sigma_nn.hooks._triggered import TriggeredHook, numbers_at


@define(eq=False)
class TimeSeries(TriggeredHook):
    """Publish values on the bus, from which the run store keeps them as time series of the same names.

    `values` are identifiers of scores and hyperparameters, such as `optimiser.learning_rate`. Raises IdentifierError
    for what is not there or no number.
    """

    values: tuple[str, ...] = texts(default=("optimiser.learning_rate",))

    def act(self, event: Any, trainer: Any) -> None:
        """One point of each."""
        found = numbers_at(self.values, "TimeSeries.values", event, trainer)
        trainer.environment.bus.publish(
            ValuesPublished(source="time_series", epoch=event.epoch, iteration=event.iteration, values=found)
        )
