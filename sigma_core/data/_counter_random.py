"""Random words as a function of counters: Philox (Salmon, Moraes, Dror & Shaw 2011), on many counters at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
# The golden ratio and the root of three less one, by which the key grows from round to round.
_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_WORD = np.uint64(2**32 - 1)
_HALF = np.uint64(32)


def philox(counter: Sequence[ArrayLike], key: tuple[int, int]) -> NDArray[np.uint32]:
    """Philox 4x32 with ten rounds: four words, along a last axis, for each counter of four words.

    Words of `counter` are arrays of one shape, or numbers; words are below 2**32.
    """
    first, second, third, fourth = (np.asarray(word, np.uint64) for word in counter)
    low, high = key
    for _ in range(_ROUNDS):
        left, right = first * _MULTIPLIERS[0], third * _MULTIPLIERS[1]
        first, second, third, fourth = (
            (right >> _HALF) ^ second ^ np.uint64(low),
            right & _WORD,
            (left >> _HALF) ^ fourth ^ np.uint64(high),
            left & _WORD,
        )
        low, high = (low + _STEPS[0]) % 2**32, (high + _STEPS[1]) % 2**32
    return np.stack(np.broadcast_arrays(first, second, third, fourth), axis=-1).astype(np.uint32)
