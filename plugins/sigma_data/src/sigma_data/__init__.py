"""Sources, extractors, preprocessors and built-in datasets for Sigma."""

from sigma_data.datasets import MNIST, XOR, BreastCancer, Digits, Extracted, Iris, Wine
from sigma_data.extractors import CSV, IDX
from sigma_data.preprocessors import Cast, Flatten, Normalise, OneHot, Standardise
from sigma_data.sources import File, Memory

__all__ = [
    "CSV",
    "IDX",
    "MNIST",
    "XOR",
    "BreastCancer",
    "Cast",
    "Digits",
    "Extracted",
    "File",
    "Flatten",
    "Iris",
    "Memory",
    "Normalise",
    "OneHot",
    "Standardise",
    "Wine",
]
