"""Bidirectional: a sequence from both of its ends (Schuster & Paliwal 1997)."""

from typing import Any, Literal

from attrs import Attribute, evolve, frozen

from sigma_core.extend import Block, Layer, Link, component
from sigma_nn._settings import choice, refusal
from sigma_nn.layers.add import Add
from sigma_nn.layers.average import Average
from sigma_nn.layers.concatenate import Concatenate

_MERGES = {"concatenate": Concatenate, "add": Add, "average": Average}


@frozen
class Bidirectional(Block):
    """Run a recurrent layer along a sequence and another of its kind against it, and merge what comes out.

    Takes (batch, time, features), and a mask (batch, time) if the layer is to be given one. Gives (batch, time,
    2 * size), each step's results side by side, or with `outputs` "last" of the layer (batch, 2 * size): of the last
    step and, for the way back, of the first. With `merge` "add" or "average" there are `size` features. The layers are
    called `forward` and `backward`, and have parameters of their own. `layer` is any with a setting `reverse`; raises
    SettingError for others.
    """

    layer: Layer = component("layers")
    merge: Literal["concatenate", "add", "average"] = choice("concatenate", "add", "average", default="concatenate")

    @layer.validator
    def _check_layer(self, attribute: "Attribute[Any]", layer: Any) -> None:
        # A name or a table is looked at again when the layer it stands for is there.
        if isinstance(layer, Layer) and not hasattr(layer, "reverse"):
            raise refusal(self, attribute, layer, "a recurrent layer, such as Lstm(128)")

    def connect(self, inputs: Link, mask: Link | None = None) -> Link:
        """Both ways, merged."""
        given = (inputs,) if mask is None else (inputs, mask)
        forward = evolve(self.layer, reverse=False, name="forward")
        backward = evolve(self.layer, reverse=True, name="backward")
        return _MERGES[self.merge]()(forward(*given), backward(*given))
