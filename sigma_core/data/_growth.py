"""What each epoch of a training has of data that grows: a function of how many records there were when it began."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from attrs import define, evolve, field
from numpy.typing import DTypeLike, NDArray

from sigma_core.data._blocks import usual_records
from sigma_core.data._collecting import InArrays
from sigma_core.data._data import Data
from sigma_core.data._fitted import Fitted
from sigma_core.data._growing import GrowingDataset
from sigma_core.data._order import Purpose, permutation
from sigma_core.data._sections import Array, Sections, records_of
from sigma_core.data._steps import Steps
from sigma_core.data.splits import PARTS, Records
from sigma_core.errors import DataError

Numbers = NDArray[np.intp]


@define(eq=False)
class Growth:
    """Growing data from the view of one training, which is told when an epoch begins.

    Preprocessors learn from the training records that there are when training begins, and those that can go on from
    what they have learnt (`update`) see what has come since at the start of each epoch. All that an epoch has follows
    from the records, the seed and `state`.
    """

    dataset: GrowingDataset
    environment: Any
    seed: int
    dtype: DTypeLike | None
    first: int
    """How many records there were when training began."""
    prepared: Data
    """These, split and preprocessed."""
    parts: Mapping[str, Numbers]
    """Numbers of the records of each part."""
    begun: int = 0
    """The last epoch that has begun."""
    changes: list[tuple[int, int]] = field(factory=list)
    """Epochs before which there came records, and how many there were then."""
    _learnt: tuple[int, Steps] = field(init=False)
    """What preprocessors know after so many records."""
    _last: tuple[int, int, Data] | None = field(default=None, init=False)

    @_learnt.default
    def _first_learnt(self) -> tuple[int, Steps]:
        return self.first, Steps.of(self.prepared.preprocessing, self._where)

    @classmethod
    def begin(
        cls,
        dataset: GrowingDataset,
        environment: Any,
        seed: int,
        dtype: DTypeLike | None,
        state: Mapping[str, Any] | None = None,
    ) -> Self:
        """That of a training that begins with what there is by now, or began with what a `state` of it says.

        Raises `DataError` for data that cannot be trained on, for preprocessors that leave records out, and for a state
        of other or more records.
        """
        if state is not None:
            _check_state(dataset, environment, state)
        first = dataset.there(environment) if state is None else state["first"]
        prepared = dataset.prepare(environment, seed, dtype, first)
        where = f"dataset {type(dataset).__name__}"
        split = dataset.split_component
        if split is None:
            parts: Mapping[str, Numbers] = {PARTS[0]: np.arange(first)}
        else:

            def column(name: str) -> Array:
                return dataset.take(slice(0, first))[name]

            parts = split.rows(Records(first, column, seed, dataset.shuffle, where))
        _check_kept(prepared.records, len(parts[PARTS[0]]), where)
        return cls(dataset, environment, seed, dtype, first, prepared, parts)

    @property
    def records_per_epoch(self) -> int:
        """How many training records an epoch has."""
        return self.dataset.records_per_epoch or len(self.parts[PARTS[0]])

    @property
    def state(self) -> dict[str, Any]:
        """What tells each epoch that has begun, as JSON values."""
        changes = [list(change) for change in self.changes]
        return {**self.first_state, "begun": self.begun, "changes": changes}

    @property
    def first_state(self) -> dict[str, Any]:
        """The same before the first epoch."""
        content = self.dataset.fingerprint(self.environment)
        return {"content": content, "first": self.first, "begun": 0, "changes": []}

    def restore(self, state: Mapping[str, Any], learnt: Fitted | None = None) -> None:
        """Go where `state` was taken, with what preprocessors had learnt by then, or learn it again.

        Raises `DataError` when that was over other records, or there are not so many any more.
        """
        _check_state(self.dataset, self.environment, state)
        self.begun = state["begun"]
        self.changes = [(epoch, count) for epoch, count in state["changes"]]
        self._learnt = (
            self._first_learnt() if learnt is None else (self.count(self.begun), Steps.of(learnt, self._where))
        )
        self._last = None

    def count(self, epoch: int) -> int:
        """How many records there were when an epoch began; of one that is to come, as far as is known."""
        place = bisect_right(self.changes, epoch, key=lambda change: change[0])
        return self.changes[place - 1][1] if place else self.first

    def enter(self, epoch: int) -> Data:
        """What an epoch has; one that has not begun yet begins now, with the records that there are."""
        if epoch > self.begun:
            count = self.dataset.count(self.environment)
            if count > self.count(self.begun):
                # Epochs that were skipped are as this one.
                self.changes = [*self.changes, (self.begun + 1, count)]
            self.begun = epoch
        return self.at(epoch)

    def at(self, epoch: int) -> Data:
        """What an epoch has, or would have if nothing came any more.

        Raises `DataError` for records that cannot be trained on.
        """
        count = self.count(epoch)
        is_whole = self.records_per_epoch == len(self.parts[PARTS[0]]) + count - self.first
        if is_whole and count == self.first:
            return self.prepared
        if self._last is not None and self._last[1] == count and (is_whole or self._last[0] == epoch):
            return self._last[2]
        data = self._made(epoch, count)
        self._last = epoch, count, data
        return data

    def _made(self, epoch: int, count: int) -> Data:
        steps = self._steps(count)
        training = self._taken(PARTS[0], self._rows(epoch, count), steps)
        _check_kept(records_of(training), self.records_per_epoch, self._where)
        if self._last is not None and self._last[1] == count:
            return evolve(self._last[2], training=training)
        known = steps.by_key
        if known == self.prepared.preprocessing:
            return evolve(self.prepared, training=training)
        validation = {name: self._taken(name, rows, steps) for name, rows in self.parts.items() if name != PARTS[0]}
        for name, part in self.dataset.load_validation(self.environment).items():
            validation[name] = self._collected(name, iter([part]), records_of(part), steps)
        return evolve(self.prepared, training=training, validation=validation, preprocessing=known)

    def _taken(self, part: str, rows: Numbers, steps: Steps) -> Sections:
        size = usual_records(self.dataset.take(rows[:1]))
        blocks = (self.dataset.take(rows[start : start + size]) for start in range(0, len(rows), size))
        return self._collected(part, blocks, len(rows), steps)

    def _collected(self, part: str, blocks: Iterator[Sections], records: int, steps: Steps) -> Sections:
        collector = InArrays(part, f"{self._where}, {part} after preprocessing", self.dtype, records)
        collector.take(steps.applied(blocks, is_training=part == PARTS[0]))
        collector.check()
        return collector.arrays(tuple(self.prepared.training))

    def _rows(self, epoch: int, count: int) -> Numbers:
        """Each of the training records as often as it goes into an epoch, and by chance some once more."""
        there = np.concatenate([self.parts[PARTS[0]], np.arange(self.first, count)])
        times, rest = divmod(self.records_per_epoch, len(there))
        chosen = np.sort(permutation(len(there), self.seed, epoch, Purpose.GROWTH)[:rest])
        return np.concatenate([*[there] * times, there[chosen]])

    def _steps(self, count: int) -> Steps:
        """What preprocessors know after so many records: they are shown what came before each epoch, one by one."""
        known, steps = self._learnt
        if known > count:
            known, steps = self._first_learnt()
        for _, further in self.changes:
            if known < further <= count:
                steps = steps.updated(_Stream(self.dataset, known, further))
                known = further
        self._learnt = known, steps
        return steps

    @property
    def _where(self) -> str:
        return f"dataset {type(self.dataset).__name__}"


@define
class _Stream:
    """Some or all sections of records from one to before another."""

    dataset: GrowingDataset
    first: int
    last: int

    def __call__(self, names: Any = None) -> Iterator[Sections]:
        for block in self.dataset.between(self.first, self.last):
            yield block if names is None else {name: block[name] for name in names}


def _check_kept(made: int, records: int, where: str) -> None:
    if made != records:
        raise DataError(
            where,
            f"preprocessors make {made} of {records} training records",
            "as many as there were, in data that grows",
            "append records as they are to be trained on, and leave out preprocessors such as filter and window",
        )


def _check_state(dataset: GrowingDataset, environment: Any, state: Mapping[str, Any]) -> None:
    where = f"dataset {type(dataset).__name__}"
    content = dataset.fingerprint(environment)
    if content != state["content"]:
        raise DataError(
            where,
            f"it is {content or 'in memory'}, and training began with {state['content'] or 'one in memory'}",
            "the records that training began with",
            "give it the folder of that training",
        )
    most = max((count for _, count in state["changes"]), default=state["first"])
    count = dataset.count(environment)
    if count < most:
        raise DataError(
            where,
            f"it has {count} records, and training has seen {most}",
            "all records that training has seen",
            "bring back the folder as it was; records in memory go with their process",
        )
