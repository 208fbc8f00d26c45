"""How layers are connected: an immutable directed acyclic graph, composed with `+` and `*` or by calling layers."""

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from sigma_core.errors import NetworkError
from sigma_core.network._layer import Layer

if TYPE_CHECKING:
    from sigma_core.network._block import Group
    from sigma_core.network._link import Link

# Far more than a network has; what is more is a slip that would fill the memory.
_MOST_LAYERS = 100_000


@frozen
class Node:
    """A layer at its place: which earlier nodes feed it, by their positions."""

    layer: Layer
    inputs: tuple[int, ...] = ()
    shares: int | None = None
    """Position of the earlier node whose parameters it has; None where it has its own."""


@frozen
class Architecture:
    """Nodes in an order in which each comes after all that feed it.

    A node without inputs that stands first is an entry: composition connects it to what came before.
    """

    nodes: tuple[Node, ...] = ()

    @classmethod
    def of(cls, layers: Any) -> "Architecture":
        """An architecture as it is, a layer alone, or a sequence of either connected one after the other.

        A link, or a sequence of links, is all that it is made of. Raises NetworkError for anything else.
        """
        from sigma_core.network._link import Link, architecture_of

        if isinstance(layers, Link):
            return architecture_of([layers])
        if isinstance(layers, list | tuple) and any(isinstance(part, Link) for part in layers):
            _check_links(layers)
            return architecture_of(layers)
        if isinstance(layers, Architecture):
            return layers
        if isinstance(layers, Layer):
            return cls((Node(layers),))
        if isinstance(layers, list | tuple):
            whole = cls()
            for part in layers:
                whole = whole + cls.of(part)
            return whole
        raise NetworkError(
            "network",
            f"{layers!r} is a {type(layers).__name__}",
            "a layer, layers composed with + and *, or a list of layers",
            "give an object of a class from `sigma components layers`",
        )

    def __add__(self, other: Any) -> "Architecture":
        """What comes after: every last node of this one feeds every entry of the other."""
        if isinstance(other, type) and issubclass(other, Layer):
            raise NetworkError("network", f"{other.__name__} is a class", "a layer", f"call it: {other.__name__}(...)")
        if not isinstance(other, Architecture | Layer | list | tuple):
            return NotImplemented
        following = Architecture.of(other)
        offset = len(self.nodes)
        ends = self.ends()
        shifted = []
        for node in following.nodes:
            inputs = tuple(position + offset for position in node.inputs)
            shares = None if node.shares is None else node.shares + offset
            shifted.append(evolve(node, inputs=inputs or ends, shares=shares))
        return Architecture(self.nodes + tuple(shifted))

    def __radd__(self, other: Any) -> "Architecture":
        if not isinstance(other, Layer | list | tuple):
            return NotImplemented
        return Architecture.of(other) + self

    def __mul__(self, times: Any) -> "Architecture":
        """The whole, repeated; each copy has layers and parameters of its own.

        Raises NetworkError below 1 and for more layers than anybody trains.
        """
        if isinstance(times, bool) or not isinstance(times, int):
            return NotImplemented
        if times < 1:
            raise NetworkError(
                "network", f"layers are repeated {times} times", "a number from 1", "leave the layers out instead"
            )
        if times > 1 and times * len(self.nodes) > _MOST_LAYERS:
            raise NetworkError(
                "network",
                f"{len(self.nodes)} layers, repeated {times} times, are too many",
                f"at most {_MOST_LAYERS} layers",
                "repeat them fewer times",
            )
        if times == 1:
            return self
        half = self * (times // 2)
        return half + half + self if times % 2 else half + half

    __rmul__ = __mul__

    def __call__(self, *inputs: Any) -> "Link":
        """What the last layer puts out when the first ones are fed by `inputs`: links, input layers, lists of them.

        Called again, it has the same parameters at both places. Raises NetworkError unless it has one last layer.
        """
        from sigma_core.network._link import call_all

        return call_all(self, inputs)

    def as_layer(self, name: str | None = None) -> "Group":
        """The whole as one layer of a larger network; its layers are found below its name, `encoder.dense_1`."""
        from sigma_core.network._block import Group

        return Group(self, name=name)

    def ends(self) -> tuple[int, ...]:
        """Positions of the nodes that feed no other."""
        used = {position for node in self.nodes for position in node.inputs}
        return tuple(position for position in range(len(self.nodes)) if position not in used)


def _check_links(parts: Any) -> None:
    from sigma_core.network._link import Link

    for part in parts:
        if not isinstance(part, Link):
            raise NetworkError(
                "network",
                f"links stand in a list with {part!r}, a {type(part).__name__}"[:200],
                "links alone, one for each cost or output, or layers alone, in a row",
                "call the layer on the link that feeds it",
            )
