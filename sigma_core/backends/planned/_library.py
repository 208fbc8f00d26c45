"""The matrix library of the process, whose threads several workers share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

_lock = Lock()
# Those who share it now, and how many threads it had before the first of them; both belong to the process, as it does.
_sharing: list[int] = []
_before: dict[int, int] = {}


@contextmanager
def library_shared(workers: int) -> Iterator[None]:
    """In which so many threads call the library at the same time: no more threads than cores, one each at least.

    May be entered by several at the same time; the last one to leave gives the library its threads back.
    """
    with _lock:
        if not _sharing:
            _before.update({number: each.get_num_threads() for number, each in enumerate(_libraries())})
        _sharing.append(workers)
        _limit()
    try:
        yield
    finally:
        with _lock:
            _sharing.remove(workers)
            _limit()


def _limit() -> None:
    workers = sum(_sharing)
    for number, library in enumerate(_libraries()):
        most = _before[number]
        library.set_num_threads(max(1, min(most, cores() // workers)) if workers else most)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _libraries() -> tuple[Any, ...]:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return tuple(each for each in ThreadpoolController().lib_controllers if each.user_api == "blas")
