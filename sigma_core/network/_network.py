"""A network: an architecture whose layers are named, whose shapes fit and whose parameters are known."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType, SimpleNamespace
from typing import Any, TypeGuard

import numpy as np
from attrs import frozen

from sigma_core.errors import NetworkError, listed
from sigma_core.graph import Value, scope
from sigma_core.network._architecture import Architecture
from sigma_core.network._context import Context
from sigma_core.network._data import as_data
from sigma_core.network._ends import check_ends
from sigma_core.network._expansion import expanded
from sigma_core.network._faults import check_output, check_shape, check_tracked, telling
from sigma_core.network._layer import Cost, Layer
from sigma_core.network._parameter import Parameter
from sigma_core.network._placing import PlacedLayer, Section, place
from sigma_core.network._summary import summary
from sigma_core.registry import ComponentRegistry, Composer


@frozen
class Pass:
    """What one pass through a network makes, by name of the layer."""

    outputs: "Mapping[str, Value]"
    """Of every layer: (batch, ...), or () where it is a cost."""
    predictions: "Mapping[str, Value]"
    """What each cost predicts and each output puts out; for a network with neither, what its last layers put out."""
    losses: "Mapping[str, Value]"
    """Of every cost: one loss per record, (batch,)."""
    tracked: "Mapping[str, Value]"
    """What parameters that are not trained become after a training pass, by identifier."""


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
        declare and costs are not run. `composer` makes the components that settings name. Raises NetworkError with the
        path of the first layer that does not fit.
        """
        architecture = Architecture.of(layers)
        if not architecture.nodes:
            raise NetworkError("network", "it has no layers", "at least an input", "add layers")
        layers = tuple(
            place(expanded(architecture, composer or Composer(ComponentRegistry())), sections, np.dtype(dtype))
        )
        check_ends(layers)
        return cls(architecture, layers, np.dtype(dtype))

    def __repr__(self) -> str:
        return f"<Network of {len(self.layers)} layers with {self.size:,} parameters; summary() shows them>"

    def __iter__(self) -> Iterator[PlacedLayer[Layer]]:
        return iter(self.layers)

    def __getitem__(self, name: str) -> PlacedLayer[Layer]:
        """The layer of that name. Raises NetworkError with the nearest name where there is none."""
        if name not in self._by_name:
            raise NetworkError(
                "network", f"there is no layer {name!r}", listed(self._by_name, name), "use one of these names"
            )
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, PlacedLayer[Layer]]:
        return {placed.name: placed for placed in self.layers}

    @property
    def ends(self) -> tuple[str, ...]:
        """Names of the layers that feed no other."""
        used = {name for placed in self.layers for name in placed.inputs}
        return tuple(placed.name for placed in self.layers if placed.name not in used)

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

    @cached_property
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
        tracked: dict[str, Value] = {}
        for placed in self.layers:
            layer = placed.layer
            incoming = [outputs[name] for name in placed.inputs]
            got = [*incoming, *(sections[name] for name in layer.sections if name in sections)]
            # What a layer does at one size of a batch shows when that batch comes.
            with scope(placed.path), telling(placed.path, (value.shape for value in got)):
                # A layer that stands at two places goes on with what it has tracked at the first.
                given = {name: tracked.get(at, parameters[at]) for name, at in placed.reads.items()}
                own = SimpleNamespace(**given)
                context = Context(placed.path, training=training, dtype=self.dtype, key=key)
                if isinstance(layer, Cost):
                    predictions[placed.name] = layer.predict_with(incoming[0], parameters=own, context=context)
                    if layer.targets in sections:
                        losses[placed.name] = layer.scored(*got, parameters=own, context=context)
                    continue
                output = layer.forward(*got, parameters=own, context=context)
                check_output(placed.path, layer, output, got[0].shape[0])
                check_tracked(placed.path, layer, context, self._specifications(placed))
                placed_with = [*(self[name].shape for name in placed.inputs), *layer.section_shapes.values()]
                given_with = [*incoming, *(sections[name] for name in layer.section_shapes if name in sections)]
                if [value.shape[1:] for value in given_with] == placed_with:
                    check_shape(placed.path, layer, output, placed.shape)
                tracked |= {placed.reads[name]: value for name, value in context.tracked.items()}
                outputs[placed.name] = output
                if layer.is_output:
                    predictions[placed.name] = output
        if not predictions:
            predictions = {name: value for name, value in outputs.items() if name in self.ends}
        return Pass(outputs, predictions, losses, tracked)

    def _specifications(self, placed: PlacedLayer[Layer]) -> dict[str, Parameter]:
        return {name: self.parameters[identifier] for name, identifier in placed.reads.items()}

    def summary(self, width: int | None = None) -> str:
        """A table of the layers: what feeds them, what comes out, parameters, memory and operations of a record.

        Memory is what comes out, in bytes per record; operations are those of a forward pass, per record, counted in
        additions. The row of a block sums up the rows below it. A table that is wider than `width` characters is
        wrapped, and then does without columns, which it names.
        """
        return summary(self, width)

    def as_data(self) -> dict[str, Any]:
        """The same in JSON's terms, as `sigma network --json` prints it."""
        return as_data(self)

    def dot(self, title: str = "network") -> str:
        """A picture in the language of Graphviz: layers by role, blocks as frames, dashed where parameters are one."""
        from sigma_core.network.drawing import as_dot

        return as_dot(self, title)

    def svg(self, title: str = "network") -> str:
        """The same picture as SVG, laid out here: no other program is needed."""
        from sigma_core.network.drawing import as_svg

        return as_svg(self, title)

    def _repr_svg_(self) -> str:
        """What Jupyter shows."""
        return self.svg()


def _is_cost(placed: PlacedLayer[Layer]) -> TypeGuard[PlacedLayer[Cost]]:
    return isinstance(placed.layer, Cost)
