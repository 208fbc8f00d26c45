"""compress: the `.Z` files of older archives, by the algorithm of Lempel, Ziv and Welch (Welch 1984)."""

import io
from collections.abc import Iterator
from typing import BinaryIO, ClassVar, cast

from attrs import frozen

from sigma_core.extend import Compression

_CLEAR = 256
_PIECE = 1 << 16


class CompressError(Exception):
    """What is wrong with the codes."""


@frozen
class Compress(Compression):
    """Files as the `compress` of Unix writes them, called `.Z`."""

    magic: ClassVar[bytes] = b"\x1f\x9d"
    faults: ClassVar[tuple[type[Exception], ...]] = (CompressError,)

    def open(self, stream: BinaryIO) -> BinaryIO:
        """The decompressed bytes."""
        return cast("BinaryIO", io.BufferedReader(_Decompressed(stream), _PIECE))


class _Decompressed(io.RawIOBase):
    def __init__(self, stream: BinaryIO) -> None:
        self._pieces = _pieces(stream)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, in part perhaps."""
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes, in pieces. Each code stands for a text, and adds that of the code before it and one byte to the table.

    The table has at most as many bytes as came out since it was begun, which is where bombs are found.
    """
    header = stream.read(3)
    if len(header) < 3:
        raise EOFError
    most, has_clear = header[2] & 0x1F, bool(header[2] & 0x80)
    if not 9 <= most <= 16:
        raise CompressError(f"codes of {most} bits are not known")
    most = max(most, 10)  # where 9 are announced, 10 have always been written
    begun = [bytes([byte]) for byte in range(256)] + [b""] * has_clear
    table, before, width = list(begun), b"", 9
    made: list[bytes] = []
    size = 0
    while codes := _group(stream, width):
        # Where the width changes, what is left of a group is padding.
        for code in codes:
            if code == _CLEAR and has_clear:
                table, before, width = list(begun), b"", 9
                break
            text = _text(code, table, before)
            if before and len(table) < 1 << most:
                table.append(before + text[:1])
            before = text
            made.append(text)
            size += len(text)
            if len(table) == 1 << width and width < most:
                width += 1
                break
        if size >= _PIECE:
            yield b"".join(made)
            made, size = [], 0
    yield b"".join(made)


def _text(code: int, table: list[bytes], before: bytes) -> bytes:
    if code < len(table) and (before or code < _CLEAR):
        return table[code]
    if code == len(table) and before:
        # The very text that this code adds.
        return before + before[:1]
    raise CompressError(f"code {code} stands for nothing yet")


def _group(stream: BinaryIO, width: int) -> list[int]:
    """The next eight codes, which fill whole bytes; fewer at the end, none behind it."""
    content = stream.read(width)
    bits = int.from_bytes(content, "little")
    count = 8 * len(content) // width
    if bits >> count * width:
        raise EOFError
    return [bits >> place * width & (1 << width) - 1 for place in range(count)]
