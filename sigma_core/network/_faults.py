"""What a layer's own code gets wrong: told of the layer at its place, with the line of its author's source."""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from sigma_core.errors import NetworkError, SigmaError, listed, said
from sigma_core.graph import Value, line_of, place_of
from sigma_core.network._context import Context
from sigma_core.network._layer import Cost, Layer
from sigma_core.network._parameter import Parameter, Shape


@contextmanager
def telling(path: str, shapes: Iterable[Any]) -> Iterator[None]:
    """Make a NetworkError, which names the layer and the shapes that it got, of whatever is raised inside."""
    try:
        yield
    except NetworkError:
        raise
    except Exception as raised:
        # NumPy makes a fault of its own where a value is written into an array.
        error = raised if isinstance(raised, SigmaError) else raised.__cause__
        if isinstance(error, SigmaError):
            remedy = error.remedy or "change the layer's settings or the shape of what comes in"
            raise NetworkError(path, _with(shapes, error.found), error.expected, remedy, line=error.line) from raised
        line = line_of(reversed(list(traceback.walk_tb(raised.__traceback__))))
        remedy = "put its forward right, or what it is given"
        raise NetworkError(path, _with(shapes, said(raised)), remedy=remedy, line=line) from raised


def _with(shapes: Iterable[Any], found: str) -> str:
    return f"with inputs of shape {', '.join(map(str, shapes)) or 'nothing'}: {found}"


def check_output(path: str, layer: Layer, value: Any, records: int) -> None:
    """That a layer has made a value, and of as many records as it was given; a cost makes a single number of them."""
    method = made_by(layer)
    if not isinstance(value, Value):
        raise NetworkError(
            place_of(method, path),
            f"its {method.__name__} returned {returned(value)}",
            "a value of shape (batch, ...)",
            "return what NumPy functions make of its inputs",
        )
    if not isinstance(layer, Cost) and value.shape[:1] != (records,):
        raise NetworkError(
            place_of(method, path),
            f"for {records} records its forward returned a value of shape {value.shape}",
            f"shape ({records}, ...)",
            "keep the first axis, which is that of the records",
        )


def check_shape(path: str, layer: Layer, value: Value, shape: Shape) -> None:
    """That records which have the shapes they were placed with are made to the shape that was found then."""
    if value.shape[1:] != shape:
        records = value.shape[0]
        raise NetworkError(
            place_of(layer.forward, path),
            f"for {records} records its forward returned a value of shape {value.shape}",
            f"shape {(records, *shape)}, as for any other number of records",
            "let shapes depend on the settings and the shapes of records only",
        )


def check_tracked(path: str, layer: Layer, context: Context, parameters: Mapping[str, Parameter]) -> None:
    """That what a layer tracks takes the place of parameters that it has and nobody trains, in their shapes."""
    for name, value in context.tracked.items():
        spec = parameters.get(name)
        kept = {known: each.shape for known, each in parameters.items() if not each.trainable}
        if spec is None or spec.trainable:
            what = "which it does not have" if spec is None else "which is trained"
            found, expected = f"it tracks {name!r}, {what}", listed(kept, name) if kept else "none that it has"
        elif not isinstance(value, Value) or (value.shape, value.dtype) != (spec.shape, context.dtype):
            told = f"{value.dtype} of shape {value.shape}" if isinstance(value, Value) else returned(value)
            found, expected = f"it tracks {name!r} by {told}", f"{context.dtype} of shape {spec.shape}"
        else:
            continue
        raise NetworkError(
            place_of(layer.forward, path), found, expected, "declare it with Parameter(..., trainable=False)"
        )


def made_by(layer: Layer) -> Callable[..., Any]:
    """The method that an author of such a layer writes."""
    return layer.losses if isinstance(layer, Cost) else layer.forward


def returned(value: Any) -> str:
    """What was returned in place of a value, in words."""
    if isinstance(value, np.ndarray):
        return "an array"
    if isinstance(value, Value):
        return f"a value of shape {value.shape}"
    return "None" if value is None else f"a {type(value).__name__}"
