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
    flat = images.reshape(batch, height * width, -1)
    low = np.floor(places)
    high_share = places - low
    low = low.astype(np.intp)
    total = np.zeros((batch, places.shape[1], flat.shape[2]))
    records = np.arange(batch)[:, None]
    for down in (0, 1):
        for right in (0, 1):
            row, column = low[..., 0] + down, low[..., 1] + right
            share = _share(high_share[..., 0], down) * _share(high_share[..., 1], right)
            is_inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            index = np.clip(row, 0, height - 1) * width + np.clip(column, 0, width - 1)
            seen = np.where(is_inside[..., None], flat[records, index], fill)
            total += share[..., None] * seen
    return as_kind(total.reshape(images.shape), images.dtype)


def _share(high: NDArray[np.float64], is_high: int) -> NDArray[np.float64]:
    return high if is_high else 1 - high


def as_kind(array: NDArray[np.float64], dtype: np.dtype) -> Array:
    """Floats as another dtype: whole numbers are rounded, and stay in range."""
    if dtype.kind == "f":
        return array.astype(dtype)
    if dtype.kind == "b":
        return array >= 0.5
    bounds = np.iinfo(dtype)
    return np.clip(np.rint(array), bounds.min, bounds.max).astype(dtype)
