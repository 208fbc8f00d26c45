"""tar (POSIX.1-2001, pax)."""

import io
import tarfile
from collections.abc import Iterator
from functools import partial
from threading import Lock
from typing import BinaryIO, ClassVar, cast

from attrs import frozen

from sigma_core.extend import ArchiveFormat, Member

# Where old and new headers say that they are of a tar.
_MAGIC, _PLACE = b"ustar", 257


@frozen
class Tar(ArchiveFormat):
    """Tar files; those that are compressed as well are decompressed before."""

    faults: ClassVar[tuple[type[Exception], ...]] = (
        tarfile.TarError,
        IndexError,
        OverflowError,
        RuntimeError,
        ValueError,
    )

    def recognises(self, stream: BinaryIO) -> bool:
        """By the mark in its first header."""
        stream.seek(_PLACE)
        return stream.read(len(_MAGIC)) == _MAGIC

    def members(self, stream: BinaryIO) -> Iterator[Member]:
        """Its entries, of which plain files alone can be read."""
        lock = Lock()
        archive = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115  # the stream is not its own
        for entry in archive:
            if entry.size < 0:  # older libraries would go back by so much, for ever
                raise tarfile.ReadError(f"member {entry.name!r} has {entry.size} bytes")
            opened = partial(_opened, stream, lock, entry.offset_data, entry.size)
            if entry.isreg() and not entry.issparse():
                yield Member(entry.name, entry.size, opened)
            elif entry.isdir():
                yield Member(entry.name, 0, opened, "folder")
            else:
                yield Member(entry.name, 0, opened, "other", _what(entry))
        _check_end(stream, archive.offset)


def _check_end(stream: BinaryIO, place: int) -> None:
    """Raise where the last header is none: the library takes one that is damaged, or missing, for the end."""
    stream.seek(place)
    block = stream.read(tarfile.BLOCKSIZE)
    if not block:
        raise EOFError
    if block.strip(b"\0"):
        raise tarfile.ReadError(f"there is no header at byte {place}")


def _what(entry: tarfile.TarInfo) -> str:
    if entry.issparse():
        return "a sparse file"
    return "a link" if entry.issym() or entry.islnk() else "a device"


def _opened(stream: BinaryIO, lock: Lock, start: int, size: int) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Slice(stream, lock, start, size)))


class _Slice(io.RawIOBase):
    """Some of the bytes of a stream that others read, too."""

    def __init__(self, stream: BinaryIO, lock: Lock, start: int, size: int) -> None:
        self._stream = stream
        self._lock = lock
        self._place = start
        self._end = start + size

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer; raises `EOFError` where the stream ends before these bytes do."""
        wanted = min(len(buffer), self._end - self._place)
        if not wanted:
            return 0
        with self._lock:
            self._stream.seek(self._place)
            piece = self._stream.read(wanted)
        if not piece:
            raise EOFError
        self._place += len(piece)
        buffer[: len(piece)] = piece
        return len(piece)
