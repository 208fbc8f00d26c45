"""Long kernels in parts, which other threads take from as well.

OpenBLAS's threads keep their cores busy for some time after each product, so that a loop in equal shares, one for each
core, waits for the slower one: up to thirty times as long. Here nobody waits for a thread that has not begun: each
part is taken by whoever is free, the caller among them, who does all of it where no core is left. At the end the caller
waits at most for what another is in the middle of.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

import numpy as np
from attrs import define, field

MOST = 16
"""Parts of a kernel."""
LONG = 1e7
"""Multiplications from which on it is worth it to wake others: a fifth of a millisecond."""


@define(eq=False)
class Job:
    """One call of a kernel, in parts."""

    function: Any
    waiting: Iterator[int]
    """Addresses of the tables of parts that nobody has taken; taking one is atomic."""
    done: list[None] = field(factory=list)

    def work(self) -> None:
        """Take parts until there are none."""
        for address in self.waiting:
            self.function(address)
            self.done.append(None)


@define(eq=False)
class Worker:
    """A thread that takes parts of the job of the moment."""

    awake: Any = field(factory=Lock)
    busy: Any = field(factory=Lock)
    job: Job | None = None

    def start(self) -> "Worker":
        """It ends with the process."""
        self.awake.acquire()
        Thread(target=self._run, name="sigma-numba", daemon=True).start()
        return self

    def call(self, job: Job) -> None:
        """Let it take part, when it comes to it."""
        self.job = job
        # It may have been called already, and not have begun.
        with suppress(RuntimeError):
            self.awake.release()

    def _run(self) -> None:
        while True:
            self.awake.acquire()
            job = self.job
            if job is not None:
                # Before it takes a part, so that whoever waits for that part can wait for this.
                with self.busy:
                    job.work()


_workers: list[Worker] = []


def workers() -> list[Worker]:
    """One for each core but the caller's; as many threads in all as OpenBLAS was told to use, if it was."""
    if not _workers:
        given = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        count = int(given) if given.isdecimal() else cores
        _workers.extend(Worker().start() for _ in range(min(count, MOST) - 1))
    return _workers


if hasattr(os, "register_at_fork"):
    # Threads do not live on in a child.
    os.register_at_fork(after_in_child=_workers.clear)


@define(eq=False)
class Parted:
    """A call of a kernel on memory that stays where it is, in parts."""

    function: Any
    addresses: tuple[int, ...]
    """Of the table of each part."""
    memory: Any
    """What lives as long as the call."""

    def __call__(self) -> None:
        """Run it to the end."""
        job = Job(self.function, iter(self.addresses))
        others = workers()
        for worker in others:
            worker.call(job)
        job.work()
        if len(job.done) < len(self.addresses):
            for worker in others:
                with worker.busy:
                    pass


def parted(function: Any, count: int, *places: tuple[np.ndarray[Any, Any], int, int]) -> Parted:
    """A call in so many parts: arrays, bytes from where each begins, and bytes from one part to the next."""
    tables = [
        np.array([array.ctypes.data + start + part * step for array, start, step in places], np.intp)
        for part in range(count)
    ]
    return Parted(function, tuple(table.ctypes.data for table in tables), (tables, places))


def count_of(size: int, cost: float) -> int:
    """Into how many equal parts to cut so many records, if each costs so many multiplications."""
    if size * cost < LONG:
        return 1
    return max((each for each in range(1, MOST + 1) if size % each == 0 and size * cost / each >= LONG / 4), default=1)
