"""A network: an architecture whose layers are named, whose shapes fit and whose parameters are known."""

import inspect
from collections.abc import Iterator, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, Generic, TypeGuard, TypeVar

import numpy as np
from attrs import evolve, frozen

from sigma_core.errors import NetworkError, SigmaError, listed
from sigma_core.graph import Value, placeholder, scope
from sigma_core.network._architecture import Architecture
from sigma_core.network._context import Context
from sigma_core.network._layer import Cost, Layer
from sigma_core.network._naming import named
from sigma_core.network._parameter import Parameter, Shape, declared
from sigma_core.registry import Composer

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


@frozen
class Pass:
    """What one pass through a network makes, by name of the layer."""

    outputs: "Mapping[str, Value]"
    """Of every layer: (batch, ...), or () where it is a cost."""
    predictions: "Mapping[str, Value]"
    """What each cost predicts; for a network without costs, what its last layers put out."""
    losses: "Mapping[str, Value]"
    """Of every cost: one loss per record, (batch,)."""


@frozen(eq=False, repr=False)
class Network:
    """Named layers with inferred shapes and declared parameters, checked; it holds no numbers."""

    architecture: Architecture
    layers: tuple[PlacedLayer[Layer], ...]
    dtype: np.dtype

    @classmethod
    def build(
        cls,
        layers: Any,
        sections: Mapping[str, Section] | None = None,
        *,
        composer: Composer | None = None,
        dtype: Any = np.float32,
    ) -> "Network":
        """Name the layers, infer every shape and check that all fits, before any number is made.

        `sections` tells what the data holds; where it is left out, the network's inputs have the shapes that they
        declare and costs are not run. Raises NetworkError with the path of the first layer that does not fit.
        """
        architecture = Architecture.of(layers)
        if composer is not None:
            architecture = _resolved(architecture, composer)
        if not architecture.nodes:
            raise NetworkError("network", "it has no layers", "at least an input", "add layers")
        return cls(architecture, tuple(_place(architecture, sections, np.dtype(dtype))), np.dtype(dtype))

    def __repr__(self) -> str:
        return f"<Network of {len(self.layers)} layers with {self.size:,} parameters; summary() shows them>"

    def __iter__(self) -> Iterator[PlacedLayer[Layer]]:
        return iter(self.layers)

    def __getitem__(self, name: str) -> PlacedLayer[Layer]:
        """The layer of that name. Raises NetworkError with the nearest name where there is none."""
        for placed in self.layers:
            if placed.name == name:
                return placed
        names = [placed.name for placed in self.layers]
        raise NetworkError("network", f"there is no layer {name!r}", listed(names, name), "use one of these names")

    @property
    def costs(self) -> tuple[PlacedLayer[Cost], ...]:
        """The layers that are costs."""
        return tuple(filter(_is_cost, self.layers))

    @property
    def sections(self) -> tuple[str, ...]:
        """All sections of the data that the layers use, in order of first use."""
        return tuple(dict.fromkeys(name for placed in self.layers for name in placed.layer.sections))

    @property
    def input_sections(self) -> tuple[str, ...]:
        """The sections that predictions need: all but the costs' targets."""
        used = (name for placed in self.layers if not isinstance(placed.layer, Cost) for name in placed.layer.sections)
        return tuple(dict.fromkeys(used))

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Every parameter by identifier, such as `network.layers.dense_1.weights`, in order of the layers."""
        return MappingProxyType(
            {f"{placed.path}.{name}": spec for placed in self.layers for name, spec in placed.parameters.items()}
        )

    @property
    def size(self) -> int:
        """Number of parameter elements."""
        return sum(placed.size for placed in self.layers)

    def apply(
        self,
        sections: "Mapping[str, Value]",
        parameters: "Mapping[str, Value]",
        *,
        training: bool,
        key: "Value | None" = None,
    ) -> Pass:
        """Trace one pass.

        `sections` are values of shape (batch, ...); costs whose targets are not among them only predict. `parameters`
        are values by identifier. `key` is (seed, step), for layers that draw random numbers while training.
        """
        outputs: dict[str, Value] = {}
        predictions: dict[str, Value] = {}
        losses: dict[str, Value] = {}
        for placed in self.layers:
            layer = placed.layer
            incoming = [outputs[name] for name in placed.inputs]
            with scope(placed.path):
                if isinstance(layer, Cost):
                    predictions[placed.name] = layer.predict(incoming[0])
                    if layer.targets in sections:
                        losses[placed.name] = layer.losses(incoming[0], sections[layer.targets])
                    continue
                arrays = {name: parameters[f"{placed.path}.{name}"] for name in placed.parameters}
                context = Context(placed.path, training=training, dtype=self.dtype, key=key)
                incoming += [sections[name] for name in layer.sections]
                outputs[placed.name] = layer.forward(*incoming, parameters=SimpleNamespace(**arrays), context=context)
        if not predictions:
            ends = {self.layers[position].name for position in self.architecture.ends()}
            predictions = {name: value for name, value in outputs.items() if name in ends}
        return Pass(outputs, predictions, losses)

    def summary(self) -> str:
        """A table of the layers: name, kind, shape of what comes out, parameters."""
        rows = [("layer", "kind", "output", "parameters")]
        for placed in self.layers:
            shape = "scalar" if isinstance(placed.layer, Cost) else str(("batch", *placed.shape)).replace("'", "")
            rows.append((placed.name, type(placed.layer).__name__, shape, f"{placed.size:,}"))
        rows.append(("total", "", "", f"{self.size:,}"))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return "\n".join(
            "  ".join(
                [*(cell.ljust(width) for cell, width in zip(row, widths[:3], strict=False)), row[3].rjust(widths[3])]
            )
            for row in rows
        )


def _is_cost(placed: PlacedLayer[Layer]) -> TypeGuard[PlacedLayer[Cost]]:
    return isinstance(placed.layer, Cost)


def _resolved(architecture: Architecture, composer: Composer) -> Architecture:
    """The same architecture with every setting that names a component replaced by the component."""
    return Architecture(tuple(evolve(node, layer=composer.build("layers", node.layer)) for node in architecture.nodes))


def _place(
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
        shapes = [value.shape[1:] for value in incoming]
        parameters = _traced(path, shapes, lambda layer=layer, shapes=shapes: declared(layer.parameters(*shapes)))
        arrays = SimpleNamespace(**{key: placeholder(spec.shape, dtype, key) for key, spec in parameters.items()})
        context = Context(path, training=True, dtype=dtype, key=placeholder((2,), np.uint64, "key"))
        with scope(path):
            value = _traced(
                path,
                shapes,
                lambda layer=layer, incoming=incoming, arrays=arrays, context=context: layer.forward(
                    *incoming, parameters=arrays, context=context
                ),
            )
        _check_output(path, layer, value)
        if isinstance(layer, Cost):
            value = None
        values[name] = value
        yield PlacedLayer(name, layer, inputs, MappingProxyType(parameters), () if value is None else value.shape[1:])


def _check_output(path: str, layer: Layer, value: Any) -> None:
    """That a layer has made a value, and of as many records as it was given; a cost makes a single number of them."""
    if not isinstance(value, Value):
        raise NetworkError(
            path,
            f"its {'losses' if isinstance(layer, Cost) else 'forward'} returned {_named(value)}",
            "a value of shape (batch, ...)",
            "return what NumPy functions make of its inputs",
        )
    if not isinstance(layer, Cost) and value.shape[:1] != (_PROBE,):
        raise NetworkError(
            path,
            f"for {_PROBE} records its forward returned a value of shape {value.shape}",
            f"shape ({_PROBE}, ...)",
            "keep the first axis, which is that of the records",
        )


def _named(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return "an array"
    return "None" if value is None else f"a {type(value).__name__}"


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


def _traced(path: str, shapes: list[Shape], run: Any) -> Any:
    """The result of `run`; whatever it raises becomes a NetworkError that names the layer and what it got."""
    try:
        return run()
    except NetworkError:
        raise
    except Exception as error:
        got = ", ".join(str(("batch", *shape)).replace("'", "") for shape in shapes) or "nothing"
        found = error.found if isinstance(error, SigmaError) else f"{type(error).__name__}: {error}"
        expected = error.expected if isinstance(error, SigmaError) else ""
        raise NetworkError(
            path,
            f"with inputs of shape {got}: {found}",
            expected,
            (error.remedy if isinstance(error, SigmaError) else "")
            or "change the layer's settings or the shape of what comes in",
        ) from error
