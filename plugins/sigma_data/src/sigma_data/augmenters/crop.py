"""Look at a part of an image."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, Augmenter, Draw, fields
from sigma_data.augmenters._images import check_images, sampled


@frozen
class Crop(Augmenter):
    """Cut a part out of an image, (height, width) or (height, width, channels), and enlarge it to the image's size.

    The part has the image's proportions and lies anywhere in it; it is enlarged by bilinear interpolation.
    """

    smallest: float = fields.number(default=0.8, above=0, at_most=1)
    """The smallest part, as a share of the height and of the width; all sizes above it are equally likely."""

    def augment(self, array: Array, draw: Draw) -> Array:
        """Parts of the images, of their shape. Raises DataError for records that are no images."""
        check_images(self, array)
        size, down, right = draw.uniform(3).T
        share = (self.smallest + (1 - self.smallest) * size)[:, None]
        height, width = array.shape[1:3]
        # The corners of the part are seen at the corners of the result.
        rows = (1 - share) * down[:, None] * (height - 1) + share * np.arange(height)
        columns = (1 - share) * right[:, None] * (width - 1) + share * np.arange(width)
        places = np.stack(np.broadcast_arrays(rows[:, :, None], columns[:, None, :]), axis=-1)
        return sampled(array, places.reshape(len(array), height * width, 2), 0.0)
