"""Streams that may be compressed or come out of an archive: their faults are data errors, and bombs are refused."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, cast
from weakref import WeakKeyDictionary

from attrs import frozen

from sigma_core.extend import Compression, DataError, PluginError, StorageError
from sigma_data.compressions import Bzip2, Compress, Gzip, Xz

LARGEST_RATIO = 1000.0
"""Bytes to those that they were compressed to; more have files that are of one byte only, or bombs."""
# What has no more bytes fits anywhere, whatever its ratio.
HARMLESS = 1 << 26
_BUILT_IN = (("bzip2", Bzip2()), ("compress", Compress()), ("gzip", Gzip()), ("xz", Xz()))
WHOLE = ("a whole file", "copy or download it again")


# By registry, as long as that offers the same: a data set may be a hundred thousand files, each of which is looked at.
_known: WeakKeyDictionary[Any, tuple[Any, dict[str, tuple[tuple[str, Any], ...]]]] = WeakKeyDictionary()


def formats(environment: Any, kind: str) -> tuple[tuple[str, Any], ...]:
    """Name and object of each installed component of a kind that works, those of other distributions included."""
    registry = environment.components
    offered, known = _known.get(registry, (None, {}))
    if offered is not registry.components():
        known = {}
        _known[registry] = (registry.components(), known)
    if kind not in known:
        known[kind] = tuple(_working(registry, kind))
    return known[kind]


def _working(registry: Any, kind: str) -> Iterator[tuple[str, Any]]:
    for name in registry.names(kind):
        try:
            yield name, registry.get(kind, name)()
        except PluginError:
            continue  # blocked, or not what it should be; listings say so


def _compressions(environment: Any) -> Iterable[tuple[str, Compression]]:
    return formats(environment, "compressions") if hasattr(environment, "components") else _BUILT_IN


def decompressed(
    stream: BinaryIO, where: str, environment: Any = None, largest_ratio: float = LARGEST_RATIO
) -> BinaryIO:
    """What a stream at its start holds compressed, whatever it is called; the stream itself where it is not.

    What is decompressed cannot be sought, and the stream, which is buffered or can be sought, is closed with it.
    """
    if isinstance(stream, io.BufferedReader):
        head = stream.peek(16)
    else:
        head = stream.read(16)
        stream.seek(0)
    for name, compression in _compressions(environment):
        if head.startswith(compression.magic):
            limit = Limit(where, largest_ratio, stream.tell)
            return checked(compression.open(stream), where, name, compression.faults, limit.check, stream)
    return stream


@frozen
class Limit:
    """How much may come out of how many compressed bytes."""

    where: str
    largest_ratio: float
    taken: Callable[[], int]
    """How many compressed bytes have been read."""

    def check(self, given: int) -> None:
        """Raise `DataError` when so many bytes are too many."""
        if given <= HARMLESS:
            return
        taken = max(1, self.taken())
        if given > self.largest_ratio * taken:
            raise DataError(
                self.where,
                f"{taken} bytes of it are {given} and more when they are decompressed: it looks like a bomb",
                f"at most {self.largest_ratio:g} bytes for each",
                "if you trust it, raise largest_ratio",
            )


def checked(  # what there is to know of a stream
    stream: BinaryIO,
    where: str,
    what: str,
    faults: tuple[type[Exception], ...],
    check: Callable[[int], None],
    *owned: Any,
) -> BinaryIO:
    """The stream, with what its format raises told as `DataError`; what is `owned` is closed with it.

    `check` is told how many bytes came out so far. `what` names the format.
    """
    return cast("BinaryIO", io.BufferedReader(_Checked(stream, where, what, faults, check, owned), 1 << 16))


class _Checked(io.RawIOBase):
    def __init__(  # noqa: PLR0913, PLR0917  # as above
        self,
        stream: BinaryIO,
        where: str,
        what: str,
        faults: tuple[type[Exception], ...],
        check: Callable[[int], None],
        owned: tuple[Any, ...],
    ) -> None:
        self._stream = stream
        self._where = where
        self._what = what
        self._faults = faults
        self._check = check
        self._owned = owned
        self._given = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """How many bytes have been given."""
        return self._given

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer; raises `DataError` when the bytes end early or are damaged."""
        try:
            count = cast("io.BufferedReader", self._stream).readinto(buffer)
        except (EOFError, OSError, *self._faults) as error:
            raise damaged(self._where, self._what, error) from error
        self._given += count
        self._check(self._given)
        return count

    def close(self) -> None:
        """Close the stream, and what it was made of."""
        self._stream.close()
        for other in self._owned:
            other.close()
        super().close()


def damaged(where: str, what: str, error: Exception) -> DataError | StorageError:
    """What to say of what a format raised."""
    if isinstance(error, EOFError):
        return DataError(where, f"its {what} data ends early", *WHOLE)
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(where, error)
    return DataError(where, f"its {what} data is damaged: {str(error) or type(error).__name__}", *WHOLE)


def unreadable(where: str, error: OSError) -> StorageError:
    """The error for what the system will not let be read."""
    return StorageError(where, f"it cannot be read: {error.strerror}")
