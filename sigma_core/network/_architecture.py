"""How layers are connected: an immutable directed acyclic graph, composed with `+` and `*`."""

from typing import Any

from attrs import evolve, frozen

from sigma_core.errors import NetworkError
from sigma_core.network._layer import Layer

# Far more than a network has; what is more is a slip that would fill the memory.
_MOST_LAYERS = 100_000


@frozen
class Node:
    """A layer at its place: which earlier nodes feed it, by their positions."""

    layer: Layer
    inputs: tuple[int, ...] = ()


@frozen
class Architecture:
    """Nodes in an order in which each comes after all that feed it.

    A node without inputs that stands first is an entry: composition connects it to what came before.
    """

    nodes: tuple[Node, ...] = ()

    @classmethod
    def of(cls, layers: Any) -> "Architecture":
        """An architecture as it is, a layer alone, or a sequence of either connected one after the other.

        Raises NetworkError for anything else.
        """
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
            shifted.append(evolve(node, inputs=inputs or ends))
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

    def ends(self) -> tuple[int, ...]:
        """Positions of the nodes that feed no other."""
        used = {position for node in self.nodes for position in node.inputs}
        return tuple(position for position in range(len(self.nodes)) if position not in used)
