"""Sources: where bytes come from."""

from sigma_data.sources._sought import sought
from sigma_data.sources._text import as_source, as_sources
from sigma_data.sources.archive import Archive
from sigma_data.sources.file import File
from sigma_data.sources.first_available import FirstAvailable
from sigma_data.sources.folder import Folder
from sigma_data.sources.fsspec import Fsspec
from sigma_data.sources.glob import Glob
from sigma_data.sources.memory import Memory
from sigma_data.sources.url import URL

__all__ = [
    "URL",
    "Archive",
    "File",
    "FirstAvailable",
    "Folder",
    "Fsspec",
    "Glob",
    "Memory",
    "as_source",
    "as_sources",
    "sought",
]
