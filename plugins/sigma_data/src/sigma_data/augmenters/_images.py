"""Images in arrays, and how they are looked at through a map of coordinates."""

import numpy as np
from numpy.typing import NDArray

from sigma_core.extend import Array, Augmenter, DataError


def check_images(augmenter: Augmenter, array: Array) -> None:
    """Raise DataError unless records are images: (batch, height, width) or (batch, height, width, channels)."""
    if array.ndim not in (3, 4):
        raise DataError(
            f"augmenter {type(augmenter).__name__}",
            f"records have shape {array.shape[1:]}",
            "images of shape (height, width) or (height, width, channels)",
            "preprocess them with reshape, or leave the augmenter out",
        )


def check_floats(augmenter: Augmenter, array: Array, remedy: str) -> None:
    """Raise DataError unless records are floats."""
    if array.dtype.kind != "f":
        raise DataError(f"augmenter {type(augmenter).__name__}", f"records are {array.dtype}", "floats", remedy)


def warped(images: Array, matrices: NDArray[np.float64], fill: float) -> Array:
    """Images seen through a linear map each, about their centres, between pixels by bilinear interpolation.

    The pixel at place p of the result, from the centre, shows the place `matrices[record] @ p` of the image. `matrices`
    have shape (batch, 2, 2); an image is surrounded by `fill`.
    """
    places = _grid(images) @ matrices.swapaxes(1, 2)
    return sampled(images, places + (np.array(images.shape[1:3]) - 1) / 2, fill)


def _grid(images: Array) -> NDArray[np.float64]:
    """Places of pixels from the centre, (height * width, 2)."""
    height, width = images.shape[1:3]
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    return np.stack([rows.ravel() - (height - 1) / 2, columns.ravel() - (width - 1) / 2], axis=1)


def sampled(images: Array, places: NDArray[np.float64], fill: float) -> Array:
    """Images at places (batch, height * width, 2) between their pixels, bilinearly; around them is `fill`."""
    batch, height, width = images.shape[:3]
    channels = images.shape[3:]
    # With a margin, so that nobody has to ask which pixels there are.
    margined = np.full((batch, height + 2, width + 2, *channels), fill, np.result_type(images.dtype, np.float32))
    margined[:, 1:-1, 1:-1] = images
    pixels = margined.reshape(batch * (height + 2) * (width + 2), *channels)
    rows, down = _split(places[..., 0], height, pixels.dtype)
    columns, right = _split(places[..., 1], width, pixels.dtype)
    corner = (np.arange(batch)[:, None] * (height + 2) + rows) * (width + 2) + columns
    if channels:
        down, right = down[..., None], right[..., None]
    upper = _between(pixels.take(corner, axis=0), pixels.take(corner + 1, axis=0), right)
    corner += width + 2
    lower = _between(pixels.take(corner, axis=0), pixels.take(corner + 1, axis=0), right)
    return as_kind(_between(upper, lower, down).reshape(images.shape), images.dtype)


def _split(places: NDArray[np.float64], size: int, dtype: np.dtype) -> tuple[NDArray[np.intp], Array]:
    """The pixel before each place, counted from the margin, and how far the place is from it towards the next one."""
    places = places.clip(-1, size) + 1
    before = np.minimum(places, size).astype(np.intp)
    return before, (places - before).astype(dtype)


def _between(first: Array, second: Array, share: Array) -> Array:
    second -= first
    second *= share
    second += first
    return second


def as_kind(array: Array, dtype: np.dtype) -> Array:
    """Floats as another dtype: whole numbers are rounded, and stay in range."""
    if dtype.kind == "f":
        return array.astype(dtype, copy=False)
    if dtype.kind == "b":
        return array >= 0.5
    bounds = np.iinfo(dtype)
    return np.clip(np.rint(array), bounds.min, bounds.max).astype(dtype)
