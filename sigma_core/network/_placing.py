"""Layers at their places: tried on a probe, their shapes inferred and their parameters known."""

from collections.abc import Callable, Iterator, Mapping
from math import prod
from types import MappingProxyType, SimpleNamespace
from typing import Any, Generic, TypeVar

import numpy as np
from attrs import field, frozen

from sigma_core.errors import NetworkError, listed
from sigma_core.graph import Value, cost, place_of, placeholder, reachable, scope
from sigma_core.network._context import Context
from sigma_core.network._expansion import PREFIX, Place
from sigma_core.network._faults import check_output, check_tracked, made_by, returned, telling
from sigma_core.network._layer import Cost, Layer
from sigma_core.network._parameter import Parameter, Shape, declared

AnyLayer_co = TypeVar("AnyLayer_co", bound=Layer, covariant=True)
# Records in the batch with which shapes are inferred; any number would do, since no layer may depend on it.
PROBED = 2


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
    """Those that are its own, by name."""
    reads: Mapping[str, str]
    """Identifiers of all parameters that it is given, by the name it knows them by: own, shared and borrowed ones."""
    shape: Shape
    """Shape of what comes out, without the batch axis."""
    dtype: np.dtype
    """Of what comes out."""
    hands_on: str | None = None
    """The section of the data that it puts out as it is."""
    program: tuple[Value, ...] = field(default=(), eq=False, repr=False)
    """What its training pass computes for a batch of `PROBED` records, of which its costs are counted."""

    @property
    def path(self) -> str:
        """Identifier of the layer, such as `network.layers.dense_1`."""
        return f"{PREFIX}.{self.name}"

    @property
    def size(self) -> int:
        """Number of parameter elements."""
        return sum(parameter.size for parameter in self.parameters.values())

    @property
    def memory(self) -> int:
        """Bytes of what comes out, for one record."""
        return prod(self.shape) * self.dtype.itemsize

    @property
    def operations(self) -> int:
        """Floating-point operations of a forward pass for one record, counted in additions."""
        return sum(cost(node).operations for node in self.program) // PROBED

    @property
    def shares(self) -> str | None:
        """Name of the layer whose parameters it has, where that stands here once more."""
        paths = {at.rpartition(".")[0] for name, at in self.reads.items() if name not in self.layer.borrowed}
        return next((path.removeprefix(f"{PREFIX}.") for path in paths if path != self.path), None)

    @property
    def borrows(self) -> tuple[str, ...]:
        """Parameters of other layers that it is given, such as `embedding_1.weights`."""
        return tuple(self.reads[name].removeprefix(f"{PREFIX}.") for name in self.layer.borrowed if name in self.reads)


def place(
    places: tuple[Place, ...], sections: Mapping[str, Section] | None, dtype: np.dtype
) -> Iterator[PlacedLayer[Layer]]:
    """Each layer with its parameters and shape, by tracing a probe through all of them."""
    known = dict(sections) if sections is not None else _declared(places, dtype)
    done: dict[str, PlacedLayer[Layer]] = {}
    parameters: dict[str, Parameter] = {}
    for each in places:
        layer, path = each.layer, each.path
        feeding = [_fed(path, done[name]) for name in each.inputs]
        wanted = [section for section in layer.sections if section in known or sections is not None]
        taken = [_section(path, name, known) for name in wanted]
        if len(wanted) < len(layer.sections):
            done[each.name] = PlacedLayer(each.name, layer, each.inputs, {}, {}, (), dtype)
        else:
            described = [*(Section(fed.shape, fed.dtype) for fed in feeding), *taken]
            # Values of its own for each layer: what one computes ends there.
            incoming = tuple(placeholder((PROBED, *of.shape), of.dtype, "input") for of in described)
            probe = _Probe(path, layer, incoming, dtype)
            own, reads = _reading(probe, each, parameters)
            parameters |= {f"{path}.{name}": spec for name, spec in own.items()}
            value = probe.run({name: parameters[identifier] for name, identifier in reads.items()})
            is_cost = isinstance(layer, Cost)
            handed = [*(fed.hands_on for fed in feeding), *wanted]
            done[each.name] = PlacedLayer(
                each.name,
                layer,
                each.inputs,
                MappingProxyType(own),
                MappingProxyType(reads),
                () if is_cost else value.shape[1:],
                value.dtype,
                next((name for name, given in zip(handed, incoming, strict=True) if given is value), None),
                tuple(node for node in reachable([value]) if node.operation.name != "placeholder"),
            )
        yield done[each.name]


