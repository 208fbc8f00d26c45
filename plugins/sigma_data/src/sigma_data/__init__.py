"""Sources, extractors, preprocessors and built-in datasets for Sigma."""

from sigma_data.datasets import MNIST, XOR, BreastCancer, Digits, Extracted, Iris, Wine
from sigma_data.extractors import CSV, IDX
from sigma_data.preprocessors import (
    Cast,
    Categories,
    Fill,
    Filter,
    Flatten,
    Map,
    Normalise,
    OneHot,
    Pad,
    Permute,
    Reshape,
    RunningNormalise,
    RunningStandardise,
    Shuffle,
    Standardise,
    Window,
)
from sigma_data.sources import File, Memory

__all__ = [
    "CSV",
    "IDX",
    "MNIST",
    "XOR",
    "BreastCancer",
    "Cast",
    "Categories",
    "Digits",
    "Extracted",
    "File",
    "Fill",
    "Filter",
    "Flatten",
    "Iris",
    "Map",
    "Memory",
    "Normalise",
    "OneHot",
    "Pad",
    "Permute",
    "Reshape",
    "RunningNormalise",
    "RunningStandardise",
    "Shuffle",
    "Standardise",
    "Window",
    "Wine",
]
