"""One entry of the cache: a folder with a header and a file for each section of each part, whole or not there."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import finalize

import numpy as np
from attrs import asdict, define, frozen

from sigma_core.data._sections import Array

VERSION = 1
_HEADER = "header"
# What is compared of a file when it is opened: all of it up to this size, else samples from its beginning to its end,
# so that opening takes no longer for more records. A file that is cut short or full of holes shows in them.
_SAMPLE = 1 << 16
_SAMPLES = 256


class DamagedError(Exception):
    """An entry is not what its header says; it is removed and made again."""


@frozen
class Stored:
    """One section of one part: its file, what the bytes mean, and a hash of samples of them."""

    file: str
    dtype: str
    shape: tuple[int, ...]
    sample: str

    @property
    def bytes(self) -> int:
        """How long the file is."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


@frozen
class Header:
    """What an entry holds."""

    description: str
    """What it was made of, in one line."""
    parts: Mapping[str, Mapping[str, Stored]]
    preprocessing: Mapping[str, Any]
    """What preprocessors learnt."""
    is_private: bool = False
    """Whether it belongs to the process that made it, and goes with it."""

    @property
    def bytes(self) -> int:
        """How long its files are together."""
        return sum(stored.bytes for part in self.parts.values() for stored in part.values())

    def write(self, folder: Path) -> None:
        """Put the header into a folder; its first line is the checksum of the rest."""
        text = json.dumps({"format": "sigma-data", "version": VERSION, **asdict(self)})
        content = text.encode()
        (folder / _HEADER).write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)

    @classmethod
    def read(cls, folder: Path) -> "Header":
        """The header in a folder; raises DamagedError where there is none, or not a whole one of this version."""
        try:
            checksum, _, content = (folder / _HEADER).read_bytes().partition(b"\n")
        except OSError as error:
            raise DamagedError(f"its header cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest().encode() != checksum:
            raise DamagedError("its header has another checksum than it says")
        told = json.loads(content)
        if told.pop("format") != "sigma-data" or told.pop("version") != VERSION:
            raise DamagedError("it is of another version")
        parts = {
            part: {name: Stored(**{**stored, "shape": tuple(stored["shape"])}) for name, stored in sections.items()}
            for part, sections in told.pop("parts").items()
        }
        return cls(**told, parts=parts)


def sample_of(path: Path) -> str:
    """A hash of a file's samples. Raises OSError for one that cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = file.seek(0, 2)
        count = min(_SAMPLES, -(-size // _SAMPLE))
        for index in range(count):
            file.seek(index * _SAMPLE if size <= _SAMPLES * _SAMPLE else index * (size - _SAMPLE) // (count - 1))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


@define(eq=False)
class Entry:
    """An entry that is in use: its arrays are mapped, read only, and nobody removes it before the last one is gone."""

    header: Header
    parts: dict[str, dict[str, Array]]

    @classmethod
    def open(cls, folder: Path, release: Callable[[], object]) -> "Entry":
        """Map an entry. `release` is called once, when the last of its arrays is gone.

        Raises DamagedError for one that is not whole.
        """
        header = Header.read(folder)
        try:
            for part in header.parts.values():
                for stored in part.values():
                    _check(folder / stored.file, stored)
        except OSError as error:
            raise DamagedError(f"a file of it cannot be read: {error}") from error
        users = _Countdown(sum(map(len, header.parts.values())), release)
        parts = {
            part: {name: _mapped(folder / stored.file, stored, users) for name, stored in sections.items()}
            for part, sections in header.parts.items()
        }
        return cls(header, parts)


class _Countdown:
    """Calls a function when it has been called so many times, from any thread."""

    def __init__(self, count: int, then: Callable[[], object]) -> None:
        self._left = count
        self._then = then
        self._lock = Lock()

    def __call__(self) -> None:
        with self._lock:
            self._left -= 1
            is_last = not self._left
        if is_last:
            self._then()


def _check(path: Path, stored: Stored) -> None:
    length = path.stat().st_size
    if length != stored.bytes:
        raise DamagedError(f"{path.name} has {length} bytes and not {stored.bytes}")
    if sample_of(path) != stored.sample:
        raise DamagedError(f"{path.name} has other content than was written")


def _mapped(path: Path, stored: Stored, users: _Countdown) -> Array:
    if not stored.bytes:  # nothing that could be mapped
        users()
        return np.empty(stored.shape, stored.dtype)
    array = np.memmap(path, stored.dtype, "r", shape=stored.shape)
    # Every view of the array keeps the mapping, so that it outlives them all.
    finalize(array._mmap, users)  # type: ignore[attr-defined]  # noqa: SLF001
    return array
