"""From the records of a dataset to data that can be trained on, in memory or on the disk, with the same numbers."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import define, field
from numpy.typing import DTypeLike

from sigma_core.data._blocks import Regular, first_of
from sigma_core.data._collecting import Collector, InArrays, InFiles
from sigma_core.data._data import Data
from sigma_core.data._finite import Finiteness
from sigma_core.data._fitted import fitted_from, fitted_state
from sigma_core.data._free_memory import free_memory
from sigma_core.data._sections import Array, Sections, check_aligned, check_known, records_of
from sigma_core.data._spool import Spool, taken
from sigma_core.data._steps import Steps
from sigma_core.data.cache import Cache, Claim, Entry, Header, pipeline_key
from sigma_core.data.splits import PARTS, Records, Rows
from sigma_core.errors import DataError
from sigma_core.events import OngoingTask

if TYPE_CHECKING:
    from sigma_core.data._dataset import Dataset

# Of the memory that is free, what data may take. What is read block by block goes to the disk beyond a gigabyte even
# where memory is plentiful: mapped from the system's file cache it is as fast, and the next run finds it there.
_SHARE = 4
_LARGE = 1 << 30


@define(eq=False)
class Preparation:
    """One preparation of a dataset: what was read, how it is split, and what the preprocessors learnt."""

    dataset: "Dataset"
    environment: Any
    seed: int
    dtype: DTypeLike | None
    folder: Callable[[], Path]
    """Where to work on the disk; asked for when there is no more room in memory."""
    limit: int | None = None
    """How many records there are to be, of data that grows; None: all."""
    where: str = field(init=False)
    budget: int = field(init=False)
    """How many bytes may be held in memory."""
    spools: dict[str, Spool] = field(factory=dict, init=False)
    """What was read, by part; `training` stands for all parts of a split."""
    rows: dict[str, Rows | None] = field(factory=dict, init=False)
    """Which of it each part has; None: all."""
    steps: Steps = field(init=False)
    counted: int = field(default=0, init=False)
    """How many records went straight to the disk."""

    @where.default
    def _where(self) -> str:
        return f"dataset {type(self.dataset).__name__}"

    @budget.default
    def _budget(self) -> int:
        if self.dataset.cache != "auto":
            return 0 if self.dataset.cache == "disk" else sys.maxsize
        budget = free_memory() // _SHARE
        return min(budget, _LARGE) if self.dataset.is_streamed else budget

    def read(self) -> None:
        """Read and check all records, split them, and have the preprocessors learn. Raises DataError."""
        dataset = self.dataset
        names = self._spooled(PARTS[0], self.where, self._blocks())
        self._split()
        for name, sections in dataset.load_validation(self.environment).items():
            if name in self.rows:
                raise DataError(
                    self.where,
                    f"{name!r} names both a part of the split and records given apart",
                    "a name that is not taken",
                )
            place = f"{self.where}, {name}"
            self.rows[name] = None
            check_known(names, self._spooled(name, place, iter([sections])), place)
        self.steps = Steps.fitted(dataset.preprocess, self._training, self.where)

    def fits(self) -> bool:
        """Whether what comes out fits into memory."""
        if self.dataset.cache == "disk":
            return False
        spool = self.spools[PARTS[0]]
        first = next(self.steps.applied(self._training(None), is_training=True), None)
        if first is None or any(getattr(one.preprocessor, "needs_all_records", False) for _, one in self.steps.steps):
            return True
        count = records_of(first)
        return sum(array.nbytes for array in first.values()) // count * spool.records <= self.budget

    def in_memory(self) -> Data:
        """The data as arrays."""
        parts = {}
        for part in self.rows:
            collector = InArrays(part, self._place(part), self.dtype, self.records(part))
            spool = self.spools.get(part, self.spools[PARTS[0]])
            for names in self._streams(spool):
                if names is not None and not self.steps.touches(names[0]) and not spool.is_on_disk:
                    (name,) = names
                    collector.keep(name, self._whole(part, spool, name))
                else:
                    collector.take(self._made(part, names))
            collector.check()
            parts[part] = collector.arrays(spool.sections)
        return self._data(parts)

    def on_disk(self, claim: Claim, description: str) -> Data:
        """The data, mapped from an entry of the cache. Raises StorageError when the disk refuses."""
        folder, stored = claim.folder(), {}
        total = sum(self.records(part) for part in self.rows)
        with ExitStack() as stack:
            task = stack.enter_context(self._task(f"preparing {self.where}", total))
            for part in self.rows:
                collector = InFiles(part, self._place(part), self.dtype, self.records(part), folder=folder)
                stack.callback(collector.close)
                spool = self.spools.get(part, self.spools[PARTS[0]])
                streams = self._streams(spool)
                for names in streams:
                    before = task.done
                    # A section of a part is so much of its records.
                    for block in self._made(part, names):
                        collector.take(iter([block]))
                        task.advance(records_of(block) // len(streams))
                    task.reach(before + self.records(part) // len(streams))
                collector.check()
                stored[part] = collector.stored(spool.sections)
        self.close()
        learnt = fitted_state(self.steps.by_key)
        return data_of(claim.publish(Header(description, stored, learnt, claim.is_private)), self.dataset)

    def close(self) -> None:
        """Forget what was read."""
        for spool in self.spools.values():
            spool.close()

    def straight_to_disk(self, claim: Claim, description: Callable[["Preparation"], str]) -> Data | None:
        """The same in one pass over the records, where nothing has to be known of all of them first; else None."""
        dataset = self.dataset
        if dataset.split is not None or dataset.brings_validation:
            return None
        blocks = self._checked(self._blocks(), self.where)
        first = next(blocks, {})
        try:
            self.steps = Steps.fitted(dataset.preprocess, lambda _: _Unread(), self.where, first)
        except _NeededError:
            return None
        if self.steps.mixes_sections:
            return None
        self.rows[PARTS[0]] = None
        collector = InFiles(PARTS[0], self._place(PARTS[0]), self.dtype, 0, folder=claim.folder())
        regular = {name: Regular() for name in first}
        count = 0
        with ExitStack() as stack:
            stack.callback(collector.close)
            for block in self._told(chain([first], blocks), f"preparing {self.where}", lambda: True):
                count += records_of(block)
                for name, array in block.items():
                    self._collect(collector, regular[name].add({name: array}))
            for made in regular.values():
                self._collect(collector, made.rest())
            collector.check()
            stored = {PARTS[0]: collector.stored(tuple(first))}
        self.counted = count
        learnt = fitted_state(self.steps.by_key)
        return data_of(claim.publish(Header(description(self), stored, learnt, claim.is_private)), dataset)

    def _collect(self, collector: Collector, blocks: Iterator[Sections]) -> None:
        collector.take({name: self.steps.single(name, array) for name, array in block.items()} for block in blocks)

    def _blocks(self) -> Iterator[Sections]:
        if self.dataset.block == "all":
            blocks = iter([self.dataset.load(self.environment)])
        else:
            size = None if self.dataset.block == "auto" else self.dataset.block
            blocks = self.dataset.blocks(self.environment, size)
        return blocks if self.limit is None else first_of(blocks, self.limit)

    def _checked(self, blocks: Iterable[Sections], where: str) -> Iterator[Sections]:
        """The same blocks, none of them empty.

        Raises DataError for those that do not fit together, at once, and for values that are not finite, in the end.
        """
        finiteness = Finiteness()
        names: list[str] | None = None
        for block in blocks:
            if names is not None and block and not records_of(block):
                continue
            check_aligned(block, where)
            if names is not None and list(block) != names:
                found = f"a block has the sections {', '.join(block)}, and others have {', '.join(names)}"
                raise DataError(where, found, "the same sections in each block")
            names = list(block)
            finiteness.see({name: array for name, array in block.items() if not self.dataset.may_miss(name)})
            yield block
        if names is None:
            raise DataError(where, "it has no records", "at least one record")
        finiteness.check(where)

    def _spooled(self, part: str, where: str, blocks: Iterator[Sections]) -> tuple[str, ...]:
        """Keep all records; the names of their sections."""
        spool = self.spools[part] = Spool(self.budget, self.folder)
        for block in self._told(self._checked(blocks, where), f"reading {where}", lambda: spool.is_on_disk):
            spool.add(block)
        return spool.sections

    def _told(self, blocks: Iterable[Sections], name: str, is_long: Callable[[], bool]) -> Iterator[Sections]:
        """The blocks, of which a task tells how far they have come as soon as there are many."""
        done = 0
        with ExitStack() as stack:
            task = None
            for block in blocks:
                yield block
                done += records_of(block)
                if task is None and is_long():
                    task = stack.enter_context(self._task(name))
                if task is not None:
                    task.reach(done)

    def _task(self, name: str, total: int | None = None) -> OngoingTask:
        if hasattr(self.environment, "task"):
            task: OngoingTask = self.environment.task(name, total=total, unit="records")
            return task
        return OngoingTask(None, 0, name)

    def _split(self) -> None:
        split, spool = self.dataset.split_component, self.spools[PARTS[0]]
        if split is None:
            self.rows[PARTS[0]] = None
            return

        def column(name: str) -> Array:
            check_known([name], spool.sections, f"{self.where}, split")
            return spool.column(name)

        records = Records(spool.records, column, self.seed, self.dataset.shuffle, self.where)
        for part, rows in split.rows(records).items():
            self.rows[part] = None if len(rows) == spool.records else rows

    def _training(self, names: Iterable[str] | None) -> Iterator[Sections]:
        return self.spools[PARTS[0]].blocks(names, self.rows[PARTS[0]])

    def _streams(self, spool: Spool) -> list[list[str] | None]:
        """Which sections to take at a time: each by itself, unless preprocessors take all of them."""
        return [None] if self.steps.mixes_sections else [[name] for name in spool.sections]

    def _made(self, part: str, names: list[str] | None) -> Iterator[Sections]:
        blocks = self.spools.get(part, self.spools[PARTS[0]]).blocks(names, self.rows[part])
        is_training = part == PARTS[0]
        return self.steps.applied(blocks, is_training=is_training, only=None if names is None else names[0])

    def _whole(self, part: str, spool: Spool, name: str) -> Array:
        rows = self.rows[part]
        column = spool.column(name)
        return column if rows is None else taken(column, rows)

    def records(self, part: str) -> int:
        """How many records were read for a part."""
        rows = self.rows[part]
        if not self.spools:
            return self.counted
        return self.spools.get(part, self.spools[PARTS[0]]).records if rows is None else len(rows)

    def _place(self, part: str) -> str:
        return f"{self.where}, {part} after preprocessing" if self.steps.steps else f"{self.where}, {part}"

    def _data(self, parts: Mapping[str, Sections]) -> Data:
        rest = {name: part for name, part in parts.items() if name != PARTS[0]}
        return Data(parts[PARTS[0]], rest, self.steps.by_key, self.dataset.augment)


def prepared(
    dataset: "Dataset", environment: Any, seed: int, dtype: DTypeLike | None, limit: int | None = None
) -> Data:
    """The data of a dataset, or of its first records: out of the cache, or made and, where it is large, put there.

    What goes to the disk is claimed from when that is known, so that of several processes one makes it.
    """
    with ExitStack() as stack:
        place = _Place(dataset, environment, seed, dtype, stack, limit)
        try:
            if dataset.cache == "disk" or (dataset.cache == "auto" and dataset.is_streamed and place.may_have_it):
                place.claim()
                if dataset.cache == "auto":
                    stack.pop_all().close()  # it was not there after all, and it may be small
                    place.held = None
            work = Preparation(dataset, environment, seed, dtype, place.folder, limit)
            stack.callback(work.close)
            if place.held is not None:
                data = work.straight_to_disk(place.held, place.description)
                if data is not None:
                    return data
            work.read()
            return work.in_memory() if work.fits() else work.on_disk(place.claim(), place.description(work))
        except _FoundError as found:
            return data_of(found.entry, dataset)


class _NeededError(Exception):
    """A preprocessor learns from the records."""


class _Unread(Iterator[Sections]):
    """Records that nobody is to ask for."""

    def __next__(self) -> Sections:
        raise _NeededError


class _FoundError(Exception):
    """Another process has made the data meanwhile, or an earlier run did."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry


