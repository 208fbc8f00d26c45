"""Add noise."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, Augmenter, Draw, fields
from sigma_data.augmenters._images import check_floats


@frozen
class Noise(Augmenter):
    """Add normal noise of mean 0 to records of any shape, which are floats."""

    deviation: float = fields.number(default=0.1, at_least=0)

    def augment(self, array: Array, draw: Draw) -> Array:
        """The records with noise. Raises DataError for records that are no floats."""
        check_floats(self, array, "preprocess them into floats, as normalise does")
        noise = draw.normal(*array.shape[1:])
        return (array + noise * np.float32(self.deviation)).astype(array.dtype, copy=False)
