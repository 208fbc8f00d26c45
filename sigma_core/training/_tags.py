"""Words that people give runs, to find them again: a file of its own, so that a run that goes on is left alone."""

import json
from collections.abc import Iterable
from pathlib import Path

from sigma_core.errors import RunDirectoryError, SettingError
from sigma_core.training._directory import RunDirectory, no_run, write_whole

_FILE = "tags.json"
_LONGEST = 64


def tags_of(directory: Path | str) -> tuple[str, ...]:
    """The tags of a run, in the order in which they were given. Raises RunDirectoryError for a file that holds none."""
    path = Path(directory) / _FILE
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise _unreadable(path, "it holds something else")
    return tuple(found)


def set_tags(directory: Path | str, tags: Iterable[str]) -> None:
    """Give a run these tags and no others, also while it goes on.

    Raises RunDirectoryError where there is no run, SettingError for what is no tag, StorageError when the disk refuses.
    """
    path = Path(directory)
    if not RunDirectory.is_run(path):
        raise no_run(path, "it holds no run")
    wanted = list(dict.fromkeys(tags))
    for tag in wanted:
        if not isinstance(tag, str) or not tag.isprintable() or tag.strip() != tag or not 0 < len(tag) <= _LONGEST:
            raise SettingError(
                f"run {str(path)!r}, tags",
                repr(tag),
                f"a text of 1 to {_LONGEST} characters that can be seen, without space around it",
                "write it so",
            )
    write_whole(path / _FILE, json.dumps(wanted) + "\n")


def _unreadable(path: Path, found: str) -> RunDirectoryError:
    return RunDirectoryError(
        str(path), f"it cannot be read: {found}", "a list of texts in JSON", "remove it, or give the run its tags anew"
    )
