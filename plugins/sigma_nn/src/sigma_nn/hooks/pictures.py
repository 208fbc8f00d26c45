"""Pictures: what weights and activations look like, now and then."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Attribute, define, field
from attrs.validators import optional

from sigma_core.extend import Array, Registry, SettingError, Shape, fields
from sigma_nn._settings import choice, integer, refusal
from sigma_nn.hooks._arrays import ACTIVATIONS, ArraysHook
from sigma_nn.hooks._background import GRADIENTS
from sigma_nn.hooks._forward import records_of
from sigma_nn.hooks._sight import looking, picture_of
from sigma_nn.hooks._tiles import filters, folded, picture, records

_WEIGHTS = "network.**.<weights>"


def _check_values(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
    if not value or not all(isinstance(each, str) and each for each in value):
        raise refusal(instance, attribute, value, "texts, at least one")


def _check_shape(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
    are_extents = isinstance(value, tuple) and all(fields.is_plain(each, int) and each > 0 for each in value)
    if not are_extents or len(value) not in (2, 3):
        raise refusal(instance, attribute, value, "rows and columns, and perhaps channels")


@define(eq=False)
class Pictures(ArraysHook):
    """Publish pictures of `values`, identifiers of arrays or patterns.

    `network.**` are parameters, `gradients.**` those of the batch, and `activations.**` what layers put out for the
    record `sample` of the validation data, or of the training data where there is no other. Without any it shows what
    looks at the inputs: weights of convolutions, and of dense layers for which the inputs are a picture.

    The weights of a convolution are a tile for each filter, or for each channel of each filter where there are neither
    one nor three, which are colours. The weights of a dense layer that looks at the inputs are a tile for each unit, in
    the form of the inputs: `shape`, (rows, columns) or (rows, columns, channels), or what the layers before say of it,
    or a square of a side of 5 or more. Activations (rows, columns, channels) are a tile for each channel. Any other
    matrix is one tile, and a row of numbers is folded into one.

    Of each are published `image`, whole numbers from 0 to 255, (rows, columns) or (rows, columns, 3), of at most
    `tiles` tiles and of sides of at most `side` pixels; how many `tiles` there are and how many are `left_out`; and the
    `minimum` and `maximum` of what is shown, for which 0 and 255 stand, unless each tile has its own, with
    `scale="tile"`. It is done in the background from a copy and changes nothing. Raises SettingError where nothing
    looks at a picture, and for a record that there is not.
    """

    source: ClassVar[str] = "pictures"

    values: tuple[str, ...] | str | None = field(
        default=None,
        converter=lambda given: None if given is None else fields.as_several(given),
        validator=optional(_check_values),
    )
    shape: tuple[int, ...] | None = field(default=None, converter=fields.as_tuples, validator=optional(_check_shape))
    sample: int = integer(default=0, at_least=0)
    tiles: int = integer(default=36, at_least=1)
    side: int = integer(default=128, at_least=8, below=2049)
    scale: str = choice("picture", "tile", default="picture")

    @property
    def patterns(self) -> tuple[str, ...]:
        """What it may look at."""
        return (_WEIGHTS,) if self.values is None else fields.as_several(self.values)

    @property
    def records(self) -> tuple[int, int]:
        """A single one."""
        return self.sample, 1

    def check(self, trainer: Any) -> None:
        """Raise what is told above."""
        ArraysHook.check(self, trainer)
        if (self.values is None or self.shape is not None) and not looking(trainer.network, self.shape):
            raise SettingError(
                "Pictures",
                "nothing in this network looks at a picture" + (f" of shape {self.shape}" if self.shape else ""),
                "convolutions, or dense layers behind inputs that have rows and columns",
                'name what to show, as values = ["network.**"], or give the form of the inputs, as shape = [8, 8]',
            )
        known = len(next(iter(records_of(trainer, 0, self.sample + 1).values())))
        if known <= self.sample:
            raise SettingError("Pictures.sample", f"{self.sample}", f"a record of the data: 0 to {known - 1}")

    def found(self, event: Any, trainer: Any, snapshot: Registry) -> Mapping[str, Any]:
        """A picture of each array."""
        network = trainer.network
        seen = looking(network, self.shape)
        arrays = self.arrays(seen if self.values is None else self.patterns, event, trainer, snapshot)
        inputs = {placed.path.replace("network", "activations", 1) for placed in network.layers if not placed.inputs}
        pictures = {}
        for name, array in arrays.items():
            if name.startswith(ACTIVATIONS):
                tiles = _of_record(array[0], self.shape, is_input=name in inputs)
            else:
                tiles = _of_weights(array, seen.get(name.replace(GRADIENTS, "network.", 1)))
            pictures[name] = picture(tiles, self.tiles, self.side, alike=self.scale == "picture")
        return pictures


def _of_weights(weights: Array, seen: Shape | None) -> Array:
    """Tiles of weights that look at a picture of a shape, or at none."""
    if weights.ndim > 2:
        return filters(weights)
    if weights.ndim == 1:
        return folded(weights)
    return weights[None] if seen is None else _in_form(weights.T, seen)


def _of_record(activations: Array, given: Shape | None, *, is_input: bool) -> Array:
    """Tiles of what a layer puts out for a record."""
    if is_input:
        seen = picture_of([activations.shape], given)
        if seen is not None:
            return _in_form(activations[None], seen)
    if activations.ndim < 2:
        return folded(activations.reshape(-1))
    if activations.ndim == 2:
        return activations[None]
    channels = activations.reshape(-1, *activations.shape[-2:])
    return channels.transpose(2, 0, 1) if activations.ndim == 3 else channels


def _in_form(rows: Array, shape: Shape) -> Array:
    """Rows of numbers as tiles of pictures."""
    return rows.reshape(-1, *shape) if len(shape) == 2 else records(rows.reshape(-1, *shape))
