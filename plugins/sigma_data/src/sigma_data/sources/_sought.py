"""Streams for those who read here and there, such as archives and columnar files."""

import tempfile
from typing import Any, BinaryIO, cast

from sigma_core.extend import DataError, StorageError
from sigma_data.sources._environment import cache_of, ongoing

_PIECE = 1 << 20
LARGEST_SIZE = 10**12


def sought(stream: BinaryIO, where: str, environment: Any, largest: int = LARGEST_SIZE) -> BinaryIO:
    """The stream, or if it cannot be sought its content as a nameless file, which vanishes with its last user.

    Raises `DataError` for more than `largest` bytes, `StorageError` when the disk refuses them.
    """
    if stream.seekable():
        return stream
    with stream, ongoing(environment, f"unpacking of {where}", unit="bytes") as task:
        content = _nameless(where, environment)
        try:
            while piece := stream.read(_PIECE):
                task.advance(len(piece))
                check_size(task.done, largest, where)
                try:
                    content.write(piece)
                except OSError as error:
                    raise _full(where, error) from error
        except BaseException:
            content.close()
            raise
    content.seek(0)
    return content


def _nameless(where: str, environment: Any) -> BinaryIO:
    folder = cache_of(environment)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return cast("BinaryIO", tempfile.TemporaryFile(dir=folder))
    except OSError as error:
        raise _full(where, error) from error


def check_size(size: int, largest: int, where: str) -> None:
    """Raise `DataError` for more bytes than may be."""
    if size > largest:
        raise DataError(
            where,
            f"it holds {size} bytes and more when it is unpacked",
            f"at most {largest}",
            "if you trust it, raise largest_size",
        )


def _full(where: str, error: OSError) -> StorageError:
    found = f"it cannot be unpacked: {error.strerror}"
    return StorageError(where, found, remedy="make room or choose another cache folder")
