"""What to say when there is no such file."""

from pathlib import Path

from sigma_core.extend import DataError, nearest


def missing_file(path: Path, where: str) -> DataError:
    """An error that tells how far the path leads and which name there is nearest to what was asked for."""
    folder = path.parent
    if not folder.is_dir():
        return DataError(where, f"there is no folder '{folder}'", "the path of a file that exists")
    close = nearest(path.name, (entry.name for entry in folder.iterdir()))
    hint = f" (nearest: {close})" if close else ""
    return DataError(where, f"there is no such file in folder '{folder}'", f"the path of a file that exists{hint}")
