"""Event files of TensorBoard: records with checksums, one behind the other."""

import os
import socket
import struct
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path

from attrs import define, field
from google.protobuf.message import DecodeError
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

from sigma_monitors.exports._places import refused

_NAME = "events.out.tfevents"
# Bytes around the data of a record: its length and a checksum of that, a checksum of the data.
_HEAD, _TAIL = 12, 4


class EventFile:
    """A new event file in a folder, which is made when it is missing. Raises StorageError where the disk refuses.

    What waits is written by `flush` as whole records. tensorboardX's own writers have a thread, in which a disk that is
    full goes unnoticed, and may write over a file that was made in the same second.
    """

    def __init__(self, folder: Path) -> None:
        self._waiting = bytearray()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.path, self._file = _new(folder)
        except OSError as error:
            raise refused(folder, error) from error
        self.add(Event(file_version="brain.Event:2"))

    def add(self, event: Event) -> None:
        """Let an event wait; it happens now."""
        event.wall_time = time.time()
        data = event.SerializeToString()
        length = struct.pack("<Q", len(data))
        self._waiting += length + _checksum(length) + data + _checksum(data)

    def flush(self) -> None:
        """Write all that waits."""
        waiting, self._waiting = self._waiting, bytearray()
        rest = memoryview(waiting)
        size = self._file.tell()
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            # TensorBoard would wait for the other half.
            with suppress(OSError):
                self._file.truncate(size)
            raise refused(self.path, error) from error

    def close(self) -> None:
        """Write what waits, and close the file."""
        try:
            self.flush()
        finally:
            self._file.close()


@define
class Told:
    """What event files tell up to a step: the newest such step, what is told of that, and whether there is a graph."""

    newest: int = 0
    tags: set[str] = field(factory=set)
    has_graph: bool = False

    @classmethod
    def until(cls, step: int, folder: Path) -> "Told":
        """That of a folder. Raises StorageError for a file that cannot be read."""
        told = cls()
        for path in sorted(folder.glob(f"{_NAME}.*")):
            try:
                with path.open("rb") as file:
                    while len(head := file.read(_HEAD)) == _HEAD:
                        told.take(Event.FromString(file.read(struct.unpack("<Q", head[:8])[0])), step)
                        file.seek(_TAIL, os.SEEK_CUR)
            except OSError as error:
                raise refused(path, error) from error
            except DecodeError:
                # The rest of a file that was cut off.
                continue
        return told

    def take(self, event: Event, until: int) -> None:
        """The next event."""
        self.has_graph = self.has_graph or bool(event.graph_def)
        if event.HasField("session_log"):
            if event.step <= self.newest:
                self.newest, self.tags = max(0, event.step - 1), set()
        elif self.newest <= event.step <= until and event.summary.value:
            if event.step > self.newest:
                self.newest, self.tags = event.step, set()
            self.tags |= {value.tag for value in event.summary.value}

    @property
    def complete(self) -> int:
        """Up to which step all is told: of the newest some may be missing."""
        return max(0, self.newest - 1) if self.tags else self.newest


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))


def _new(folder: Path) -> tuple[Path, FileIO]:
    # TensorBoard reads files in the order of their names.
    began, number = f"{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}", 0
    while True:
        path = folder / f"{_NAME}.{began}.{number}"
        with suppress(FileExistsError):
            return path, FileIO(path, "x")
        number += 1
