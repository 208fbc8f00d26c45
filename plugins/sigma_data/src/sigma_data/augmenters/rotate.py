"""Turn images."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, Augmenter, Draw, fields
from sigma_data.augmenters._images import check_images, warped


@frozen
class Rotate(Augmenter):
    """Turn an image, (height, width) or (height, width, channels), about its centre, with bilinear interpolation."""

    most: float = fields.number(default=15.0, at_least=0, at_most=180)
    """The largest angle, to either side, in degrees; all angles below it are equally likely."""
    fill: float = fields.number(default=0.0)
    """What surrounds an image."""

    def augment(self, array: Array, draw: Draw) -> Array:
        """The images, turned. Raises DataError for records that are no images."""
        check_images(self, array)
        angles = np.deg2rad((2 * draw.uniform() - 1) * self.most)
        cosine, sine = np.cos(angles), np.sin(angles)
        matrices = np.stack([np.stack([cosine, sine], -1), np.stack([-sine, cosine], -1)], -2)
        return warped(array, matrices, self.fill)
