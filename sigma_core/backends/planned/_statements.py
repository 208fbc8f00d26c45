"""One statement of NumPy per operation, which writes into memory that is planned."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sigma_core.backends.planning import bundle_of
from sigma_core.graph import Kind, Value

if TYPE_CHECKING:
    from sigma_core.backends.planned._writer import Writer

Statement = Callable[[Value, Sequence[str], str], list[str]]
"""(node, sources of the operands, source of the result) -> lines."""


def call(node: Value, operands: Sequence[str], out: str) -> list[str]:
    """Any operation, by the implementation in its row of the table."""
    given = [*operands, *(f"{name}={attribute!r}" for name, attribute in node.attributes.items()), f"out={out}"]
    return [f"{node.operation.name}({', '.join(given)})"]


def ufunc(node: Value, operands: Sequence[str], out: str) -> list[str]:
    """A ufunc with its result positional, which NumPy parses fastest, and deprecates for two of them."""
    result = f"out={out}" if node.operation.name in ("maximum", "minimum") else out
    return [f"{node.operation.name}({', '.join([*operands, result])})"]


def reduction(node: Value, operands: Sequence[str], out: str) -> list[str]:
    """The ufunc's method: np.sum and its kin are Python functions around it."""
    axes, keepdims = node.attributes["axes"], node.attributes["keepdims"]
    assert node.operation.ufunc is not None  # noqa: S101  # rows of reductions have one
    return [f"{node.operation.ufunc.__name__}.reduce({operands[0]}, {axes}, None, {out}, {keepdims})"]


def position(node: Value, operands: Sequence[str], out: str) -> list[str]:
    """The array's own argmax and argmin."""
    if node.attributes["keepdims"]:
        return call(node, operands, out)
    return [f"{operands[0]}.{node.operation.name}({node.attributes['axis']}, {out})"]


def where(node: Value, operands: Sequence[str], out: str) -> list[str]:
    """NumPy's where has no `out`; the second operand's memory may be the result's, the others' may not.

    Zeros for what is not chosen, as in dropout and the derivative of a maximum: the bits are multiplied by 0 or 1, as
    integers, which takes a seventh of the time of a masked copy.
    """
    condition, a, b = operands
    integer = _INTEGERS.get(node.dtype.name)
    if integer and _is_zero(node.inputs[2]):
        return [f"multiply({a}.view({integer}), {condition}.view('i1'), {out}.view({integer}))"]
    first = [] if b == out else [f"copyto({out}, {b})"]
    return [*first, f"copyto({out}, {a}, where={condition})"]


_INTEGERS = {"float32": "'i4'", "float64": "'i8'"}


def _is_zero(value: Value) -> bool:
    """Whether a constant is a number of zero bits only, which -0.0 is not."""
    literal = value.attributes["literal"].array if value.operation.name == "constant" else None
    return literal is not None and not value.shape and not any(literal.tobytes())


def cast(_node: Value, operands: Sequence[str], out: str) -> list[str]:
    """A copy that converts."""
    return [f"copyto({out}, {operands[0]}, 'unsafe')"]


def cumsum(node: Value, operands: Sequence[str], out: str) -> list[str]:
    """The ufunc's method."""
    return [f"add.accumulate({operands[0]}, {node.attributes['axis']}, None, {out})"]


STATEMENTS: dict[str, Statement] = {
    "argmax": position,
    "argmin": position,
    "cast": cast,
    "cumsum": cumsum,
    "matmul": ufunc,
    "where": where,
}
BY_KIND: dict[Kind, Statement] = {Kind.ELEMENTWISE: ufunc, Kind.REDUCTION: reduction}


def statement(node: Value, operands: Sequence[str], out: str) -> list[str]:
    """The lines that compute a node into `out`."""
    known = STATEMENTS.get(node.operation.name)
    if known is None:
        known = BY_KIND.get(node.operation.kind, call) if node.operation.ufunc else call
    return known(node, operands, out)


def by_statement(written: Statement) -> "Callable[[Writer, Value], Sequence[str]]":
    """The kernel that is one statement over whole arrays."""
    return lambda writer, node: written(node, [writer.array(value) for value in node.inputs], writer.array(node))


def view(node: Value, operand: str) -> str:
    """The expression of a view."""
    if node.operation.name == "pick":
        start = bundle_of(node.inputs[0]).places[node.attributes["position"]]
        return f"{operand}[{start}:{start + node.nbytes}].view({node.dtype.name}).reshape({node.shape})"
    if node.operation.name == "reshape":
        return f"{operand}.reshape({node.shape})"
    if node.operation.name == "transpose":
        axes = node.attributes["axes"]
        return f"{operand}.T" if axes == (1, 0) else f"{operand}.transpose({axes})"
    if node.operation.name == "broadcast_to":
        return f"broadcast_to({operand}, {node.shape})"
    if node.operation.name == "slice":
        cuts = zip(node.attributes["cuts"], node.inputs[0].shape, strict=True)
        return f"{operand}[{', '.join(_cut(cut, size) for cut, size in cuts)}]"
    attributes = [f"{name}={attribute!r}" for name, attribute in node.attributes.items()]
    return f"{node.operation.name}({', '.join([operand, *attributes])})"


def _cut(cut: tuple[int, int | None, int], size: int) -> str:
    start, stop, step = cut
    if cut == (0, size, 1):
        return ":"
    return f"{start}:{'' if stop is None else stop}{'' if step == 1 else f':{step}'}"
