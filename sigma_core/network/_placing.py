"""Layers at their places: named, tried on a probe, their shapes inferred and their parameters known."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, Generic, TypeVar

import numpy as np
from attrs import frozen

from sigma_core.errors import NetworkError, listed
from sigma_core.graph import Value, place_of, placeholder, reachable, scope
from sigma_core.network._architecture import Architecture
from sigma_core.network._context import Context
from sigma_core.network._faults import check_output, made_by, returned, telling
from sigma_core.network._layer import Cost, Layer
from sigma_core.network._naming import named
from sigma_core.network._parameter import Parameter, Shape, declared

PREFIX = "network.layers"
AnyLayer_co = TypeVar("AnyLayer_co", bound=Layer, covariant=True)
# Records in the batch with which shapes are inferred; any number would do, since no layer may depend on it.
_PROBE = 2
# What `forward` is given by name.
_BY_NAME = ("parameters", "context")


@frozen
class Section:
    """What is known of one section of the data: the shape of a record and the dtype."""

    shape: Shape
    dtype: np.dtype


@frozen
class PlacedLayer(Generic[AnyLayer_co]):
    """A layer at its place in a network."""

    name: str
    layer: AnyLayer_co
    inputs: tuple[str, ...]
    """Names of the layers that feed it."""
    parameters: Mapping[str, Parameter]
    shape: Shape
    """Shape of what comes out, without the batch axis."""

    @property
    def path(self) -> str:
        """Identifier of the layer, such as `network.layers.dense_1`."""
        return f"{PREFIX}.{self.name}"

    @property
    def size(self) -> int:
        """Number of parameter elements."""
        return sum(parameter.size for parameter in self.parameters.values())


def place(
    architecture: Architecture, sections: Mapping[str, Section] | None, dtype: np.dtype
) -> Iterator[PlacedLayer[Layer]]:
    """Each layer with its parameters and shape, by tracing a probe through all of them."""
    names = named([node.layer for node in architecture.nodes])
    known = dict(sections) if sections is not None else _declared(architecture, dtype)
    values: dict[str, Any] = {}
    for name, node in zip(names, architecture.nodes, strict=True):
        layer, path = node.layer, f"{PREFIX}.{name}"
        inputs = tuple(names[position] for position in node.inputs)
        _check_arity(path, layer, inputs)
        incoming = [_output(path, values, feeding) for feeding in inputs]
        wanted = [section for section in layer.sections if section in known or sections is not None]
        incoming += [_section_value(path, section, known) for section in wanted]
        if len(wanted) < len(layer.sections):
            values[name] = None
            yield PlacedLayer(name, layer, inputs, {}, ())
            continue
        probe = _Probe(path, layer, tuple(incoming), dtype)
        parameters = probe.parameters()
        value = probe.run(parameters)
        values[name] = None if isinstance(layer, Cost) else value
        shape = () if isinstance(layer, Cost) else value.shape[1:]
        yield PlacedLayer(name, layer, inputs, MappingProxyType(parameters), shape)


@frozen(eq=False)
class _Probe:
    """One layer, tried on values before there are any numbers."""

    path: str
    layer: Layer
    incoming: tuple[Value, ...]
    dtype: np.dtype

    def parameters(self) -> dict[str, Parameter]:
        """What the layer declares for these inputs."""
        shapes = [value.shape[1:] for value in self.incoming]
        wanted: dict[str, Parameter] = self._tried(lambda: declared(self.layer.parameters(*shapes)))
        return wanted

    def run(self, parameters: Mapping[str, Parameter]) -> Value:
        """What its forward makes of them; checked in every way in which a run would stumble over it later."""
        arrays = {name: placeholder(spec.shape, self.dtype, name) for name, spec in parameters.items()}
        key = placeholder((2,), np.uint64, "key")
        value: Value = self._forward(arrays, key)
        check_output(self.path, self.layer, value, _PROBE)
        if not _same_constants(value, self._forward(arrays, key)):
            raise NetworkError(
                place_of(made_by(self.layer), self.path),
                "its forward gave two programs that differ in their numbers",
                "the same program whenever it is traced: what it draws by np.random is drawn once and never again",
                "draw random numbers by context.uniform(shape) or context.normal(shape)",
            )
        scored = self._forward(arrays, None)
        if not isinstance(self.layer, Cost) and getattr(scored, "shape", None) != value.shape:
            raise NetworkError(
                place_of(self.layer.forward, self.path),
                f"its forward returned {returned(scored)} where context.training is false",
                f"a value of shape {_batched(value.shape[1:])}, as in training",
                "return the same shape in both",
            )
        return value

    def _forward(self, arrays: Mapping[str, Value], key: Value | None) -> Any:
        """A pass of a step where there is a key, of a validation without one."""
        context = Context(self.path, training=key is not None, dtype=self.dtype, key=key)
        parameters = SimpleNamespace(**arrays)
        with scope(self.path):
            return self._tried(lambda: self.layer.forward(*self.incoming, parameters=parameters, context=context))

    def _tried(self, attempt: Callable[[], Any]) -> Any:
        with telling(self.path, (_batched(value.shape[1:]) for value in self.incoming)):
            return attempt()


def _batched(shape: Shape) -> str:
    return str(("batch", *shape)).replace("'", "")


def _same_constants(one: Value, other: Any) -> bool:
    """Whether two traces of one function hold the same numbers."""
    first, second = (_constants(value) for value in (one, other))
    return len(first) == len(second) and all(map(_same_bytes, first, second))


def _constants(value: Any) -> list[np.ndarray]:
    nodes = reachable([value]) if isinstance(value, Value) else ()
    return [node.attributes["literal"].array for node in nodes if node.operation.name == "constant"]


def _same_bytes(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def _declared(architecture: Architecture, dtype: np.dtype) -> dict[str, Section]:
    shapes = {name: shape for node in architecture.nodes for name, shape in node.layer.section_shapes.items()}
    return {name: Section(shape, dtype) for name, shape in shapes.items()}


def _check_arity(path: str, layer: Layer, inputs: tuple[str, ...]) -> None:
    """That as many layers feed this one as its `forward` takes."""
    positional = [
        parameter
        for parameter in inspect.signature(layer.forward).parameters.values()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY and parameter.name not in _BY_NAME
    ]
    if isinstance(layer, Cost):
        needed, open_ended = 1, False
    else:
        open_ended = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in positional)
        needed = 1 if open_ended else len(positional) - len(layer.sections)
    if len(inputs) == needed or (open_ended and len(inputs) > needed):
        return
    count = "1 layer feeds" if len(inputs) == 1 else f"{len(inputs)} layers feed"
    found = f"{count} it ({', '.join(inputs)})" if inputs else "no layer feeds it"
    expected = f"{needed} or more" if open_ended else str(needed)
    remedy = "begin the network with an input layer" if not inputs else "connect it to as many layers as it takes"
    raise NetworkError(path, found, expected, remedy)


def _output(path: str, values: Mapping[str, Any], feeding: str) -> Any:
    value = values[feeding]
    if value is None:
        raise NetworkError(
            path, f"it comes after the cost {feeding!r}", "nothing after a cost", "put the cost last in the network"
        )
    return value


def _section_value(path: str, section: str, known: Mapping[str, Section]) -> Any:
    if section not in known:
        raise NetworkError(
            path,
            f"the data has no section {section!r}",
            listed(known, section),
            "name a section of the data, or give the data this section",
        )
    return placeholder((_PROBE, *known[section].shape), known[section].dtype, section)
