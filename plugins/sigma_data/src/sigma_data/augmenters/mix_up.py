"""Mix records (Zhang, Cisse, Dauphin & Lopez-Paz 2018)."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Array, Augmenter, Draw, fields
from sigma_data.augmenters._images import check_floats

# So many tries for a number, of which nineteen in twenty succeed at least: none of 2**60 numbers fails them all.
_TRIES = 16


@frozen
class MixUp(Augmenter):
    """Mix each record with another one of the training data: weight * record + (1 - weight) * other.

    The weight has the distribution Beta(alpha, alpha). Give it to `inputs` and to `targets`, the latter as
    probabilities (`one_hot`): both are mixed alike.
    """

    alpha: float = fields.number(default=0.2, above=0)
    """The smaller it is, the nearer are mixed records to one of the two."""

    def augment(self, array: Array, draw: Draw) -> Array:
        """The records, mixed. Raises DataError for records that are no floats."""
        check_floats(self, array, "preprocess classes with one_hot, and other whole numbers with cast")
        others = draw.others(draw.whole(draw.records))
        one, other = self._log_gamma(draw), self._log_gamma(draw)
        # In logarithms: of a small alpha both are too small for a float.
        weight = 1 / (1 + np.exp((other - one).clip(-700, 700)))
        weight = weight.reshape(-1, *(1 for _ in array.shape[1:])).astype(array.dtype)
        return weight * array + (1 - weight) * others

    def _log_gamma(self, draw: Draw) -> NDArray[np.float64]:
        """Logarithms of numbers of the distribution Gamma(alpha, 1), after Marsaglia & Tsang (2000)."""
        # Their method is for shapes from 1; a number of Gamma(alpha) is one of Gamma(alpha + 1) * uniform**(1 / alpha).
        shape = self.alpha + 1 - 1 / 3
        normal = draw.normal(_TRIES).astype(np.float64)
        cube = (1 + normal / np.sqrt(9 * shape)) ** 3
        uniform = draw.uniform(_TRIES)
        with np.errstate(invalid="ignore", divide="ignore"):
            bound = normal**2 / 2 + shape * (1 - cube + np.log(cube))
            is_taken = (cube > 0) & (np.log(uniform) < bound)
            first = np.take_along_axis(cube, is_taken.argmax(axis=1)[:, None], axis=1)[:, 0]
            return np.log(shape * first) + np.log(draw.uniform()) / self.alpha
