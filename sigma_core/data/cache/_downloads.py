"""What sources have fetched into the cache: a folder for each file, with its address in `about.json`."""

import json
import shutil
from contextlib import suppress
from pathlib import Path

from attrs import evolve, frozen
from filelock import FileLock, Timeout

from sigma_core.data.cache._cache import Info


@frozen
class Downloads:
    """Files that were fetched, whole or in part, each in a folder of `folder`; whoever fetches one holds its `lock`."""

    folder: Path

    def entries(self) -> list[Info]:
        """What there is, the most recently fetched first."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted((_info(path) for path in found if path.is_dir()), key=lambda info: -info.used)

    def clear(self) -> list[Info]:
        """Remove what nobody is fetching; returns it."""
        removed = []
        for info in self.entries():
            path = self.folder / info.key
            with suppress(Timeout, OSError), FileLock(path / "lock", timeout=0):
                shutil.rmtree(path, ignore_errors=True)
                removed.append(info)
        return removed


def _info(path: Path) -> Info:
    info = Info(path.name, f"download of {_address(path)}", 0, 0.0, is_in_use=False)
    with suppress(OSError):
        known = [file.stat() for file in path.iterdir() if file.name != "lock"]
        size, changed = sum(each.st_size for each in known), max((each.st_mtime for each in known), default=0.0)
        return evolve(info, bytes=size, used=changed, is_in_use=_is_fetched(path))
    return info


def _address(path: Path) -> str:
    for name in ("about.json", "part.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads((path / name).read_text("utf-8"))["address"])
    return "an address that is not known"


def _is_fetched(path: Path) -> bool:
    try:
        with FileLock(path / "lock", timeout=0):
            return False
    except (Timeout, OSError):
        return True
