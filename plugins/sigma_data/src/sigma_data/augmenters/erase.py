"""Hide a part of an image (Zhong, Zheng, Kang, Li & Yang 2020, algorithm 1)."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, Augmenter, Draw, SettingError, fields
from sigma_data.augmenters._images import check_images


@frozen
class Erase(Augmenter):
    """Fill a rectangle somewhere in an image, (height, width) or (height, width, channels), with some probability.

    Its proportions lie between 3:10 and 10:3; where that is longer than the image it is cut off.
    """

    probability: float = fields.number(default=0.5, at_least=0, at_most=1)
    smallest: float = fields.number(default=0.02, at_least=0, at_most=1)
    """The smallest area, as a share of the image's."""
    largest: float = fields.number(default=0.2, at_least=0, at_most=1)
    """The largest area."""
    fill: float = fields.number(default=0.0)

    def __attrs_post_init__(self) -> None:
        if self.smallest > self.largest:
            raise SettingError(
                "Erase, largest", f"{self.largest:g}", f"at least {self.smallest:g}, the smallest", "exchange them"
            )

    def augment(self, array: Array, draw: Draw) -> Array:
        """The images, with rectangles. Raises DataError for records that are no images."""
        check_images(self, array)
        height, width = array.shape[1:3]
        is_erased = draw.chance(self.probability)
        area, form, down, right = draw.uniform(4).T
        area = (self.smallest + (self.largest - self.smallest) * area) * height * width
        # Evenly on a scale of ratios, so that lying rectangles are as likely as standing ones.
        ratio = np.exp((2 * form - 1) * np.log(10 / 3))
        rows = np.rint(np.sqrt(area * ratio)).clip(max=height).astype(np.intp)
        columns = np.rint(np.sqrt(area / ratio)).clip(max=width).astype(np.intp)
        top = np.floor(down * (height - rows + 1)).astype(np.intp)[:, None]
        left = np.floor(right * (width - columns + 1)).astype(np.intp)[:, None]
        is_row = (np.arange(height) >= top) & (np.arange(height) < top + rows[:, None])
        is_column = (np.arange(width) >= left) & (np.arange(width) < left + columns[:, None])
        erased = array.copy()
        erased[is_erased[:, None, None] & is_row[:, :, None] & is_column[:, None, :]] = self.fill
        return erased
