"""Blocks of texts, of which an array takes as much memory for each as for the longest."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Record = TypeVar("Record")

# Characters in a block, those that fill up the shorter texts included.
_MOST = 1 << 22


def in_blocks(records: Iterable[Record], size: int, length: Callable[[Record], int]) -> Iterator[list[Record]]:
    """So many records at a time, or fewer where there are long ones; `length` is how many characters one has."""
    block: list[Record] = []
    longest = 0
    for record in records:
        longest = max(longest, length(record))
        if len(block) == size or (block and (len(block) + 1) * longest > _MOST):
            yield block
            block, longest = [], length(record)
        block.append(record)
    if block:
        yield block
