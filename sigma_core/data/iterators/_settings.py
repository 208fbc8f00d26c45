"""Settings that iterators share."""

from typing import Any

import numpy as np

from sigma_core.errors import SettingError


def is_count(value: Any) -> bool:
    """Whether a value is a whole number from 1."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 1)


def check_count(iterator: str, name: str, value: Any) -> None:
    """Raise SettingError unless a value is a whole number from 1."""
    if not is_count(value):
        raise SettingError(f"iterator {iterator}, {name}", repr(value), "a whole number from 1", "give such a number")


def check_block(iterator: str, name: str, value: Any) -> None:
    """Raise SettingError unless a value is a number of records or `auto`."""
    if value != "auto" and not is_count(value):
        raise SettingError(
            f"iterator {iterator}, {name}", repr(value), '"auto" or a whole number from 1', "give one of these"
        )
