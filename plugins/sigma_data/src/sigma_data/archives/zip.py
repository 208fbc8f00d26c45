"""zip (APPNOTE.TXT of PKWARE)."""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, ClassVar

from attrs import frozen

from sigma_core.extend import ArchiveFormat, Member

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # the second is that of an archive without members
_LAST, _MOST = struct.Struct("<4s6xH10x"), 0xFFFF
_ENCRYPTED = 0x1
_ON_UNIX = 3


@frozen
class Zip(ArchiveFormat):
    """Zip files: stored, deflated, or compressed by bzip2 or LZMA; not encrypted ones."""

    faults: ClassVar[tuple[type[Exception], ...]] = (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,  # a compression that is not known
        # What damaged headers lead to.
        IndexError,
        RuntimeError,
        ValueError,
        struct.error,
    )

    def recognises(self, stream: BinaryIO) -> bool:
        """By its first bytes."""
        return stream.read(4) in _MAGIC

    def members(self, stream: BinaryIO) -> Iterator[Member]:
        """Its entries; whoever made it on Unix may have put links and devices into it."""
        # Closed with its stream, which is not its own.
        archive = zipfile.ZipFile(stream)
        _check_count(stream, archive)
        for entry in archive.infolist():
            mode = entry.external_attr >> 16 if entry.create_system == _ON_UNIX else 0
            opened = partial(archive.open, entry)
            if entry.is_dir():
                yield Member(entry.filename, 0, opened, "folder")
            elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield Member(entry.filename, 0, opened, "other", "a link" if stat.S_ISLNK(mode) else "a device")
            elif entry.flag_bits & _ENCRYPTED:
                yield Member(entry.filename, entry.file_size, opened, "other", "encrypted")
            else:
                yield Member(entry.filename, entry.file_size, opened)


def _check_count(stream: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Raise where the last record counts other entries: the library takes what it can read of them for all."""
    stream.seek(-_LAST.size - len(archive.comment), 2)
    _, announced = _LAST.unpack(stream.read(_LAST.size))
    # Those that have more say so elsewhere, or leave the rest out.
    if announced != _MOST and announced != len(archive.filelist) & _MOST:
        raise zipfile.BadZipFile(f"it has {len(archive.filelist)} of the {announced} members that it announces")
