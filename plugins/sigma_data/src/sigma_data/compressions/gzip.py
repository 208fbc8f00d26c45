"""gzip (RFC 1952)."""

import gzip
import zlib
from typing import BinaryIO, ClassVar, cast

from attrs import frozen

from sigma_core.extend import Compression


@frozen
class Gzip(Compression):
    """Files as `gzip` writes them, of one or several members."""

    magic: ClassVar[bytes] = b"\x1f\x8b"
    faults: ClassVar[tuple[type[Exception], ...]] = (gzip.BadGzipFile, zlib.error)

    def open(self, stream: BinaryIO) -> BinaryIO:
        """The decompressed bytes."""
        return cast("BinaryIO", gzip.GzipFile(fileobj=stream))
