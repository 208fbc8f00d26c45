"""Blocks: layers that are made of others, and stand as one in a network."""

from abc import abstractmethod
from types import SimpleNamespace
from typing import Any

from attrs import frozen

from sigma_core.errors import NetworkError
from sigma_core.network._architecture import Architecture, Node
from sigma_core.network._context import Context
from sigma_core.network._layer import Layer
from sigma_core.network._link import Link
from sigma_core.registry import components


@frozen
class Block(Layer):
    """A layer that connects others, which take its place when the network is built.

    They are named below it, as `residual_1.dense_1`, and so are their parameters.
    """

    @abstractmethod
    def connect(self, *inputs: Link) -> Link:
        """What comes out, made by calling layers on what comes in. Layers that are called twice share parameters."""

    def forward(self, *inputs: Any, parameters: SimpleNamespace, context: Context) -> Any:  # noqa: ARG002
        """Not how a block runs: raises NetworkError."""
        raise NetworkError(
            context.layer,
            "it is a block, which has no forward of its own",
            "the layers that it connects",
            "build a network of it",
        )


@frozen(init=False)
class Group(Block):
    """Several layers as one: an architecture that stands as a layer in another.

    Takes what its first layers take, (batch, ...), and gives what its last one gives, (batch, ...). Without a `wiring`,
    the positions of what feeds each layer, they are in a row. Raises NetworkError unless there is one last layer.
    """

    layers: tuple[Layer, ...] = components("layers")
    wiring: tuple[tuple[int, ...], ...] | None = None
    """For each layer, the positions of those that feed it; nothing for those that the group's inputs feed."""
    shares: tuple[int, ...] | None = None
    """For each layer, the position of the one whose parameters it has: its own, or an earlier one."""

    def __init__(self, layers: Any, wiring: Any = None, shares: Any = None, *, name: str | None = None) -> None:
        """Take layers as a network does, or the fields as they are in a recipe."""
        is_row = isinstance(layers, list | tuple) and not any(isinstance(each, Architecture | Link) for each in layers)
        if wiring is None and not is_row:
            nodes = Architecture.of(layers).nodes
            layers = tuple(node.layer for node in nodes)
            wiring = tuple(node.inputs for node in nodes)
            shares = tuple(n if node.shares is None else node.shares for n, node in enumerate(nodes))
        count = len(layers) if isinstance(layers, list | tuple) else 1
        wiring = None if wiring is None else tuple(tuple(inputs) for inputs in wiring)
        shares = None if shares is None else tuple(shares)
        # What is as by default is left out, so that equal groups are equal however they were written.
        self.__attrs_init__(
            layers,
            None if wiring == _row(count) else wiring,
            None if shares == tuple(range(count)) else shares,
            name=name,
        )

    @property
    def architecture(self) -> Architecture:
        """How its layers are connected. Raises NetworkError for a wiring of other layers than it has."""
        count = len(self.layers)
        wiring = _row(count) if self.wiring is None else self.wiring
        shares = tuple(range(count)) if self.shares is None else self.shares
        if len(wiring) != count or len(shares) != count:
            raise _refused(f"{count} layers have a wiring of {len(wiring)} and shares of {len(shares)}")
        for position, inputs in enumerate(wiring):
            if any(not 0 <= number < position for number in inputs) or not 0 <= shares[position] <= position:
                raise _refused(
                    f"layer {position} is fed by {list(inputs)} and has the parameters of {shares[position]}"
                )
        return Architecture(
            tuple(
                Node(layer, inputs, None if owner == position else owner)
                for position, (layer, inputs, owner) in enumerate(zip(self.layers, wiring, shares, strict=True))
            )
        )

    def connect(self, *inputs: Link) -> Link:
        """The layers, fed by the inputs."""
        return self.architecture(*inputs)


def _row(count: int) -> tuple[tuple[int, ...], ...]:
    return tuple((position - 1,) if position else () for position in range(count))


def _refused(found: str) -> NetworkError:
    return NetworkError(
        "Group", found, "for each layer the positions of earlier ones", "leave both out for layers in a row"
    )


def in_a_row(layers: Any) -> Any:
    """Layers of a block's setting as a tuple, which a recipe can write: those of a chain, or one group of them all.

    A converter for `components("layers")`; what is no architecture stays as it is, for the composer to judge.
    """
    if isinstance(layers, Link):
        layers = Architecture.of(layers)
    if isinstance(layers, Architecture):
        group = layers.as_layer()
        return group.layers if group.wiring is None and group.shares is None else (group,)
    if isinstance(layers, list | tuple):
        return tuple(each.as_layer() if isinstance(each, Architecture) else each for each in layers)
    return (layers,)
