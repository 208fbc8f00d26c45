"""Datasets out of objects that give records one by one, or in batches, as those of PyTorch do."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from attrs import field, frozen

from sigma_core.data._blocks import joined_sections, sliced
from sigma_core.data._dataset import Dataset
from sigma_core.data._sections import Array, Sections
from sigma_core.errors import DataError

# Records of a block, where nobody says how many: enough to make up for the time that each takes to be asked for.
_BLOCK = 1024


@frozen(eq=False)
class Items(Dataset):
    """Records of an object with `__len__` and `__getitem__`, or of one over which can be iterated again and again.

    A record is an array, a tuple of them (inputs, targets), or a mapping by section. An object that has a `batch_size`,
    as a DataLoader does, gives batches of records. Each is asked for once, when the data is prepared: what chance does
    to a record then stays for all epochs. Raises `DataError` for records that differ in shape or in their sections.
    """

    items: Any
    names: tuple[str, ...] = field(default=("inputs", "targets"), converter=tuple)
    """What the members of tuples are called."""

    def load(self, environment: Any) -> Sections:
        """All of them, in memory."""
        return joined_sections(self.blocks(environment))

    def blocks(self, environment: Any, records: int | None = None) -> Iterator[Sections]:  # noqa: ARG002
        """As many as are asked for, stacked; batches as they come, unless they are larger."""
        if getattr(self.items, "batch_size", None) is not None:
            for number, batch in enumerate(self.items):
                yield from sliced(self._sections([batch], number, np.concatenate), records)
            return
        number, source = 0, iter(self._one_by_one())
        while block := list(islice(source, records or _BLOCK)):
            yield self._sections(block, number, np.stack)
            number += len(block)

    def _one_by_one(self) -> Iterable[Any]:
        if is_indexed(self.items):
            # Not by iterating: an object of PyTorch raises no IndexError at its end.
            return (self.items[index] for index in range(len(self.items)))
        items: Iterable[Any] = self.items
        return items

    def _sections(self, items: list[Any], first: int, join: Any) -> Sections:
        named = [self._named(item, first + index) for index, item in enumerate(items)]
        where = f"data, records from {first}"
        for one in named:
            if one.keys() != named[0].keys():
                found = f"one has the sections {', '.join(named[0])}, another {', '.join(one)}"
                raise DataError(where, found, "the same sections in each record")
        joined = {}
        for name in named[0]:
            try:
                joined[name] = join([one[name] for one in named])
            except ValueError as error:
                shapes = dict.fromkeys(str(one[name].shape) for one in named)
                raise DataError(
                    where,
                    f"section {name!r} differs in shape: {', '.join(shapes)}",
                    "records of one shape",
                    "bring them to one shape, as by pad_sequences",
                ) from error
        return joined

    def _named(self, item: Any, number: int) -> dict[str, Array]:
        if isinstance(item, Mapping):
            return {name: np.asarray(value) for name, value in item.items()}
        if not isinstance(item, tuple | list):
            return {self.names[0]: np.asarray(item)}
        if len(item) > len(self.names):
            raise DataError(
                f"data, record {number}",
                f"it has {len(item)} members",
                f"at most {len(self.names)}: {', '.join(self.names)}",
                "say what they are called, Items(data, names=(...))",
            )
        return {name: np.asarray(value) for name, value in zip(self.names, item, strict=False)}


def is_indexed(value: Any) -> bool:
    """Whether records can be asked for by their number."""
    return hasattr(value, "__len__") and hasattr(value, "__getitem__")


def is_iterable(value: Any) -> bool:
    """Whether iterating over it can begin anew; a generator, which ends with its first pass, cannot."""
    return hasattr(value, "__iter__") and not hasattr(value, "__next__")
