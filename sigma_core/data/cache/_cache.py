"""The cache: a folder of entries by key, each written aside and renamed, with locks between processes and a limit."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from attrs import define, field, frozen
from filelock import FileLock, Timeout

from sigma_core.data._writing import flush_folder, refused
from sigma_core.data.cache._entry import DamagedError, Entry, Header
from sigma_core.data.cache._sizes import bytes_of

# How long whoever wants an entry that is being made looks on before it says that it waits, in seconds.
_SILENCE = 1.0


@frozen
class Info:
    """An entry, for lists."""

    key: str
    description: str
    bytes: int
    used: float
    """When it was last opened, in seconds since 1970."""
    is_in_use: bool


@frozen
class Cache:
    """Entries in `folder`, together no larger than `limit` bytes but for those in use; least recently used go first.

    Of each entry there is a lock, `locks/<key>`, which whoever makes, opens or removes it holds; and a locked file,
    `users/<key>.<...>`, for each process that has it open. The system frees both with their process, however it ends.
    """

    folder: Path
    limit: int | None = None
    """Without one: half of what its disk has left for it."""
    log: Any = None

    @classmethod
    def of(cls, environment: Any) -> "Cache":
        """That of an environment, else one among the system's temporary files."""
        paths = getattr(environment, "paths", None)
        folder = Path(gettempdir()) / "sigma" if paths is None else Path(paths.cache)
        text = os.environ.get("SIGMA_CACHE_LIMIT")
        limit = None if text is None else bytes_of(text, "SIGMA_CACHE_LIMIT")
        return cls(folder / "data", limit, getattr(environment, "log", None))

    @contextmanager
    def claimed(self, key: str | None) -> Iterator["Claim"]:
        """Nobody else opens, makes or removes the entry meanwhile; whoever has claimed it before is waited for.

        Without a key, an entry of its own, which goes with the process. Raises StorageError for a folder that cannot
        be written.
        """
        is_private = key is None
        name = f"private-{uuid.uuid4().hex}" if key is None else key
        with self._locked(name):
            claim = Claim(self, name, is_private)
            try:
                yield claim
            finally:
                claim.abandon()

    def entries(self) -> list[Info]:
        """What there is, the most recently used first."""
        found = [self._info(path) for path in self._folders() if not path.name.startswith(".")]
        return sorted(found, key=lambda info: -info.used)

    def evict(self, room: int = 0, *, limit: int | None = None) -> list[Info]:
        """Remove what crashes left, and entries until `room` more bytes fit below the limit; returns the entries."""
        self._sweep()
        entries = self.entries()
        limit = self._limit(entries) if limit is None else limit
        excess = sum(info.bytes for info in entries) + room - limit
        removed = []
        for info in reversed(entries):
            if excess <= 0:
                break
            if self._remove(info.key):
                removed.append(info)
                excess -= info.bytes
        return removed

    def release(self, key: str, user: FileLock, *, is_private: bool) -> None:
        """An entry is no longer open here."""
        _unlock(user)
        if is_private:
            self._remove(key)

    def user_of(self, key: str) -> FileLock:
        """A file, locked, that says that this process has an entry open."""
        user = FileLock(self.folder / "users" / f"{key}.{uuid.uuid4().hex}", thread_local=False)
        with self._writable():
            (self.folder / "users").mkdir(parents=True, exist_ok=True)
            user.acquire(timeout=0)
        return user

    def path_of(self, key: str) -> Path:
        """Where an entry lies."""
        return self.folder / key

    def leftovers(self, key: str) -> list[Path]:
        """Working folders of an entry; under its lock, those of processes that are no more."""
        return list(self.folder.glob(f".{key}.*"))

    @contextmanager
    def _locked(self, key: str, timeout: float = -1) -> Iterator[None]:
        lock = FileLock(self.folder / "locks" / key, thread_local=False)
        with self._writable():
            (self.folder / "locks").mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=_SILENCE if timeout < 0 else timeout)
            except Timeout:
                if timeout >= 0:
                    raise
                if self.log is not None:
                    self.log.info("waiting for another process that prepares the same data", key=key)
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except Timeout:
            raise
        except OSError as error:
            raise refused(self.folder / "_" / "_", error) from error

    def _folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if path.is_dir() and path.name not in ("locks", "users")]

    def _info(self, path: Path) -> Info:
        try:
            header = Header.read(path)
            description = header.description
        except DamagedError as error:
            description = f"damaged: {error}"
        with suppress(OSError):
            size = sum(file.stat().st_size for file in path.iterdir())
            return Info(path.name, description, size, path.stat().st_mtime, self._is_in_use(path.name))
        return Info(path.name, description, 0, 0.0, is_in_use=False)

    def _limit(self, entries: list[Info]) -> int:
        if self.limit is not None:
            return self.limit
        with suppress(OSError):
            return (shutil.disk_usage(self.folder).free + sum(info.bytes for info in entries)) // 2
        return 0

    def _is_in_use(self, key: str) -> bool:
        in_use = False
        for path in (self.folder / "users").glob(f"{key}.*"):
            user = FileLock(path, thread_local=False)
            try:
                user.acquire(timeout=0)
            except (Timeout, OSError):
                in_use = True
            else:
                _unlock(user)  # its process is no more
        return in_use

    def _remove(self, key: str) -> bool:
        """Remove an entry, unless somebody has it."""
        with suppress(Timeout), self._locked(key, timeout=0):
            if self._is_in_use(key):
                return False
            _removed(self.path_of(key))
            return True
        return False

    def _sweep(self) -> None:
        """Remove what processes that were killed left behind."""
        for path in self._folders():
            key = path.name.removeprefix(".").partition(".")[0]
            if path.name.startswith("."):
                with suppress(Timeout), self._locked(key, timeout=0):
                    shutil.rmtree(path, ignore_errors=True)
            elif key.startswith("private-"):
                self._remove(key)


