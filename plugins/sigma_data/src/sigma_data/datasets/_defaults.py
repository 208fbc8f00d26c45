"""Preprocessing of the built-in datasets."""

from sigma_core.extend import Preprocessor
from sigma_data.preprocessors import Standardise


def standardised_inputs() -> dict[str, tuple[Preprocessor, ...]]:
    """Measures of different units train well when each has mean 0 and deviation 1."""
    return {"inputs": (Standardise(),)}
