"""Paths of this machine, as people write them."""

from pathlib import Path

from sigma_core.extend import DataError


def expanded(path: str, where: str) -> Path:
    """The path with `~` put in full; raises `DataError` for the home of nobody."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(where, "there is no such home folder", "the path of a file", "write it in full") from error
