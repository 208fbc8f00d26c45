"""Network pass: what the network says of some records, now and then."""

from typing import Any

from attrs import define, field

from sigma_core.extend import ValuesPublished
from sigma_nn.hooks._triggered import TriggeredHook


@define(eq=False)
class NetworkPass(TriggeredHook):
    """Feed `inputs` through the network and publish what comes out, as `predictions` on the bus.

    `inputs` are raw records, (records, ...), as `Trainer.predict` takes them, as an array or as lists, or a table of
    them by section. The last outputs are kept in `outputs`. Raises DataError for inputs that the network does not take.
    """

    inputs: Any
    outputs: Any = field(init=False, default=None, repr=False)

    def act(self, event: Any, trainer: Any) -> None:
        """Predict and publish."""
        self.outputs = trainer.predict(self.inputs)
        named = self.outputs if isinstance(self.outputs, dict) else {"predictions": self.outputs}
        trainer.environment.bus.publish(
            ValuesPublished(source="network_pass", epoch=event.epoch, iteration=event.iteration, values=named)
        )
