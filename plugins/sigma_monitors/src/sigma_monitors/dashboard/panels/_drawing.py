"""Strokes of a pen, made into the pictures that networks are trained on: scaled, centred and drawn with soft edges."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import frozen

MOST_POINTS = 2000
"""More of a drawing is not looked at: nobody draws so much, and what a browser sends is not to be trusted."""
_LEAST, _MOST = 8, 2048
"""Rows and columns of what is drawn on: a run may say that its pictures have any size, and memory has an end."""
_SMALL = 16
"""Pictures of fewer rows, such as digits of 8 x 8 pixels, are filled to their edges; larger ones have a margin."""
_FINE = 2048
"""Rows and columns, at most, of the grid that is averaged to a picture."""

Strokes = list[np.ndarray]


@frozen
class Canvas:
    """The form of pictures: how many rows and columns, and colours where each pixel has a list of these."""

    rows: int
    columns: int
    colours: int | None = None

    @classmethod
    def of_shape(cls, shape: Sequence[int]) -> "Canvas | None":
        """The pictures of that shape, flat or not; None where it is none of pictures."""
        match tuple(shape):
            case (size,):
                for colours in (1, 3):
                    side = math.isqrt(size // colours)
                    if _LEAST <= side <= _MOST and side * side * colours == size:
                        return cls(side, side, None if colours == 1 else colours)
            case (rows, columns) if min(rows, columns) >= _LEAST and max(rows, columns) <= _MOST:
                return cls(rows, columns)
            case (rows, columns, 1 | 3 as colours) if min(rows, columns) >= _LEAST and max(rows, columns) <= _MOST:
                return cls(rows, columns, colours)
        return None

    def shaped(self, ink: np.ndarray, shape: Sequence[int]) -> np.ndarray:
        """A record of that shape from a drawing of shape (rows, columns)."""
        colours = self.colours or 1
        return np.repeat(ink[..., None], colours, axis=-1).reshape(shape)


def strokes_of(given: Any) -> Strokes:
    """What a browser has sent as strokes, lists of [x, y], as arrays of shape (points, 2); what is none is left out."""
    found: Strokes = []
    left = MOST_POINTS
    for stroke in given if isinstance(given, list) else ():
        points = [point for point in stroke[:left] if _is_point(point)] if isinstance(stroke, list) else []
        left -= len(points)
        if points:
            found.append(np.clip(np.array(points, np.float64), -1, 2))
    return found


def drawn(strokes: Strokes, canvas: Canvas) -> np.ndarray:
    """Ink from 0 to 1 of shape (rows, columns), placed as in the sets of digits that everybody trains on.

    Small pictures are filled from top to bottom, as those of scikit-learn; larger ones have the drawing in a box of
    5/7 of their sides, with its centre of mass in the middle, as those of MNIST. The pen has the width that is usual
    there, however large somebody draws.
    """
    ink = np.zeros((canvas.rows, canvas.columns))
    if not strokes:
        return ink
    side = min(canvas.rows, canvas.columns)
    if side <= _SMALL:
        pen = side * 0.19
        placed = _filled(strokes, canvas, pen)
        return _inked(placed, canvas, pen)
    pen = side * 0.085
    box = side * 20 / 28 - pen
    low, extent = _bounds(strokes)
    scale = box / max(extent.max(), 1e-9) if extent.max() > 0.02 else 0.0
    middle = np.array([canvas.columns, canvas.rows]) / 2
    placed = [(points - low - extent / 2) * scale + middle for points in strokes]
    ink = _inked(placed, canvas, pen)
    weights = ink / max(ink.sum(), 1e-9)
    rows, columns = np.indices(ink.shape)
    centre = np.array([(weights * (columns + 0.5)).sum(), (weights * (rows + 0.5)).sum()])
    return _inked([points + middle - centre for points in placed], canvas, pen)


def _filled(strokes: Strokes, canvas: Canvas, pen: float) -> Strokes:
    """From top to bottom, and three quarters of the width at most: what is wider is squeezed, unless it lies flat."""
    low, extent = _bounds(strokes)
    size = np.array([canvas.columns * 0.74, canvas.rows]) - pen
    width, height = np.maximum(extent, 1e-9)
    if extent.max() <= 0.02:
        scale = np.zeros(2)
    elif height < 0.4 * width:
        scale = np.full(2, min(size[0] / width, size[1] / height))
    else:
        upright = size[1] / height
        scale = np.array([min(upright, size[0] / width), upright])
    middle = np.array([canvas.columns, canvas.rows]) / 2
    return [(points - low - extent / 2) * scale + middle for points in strokes]


def _bounds(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    every = np.concatenate(strokes)
    return every.min(0), np.ptp(every, axis=0)


def _inked(strokes: Strokes, canvas: Canvas, pen: float) -> np.ndarray:
    """How much of each pixel a round pen of that width covers, by the average of a finer grid."""
    side = max(canvas.rows, canvas.columns)
    finer = max(1, min(8, 160 // side, _FINE // side))
    y, x = ((np.arange(count * finer) + 0.5) / finer for count in (canvas.rows, canvas.columns))
    nearest = np.full((y.size, x.size), np.inf)
    reach = pen / 2 + 1
    for start, end in _pieces(strokes):
        # Only the neighbourhood of a piece of a stroke can be covered by it.
        low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
        rows = slice(*np.searchsorted(y, (low[1], high[1])))
        columns = slice(*np.searchsorted(x, (low[0], high[0])))
        if rows.start == rows.stop or columns.start == columns.stop:
            continue
        part = nearest[rows, columns]
        np.minimum(part, _distance(x[columns], y[rows][:, None], start, end), out=part)
    covered = np.clip((pen / 2 - nearest) * finer + 0.5, 0, 1)
    return covered.reshape(canvas.rows, finer, canvas.columns, finer).mean((1, 3))


def _pieces(strokes: Strokes) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    for points in strokes:
        yield points[0], points[0]
        yield from pairwise(points)


def _distance(x: np.ndarray, y: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """From each place to the line between two points."""
    along = end - start
    length = float(along @ along)
    share = np.zeros(()) if length == 0 else ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / length
    share = np.clip(share, 0, 1)
    return np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])


def _is_point(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(each, int | float) and not isinstance(each, bool) and abs(each) < 1e3 for each in value)
    )
