"""Compressed streams that follow on each other in one file, as parallel compressors write them."""

import io
from collections.abc import Callable
from typing import Any, BinaryIO, cast

_PIECE = 1 << 16


def joined(stream: BinaryIO, make: Callable[[], Any]) -> BinaryIO:
    """What the streams in a file hold, one after the other; `make` gives the decompressor of one.

    Zeros may stand between and behind them. Anything else has to be a whole stream, where the standard library takes
    what is none for padding, and so loses what stands behind a damaged header. Raises `EOFError` for one that ends
    early, and whatever the decompressor raises.
    """
    return cast("BinaryIO", io.BufferedReader(_Several(stream, make)))


class _Several(io.RawIOBase):
    def __init__(self, stream: BinaryIO, make: Callable[[], Any]) -> None:
        self._stream = stream
        self._make = make
        self._decompressor = make()
        self._begun = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, in part perhaps."""
        while not self._decompressor.eof or self._has_next():
            piece = b""
            if self._decompressor.needs_input:
                piece = self._begun or self._stream.read(_PIECE)
                self._begun = b""
                if not piece:
                    raise EOFError
            data = self._decompressor.decompress(piece, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)
        return 0

    def _has_next(self) -> bool:
        piece = self._decompressor.unused_data or self._stream.read(_PIECE)
        while piece and not (piece := piece.lstrip(b"\0")):
            piece = self._stream.read(_PIECE)
        if piece:
            self._begun = piece
            self._decompressor = self._make()
        return bool(piece)
