"""A folder as a file that is sent while it is made: neither memory nor the disk holds it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_PIECE = 2**20


class _Outgoing:
    """What a zip file is written to; holds only what has not been sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._place = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self._place += len(data)
        return len(data)

    def tell(self) -> int:
        return self._place

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        found, self._pieces = b"".join(self._pieces), []
        return found


def archived(folder: Path, name: str) -> Iterator[bytes]:
    """A zip file with the files of a folder, in a folder of that name in it; links and folders are left out.

    Files are opened at once, so that what is replaced meanwhile is sent as it was. Raises OSError before the first
    piece where one cannot be read.
    """
    opened: list[tuple[ZipInfo, IO[bytes]]] = []
    try:
        for path in sorted(folder.iterdir()):
            if path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            moment = max(time.gmtime(status.st_mtime)[:6], (1980, 1, 1, 0, 0, 0))
            described = ZipInfo(f"{name}/{path.name}", cast("tuple[int, int, int, int, int, int]", moment))
            # Numbers of a network hardly become smaller, and the time that would take is no use to anybody.
            described.compress_type, described.file_size = ZIP_STORED, status.st_size
            opened.append((described, path.open("rb")))
    except OSError:
        for _, stream in opened:
            stream.close()
        raise
    return _sent(opened)


def _sent(opened: list[tuple[ZipInfo, IO[bytes]]]) -> Iterator[bytes]:
    outgoing = _Outgoing()
    try:
        with ZipFile(cast("IO[bytes]", outgoing), "w") as archive:
            for described, stream in opened:
                with archive.open(described, "w", force_zip64=described.file_size > 2**31) as entry:
                    while piece := stream.read(_PIECE):
                        entry.write(piece)
                        yield outgoing.take()
        yield outgoing.take()
    finally:
        for _, stream in opened:
            stream.close()
