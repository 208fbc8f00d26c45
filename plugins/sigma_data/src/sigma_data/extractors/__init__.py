"""Extractors: what turns bytes into sections."""

from sigma_data.extractors.csv import CSV
from sigma_data.extractors.idx import IDX

__all__ = ["CSV", "IDX"]
