"""Move images."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, Augmenter, Draw, fields
from sigma_data.augmenters._images import check_images


@frozen
class Shift(Augmenter):
    """Move an image, (height, width) or (height, width, channels), by whole pixels along both axes.

    What moves out is lost; what is free then holds `fill`.
    """

    most: float = fields.number(default=0.1, at_least=0, at_most=1)
    """How far at most, in either direction, as a share of the height and of the width, rounded up to whole pixels."""
    fill: float = fields.number(default=0.0)

    def augment(self, array: Array, draw: Draw) -> Array:
        """The images, moved. Raises DataError for records that are no images."""
        check_images(self, array)
        height, width = array.shape[1:3]
        farthest = np.ceil(self.most * np.array([height, width])).astype(np.intp)
        # Every number of pixels from -farthest to farthest is as likely as another.
        moved = np.floor(draw.uniform(2) * (2 * farthest + 1)).astype(np.intp) - farthest
        rows = np.arange(height) - moved[:, :1]
        columns = np.arange(width) - moved[:, 1:]
        records = np.arange(len(array))[:, None, None]
        seen = array[records, rows.clip(0, height - 1)[:, :, None], columns.clip(0, width - 1)[:, None, :]]
        is_inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
        seen[~is_inside] = self.fill
        return seen
