"""Extractors: sections of arrays out of bytes, or out of other records."""

from sigma_data.extractors.csv import CSV
from sigma_data.extractors.filtered import Filtered
from sigma_data.extractors.idx import IDX
from sigma_data.extractors.numpy import NumPy
from sigma_data.extractors.records import Records
from sigma_data.extractors.shifted import Shifted
from sigma_data.extractors.text import Text

__all__ = ["CSV", "IDX", "Filtered", "NumPy", "Records", "Shifted", "Text"]
