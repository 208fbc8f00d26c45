"""Streams that may be compressed: gzip is told by its first two bytes, and its faults are told as data errors."""

import io
import zlib
from gzip import BadGzipFile, GzipFile
from typing import BinaryIO

from sigma_core.extend import DataError

_MAGIC = b"\x1f\x8b"


def decompressed(stream: BinaryIO, where: str) -> BinaryIO:
    """The stream, which has to be seekable and at its start, or what it holds compressed."""
    magic = stream.read(len(_MAGIC))
    stream.seek(0)
    return io.BufferedReader(_Gzip(stream, where)) if magic == _MAGIC else stream


class _Gzip(io.RawIOBase):
    """The decompressed bytes of a stream, which is closed with it."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._compressed = stream
        self._stream = GzipFile(fileobj=stream)
        self._where = where

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill the buffer; raises `DataError` when the compressed bytes end early or are damaged."""
        try:
            return self._stream.readinto(buffer)
        except EOFError as error:
            raise DataError(
                self._where,
                "its gzip data ends early",
                "a whole file",
                "copy or download it again",
            ) from error
        except (BadGzipFile, zlib.error) as error:
            raise DataError(
                self._where,
                f"its gzip data is damaged: {error}",
                "a whole file",
                "copy or download it again",
            ) from error

    def close(self) -> None:
        """Close both streams."""
        self._stream.close()
        self._compressed.close()
        super().close()
