"""Bytes that are there already."""

import hashlib
import io
from typing import Any, BinaryIO

from attrs import field, frozen

from sigma_core.extend import Source
from sigma_data.sources._gzip import decompressed


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


@frozen
class Memory(Source):
    """Bytes, or a text as UTF-8, decompressed when they are those of a gzip file."""

    content: bytes | str = field(converter=_bytes, repr=False)
    name: str = "memory"
    """What messages call it."""

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the bytes."""
        return decompressed(io.BytesIO(self.content), self.describe())

    def describe(self) -> str:
        """The name."""
        return self.name

    def fingerprint(self, environment: Any = None) -> str:
        """The SHA-256 of the bytes."""
        return hashlib.sha256(self.content).hexdigest()
