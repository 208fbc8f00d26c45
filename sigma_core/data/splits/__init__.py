"""Splits: which records train, which validate, which test."""

from sigma_core.data.splits._split import PARTS, Records, Rows, Split
from sigma_core.data.splits.fractions import Fractions

__all__ = ["PARTS", "Fractions", "Records", "Rows", "Split"]
