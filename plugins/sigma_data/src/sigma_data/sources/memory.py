"""Bytes that are there already."""

import io
from hashlib import sha256
from typing import Any, BinaryIO

from attrs import field, frozen

from sigma_core.extend import Source
from sigma_data.sources._marks import mark
from sigma_data.sources._streams import decompressed


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


@frozen
class Memory(Source):
    """Bytes, or a text as UTF-8, decompressed when they are compressed."""

    content: bytes | str = field(converter=_bytes, repr=False)
    name: str = "memory"
    """What messages call it."""

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the bytes."""
        return decompressed(io.BytesIO(self.content), self.describe(), environment)

    def describe(self) -> str:
        """The name."""
        return self.name

    def fingerprint(self, environment: Any = None) -> str:
        """The SHA-256 of the bytes."""
        return mark("memory", sha256(self.content).hexdigest())
