"""A crew: threads that work at the same time, and a thread that waits for them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import accumulate
from queue import SimpleQueue
from threading import Thread, current_thread
from typing import Any
from weakref import finalize

import numpy as np

from sigma_core.errors import SigmaError, WorkerFailedError, said

Task = Callable[[], Any]
_Outcome = tuple[Any, BaseException | None]


class Crew:
    """As many workers as its size: the thread that calls it, and others, which begin when they are first needed.

    `sharing` is entered while they work.
    """

    def __init__(self, size: int, sharing: Callable[[int], AbstractContextManager[None]]) -> None:
        self.size = size
        self._sharing = sharing
        self._mates: list[_Mate] = []
        self._dismiss: Callable[[], object] = _nothing

    def run(self, tasks: Sequence[Task]) -> list[Any]:
        """What each worker's task returns, in their order; the first worker's runs here.

        Waits for all of them, whatever is raised meanwhile. Then the first failure is raised, by the workers' numbers:
        an error of Sigma as it is, its place with the worker, anything else as WorkerFailedError.
        """
        mates = self._mates or self._gathered()
        interruptions: list[KeyboardInterrupt] = []
        with self._sharing(self.size):
            for mate, task in zip(mates, tasks[1:], strict=True):
                mate.tasks.put(task)
            outcomes = [_done(tasks[0]), *(mate.outcome(interruptions) for mate in mates)]
        if interruptions:
            raise interruptions[0]
        for number, (_, failure) in enumerate(outcomes, 1):
            if failure is not None:
                self._raise(failure, number)
        return [result for result, _ in outcomes]

    def dismiss(self) -> None:
        """End the threads and wait for them; the next tasks begin new ones."""
        self._mates = []
        self._dismiss()

    def _gathered(self) -> "list[_Mate]":
        self._mates = [_Mate(number) for number in range(2, self.size + 1)]
        # The threads hold no reference to this object, so that one that is merely dropped ends them, too.
        self._dismiss = finalize(self, _end, self._mates)
        return self._mates

    def _raise(self, error: BaseException, number: int) -> None:
        where = f"worker {number} of {self.size}"
        if isinstance(error, SigmaError):
            error.where = f"{where}, {error.where}"
            raise error
        if not isinstance(error, Exception):
            raise error
        raise WorkerFailedError(where, f"raised {said(error)}", worker=number) from error


class _Mate:
    """A thread with what it is given and what it gives."""

    def __init__(self, number: int) -> None:
        self.tasks: SimpleQueue[Task | None] = SimpleQueue()
        self.outcomes: SimpleQueue[_Outcome] = SimpleQueue()
        arguments = (self.tasks, self.outcomes)
        self.thread = Thread(target=_work, args=arguments, name=f"sigma-worker-{number}", daemon=True)
        self.thread.start()

    def outcome(self, interruptions: list[KeyboardInterrupt]) -> _Outcome:
        """What came of its task, waited for whatever happens: nobody who works on shared arrays is left alone."""
        while True:
            try:
                return self.outcomes.get()
            except KeyboardInterrupt as error:
                interruptions.append(error)


def _work(tasks: "SimpleQueue[Task | None]", outcomes: "SimpleQueue[_Outcome]") -> None:
    # As in the thread of the run: what overflows shows in the scores.
    with np.errstate(all="ignore"):
        while True:
            task = tasks.get()
            if task is None:
                return
            outcomes.put(_done(task))
            # Until the next one comes nothing is kept alive.
            del task


def _done(task: Task) -> _Outcome:
    try:
        return task(), None
    except BaseException as error:  # noqa: BLE001  # raised where all are waited for
        return None, error


def _end(mates: "Sequence[_Mate]") -> None:
    for mate in mates:
        mate.tasks.put(None)
    for mate in mates:
        if mate.thread is not current_thread():  # the garbage collector may run anywhere
            mate.thread.join()


def _nothing() -> None:
    """What there is to end before the first thread."""


def shares(records: int, workers: int) -> tuple[slice, ...]:
    """Which records of a batch each worker takes: as many as the others, the first ones one more; perhaps none."""
    least, more = divmod(records, workers)
    sizes = [least + (number < more) for number in range(workers)]
    ends = list(accumulate(sizes))
    return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))
