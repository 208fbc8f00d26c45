"""What to say when there is no such file or folder."""

from pathlib import Path

from sigma_core.extend import DataError, nearest


def missing_file(path: Path, where: str) -> DataError:
    """An error that tells how far the path leads and which name there is nearest to what was asked for."""
    return _missing(path, where, "file")


def missing_folder(path: Path, where: str) -> DataError:
    """The same for a folder, or for what is none."""
    return DataError(where, "it is a file", "a folder") if path.exists() else _missing(path, where, "folder")


def _missing(path: Path, where: str, kind: str) -> DataError:
    folder = path.parent
    if not folder.is_dir():
        return DataError(where, f"there is no folder '{folder}'", f"the path of a {kind} that exists")
    close = nearest(path.name, (entry.name for entry in folder.iterdir()))
    hint = f" (nearest: {close})" if close else ""
    return DataError(where, f"there is no such {kind} in folder '{folder}'", f"the path of a {kind} that exists{hint}")
