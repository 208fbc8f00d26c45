"""What extractors accept as a source."""

from pathlib import Path
from typing import Any

from sigma_data.sources import File, Memory


def as_source(value: Any) -> Any:
    """A path becomes the source of that file, bytes a source in memory; anything else stays as it is."""
    if isinstance(value, str | Path):
        return File(value)
    return Memory(value) if isinstance(value, bytes) else value
