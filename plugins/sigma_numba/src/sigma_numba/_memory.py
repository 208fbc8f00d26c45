"""Where the arrays of a program lie, and calls of kernels on them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from attrs import define, field

from sigma_core.extend import Storage, Value, Writer
from sigma_numba._team import team

LINE = 16
"""Elements, of eight bytes at most, in two lines of the cache."""
CHUNKS = 2
"""Chunks of a kernel for each thread."""


def prepared(function: Any, *places: tuple[np.ndarray[Any, Any], int]) -> Callable[[], None]:
    """A call of a kernel on memory that stays where it is: arrays, and bytes from where they begin."""
    table = np.array([array.ctypes.data + start for array, start in places], np.intp)
    call = partial(function, table.ctypes.data)
    call.arrays = table, places  # type: ignore[attr-defined]  # the memory lives as long as the call
    return call


def shared(
    address: int, length: int, *places: tuple[np.ndarray[Any, Any], int], line: int = LINE
) -> Callable[[], None]:
    """A call of a kernel over a range, which the team shares; the kernel by its address.

    A long range is cut into multiples of a line, so that no two threads write to one.
    """
    table = np.array([array.ctypes.data + start for array, start in places], np.intp)
    return _launched("range", address, table, _chunks(length, line), places)


def parted(address: int, count: int, *places: tuple[np.ndarray[Any, Any], int, int]) -> Callable[[], None]:
    """A call of a kernel for each part: arrays, bytes from where each begins, and bytes from one part to the next."""
    tables = np.array(
        [[array.ctypes.data + start + part * step for array, start, step in places] for part in range(count)], np.intp
    )
    rows = tables.ctypes.data + tables.strides[0] * np.arange(count, dtype=np.intp)
    return _launched("each", address, rows, _chunks(count, 1), (tables, places))


def _chunks(length: int, line: int) -> tuple[int, int, int]:
    """A length, into how long chunks it is cut, and how many they are."""
    size = team().size
    even = line if length >= CHUNKS * line * size else 1
    # More chunks than threads: whoever is held up does fewer.
    shares = CHUNKS * size if size > 1 else 1
    chunk = -(-length // (shares * even)) * even
    return length, chunk, -(-length // chunk)


def _launched(
    kind: str, address: int, given: np.ndarray[Any, Any], chunks: tuple[int, int, int], memory: Any
) -> Callable[[], None]:
    work = np.array([address, given.ctypes.data, *chunks], np.intp)
    call = partial(team().launchers[kind], work.ctypes.data)
    call.arrays = work, given, memory  # type: ignore[attr-defined]  # the memory lives as long as the call
    return call


@define(eq=False)
class Memory:
    """What kernels of a program read and write."""

    writer: Writer
    staged: dict[int, str] = field(init=False)
    """Copies of the arrays of a call, which come from anywhere, by root."""

    @staged.default
    def _staged(self) -> dict[int, str]:
        # One per program, whose kernels share them.
        known: dict[int, str] = self.writer.names.setdefault("staged", {})
        return known

    def key(self, value: Value) -> tuple[Any, ...]:
        """Equal for values that begin at the same address."""
        placement, arrangement = self.writer.placement, self.writer.arrangement
        root = arrangement.root[value.index]
        start = self._start(value)
        piece = placement.pieces.get(root.index)
        if piece is not None:
            start += piece.start * root.dtype.itemsize
            root = piece.join
        donated = placement.donated.get(root.index)
        if donated is not None:
            return "input", donated, start
        if root.index in placement.blocks:
            return "block", placement.blocks[root.index], start
        if arrangement.storage[root.index] in (Storage.BOUND, Storage.ARGUMENT):
            return "input", root.attributes["name"], start
        return "own", root.index, start

    def place(self, value: Value) -> str:
        """Source of an array and of the bytes from its beginning to the value's."""
        root = self.writer.arrangement.root[value.index]
        array = self.writer.array(root)
        if self.writer.arrangement.storage[root.index] is Storage.ARGUMENT:
            array = self._copied(root, array)
        return f"({array}, {self._start(value)})"

    def _start(self, value: Value) -> int:
        layout = self.writer.arrangement.layout
        root = self.writer.arrangement.root[value.index]
        return int(layout[value.index].ctypes.data - layout[root.index].ctypes.data)

    def _copied(self, root: Value, array: str) -> str:
        if root.index not in self.staged:
            # By number, as no argument can be called.
            name = self.staged[root.index] = f"staged_{self.writer.order[root.index]}"
            self.writer.setup.append(f"{name} = ndarray({root.shape}, {str(root.dtype)!r})")
            self.writer.body.append(f"copyto({name}, {array})")
        return self.staged[root.index]
