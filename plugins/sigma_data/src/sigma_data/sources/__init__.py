"""Sources: where bytes come from."""

from sigma_data.sources.file import File
from sigma_data.sources.memory import Memory

__all__ = ["File", "Memory"]
