"""Residual: layers whose outputs are added to what came in (He, Zhang, Ren & Sun 2016)."""

from typing import Any

from attrs import Attribute, frozen

from sigma_core.extend import Block, Layer, Link, components, in_a_row
from sigma_nn._settings import refusal
from sigma_nn.layers.add import Add


@frozen
class Residual(Block):
    """Add what layers make of the inputs to the inputs: `inputs + layers(inputs)`.

    Takes and gives (batch, ...) of the same shape. `layers` are one layer or several in a row, composed with + and * or
    listed. Raises SettingError without a layer, NetworkError for layers that change the shape.
    """

    layers: tuple[Layer, ...] = components("layers", converter=in_a_row)

    @layers.validator
    def _check_layers(self, attribute: "Attribute[tuple[Layer, ...]]", layers: Any) -> None:
        if layers == ():
            raise refusal(self, attribute, layers, "at least one layer")

    def connect(self, inputs: Link) -> Link:
        """(batch, ...) of the same shape."""
        first, *others = self.layers
        # As an architecture, in which the same layer at two places has parameters for each.
        return Add()(inputs, (first + others)(inputs))
