"""What a node costs: bytes read and written, floating-point operations, and seconds by a simple roofline.

The model is meant for shares: which part of a step is worth looking at. Operations are counted in additions, weighted
by what NumPy's loops were measured to take beside one (8,192 float32 in the cache); an exponential counts as three.
"""

from collections.abc import Callable, Collection, Mapping

from attrs import frozen

from sigma_core.graph._graph import Graph
from sigma_core.graph._value import Value
from sigma_core.graph.operations import Kind

BYTES_PER_SECOND = 50e9
"""Of a chain of element-wise operations from one cache to the next."""
OPERATIONS_PER_SECOND = 6e9
"""Additions of float32 on one core; half as many of float64."""
PRODUCT_OPERATIONS_PER_SECOND = 150e9
"""Multiplications and additions of float32 in matrix products, on two cores."""
FUSED_OPERATIONS_PER_SECOND = 40e9
"""Additions of float32 in a compiled loop, whose results stay in registers."""
SECONDS_PER_CALL = 0.4e-6
"""Of any instruction, however little it does."""


@frozen
class Cost:
    """What it takes to compute something once."""

    read: int = 0
    """Bytes."""
    written: int = 0
    """Bytes."""
    operations: int = 0
    """Floating-point operations, in additions."""
    seconds: float = 0.0

    @property
    def bytes(self) -> int:
        """Bytes read and written."""
        return self.read + self.written

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.read + other.read,
            self.written + other.written,
            self.operations + other.operations,
            self.seconds + other.seconds,
        )

    def __mul__(self, times: int) -> "Cost":
        return Cost(self.read * times, self.written * times, self.operations * times, self.seconds * times)


WEIGHTS: Mapping[str, int] = {
    **dict.fromkeys(("sqrt", "reciprocal", "cbrt", "sign", "exp2", "log10"), 2),
    **dict.fromkeys(("exp", "expm1", "log", "log2", "log1p", "tanh", "tan", "arctan", "sinh", "cosh"), 3),
    **dict.fromkeys(("sin", "cos", "power", "arcsinh", "arctanh", "arctan2"), 5),
    **dict.fromkeys(("arcsin", "arccos"), 11),
    **dict.fromkeys(("remainder", "floor_divide", "hypot"), 50),
    "logaddexp": 100,
    "cumsum": 25,
    "random_uniform": 20,
    "random_normal": 70,
}
"""Additions that an element of an operation is worth; those of other operations count as one."""

ELEMENT_OF_KIND: Mapping[Kind, int] = {Kind.SOURCE: 0, Kind.VIEW: 0, Kind.JOIN: 0, Kind.GATHER: 8}


def cost(node: Value, cached: Collection[int] = (), *, is_kept: bool = True) -> Cost:
    """What a node costs by itself.

    Values whose index is in `cached` come from the operation before and cost no reading; a result that is not kept is
    read by the next operation only, and costs no writing.
    """
    if node.operation.kind is Kind.CONTROL:
        return _BODIES[node.operation.name](node) if node.operation.name in _BODIES else Cost()
    if node.operation.is_view or node.operation.kind is Kind.SOURCE:
        return Cost()
    inputs = {value.index: value for value in node.inputs if value.index not in cached}
    read = sum(memory(value) for value in inputs.values())
    written = node.nbytes if is_kept else 0
    operations = count(node)
    rate = PRODUCT_OPERATIONS_PER_SECOND if node.operation.kind is Kind.CONTRACTION else OPERATIONS_PER_SECOND
    width = max(node.dtype.itemsize, 4) / 4 if node.dtype.kind == "f" else 1.0
    seconds = max((read + written) / BYTES_PER_SECOND, operations * width / rate)
    return Cost(read, written, operations, seconds)


def total(graph: Graph) -> Cost:
    """What one run of a whole graph costs, each node being an instruction."""
    whole = Cost()
    for node in graph.nodes:
        each = cost(node)
        whole += each if not each.seconds else each + Cost(seconds=SECONDS_PER_CALL)
    return whole


def memory(value: Value) -> int:
    """Bytes behind a value: what is broadcast is read once."""
    while value.operation.name == "broadcast_to":
        (value,) = value.inputs
    return value.nbytes


def count(node: Value) -> int:
    """Floating-point operations of a node, in additions; its operation may know better than the table."""
    if node.operation.count is not None:
        return int(node.operation.count(node))
    kind = node.operation.kind
    if kind is Kind.CONTRACTION:
        # A matrix product of (m, k) and (k, n): a multiplication and an addition for each m, n and k.
        return 2 * node.size * node.inputs[0].shape[-1]
    size = max(node.size, *(value.size for value in node.inputs)) if kind is Kind.REDUCTION else node.size
    return size * WEIGHTS.get(node.operation.name, ELEMENT_OF_KIND.get(kind, 1))


def _scan(node: Value) -> Cost:
    return total(node.attributes["body"]) * int(node.attributes["length"])


def _cond(node: Value) -> Cost:
    """The dearer branch."""
    return max((total(node.attributes[name]) for name in ("when_true", "when_false")), key=lambda each: each.seconds)


def _while_loop(node: Value) -> Cost:
    """Nobody knows how often it runs: once is the least."""
    return total(node.attributes["condition"]) + total(node.attributes["body"])


_BODIES: Mapping[str, Callable[[Value], Cost]] = {
    "call": lambda node: total(node.attributes["body"]),
    "cond": _cond,
    "scan": _scan,
    "while_loop": _while_loop,
}
