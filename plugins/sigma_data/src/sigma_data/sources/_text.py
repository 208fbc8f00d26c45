"""What a text means where a source is wanted."""

import glob
import re
from pathlib import Path
from typing import Any

_WEB = ("http://", "https://")
_ARCHIVE = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|z))$", re.IGNORECASE)


def as_source(value: Any) -> Any:
    """A source out of a text, a path or bytes; anything else stays as it is.

    Of a text, what stands behind the last `!` names members of an archive, and what stands before it is a text again
    (`a.zip!b.csv`). Else it is an address of the web (`https://...`), or a path of a file system that fsspec knows
    (`s3://...`), or all files of a folder (`data/`), or a pattern of files (`data/*.csv`), or a file. A file or folder
    that exists under the whole name is that. A name that ends as archives do (`a.tar.xz`) means all files in it.
    """
    from sigma_data.sources.memory import Memory

    if isinstance(value, Path):
        return _opened_up(str(value), _local(str(value)))
    if isinstance(value, str):
        return _opened_up(value, _of_text(value))
    return Memory(value) if isinstance(value, bytes) else value


def _opened_up(text: str, source: Any) -> Any:
    """All files of an archive, where the name says that it is one."""
    from sigma_data.sources.archive import Archive
    from sigma_data.sources.folder import Folder

    return Archive(source) if _ARCHIVE.search(text) and not isinstance(source, Folder) else source


def as_sources(values: Any) -> tuple[Any, ...]:
    """Each of several as `as_source`; a single one needs no brackets."""
    return tuple(map(as_source, values)) if isinstance(values, list | tuple) else (as_source(values),)


def _of_text(text: str) -> Any:
    from sigma_data.sources.archive import Archive
    from sigma_data.sources.fsspec import Fsspec
    from sigma_data.sources.url import URL

    outer, mark, member = text.rpartition("!")
    if mark and outer and member and not _exists(text):
        return Archive(_of_text(outer), member)
    if text.lower().startswith(_WEB):
        return URL(text)
    return Fsspec(text) if "://" in text else _local(text)


def _local(path: str) -> Any:
    from sigma_data.sources.file import File
    from sigma_data.sources.folder import Folder
    from sigma_data.sources.glob import Glob

    if path.endswith("/") or _is_folder(path):
        return Folder(path)
    return Glob(path) if glob.has_magic(path) and not _exists(path) else File(path)


def _is_folder(path: str) -> bool:
    return _exists(path) and Path(path).expanduser().is_dir()


def _exists(path: str) -> bool:
    try:
        return bool(path) and Path(path).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # no name that a file can have, a home of nobody
        return False
