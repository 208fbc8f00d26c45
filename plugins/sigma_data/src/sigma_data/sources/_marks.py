"""Fingerprints of sources: short texts that tell one content from another."""

from hashlib import sha256
from typing import Any


def mark(*parts: Any) -> str:
    """One text for several values; none is taken for another, however they are cut."""
    text = "".join(f"{len(str(part))}:{part}" for part in parts)
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def joint_mark(*parts: Any) -> str | None:
    """As `mark`; None when one of the values is."""
    return None if None in parts else mark(*parts)
