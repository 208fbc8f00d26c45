"""bzip2 (https://sourceware.org/bzip2)."""

import bz2
from typing import BinaryIO, ClassVar

from attrs import frozen

from sigma_core.extend import Compression
from sigma_data.compressions._several import joined


@frozen
class Bzip2(Compression):
    """Files as `bzip2` writes them, of one or several streams."""

    magic: ClassVar[bytes] = b"BZh"
    faults: ClassVar[tuple[type[Exception], ...]] = (ValueError,)

    def open(self, stream: BinaryIO) -> BinaryIO:
        """The decompressed bytes; damage is an `OSError` without a number."""
        return joined(stream, bz2.BZ2Decompressor)
