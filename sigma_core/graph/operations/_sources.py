"""Where values come from: placeholders and constants."""

from typing import Any

from sigma_core.graph.operations._operation import Kind, Literal, Operation, register


def _placeholder(**attributes: Any) -> Any:
    raise LookupError(f"placeholder {attributes['name']!r} was given no array")


def _constant(literal: Literal, out: Any = None) -> Any:
    if out is None:
        return literal.array
    out[...] = literal.array
    return out


PLACEHOLDER = register(
    Operation("placeholder", Kind.SOURCE, lambda shape, dtype, name: (shape, dtype), _placeholder)  # noqa: ARG005  # rules take all attributes
)
CONSTANT = register(
    Operation("constant", Kind.SOURCE, lambda literal: (literal.array.shape, literal.array.dtype), _constant)
)
