"""xz (https://tukaani.org/xz/format.html)."""

import lzma
from typing import BinaryIO, ClassVar, cast

from attrs import frozen

from sigma_core.extend import Compression


@frozen
class Xz(Compression):
    """Files as `xz` writes them, of one or several streams."""

    magic: ClassVar[bytes] = b"\xfd7zXZ\x00"
    faults: ClassVar[tuple[type[Exception], ...]] = (lzma.LZMAError,)

    def open(self, stream: BinaryIO) -> BinaryIO:
        """The decompressed bytes."""
        return cast("BinaryIO", lzma.LZMAFile(stream))
