"""Mirror images."""

from typing import Literal

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, Augmenter, Draw, fields
from sigma_data.augmenters._images import check_images

_AXES = {"horizontal": 2, "vertical": 1}


@frozen
class Flip(Augmenter):
    """Mirror an image, (height, width) or (height, width, channels), with some probability."""

    direction: Literal["horizontal", "vertical"] = fields.choice(*_AXES, default="horizontal")
    """`horizontal` exchanges left and right, `vertical` above and below."""
    probability: float = fields.number(default=0.5, at_least=0, at_most=1)

    def augment(self, array: Array, draw: Draw) -> Array:
        """The images, some of them mirrored. Raises DataError for records that are no images."""
        check_images(self, array)
        is_flipped = draw.chance(self.probability)
        flipped = array.copy()
        flipped[is_flipped] = np.flip(array[is_flipped], _AXES[self.direction])
        return flipped
