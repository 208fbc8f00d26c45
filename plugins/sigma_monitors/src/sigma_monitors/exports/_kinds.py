"""What values are that are more than a number: histograms, pictures, texts."""

from collections.abc import Mapping
from math import isqrt
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Event, ValuesPublished
from sigma_monitors.exports._identified import Values, values_of

_SMALLEST = 64
"""Pixels that the longer side of a picture made of numbers has at least, so that each can be seen."""


@frozen(eq=False)
class Histogram:
    """How numbers are spread: `edges` (bins + 1), `counts` (bins), and what is known of them as a whole."""

    edges: tuple[float, ...]
    counts: tuple[float, ...]
    minimum: float
    maximum: float
    mean: float
    deviation: float


@frozen(eq=False)
class Picture:
    """Pixels (height, width) or (height, width, 3), uint8."""

    pixels: np.ndarray

    def png(self) -> bytes:
        """As a file."""
        from io import BytesIO

        from PIL import Image

        made = BytesIO()
        Image.fromarray(self.pixels).save(made, "PNG")
        return made.getvalue()


def others_of(event: Event) -> Values:
    """Values that are more than a number, by `source/name`: the same array may have a histogram and a picture."""
    values = {name: value for name, value in values_of(event).items() if not isinstance(value, int | float)}
    if isinstance(event, ValuesPublished):
        return {f"{event.source}/{name}": value for name, value in values.items()}
    return {name.replace(".", "/", 1): value for name, value in values.items()}


def kind_of(value: Any) -> Histogram | Picture | str | None:
    """The value as what it is; None for what can neither be drawn nor read."""
    if isinstance(value, str):
        return value
    try:
        if isinstance(value, Mapping):
            return _histogram(value) if "edges" in value else _picture(value) if "image" in value else None
        return _drawn(np.asarray(value, np.float64))
    except (KeyError, OverflowError, TypeError, ValueError):
        # Hooks of third parties may publish whatever they like.
        return None


def _histogram(value: Mapping[str, Any]) -> Histogram | None:
    edges, counts = [tuple(map(float, value[name])) for name in ("edges", "counts")]
    if not counts or len(edges) != len(counts) + 1:
        return None
    middles, weights = (np.asarray(edges[1:]) + edges[:-1]) / 2, np.asarray(counts)
    mean = float(value.get("mean", middles @ weights / max(weights.sum(), 1)))
    return Histogram(
        edges=edges,
        counts=counts,
        minimum=float(value.get("minimum", edges[0])),
        maximum=float(value.get("maximum", edges[-1])),
        mean=mean,
        deviation=float(value.get("deviation", np.sqrt((middles - mean) ** 2 @ weights / max(weights.sum(), 1)))),
    )


def _picture(value: Mapping[str, Any]) -> Picture | None:
    pixels = np.asarray(value["image"], np.uint8)
    if not _is_picture(pixels.shape):
        return None
    return Picture(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)


def _is_picture(shape: tuple[int, ...]) -> bool:
    return len(shape) in (2, 3) and min(shape, default=0) > 0 and shape[2:] in ((), (1,), (3,))


def _drawn(numbers: np.ndarray) -> Picture | None:
    """Numbers as shades, the smallest black; a row that makes a square is one, as flattened digits."""
    if numbers.ndim == 1 and numbers.size > 1 and isqrt(numbers.size) ** 2 == numbers.size:
        numbers = numbers.reshape(isqrt(numbers.size), -1)
    if not _is_picture(numbers.shape):
        return None
    finite = np.where(np.isfinite(numbers), numbers, np.nan)
    if np.isnan(finite).all():
        return None
    low, high = np.nanmin(finite), np.nanmax(finite)
    shades = np.nan_to_num((finite / 2 - low / 2) / max(high / 2 - low / 2, np.finfo(np.float64).tiny) * 255)
    times = -(-_SMALLEST // max(numbers.shape[:2]))
    return _picture({"image": np.repeat(np.repeat(shades.round(), times, 0), times, 1)})
