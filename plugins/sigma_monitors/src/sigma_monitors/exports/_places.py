"""Where exports write: in the run's directory, or where they are told."""

from pathlib import Path

from sigma_core.extend import RunInfo, SettingError, StorageError

RUN = "{run}"
"""Stands for the name of the run in a path that is given."""


def place_of(name: str, path: str, run: RunInfo, default: str) -> Path:
    """The path as it was given, its `{run}` filled in; without one, `default` in the run's directory.

    Raises SettingError where there is neither.
    """
    if path:
        return Path(path.replace(RUN, run.name))
    if run.directory is None:
        raise SettingError(
            f"monitor '{name}'",
            "the run has no directory, and no path is given",
            "a run with a directory, or a path",
            f'monitors = [{{ use = "{name}", path = "..." }}]',
        )
    return Path(run.directory, default)


def refused(path: Path, error: OSError) -> StorageError:
    """The error for what the disk does not take."""
    return StorageError(
        str(path),
        f"cannot be written: {error.strerror or error}",
        "a folder that can be written, with room left",
        "free some space, or give the monitor another path; what the run keeps itself can be exported later",
    )


def strange(path: Path, found: str) -> StorageError:
    """The error for a file that is somebody else's."""
    return StorageError(
        str(path),
        found,
        "a file that this monitor has written, or none",
        "move it away, or give the monitor another path",
    )
