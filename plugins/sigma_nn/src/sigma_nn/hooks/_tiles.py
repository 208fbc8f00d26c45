"""Pictures out of numbers: tiles side by side, as whole numbers from 0 to 255."""

from math import ceil, isqrt
from typing import Any

import numpy as np

from sigma_core.extend import Array


def filters(weights: Array) -> Array:
    """Tiles of the weights of a convolution, (*window, channels, filters), filter by filter.

    (n, rows, columns) where there is one channel, (n, rows, columns, 3) in colour where there are three, else a tile of
    each channel of each filter; of a window of one axis (filters, window, channels).
    """
    first = np.moveaxis(weights, -1, 0)
    return records(first) if first.ndim == 4 else first.reshape(-1, *first.shape[-2:])


def records(pictures: Array) -> Array:
    """Tiles of pictures (n, rows, columns, channels): as they are of three channels, else a tile of each channel."""
    if pictures.shape[-1] == 3:
        return pictures
    return np.moveaxis(pictures, -1, 1).reshape(-1, *pictures.shape[1:3])


def folded(vector: Array) -> Array:
    """One tile of a row of numbers: rows of a square that is filled up with NaN."""
    side = isqrt(vector.size - 1) + 1
    rows = ceil(vector.size / side)
    tile = np.full(rows * side, np.nan)
    tile[: vector.size] = vector
    return tile.reshape(1, rows, side)


def picture(tiles: Array, most: int, side: int, *, alike: bool) -> dict[str, Any]:
    """`image`, whole numbers from 0 to 255 as lists: (rows, columns) or (rows, columns, 3).

    It has at most `most` tiles, with a dark line between them.

    No side has more than `side` pixels: of a tile that is larger, rows and columns are left out evenly, and tiles that
    do not fit are left out behind. 0 is the smallest finite number and 255 the largest, of all tiles shown if they are
    `alike` and else of each; 128 stands for numbers that are all equal, 0 for NaN. `tiles` is how many are shown,
    `left_out` how many are not, `minimum` and `maximum` are those of what is shown, NaN where nothing is finite.
    """
    steps = [ceil(extent / side) for extent in tiles.shape[1:3]]
    thinned = np.asarray(tiles[:, :: steps[0], :: steps[1]], np.float64)
    rows, columns = thinned.shape[1:3]
    most_across, most_down = (side + 1) // (columns + 1), (side + 1) // (rows + 1)
    shown = thinned[: min(most, most_across * most_down)]
    # About as many across as down, where there is room.
    across = min(most_across, max(isqrt(len(shown) - 1) + 1, ceil(len(shown) / most_down)))
    down = ceil(len(shown) / across)
    image = np.zeros((down * (rows + 1) - 1, across * (columns + 1) - 1, *tiles.shape[3:]), np.uint8)
    for number, tile in enumerate(_grey(shown, alike=alike)):
        row, column = (number // across) * (rows + 1), (number % across) * (columns + 1)
        image[row : row + rows, column : column + columns] = tile
    finite = shown[np.isfinite(shown)]
    return {
        "image": image.tolist(),
        "tiles": len(shown),
        "left_out": len(tiles) - len(shown),
        "minimum": float(finite.min()) if finite.size else float("nan"),
        "maximum": float(finite.max()) if finite.size else float("nan"),
    }


def _grey(tiles: Array, *, alike: bool) -> Array:
    axes = None if alike else tuple(range(1, tiles.ndim))
    is_finite = np.isfinite(tiles)
    # Halves, because the difference of two large numbers may be none.
    lowest = np.min(tiles, axis=axes, keepdims=True, initial=np.inf, where=is_finite) * 0.5
    highest = np.max(tiles, axis=axes, keepdims=True, initial=-np.inf, where=is_finite) * 0.5
    with np.errstate(all="ignore"):
        share = (tiles * 0.5 - lowest) / (highest - lowest)
    grey = np.where(is_finite & (highest <= lowest), 128, np.round(share * 255))
    return np.nan_to_num(grey, nan=0, posinf=255, neginf=0).clip(0, 255).astype(np.uint8)
