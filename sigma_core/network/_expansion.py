"""From an architecture to layers in a row: blocks give way to what they connect, and each layer gets its name."""

import inspect
from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from sigma_core.errors import NetworkError
from sigma_core.network._architecture import Architecture
from sigma_core.network._block import Block
from sigma_core.network._faults import telling
from sigma_core.network._layer import Cost, Layer
from sigma_core.network._link import Link, call
from sigma_core.network._naming import named
from sigma_core.registry import Composer

PREFIX = "network.layers"
# What `forward` is given by name.
_BY_NAME = ("parameters", "context")
# A block that holds itself would never end.
_DEEPEST = 50


@frozen
class Place:
    """A layer where it stands: its name, the names of the layers that feed it, and whose parameters it has."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    owner: str

    @property
    def path(self) -> str:
        """Identifier of the layer."""
        return f"{PREFIX}.{self.name}"


@frozen
class _Entry(Layer):
    """Stands for what comes into a block while that connects its layers."""

    number: int = 0

    def forward(self, *inputs: Any, parameters: Any, context: Any) -> Any:  # noqa: ARG002
        """What feeds the block, which takes its place before anything runs."""
        return inputs[0]


@define
class _Expansion:
    composer: Composer
    places: list[Place] = field(factory=list)

    def add(self, architecture: Architecture, prefix: str, owner: str, feeding: Sequence[str]) -> list[str]:
        """Place the layers of an architecture below a prefix; the name of what each node puts out."""
        if prefix.count(".") > _DEEPEST:
            raise NetworkError(
                f"{PREFIX}.{prefix.removesuffix('.')}"[:120],
                "blocks lie in each other by the dozen",
                f"at most {_DEEPEST} levels",
                "see whether one connects itself",
            )
        outputs: list[str] = []
        names = named(architecture.nodes, prefix)
        for name, node in zip(names, architecture.nodes, strict=True):
            inputs = tuple(outputs[number] for number in node.inputs)
            shared = name if node.shares is None else names[node.shares]
            if isinstance(node.layer, _Entry):
                outputs.append(feeding[node.layer.number])
                continue
            # Those that a block has made are resolved like those that it was given.
            layer = self.composer.build("layers", node.layer)
            if isinstance(layer, Block):
                outputs.append(self._block(layer, f"{prefix}{name}", f"{owner}{shared}", inputs))
            else:
                place = Place(f"{prefix}{name}", layer, inputs, f"{owner}{shared}")
                check_arity(place.path, layer, inputs)
                self.places.append(place)
                outputs.append(place.name)
        return outputs

    def _block(self, block: Block, name: str, owner: str, inputs: tuple[str, ...]) -> str:
        path = f"{PREFIX}.{name}"
        check_arity(path, block, inputs)
        with telling(path, ()):
            made = block.connect(*(call(_Entry(number=number), ()) for number in range(len(inputs))))
        if not isinstance(made, Link):
            raise NetworkError(
                path,
                f"its connect returned a {type(made).__name__}",
                "a link",
                "return what calling its last layer gives",
            )
        return self.add(Architecture.of(made), f"{name}.", f"{owner}.", inputs)[-1]


def expanded(architecture: Architecture, composer: Composer) -> tuple[Place, ...]:
    """The layers of an architecture and of all its blocks, each behind those that feed it.

    Settings that name a component are replaced by it. Raises NetworkError for names and connections that do not fit,
    and what `Composer.build` does.
    """
    expansion = _Expansion(composer)
    expansion.add(architecture, "", "", ())
    return tuple(expansion.places)


def check_arity(path: str, layer: Layer, inputs: Sequence[str]) -> None:
    """That as many layers feed this one as its `forward` or `connect` takes; those with a default may be missing."""
    fewest, most = arity(layer)
    if fewest <= len(inputs) <= (len(inputs) if most is None else most):
        return
    count = "1 layer feeds" if len(inputs) == 1 else f"{len(inputs)} layers feed"
    found = f"{count} it ({', '.join(inputs)})" if inputs else "no layer feeds it"
    expected = f"{fewest} or more" if most is None else str(fewest) if most == fewest else f"{fewest} to {most}"
    remedy = "begin the network with an input layer" if not inputs else "connect it to as many layers as it takes"
    raise NetworkError(path, found, expected, remedy)


def arity(layer: Layer) -> tuple[int, int | None]:
    """How many layers at least and at most may feed this one; None where there is no limit."""
    if isinstance(layer, Cost):
        return 1, 1
    takes = layer.connect if isinstance(layer, Block) else layer.forward
    positional = [
        parameter
        for parameter in inspect.signature(takes).parameters.values()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY and parameter.name not in _BY_NAME
    ]
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in positional):
        return 1, None
    needed = sum(parameter.default is inspect.Parameter.empty for parameter in positional)
    # Sections come last, so they are the first to stand where a default would.
    others = len(positional) - len(layer.sections)
    return max(0, min(needed, others)), others
