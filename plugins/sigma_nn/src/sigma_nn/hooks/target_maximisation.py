"""Target maximisation: what the network would most like to see (Simonyan, Vedaldi and Zisserman 2014, section 2)."""

from typing import Any

import numpy as np
from attrs import define, field

from sigma_core.extend import SettingError, ValuesPublished, value_and_grad
from sigma_nn._settings import integer, number
from sigma_nn.hooks._triggered import TriggeredHook


@define(eq=False)
class TargetMaximisation(TriggeredHook):
    """Climb from zeros to an input for which the network's output of class `target` is large, by gradient ascent.

    Ascends output - penalty * sum(input^2) by `steps` steps of length `rate` along the gradient. The network has one
    section of inputs and predicts (records, classes). The last input, of the shape of a record, is kept in `found` and
    published on the bus as `input` and `output`, with `target` as a text, so that no series is made of it. Nothing of
    the training changes. Raises SettingError, when the network is built, for another one and for a class that it does
    not have.
    """

    target: int = integer(at_least=0)
    steps: int = integer(default=50, at_least=1)
    rate: float = number(default=0.1, above=0)
    penalty: float = number(default=1e-3, at_least=0)

    found: Any = field(init=False, default=None, repr=False)

    def sigma_network_built(self, trainer: Any) -> None:
        """Refuse what cannot be climbed."""
        network, data = trainer.network, trainer.data
        ends = [placed.inputs[0] for placed in network.costs] or list(network.ends)
        is_one = len(ends) == len(network.input_sections) == 1
        shape = network[ends[0]].shape if is_one else ()
        if len(shape) != 1 or data.dtypes[network.input_sections[0]].kind != "f":
            raise SettingError(
                "TargetMaximisation",
                "the network has several inputs or outputs, or inputs that are no real numbers",
                "one section of real inputs, and (records, classes) that come out",
                "leave it out",
            )
        if self.target >= shape[0]:
            raise SettingError(
                "TargetMaximisation.target", f"{self.target}", f"a class of the network: 0 to {shape[0] - 1}"
            )

    def act(self, event: Any, trainer: Any) -> None:
        """Climb and publish."""
        # Once more, for one that was attached later.
        self.sigma_network_built(trainer)
        network = trainer.network
        (section,) = network.input_sections
        parameters = trainer.get("network.**") if network.parameters else {}

        def climbed(image: Any) -> Any:
            done = network.apply({section: image}, parameters, training=False)
            (outputs,) = done.predictions.values()
            return outputs[0, self.target] - self.penalty * np.sum(image**2)

        ascent = value_and_grad(climbed)
        image = np.zeros((1, *trainer.data.shapes[section]), network.dtype)
        for _ in range(self.steps):
            _, gradient = ascent(image)
            length = float(np.sqrt(np.sum(np.square(gradient, dtype=np.float64))))
            image = image + self.rate / max(length, 1e-12) * np.asarray(gradient)
        self.found = image[0]
        output = float(np.asarray(ascent(image)[0])) + self.penalty * float(np.sum(np.square(image)))
        values = {"input": self.found, "output": output, "target": str(self.target)}
        trainer.environment.bus.publish(
            ValuesPublished(source="target_maximisation", epoch=event.epoch, iteration=event.iteration, values=values)
        )
