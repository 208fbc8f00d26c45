"""Records in memory, which go with the process."""

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

import numpy as np

from sigma_core.extend import Array, Sections
from sigma_data.stores._form import Form
from sigma_data.stores._store import Rows, Store


class _Held(NamedTuple):
    form: Form
    records: Array
    count: int


class InMemory(Store):
    """One array, of which twice the size is asked for whenever it is full: what is read is never written again.

    Stores to which nothing was appended are equal, whatever they begin with: a recipe says all of them.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        # The records, and how many of them count: exchanged as one.
        self._held = _Held(Form(np.dtype([])), np.empty(0), 0)
        self._has_base = self._has_more = False

    def __eq__(self, other: object) -> bool:
        """Whether both are one, or there is nothing in either that a recipe does not say."""
        return self is other or (isinstance(other, InMemory) and not self._has_more and not other._has_more)

    __hash__ = Store.__hash__

    def append(self, blocks: Iterable[Sections], where: str, *, is_base: bool = False) -> int:
        """Behind what there is, which counts when all blocks are there."""
        with self._lock:
            if is_base and self._has_base:
                return self.count
            form, held, count = self._held
            for block in blocks:
                if not count:
                    form = Form.of(block, where)
                records = form.packed(block, where)
                if count + len(records) > len(held):
                    more = np.empty(max(2 * len(held), count + len(records)), form.dtype)
                    more[:count] = held[:count]
                    held = more
                held[count : count + len(records)] = records
                count += len(records)
            self._held = _Held(form, held, count)
            self._has_base, self._has_more = self._has_base or is_base, self._has_more or not is_base
            return count

    @property
    def count(self) -> int:
        """How many records there are."""
        return self._held.count

    @property
    def has_base(self) -> bool:
        """Whether what it begins with has been added."""
        return self._has_base

    def take(self, rows: Rows) -> Sections:
        """Some of the records, copied."""
        form, held, count = self._held
        return form.sections(held[:count][rows])

    def fingerprint(self) -> str | None:
        """None."""
        return None
