"""Compressions: how single files are packed."""

from sigma_data.compressions.bzip2 import Bzip2
from sigma_data.compressions.compress import Compress
from sigma_data.compressions.gzip import Gzip
from sigma_data.compressions.xz import Xz

__all__ = ["Bzip2", "Compress", "Gzip", "Xz"]
