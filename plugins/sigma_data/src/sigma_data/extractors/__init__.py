"""Extractors: sections of arrays out of bytes, or out of other records."""

from sigma_data.extractors.arrow import Arrow
from sigma_data.extractors.csv import CSV
from sigma_data.extractors.filtered import Filtered
from sigma_data.extractors.html import HTML
from sigma_data.extractors.idx import IDX
from sigma_data.extractors.images import Images
from sigma_data.extractors.json_lines import JSONLines
from sigma_data.extractors.numpy import NumPy
from sigma_data.extractors.parquet import Parquet
from sigma_data.extractors.records import Records
from sigma_data.extractors.shifted import Shifted
from sigma_data.extractors.text import Text
from sigma_data.extractors.video import Video

__all__ = [
    "CSV",
    "HTML",
    "IDX",
    "Arrow",
    "Filtered",
    "Images",
    "JSONLines",
    "NumPy",
    "Parquet",
    "Records",
    "Shifted",
    "Text",
    "Video",
]
