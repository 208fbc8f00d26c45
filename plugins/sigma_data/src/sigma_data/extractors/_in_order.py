"""The same work on many items, by several threads."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# More do not pay: what comes out is copied by one.
_MOST = 8


def threads_of(asked: int | None) -> int:
    """How many threads: as many as are asked for, else as there are processors, up to eight."""
    return asked or min(os.cpu_count() or 1, _MOST)


def in_order(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """What a function makes of each item, in their order; no more than two a thread are under way.

    Items are taken by the caller's thread, so that they may come from streams that are not to be shared.
    """
    under_way: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="sigma-decode")
    try:
        for item in items:
            under_way.append(pool.submit(function, item))
            if len(under_way) >= 2 * threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
