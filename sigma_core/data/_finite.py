"""Whether records are finite, found while they pass by."""

import numpy as np

from sigma_core.data._sections import Array, Sections, records_of
from sigma_core.errors import DataError


class Finiteness:
    """What is not finite in records that are seen block by block; tells the same whatever the size of the blocks."""

    def __init__(self) -> None:
        self._records = 0
        self._bad: dict[str, int] = {}
        self._first: dict[str, str] = {}
        self._names: dict[str, None] = {}

    def see(self, sections: Sections) -> bool:
        """Look at the next records: whether they are finite."""
        is_finite = True
        for name, array in sections.items():
            self._names[name] = None
            if array.dtype.kind not in "fc" or _sums_finite(array):
                continue
            rows = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
            if len(rows):  # else they are finite numbers whose sum is not
                is_finite = False
                self._bad[name] = self._bad.get(name, 0) + len(rows)
                self._first.setdefault(name, _place(array, int(rows[0]), self._records))
        self._records += records_of(sections) if sections else 0
        return is_finite

    def check(self, where: str) -> None:
        """Raise `DataError` that names section, record and column of the first NaN or infinity, if there was one."""
        for name in self._names:
            if name in self._bad:
                raise DataError(
                    where,
                    f"section {name!r} is not finite in {self._bad[name]} of {self._records} records; "
                    f"the first is {self._first[name]}",
                    "finite numbers",
                    "leave those records out or fill the values in before training",
                )


def check_finite(sections: Sections, where: str) -> None:
    """Raise `DataError` that names section, record and column of the first NaN or infinity, if there is one."""
    finiteness = Finiteness()
    finiteness.see(sections)
    finiteness.check(where)


def _place(array: Array, record: int, before: int) -> str:
    place = tuple(int(axis[0]) for axis in np.nonzero(~np.isfinite(np.atleast_1d(array[record]))))
    column = f", column {', '.join(map(str, place))}" if array.ndim > 1 else ""
    value = array[record][place] if array.ndim > 1 else array[record]
    return f"record {before + record}{column}: {value}"


def _sums_finite(array: Array) -> bool:
    # One reduction without temporaries; NaN and infinity both survive it, so that only bad data pays for a search.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.sum()))