@define(eq=False)
class _Place:
    """Where a preparation works on the disk, claimed when it is first needed."""

    dataset: "Dataset"
    environment: Any
    seed: int
    dtype: DTypeLike | None
    stack: ExitStack
    limit: int | None = None
    held: Claim | None = None

    @cached_property
    def cache(self) -> Cache:
        return Cache.of(self.environment)

    @cached_property
    def key(self) -> str | None:
        """What it is kept under; None for what no other process may take for the same."""
        content = self.dataset.fingerprint(self.environment)
        dtype = None if self.dtype is None else str(np.dtype(self.dtype))
        # Without a split, chance has no say.
        seed = None if self.dataset.split is None else self.seed
        return pipeline_key(self.dataset, content, self.environment, seed=seed, dtype=dtype, limit=self.limit)

    @property
    def may_have_it(self) -> bool:
        """Whether the cache has the data, or somebody may be about to put it there."""
        return self.key is not None and (self.cache.path_of(self.key).is_dir() or bool(self.cache.leftovers(self.key)))

    def claim(self) -> Claim:
        """Have the place for this process alone; raises _FoundError where the data turns out to be there."""
        if self.held is None:
            self.held = self.stack.enter_context(self.cache.claimed(self.key))
            entry = self.held.entry()
            if entry is not None:
                raise _FoundError(entry)
        return self.held

    def folder(self) -> Path:
        """A folder to work in."""
        return self.claim().folder()

    def description(self, work: Preparation) -> str:
        """What lists of the cache say."""
        sizes = ", ".join(f"{part} {work.records(part):,}" for part in work.rows)
        return f"{type(self.dataset).__name__}: {sizes} records"


def data_of(entry: Entry, dataset: "Dataset") -> Data:
    """The data of an entry of the cache."""
    parts = dict(entry.parts)
    fitted = fitted_from(dataset.preprocess, entry.header.preprocessing)
    return Data(parts.pop(PARTS[0]), parts, fitted, dataset.augment)
