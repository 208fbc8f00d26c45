"""The way from what a URL names to a run, which must not lead out of the folder of runs."""

import os
import re
from contextlib import suppress
from pathlib import Path

from sigma_core.extend import UserError

# Drives and streams have colons; a time, which a name may hold, is no drive where there are none.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f/\\]|^[A-Za-z]:" + ("|:" if os.name == "nt" else ""))
_LONGEST = 255
"""Bytes of a name, on all usual file systems."""


class RunNameError(UserError):
    """What was given as a run's name names none of the folder."""


def guarded_run(folder: Path | str, name: str) -> Path:
    """The directory of the run of that name, directly in the folder, with all links resolved. Raises RunNameError.

    Whatever a URL holds, decoded, may be given: nothing outside of the folder is ever looked at.
    """
    fault = _fault(name)
    if fault:
        raise _refused(name, fault)
    try:
        root = Path(folder).resolve(strict=True)
        path = (root / name).resolve(strict=True)
        is_directory = path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise _refused(name, "there is none") from error
    if path == root or root not in path.parents:
        raise _refused(name, "it leads out of the folder of runs")
    if not is_directory:
        raise _refused(name, "it is no directory")
    return path


def can_be_named(path: Path) -> bool:
    """Whether a URL can name what lies in a folder of runs, so that `guarded_run` finds it there."""
    if _fault(path.name):
        return False
    # Only links can lead out, and they are few: all others need no look at the disk.
    if path.is_symlink():
        with suppress(RunNameError):
            return bool(guarded_run(path.parent, path.name))
        return False
    return True


def _fault(name: str) -> str:
    """What keeps a text from being the name of a folder, or nothing."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "it is no text"
    if length > _LONGEST:
        return f"it has {length} bytes, and no name has more than {_LONGEST}"
    if not name or name in (".", ".."):
        return "that is no name"
    if _FORBIDDEN.search(name):
        return "a separator, a drive or a control character is in it"
    return ""


def _refused(name: str, found: str) -> RunNameError:
    shown = name if len(name) <= 80 else f"{name[:60]}..."
    return RunNameError(f"run {shown!r}", found, "the name of a run of this folder", "choose one from the list of runs")
