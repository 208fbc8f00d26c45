"""The first records of data: as a table, or as images in one picture."""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from sigma_core.cli._table import table
from sigma_core.data import Sections, in_short, picture_form, pixels
from sigma_core.errors import DataError, listed

# Values of a record in a cell, from its beginning.
_VALUES = 6
_GAP = 2
# Pixels of the longer side of an image, at least: digits of 8 x 8 would hardly be seen.
_SIDE = 64


def as_table(sections: Sections, records: int) -> str:
    """A row for each record; of long ones the first values."""
    first = {name: array[:records] for name, array in sections.items()}
    count = len(next(iter(first.values())))
    rows = [[str(index), *(in_short(array[index], _VALUES) for array in first.values())] for index in range(count)]
    return table(["record", *first], rows)


def as_image(sections: Sections, records: int, section: str | None) -> NDArray[np.uint8]:
    """Images side by side, as square as may be, of shape (rows, columns, 1 or 3); the darkest value is black.

    Small images are enlarged, each value to a square of pixels.

    Raises DataError for a section that there is not, or that holds no images.
    """
    forms = {name: picture_form(array.shape[1:]) for name, array in sections.items()}
    name = (
        section if section is not None else next((name for name, form in forms.items() if form), next(iter(sections)))
    )
    if name not in sections:
        raise DataError("preview", f"there is no section {name!r}", f"one of {listed(sections, name)}")
    form = forms[name]
    if form is None:
        raise DataError(
            f"preview, section {name!r}",
            f"its records have the shape {sections[name].shape[1:]}",
            "images: rows and columns, perhaps 1 or 3 channels, or as many values as a square has",
            "name another section with --section, or leave --png out",
        )
    grey = pixels(sections[name][:records], form)
    scale = max(1, _SIDE // max(form[:2]))
    return _grid(grey.repeat(scale, axis=1).repeat(scale, axis=2))


def _grid(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count, height, width, channels = images.shape
    columns = isqrt(count - 1) + 1
    rows = -(-count // columns)
    whole = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, channels), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * (height + _GAP), index % columns * (width + _GAP)
        whole[top : top + height, left : left + width] = image
    return whole
