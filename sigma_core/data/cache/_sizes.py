"""Sizes in bytes, as people write them: `20 GB`, `512 MB`."""

import re

from sigma_core.errors import SettingError

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmMgGtT]?[bB]?)")


def bytes_of(text: str, where: str) -> int:
    """The number of bytes; raises `SettingError` for what is no size."""
    match = _SIZE.fullmatch(text.strip())
    unit = match[2].upper() if match else ""
    if match is None or (unit and unit not in _UNITS and f"{unit}B" not in _UNITS):
        raise SettingError(where, f"{text!r} is no size", "a number of bytes, or such as 500 MB or 20 GB")
    return int(float(match[1]) * _UNITS.get(unit, _UNITS.get(f"{unit}B", 1)))


def in_words(size: int) -> str:
    """Three digits and a unit: `1.25 GB`."""
    for unit in ("GB", "MB", "kB"):
        if size >= _UNITS[unit.upper()]:
            return f"{size / _UNITS[unit.upper()]:.3g} {unit}"
    return f"{size} B"
