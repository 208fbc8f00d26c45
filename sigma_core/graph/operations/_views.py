"""Views: the same memory under another shape. All are linear, so each is its own forward rule."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._batching import Batch, broadcast, cut, embedded, permuted, same, shaped
from sigma_core.graph.operations._elementwise import unbroadcast
from sigma_core.graph.operations._operation import Kind, Operation, Shape, Signature, register

Cut = tuple[int, int | None, int]
"""(start, stop, step) of one axis, as a slice; a stop of None runs backwards through element 0."""


def slices(cuts: tuple[Cut, ...]) -> tuple[slice, ...]:
    """The cuts as an index."""
    return tuple(slice(*cut) for cut in cuts)


def cut_sizes(shape: Shape, cuts: tuple[Cut, ...]) -> Shape:
    """The shape of what is cut out."""
    return tuple(len(range(*slice(*cut).indices(size))) for size, cut in zip(shape, cuts, strict=True))


def _broadcast_infer(value: Any, shape: Shape) -> Signature:
    try:
        fits = np.broadcast_shapes(value.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(place(), f"shape {value.shape} does not broadcast to {shape}")
    return shape, value.dtype


def _record(name: str, value: Any, **attributes: Any) -> Any:
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    return record(name, value, **attributes)


def _view(  # noqa: PLR0913  # the columns of a row
    name: str,
    infer: Callable[..., Signature],
    implementation: Callable[..., Any],
    transpose: Callable[[Any, Any], Any],
    batch: Batch,
    *,
    kind: Kind = Kind.VIEW,
) -> Operation:
    def forward(tangents: tuple[Any, ...], node: Any) -> Any:
        return _record(name, tangents[0], **node.attributes)

    return register(
        Operation(
            name, kind, infer, implementation, lambda _position, g, node: transpose(g, node), forward, batch=batch
        )
    )


def _embed(array: Any, shape: Shape, cuts: tuple[Cut, ...], out: Any = None) -> Any:
    """Zeros, with the array in the place of a slice."""
    if out is None:
        out = np.zeros(shape, np.asarray(array).dtype)
    else:
        out.fill(0)
    out[slices(cuts)] = array
    return out


IDENTITY = _view(
    "identity",
    lambda value: (value.shape, value.dtype),
    lambda array: array,
    lambda g, _node: g,
    same,
)
STOP_GRADIENT = register(
    Operation(
        "stop_gradient",
        Kind.VIEW,
        lambda value: (value.shape, value.dtype),
        lambda array: array,
        lambda _position, _g, _node: None,
        lambda _tangents, _node: None,
        batch=same,
    )
)
RESHAPE = _view(
    "reshape",
    lambda value, shape: (shape, value.dtype),
    lambda array, shape: array.reshape(shape),
    lambda g, node: g.reshape(node.inputs[0].shape),
    shaped,
)
TRANSPOSE = _view(
    "transpose",
    lambda value, axes: (tuple(value.shape[axis] for axis in axes), value.dtype),
    lambda array, axes: array.transpose(axes),
    lambda g, node: np.transpose(g, tuple(int(axis) for axis in np.argsort(node.attributes["axes"]))),
    permuted,
)
BROADCAST_TO = _view(
    "broadcast_to",
    _broadcast_infer,
    np.broadcast_to,
    lambda g, node: unbroadcast(g, node.inputs[0].shape),
    broadcast,
)
SLICE = _view(
    "slice",
    lambda value, cuts: (cut_sizes(value.shape, cuts), value.dtype),
    lambda array, cuts: array[slices(cuts)],
    lambda g, node: _record("embed", g, shape=node.inputs[0].shape, cuts=node.attributes["cuts"]),
    cut,
)
EMBED = _view(
    "embed",
    lambda value, shape, cuts: (shape, value.dtype),  # noqa: ARG005  # rules take all attributes
    _embed,
    lambda g, node: _record("slice", g, cuts=node.attributes["cuts"]),
    embedded,
    kind=Kind.JOIN,
)
