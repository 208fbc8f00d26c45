"""Arrays, written to files."""

import errno
import os
from pathlib import Path
from typing import IO

import numpy as np

from sigma_core.data._sections import Array
from sigma_core.errors import StorageError


def written(file: IO[bytes], array: Array) -> None:
    """Write an array to the end of an unbuffered file, in C order. Raises StorageError when the disk refuses."""
    content = memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    try:
        while content:
            content = content[file.write(content) :]
    except OSError as error:
        raise refused(Path(file.name), error) from error


def refused(path: Path, error: OSError) -> StorageError:
    """What to say when a folder of the cache cannot be written."""
    return StorageError(
        f"data cache '{path.parent.parent}'",
        f"it cannot be used: {error.strerror or error}",
        "a folder that can be written, with room for the records",
        "free some space, as with `sigma data cache clear`, or set SIGMA_CACHE to a folder of a larger disk",
    )


def flush_folder(folder: Path, *, files: bool = False) -> None:
    """Have the names in a folder, and what is in its files, on the disk; Windows opens no folders.

    Raises OSError when the disk refuses.
    """
    for path in (*(folder.iterdir() if files else ()), *(() if os.name == "nt" else (folder,))):
        descriptor = os.open(path, os.O_RDONLY if path is folder or os.name != "nt" else os.O_RDWR)
        try:
            os.fsync(descriptor)
        except OSError as error:
            # Some file systems over a network know of no such thing for folders.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(descriptor)
