"""Seeded orders of records, each a pure function of (seed, number, purpose)."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Purpose(IntEnum):
    """What an order is for; orders for different purposes are independent though their seeds are the same."""

    SPLIT = 1
    EPOCH = 2


def permutation(records: int, seed: int, number: int, purpose: Purpose) -> NDArray[np.intp]:
    """A permutation of `records` indices, of shape (records,).

    Philox (Salmon et al. 2011) is keyed by (seed, number) and its counter starts apart for each purpose, so there is
    no state to save: any epoch's order can be made at once from its number.
    """
    key = np.array([seed % 2**64, number], dtype=np.uint64)
    counter = np.array([0, 0, 0, purpose], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter)).permutation(records)