@define(eq=False)
class Claim:
    """An entry that nobody else touches for the time being: opened if it is there, else made."""

    cache: Cache
    key: str
    is_private: bool
    _working: Path | None = field(default=None, init=False)

    def entry(self) -> Entry | None:
        """The entry, if there is a whole one; what is damaged is removed."""
        folder = self.cache.path_of(self.key)
        if not folder.is_dir():
            return None
        user = self.cache.user_of(self.key)
        release: Callable[[], None] = lambda: self.cache.release(self.key, user, is_private=self.is_private)  # noqa: E731
        try:
            entry = Entry.open(folder, release)
        except DamagedError as error:
            _unlock(user)
            if self.cache.log is not None:
                self.cache.log.warning("damaged entry of the data cache removed", entry=str(folder), reason=str(error))
            _removed(folder)
            return None
        with suppress(OSError):
            os.utime(folder)  # the most recently used
        return entry

    def folder(self) -> Path:
        """A folder to write into, which becomes the entry when it is published, and is removed if it is not."""
        if self._working is None:
            for path in self.cache.leftovers(self.key):
                shutil.rmtree(path, ignore_errors=True)
            working = self.cache.folder / f".{self.key}.{uuid.uuid4().hex}"
            try:
                working.mkdir(parents=True)
            except OSError as error:
                raise refused(working / "_", error) from error
            self._working = working
        return self._working

    def publish(self, header: Header) -> Entry:
        """Make the folder the entry and open it. Raises StorageError when the disk refuses."""
        working, folder = self.folder(), self.cache.path_of(self.key)
        try:
            header.write(working)
            flush_folder(working, files=True)
            working.rename(folder)
            flush_folder(folder.parent)
        except OSError as error:
            raise refused(working / "_", error) from error
        self._working = None
        entry = self.entry()
        if entry is None:
            raise refused(working / "_", OSError("what was written is not what is read back"))
        self.cache.evict()
        return entry

    def abandon(self) -> None:
        """Remove what has been written and not published."""
        if self._working is not None:
            shutil.rmtree(self._working, ignore_errors=True)
            self._working = None


def _removed(folder: Path) -> None:
    """Remove a folder that others may look for: all at once, by its name, then what is in it."""
    trash = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    with suppress(OSError):
        folder.rename(trash)
        shutil.rmtree(trash, ignore_errors=True)


def _unlock(user: FileLock) -> None:
    user.release()
    with suppress(OSError):
        Path(user.lock_file).unlink()
