"""Splits: which records train, which validate, which test."""

from sigma_core.data.splits._split import PARTS, Records, Rows, Split
from sigma_core.data.splits.blocks import Blocks
from sigma_core.data.splits.fractions import Fractions
from sigma_core.data.splits.grouped import Grouped
from sigma_core.data.splits.k_fold import KFold
from sigma_core.data.splits.nested import Nested, as_split
from sigma_core.data.splits.stratified import Stratified

__all__ = [
    "PARTS",
    "Blocks",
    "Fractions",
    "Grouped",
    "KFold",
    "Nested",
    "Records",
    "Rows",
    "Split",
    "Stratified",
    "as_split",
]
