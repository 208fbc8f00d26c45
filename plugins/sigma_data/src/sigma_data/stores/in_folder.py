"""Records in a folder, to which several processes may append."""

import json
import os
import struct
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO, Any
from uuid import uuid4
from zlib import crc32

import numpy as np
from attrs import define, field, frozen

from sigma_core.extend import DataError, Sections, StorageError
from sigma_data.stores._form import Form
from sigma_data.stores._store import Rows, Store

_VERSION = 1


@frozen
class _Commit:
    """What an append leaves behind its records: how many there are, and whether those to begin with are among them."""

    count: int = 0
    has_base: bool = False

    LAYOUT = struct.Struct("<Q?")
    SIZE = LAYOUT.size + 4

    def packed(self) -> bytes:
        """With a sum, by which one that is torn is known."""
        content = self.LAYOUT.pack(self.count, self.has_base)
        return content + crc32(content).to_bytes(4, "little")

    @classmethod
    def unpacked(cls, line: bytes) -> "_Commit | None":
        """None for one that is torn."""
        content, total = line[: cls.LAYOUT.size], line[cls.LAYOUT.size :]
        return cls(*cls.LAYOUT.unpack(content)) if crc32(content).to_bytes(4, "little") == total else None


@define
class InFolder(Store):
    """`records`, one behind the other; `commits`, a line for each append; `form.json`, what a record looks like.

    An append counts when its commit is on the disk, behind its records. What an append that broke off has left behind
    the last commit is cut off by the next one, with a warning. Appends wait for each other by the file `lock`, which
    the system frees with the process that holds it; whoever reads waits for nobody.
    """

    path: Path
    # The file excludes threads, too, but whoever waits for it looks again now and then.
    _lock: Any = field(factory=Lock, init=False, eq=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """The path is all that another process needs."""
        return InFolder, (self.path,)

    def append(self, blocks: Iterable[Sections], where: str, *, is_base: bool = False) -> int:
        """Behind what there is; on the disk when it returns."""
        with self._writing(where), self._opened("records") as records, self._opened("commits") as commits:
            last, entries = self._last()
            if is_base and last.has_base:
                return last.count
            form, count = self._form() if last.count else None, last.count
            begin = 0 if form is None else count * form.dtype.itemsize
            _cut(records, begin)
            _cut(commits, entries * _Commit.SIZE)
            try:
                for block in blocks:
                    if form is None:
                        form = Form.of(block, where)
                        self._begin(form)
                    packed = form.packed(block, where)
                    _write(records, packed)
                    count += len(packed)
                os.fsync(records.fileno())
                _write(commits, _Commit(count, last.has_base or is_base).packed())
                os.fsync(commits.fileno())
            except BaseException:
                commits.truncate(entries * _Commit.SIZE)
                records.truncate(begin)
                raise
            return count

    @property
    def count(self) -> int:
        """How many records there are. Raises `DataError` for a folder that is damaged."""
        return self._last()[0].count

    @property
    def has_base(self) -> bool:
        """Whether what it begins with has been added."""
        return self._last()[0].has_base

    def take(self, rows: Rows) -> Sections:
        """Some of the records, copied."""
        form = self._form()
        count, there = self.count, (self.path / "records").stat().st_size // form.dtype.itemsize
        if there < count:
            raise DataError(
                self._where,
                f"the file 'records' is cut short: {there} records are left of {count}",
                "a file to which records are appended alone",
                "bring it back, or begin anew in another folder",
            )
        return form.sections(np.memmap(self.path / "records", form.dtype, "r", shape=(count,))[rows])

    def fingerprint(self) -> str | None:
        """The identity that it was given when it began; None for one that has not."""
        return self._told()["identity"] if self.count else None

    @property
    def _where(self) -> str:
        return f"folder '{self.path}'"

    def _last(self) -> tuple[_Commit, int]:
        """The last whole commit, and how many there are."""
        try:
            with (self.path / "commits").open("rb") as commits:
                for number in range(commits.seek(0, os.SEEK_END) // _Commit.SIZE, 0, -1):
                    commits.seek((number - 1) * _Commit.SIZE)
                    commit = _Commit.unpacked(commits.read(_Commit.SIZE))
                    if commit is not None:
                        return commit, number
        except FileNotFoundError:
            pass
        return _Commit(), 0

    def _told(self) -> dict[str, str]:
        try:
            told = json.loads((self.path / "form.json").read_text(encoding="utf-8"))
            if told["version"] == _VERSION:
                return told
            found = f"its records are kept in version {told['version']}"
        except (OSError, ValueError, KeyError, TypeError) as error:
            found = f"'form.json' cannot be read: {type(error).__name__}: {error}"
        raise DataError(self._where, found, f"a folder of growing data, version {_VERSION}", "give another folder")

    def _form(self) -> Form:
        return Form.from_list(self._told()["sections"])

    def _begin(self, form: Form) -> None:
        """Say what a record looks like, before the first one."""
        told = {"version": _VERSION, "identity": uuid4().hex, "sections": form.as_list()}
        with (self.path / "form.json").open("w", encoding="utf-8") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        if os.name != "nt":  # Windows opens no folders
            descriptor = os.open(self.path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)

    def _opened(self, name: str) -> IO[bytes]:
        return (self.path / name).open("ab", buffering=0)

    @contextmanager
    def _writing(self, where: str) -> Iterator[None]:
        from filelock import FileLock

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with self._lock, FileLock(self.path / "lock"):
                yield
        except OSError as error:
            raise StorageError(
                f"{where}, {self._where}",
                f"nothing was appended: {error.strerror or error}",
                "a folder that can be written, with room for the records",
                "free some space or give another folder, and append them again",
            ) from error


def _cut(file: IO[bytes], size: int) -> None:
    """Cut off what an append that broke off has left."""
    rest = file.seek(0, os.SEEK_END) - size
    if rest:
        file.truncate(size)
        warnings.warn(f"'{file.name}': {rest} bytes of an append that broke off are cut off", UserWarning, stacklevel=4)


def _write(file: IO[bytes], content: bytes | np.ndarray) -> None:
    rest = memoryview(content.tobytes() if isinstance(content, np.ndarray) else content)
    while rest:
        rest = rest[file.write(rest) :]
