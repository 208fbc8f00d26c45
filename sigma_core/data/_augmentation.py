"""Augmentation: training records that are changed a little, differently in each epoch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from threading import local
from typing import Any
from zlib import crc32

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.data._counter_random import philox
from sigma_core.data._sections import Array, Sections, check_known, records_of
from sigma_core.errors import DataError

_WORD = np.uint64(2**32 - 1)
_HIGH = np.uint64(32)


class _Generator(local):
    """One bit generator per thread, set anew for each record: a tenth of the cost of making one."""

    def __init__(self) -> None:
        self._bits = np.random.Philox(key=0)
        self._key = np.zeros(2, np.uint64)
        self._state: Any = {
            "bit_generator": "Philox",
            "state": {"counter": np.zeros(4, np.uint64), "key": self._key},
            "buffer": np.zeros(4, np.uint64),
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }
        self._generator = np.random.Generator(self._bits)

    def at(self, key: NDArray[np.uint64]) -> np.random.Generator:
        """The generator at the beginning of the numbers of a key."""
        self._key[:] = key
        self._bits.state = self._state
        return self._generator


_generator = _Generator()


class Draw:
    """What is drawn for each record of a batch, and the other records of the section.

    Every number is a function of (seed, epoch, record, which augmenter, how many were drawn before) alone: what happens
    to a record does not depend on the batch in which it is, nor on the thread that makes it.
    """

    def __init__(
        self,
        key: tuple[int, int, int],
        samples: NDArray[np.integer],
        records: int,
        others: Callable[[NDArray[np.integer]], Array],
    ) -> None:
        """`key` is (seed, epoch, which augmenter), `samples` are the numbers of the records."""
        seed, self._epoch, self._stream = key
        self._seed, self._others = seed % 2**64, others
        self._samples = np.asarray(samples).astype(np.uint64)
        self._drawn = 0
        self.records = records
        """How many records the data has."""

    def uniform(self, *shape: int) -> NDArray[np.float64]:
        """Numbers between 0 and 1, neither of them, of shape (batch, *shape)."""
        return (self._words(*shape) + np.float64(0.5)) * np.float64(2.0**-32)

    def whole(self, below: int, *shape: int) -> NDArray[np.int64]:
        """Whole numbers from 0 to before `below`, of shape (batch, *shape)."""
        return (self.uniform(*shape) * below).astype(np.int64)

    def chance(self, probability: float) -> NDArray[np.bool_]:
        """What is true with that probability, of shape (batch,)."""
        return self.uniform() < probability

    def normal(self, *shape: int) -> NDArray[np.float32]:
        """Normal numbers of mean 0 and deviation 1, of shape (batch, *shape)."""
        numbers = np.empty((len(self._samples), *shape), np.float32)
        seeds = self._words(2).astype(np.uint64)
        for row, key in zip(numbers.reshape(len(numbers), -1), seeds, strict=True):
            _generator.at(key).standard_normal(dtype=np.float32, out=row)
        return numbers

    def others(self, samples: NDArray[np.integer]) -> Array:
        """Records of the same section by their numbers, as the augmenters before this one have left them."""
        return self._others(samples)

    def _words(self, *shape: int) -> NDArray[np.uint32]:
        """Random words, of shape (batch, *shape): Philox 4x32, keyed by the seed, counting (record, epoch, number)."""
        count = int(np.prod(shape, dtype=int))
        blocks = -(-count // 4)
        numbers = np.arange(self._drawn, self._drawn + blocks, dtype=np.uint64)
        self._drawn += blocks
        size = (len(self._samples), blocks)
        counter = (
            np.broadcast_to((self._samples & _WORD)[:, None], size),
            np.broadcast_to((self._samples >> _HIGH)[:, None] << np.uint64(24) ^ numbers, size) & _WORD,
            np.broadcast_to(np.uint64(self._epoch % 2**32), size),
            np.broadcast_to(np.uint64(self._stream), size),
        )
        words = philox(counter, (self._seed % 2**32, self._seed >> 32))
        return words.reshape(len(self._samples), -1)[:, :count].reshape(len(self._samples), *shape)


class Augmenter(ABC):
    """Changes training records at random, so that each epoch shows them a little different.

    A component of kind `augmenters`, an attrs class. The n-th augmenter of a class draws the same for a record in every
    section, so that an image and the image that it is to become stay aligned.
    """

    @abstractmethod
    def augment(self, array: Array, draw: Draw) -> Array:
        """The records of a batch, of shape (batch, ...), changed: of the same shape and dtype.

        `array` may be written over. Raises DataError for records that cannot be changed so.
        """


@frozen(eq=False)
class Augmentation:
    """The augmenters of each section, over the data that they change."""

    data: Sections
    augmenters: Mapping[str, Sequence[Augmenter]]
    seed: int

    def __attrs_post_init__(self) -> None:
        check_known(self.augmenters, self.data, "augment")
        for section, chain in self.augmenters.items():
            for augmenter in chain:
                if not isinstance(augmenter, Augmenter):
                    raise DataError(
                        f"augment, section {section!r}",
                        f"{augmenter!r} is no augmenter",
                        "objects of classes that derive from Augmenter",
                        "call the class, or derive it from sigma_core.extend.Augmenter",
                    )

    def __call__(self, section: str, array: Array, samples: NDArray[np.integer], epoch: int) -> Array:
        """Records of a section, whose numbers are `samples`, as they are in an epoch."""
        return self._after(section, len(self.augmenters.get(section, ())), array, samples, epoch)

    def _after(self, section: str, count: int, array: Array, samples: NDArray[np.integer], epoch: int) -> Array:
        """As the first `count` augmenters leave them."""
        chain = self.augmenters.get(section, ())[:count]
        classes = [type(augmenter).__name__ for augmenter in chain]
        for number, (augmenter, name) in enumerate(zip(chain, classes, strict=True)):

            def others(wanted: NDArray[np.integer], before: int = number) -> Array:
                return self._after(section, before, self.data[section][wanted], wanted, epoch)

            stream = crc32(f"{name} {classes[:number].count(name)}".encode())
            draw = Draw((self.seed, epoch, stream), samples, records_of(self.data), others)
            changed = augmenter.augment(array, draw)
            if changed.shape != array.shape or changed.dtype != array.dtype:
                raise DataError(
                    f"augmenter {name} of section {section!r}",
                    f"it makes {changed.dtype}{list(changed.shape)} of {array.dtype}{list(array.shape)}",
                    "records of the same shape and dtype",
                    "make other shapes by preprocessors",
                )
            array = changed
        return array
