"""A download that survives: resumed, retried, checked, and done by one process while others wait."""

import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from sigma_core.extend import DataError, DownloadError, StorageError
from sigma_data.sources._environment import ongoing
from sigma_data.sources._http import Refused, Reply, replies

if TYPE_CHECKING:
    from sigma_data.sources.url import URL

_PIECE = 1 << 16
_LONGEST_PAUSE = 60.0
_LOOK = 0.1
_ROOM = "make room, or choose another place"
_KEPT = "about.json"
_BEGUN = "part.json"


@frozen
class Download:
    """One file on its way; `book` is the folder of what is known about it."""

    url: "URL"
    environment: Any
    name: str
    destination: Path
    book: Path

    def fetched(self) -> Path:
        """The file, whole; raises `DownloadError`, `StorageError`, and `DataError` for another file in its place."""
        if not self._is_there():
            with self._at_disk():
                for folder in (self.book, self.destination.parent):
                    folder.mkdir(parents=True, exist_ok=True)
                with self._alone():
                    if not self._is_there():
                        self._fetch()
        return self.destination

    def fetched_sum(self) -> str:
        """The SHA-256 of the file, fetched if need be."""
        self.fetched()
        return self._kept_sum() or self._noted()

    @property
    def part(self) -> Path:
        """Where the file grows."""
        return self.destination.with_name(self.destination.name + ".part")

    # What is there

    def _is_there(self) -> bool:
        if not self.destination.is_file():
            if self.destination.is_dir():
                raise DataError(self._where, f"'{self.destination}' is a folder", "the path of a file")
            return False
        if self.url.sha256:
            found = self._kept_sum() or self._noted()
            if found != self.url.sha256:
                raise DataError(
                    self._where,
                    f"the SHA-256 of '{self.destination}' is {found}, not {self.url.sha256}",
                    "the file that was asked for",
                    "remove it to have it fetched, or correct the sum",
                )
        return True

    def _kept_sum(self) -> str:
        """The sum of the file as it was noted; empty when the file is another one now."""
        known, stat = _read(self.book / _KEPT), self.destination.stat()
        is_same = [known.get("size"), known.get("changed")] == [stat.st_size, stat.st_mtime_ns]
        return str(known.get("sha256", "")) if is_same else ""

    def _noted(self) -> str:
        """The sum of the file, found anew, and noted where that can be: a cache may be for reading only."""
        with self._at_disk("read"):
            found = str(_sum_of(self.destination).hexdigest())
        with suppress(OSError):
            self.book.mkdir(parents=True, exist_ok=True)
            self._note(self.destination, found)
        return found

    def _note(self, path: Path, digest: str) -> None:
        stat = path.stat()
        about = {"address": self.url.shown, "sha256": digest, "size": stat.st_size, "changed": stat.st_mtime_ns}
        _write(self.book / _KEPT, about)

    # Fetching

    def _fetch(self) -> None:
        with ongoing(self.environment, f"download of {self.name}", unit="bytes") as task:
            failed = 0
            while True:
                best = self._size()
                try:
                    return self._attempt(task)
                except OSError:
                    self._forget()  # a full disk had better have room again
                    raise
                except Refused as refused:
                    if refused.is_stale:
                        self._forget()
                    failed = 0 if self._size() > best else failed + 1
                    if refused.is_final or failed > self.url.retries:
                        raise DownloadError(
                            self._where,
                            str(refused),
                            "an address that gives the whole file",
                            refused.remedy or f"try again later, or put the file to '{self.destination}' yourself",
                        ) from refused
                    self._wait(refused, failed)

    def _wait(self, refused: Refused, failed: int) -> None:
        # Not all at once who were cut off at once.
        pause = self.url.back_off * 2 ** max(0, failed - 1) * random.uniform(0.5, 1.5)  # noqa: S311
        pause = min(max(pause, refused.pause), _LONGEST_PAUSE)
        if self.environment is not None:
            self.environment.log.info(
                "download is tried again", address=self.url.shown, reason=str(refused), seconds=round(pause, 1)
            )
        time.sleep(pause)

    def _attempt(self, task: Any) -> None:
        start = self._size()
        begun = _read(self.book / _BEGUN) if start else {}
        is_own = begun.get("address") == self.url.shown
        validator = str(begun.get("validator", "")) if is_own else ""
        if start and not (validator or self.url.sha256):
            start = 0  # nothing would tell whether the rest belongs to it
        with replies(self.url, start, validator) as reply:
            if not reply.is_rest:
                start = 0  # it gives all of it
            self._check_room((reply.total or 0) - start)
            with self.part.open("ab" if start else "wb") as file:
                _write(self.book / _BEGUN, {"address": self.url.shown, "validator": reply.validator})
                digest = _sum_of(self.part) if start else sha256()
                self._copy(reply, file, digest, start, task)
                file.flush()
                os.fsync(file.fileno())
        self._keep(digest.hexdigest(), was_resumed=start > 0)

    def _check_room(self, needed: int) -> None:
        """Raise before a disk is filled that has no room for the whole file."""
        free = shutil.disk_usage(self.part.parent).free
        if needed > free:
            raise StorageError(
                self._where,
                f"'{self.destination}' needs {needed} bytes more, and {free} are free on its disk",
                remedy=_ROOM,
            )

    def _copy(self, reply: Reply, file: Any, digest: Any, start: int, task: Any) -> None:
        done = start
        task.reach(done, reply.total)
        while piece := reply.read(_PIECE):
            file.write(piece)
            digest.update(piece)
            done += len(piece)
            task.reach(done)
        if reply.total is not None and done != reply.total:
            raise Refused(f"it broke off after {done} of {reply.total} bytes")
        if not done:
            raise Refused("it gave an empty file")

    def _keep(self, digest: str, *, was_resumed: bool) -> None:
        wanted = self.url.sha256
        if wanted and digest != wanted:
            self._forget()
            # What was begun may have been of an earlier file; what came in one piece is what there is.
            raise Refused(f"its SHA-256 is {digest}, not {wanted}", is_final=not was_resumed)
        self._note(self.part, digest)
        self.part.replace(self.destination)
        (self.book / _BEGUN).unlink(missing_ok=True)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _forget(self) -> None:
        for path in (self.part, self.book / _BEGUN):
            with suppress(OSError):
                path.unlink()

    # Order among processes

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other process fetches this file; the lock goes with its process, however that ends."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.book / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            with ongoing(self.environment, f"download of {self.name} by another process", unit="bytes") as task:
                while not lock.is_locked:
                    with suppress(Timeout):
                        lock.acquire(timeout=_LOOK, poll_interval=_LOOK)
                    task.reach(max(task.done, self._size()))
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _at_disk(self, deed: str = "written") -> Iterator[None]:
        """Faults of the disk as `StorageError`."""
        try:
            yield
        except OSError as error:
            raise StorageError(
                self._where,
                f"'{self.destination}' cannot be {deed}: {error.strerror or error}",
                remedy=_ROOM,
            ) from error

    @property
    def _where(self) -> str:
        return self.url.describe()


def _sum_of(path: Path) -> Any:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest


def _read(path: Path) -> dict[str, Any]:
    """What was noted; nothing where it cannot be read."""
    try:
        known = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(path: Path, about: dict[str, Any]) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(about), "utf-8")
    temporary.replace(path)
