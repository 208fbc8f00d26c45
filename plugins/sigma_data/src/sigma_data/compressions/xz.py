"""xz (https://tukaani.org/xz/format.html)."""

import lzma
from typing import BinaryIO, ClassVar

from attrs import frozen

from sigma_core.extend import Compression
from sigma_data.compressions._several import joined


@frozen
class Xz(Compression):
    """Files as `xz` writes them, of one or several streams."""

    magic: ClassVar[bytes] = b"\xfd7zXZ\x00"
    faults: ClassVar[tuple[type[Exception], ...]] = (lzma.LZMAError,)

    def open(self, stream: BinaryIO) -> BinaryIO:
        """The decompressed bytes."""
        return joined(stream, lzma.LZMADecompressor)