def _reading(
    probe: "_Probe", each: Place, known: Mapping[str, Parameter]
) -> tuple[dict[str, Parameter], dict[str, str]]:
    """The parameters that a layer brings, and the identifiers of all that it is given."""
    declared = probe.parameters()
    owner = f"{PREFIX}.{each.owner}"
    reads = {name: f"{owner}.{name}" for name in declared}
    if owner != each.path:
        for name, spec in declared.items():
            shared = known.get(reads[name])
            if shared is None or shared.shape != spec.shape:
                raise NetworkError(
                    each.path,
                    f"it shares {reads[name]}, which has shape {None if shared is None else shared.shape}",
                    f"shape {spec.shape}, for what comes in here",
                    "feed both places with records of one shape, or give this place a layer of its own",
                )
    for name, wanted in each.layer.borrowed.items():
        reads[name] = _lent(each, wanted, known)
    return (declared if owner == each.path else {}), reads


def _lent(each: Place, wanted: str, known: Mapping[str, Parameter]) -> str:
    """The identifier of a parameter that a layer borrows: beside it, or from the top of the network."""
    # In a block that stands here once more, what is beside it has its parameters where the block stood first.
    inside = f"{PREFIX}.{each.owner}".rpartition(".")[0]
    for identifier in (f"{inside}.{wanted}", f"{PREFIX}.{wanted}"):
        if identifier in known:
            return identifier
    names = [identifier.removeprefix(f"{PREFIX}.") for identifier in known]
    raise NetworkError(
        each.path,
        f"it borrows {wanted!r}, which no layer before it has",
        listed(names, wanted),
        "name a layer and its parameter, as dense_1.weights",
    )


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
        value: Value
        value, context = self._forward(arrays, key)
        check_output(self.path, self.layer, value, PROBED)
        check_tracked(self.path, self.layer, context, parameters)
        if not _same_constants(value, self._forward(arrays, key)[0]):
            raise NetworkError(
                place_of(made_by(self.layer), self.path),
                "its forward gave two programs that differ in their numbers",
                "the same program whenever it is traced: what it draws by np.random is drawn once and never again",
                "draw random numbers by context.uniform(shape) or context.normal(shape)",
            )
        scored, _ = self._forward(arrays, None)
        if not isinstance(self.layer, Cost) and getattr(scored, "shape", None) != value.shape:
            raise NetworkError(
                place_of(self.layer.forward, self.path),
                f"its forward returned {returned(scored)} where context.training is false",
                f"a value of shape {_batched(value.shape[1:])}, as in training",
                "return the same shape in both",
            )
        return value

    def _forward(self, arrays: Mapping[str, Value], key: Value | None) -> tuple[Any, Context]:
        """A pass of a step where there is a key, of a validation without one."""
        context = Context(self.path, training=key is not None, dtype=self.dtype, key=key)
        parameters = SimpleNamespace(**arrays)
        with scope(self.path):
            made = self._tried(lambda: self.layer.forward(*self.incoming, parameters=parameters, context=context))
        return made, context

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


def _declared(places: tuple[Place, ...], dtype: np.dtype) -> dict[str, Section]:
    shapes = {name: shape for each in places for name, shape in each.layer.section_shapes.items()}
    return {name: Section(shape, dtype) for name, shape in shapes.items()}


def _fed(path: str, feeding: PlacedLayer[Layer]) -> PlacedLayer[Layer]:
    if isinstance(feeding.layer, Cost):
        raise NetworkError(
            path,
            f"it comes after the cost {feeding.name!r}",
            "nothing after a cost",
            "put the cost last in the network",
        )
    return feeding


def _section(path: str, section: str, known: Mapping[str, Section]) -> Section:
    if section not in known:
        raise NetworkError(
            path,
            f"the data has no section {section!r}",
            listed(known, section),
            "name a section of the data, or give the data this section",
        )
    return known[section]
