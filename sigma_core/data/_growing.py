"""The contract of data that grows while it is trained on."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from attrs import frozen
from numpy.typing import DTypeLike

from sigma_core.data._blocks import usual_records
from sigma_core.data._data import Data
from sigma_core.data._dataset import Dataset
from sigma_core.data._finite import check_finite
from sigma_core.data._memory import as_dataset
from sigma_core.data._order import Rows
from sigma_core.data._preparation import prepared
from sigma_core.data._sections import Sections, check_aligned
from sigma_core.errors import DataError
from sigma_core.registry.fields import integer


@frozen(kw_only=True)
class GrowingDataset(Dataset):
    """Records to which more are appended, by any thread, before, while and after somebody trains on them.

    A record never changes, nor does its number, so that the first so many are the same whenever they are read. A split
    divides those that there are when training begins; what comes later trains, from the start of the next epoch.
    """

    records_per_epoch: int | None = integer(default=None, at_least=1)
    """Records of an epoch: a sample of those that there are, or some more than once; by default as many as training
    begins with."""

    @abstractmethod
    def count(self, environment: Any) -> int:
        """How many records there are by now; never fewer than before."""

    @abstractmethod
    def take(self, rows: Rows) -> Sections:
        """Some of them, by their numbers, in memory: arrays of shape (rows, ...)."""

    @abstractmethod
    def append(self, records: Any) -> int:
        """Add records behind the others, all of them or none; how many there are then.

        `records` is whatever `as_dataset` takes, such as a mapping of arrays of shape (records, ...) by section. Any
        thread may call it. Raises `DataError` for records of another form than those that there are.
        """

    def checked(self, records: Any, where: str) -> Sections:
        """Records as sections that may be appended, as far as that can be told of them alone.

        Raises `DataError` where they are none, their sections differ in length, or values are not finite that no
        preprocessor takes.
        """
        sections = as_dataset(records).load(None)
        check_aligned(sections, where)
        check_finite({name: array for name, array in sections.items() if not self.may_miss(name)}, where)
        return sections

    def load(self, environment: Any) -> Sections:
        """All that there are by now; raises `DataError` when there are none."""
        return self.take(slice(0, self.there(environment)))

    def blocks(self, environment: Any, records: int | None = None) -> Iterator[Sections]:
        """The same, block by block; those that are appended meanwhile are left out."""
        return self.between(0, self.there(environment), records)

    def between(self, first: int, last: int, records: int | None = None) -> Iterator[Sections]:
        """Records from `first` to before `last` in blocks, which depend on their form alone unless `records` says."""
        size = records or usual_records(self.take(slice(first, first + 1)))
        for start in range(first, last, size):
            yield self.take(slice(start, min(start + size, last)))

    def there(self, environment: Any) -> int:
        """As `count`; raises `DataError` when there are none."""
        count = self.count(environment)
        if not count:
            raise DataError(
                f"dataset {type(self).__name__}",
                "it has no records yet",
                "at least one record when training begins",
                "append some first, dataset.append(records), or give it a base",
            )
        return count

    def prepare(self, environment: Any, seed: int, dtype: DTypeLike | None = None, records: int | None = None) -> Data:
        """As any dataset, of the records that there are by now, or of the first so many."""
        return prepared(self, environment, seed, dtype, self.there(environment) if records is None else records)
