"""bzip2 (https://sourceware.org/bzip2)."""

import bz2
from typing import BinaryIO, ClassVar, cast

from attrs import frozen

from sigma_core.extend import Compression


@frozen
class Bzip2(Compression):
    """Files as `bzip2` writes them, of one or several streams."""

    magic: ClassVar[bytes] = b"BZh"
    faults: ClassVar[tuple[type[Exception], ...]] = (ValueError,)

    def open(self, stream: BinaryIO) -> BinaryIO:
        """The decompressed bytes; damage is an `OSError` without a number."""
        return cast("BinaryIO", bz2.BZ2File(stream))
