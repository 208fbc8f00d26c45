"""Records that come while somebody trains on them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import Factory, field, frozen

from sigma_core.extend import (
    DataError,
    Dataset,
    GrowingDataset,
    Rows,
    Sections,
    component,
)
from sigma_data.stores import InFolder, InMemory, Store


def _path(value: str | Path | None) -> str | None:
    return None if value is None else str(value)


def _store(dataset: "Growing") -> Store:
    return InMemory() if dataset.folder is None else InFolder(Path(dataset.folder).expanduser())


@frozen
class Growing(GrowingDataset):
    """Records that any thread appends, before, while and after they are trained on: `Growing("games")`.

    In a `folder` they stay, whatever happens to the process, and other processes may append, too: each append is on
    the disk when it returns, as a whole or not at all. Without one they are in memory.
    """

    folder: str | None = field(default=None, converter=_path)
    base: Dataset | None = component("datasets", default=None)
    """Records to begin with, copied once, raw; what it brings to validate on is used, too."""
    store: Store = field(default=Factory(_store, takes_self=True), kw_only=True, repr=False, hash=False)
    """What keeps the records; that of `folder`, unless datasets are to share one."""

    def append(self, records: Any) -> int:
        """Add records behind the others, all of them or none; how many there are then.

        `records` is whatever a trainer takes: arrays of shape (records, ...) by section, a pair (inputs, targets), a
        table. The first ones say what shapes and dtypes all have. Raises `DataError` for records of another form, and
        for those that are not finite where no preprocessor takes missing values; StorageError when the disk refuses.
        """
        where = f"dataset {type(self).__name__}, append"
        if self.store.is_closed:
            raise DataError(where, "it is closed", "a dataset that is open", "make another one of the same folder")
        return self.store.append([self.checked(records, where)], where)

    def close(self) -> None:
        """Take no more records from this process; those that there are can still be trained on."""
        self.store.is_closed = True

    def count(self, environment: Any) -> int:
        """How many records there are by now, those to begin with among them."""
        if self.base is not None and not self.store.has_base:
            self.store.append(self.base.blocks(environment), f"dataset {type(self).__name__}, base", is_base=True)
        return self.store.count

    def take(self, rows: Rows | slice) -> Sections:
        """Some of them, by their numbers, copied."""
        return self.store.take(rows)

    def load_validation(self, environment: Any) -> Mapping[str, Sections]:
        """What the base brings."""
        return {} if self.base is None else self.base.load_validation(environment)

    def fingerprint(self, environment: Any) -> str | None:
        """The identity of the folder."""
        return self.store.fingerprint()
