"""The contracts of what files are packed in: compressions of one, and archives of several."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import BinaryIO, ClassVar, Literal

from attrs import field, frozen


@frozen
class Compression(ABC):
    """How a single file is compressed; a component of kind `compressions`, without settings.

    It is told by its first bytes, never by a name. What `open` gives may raise `EOFError` where the compressed bytes
    end early, and `faults` where they are damaged; whoever reads tells it as a `DataError`.
    """

    magic: ClassVar[bytes]
    """The first bytes of each file that is compressed so."""
    faults: ClassVar[tuple[type[Exception], ...]] = ()

    @abstractmethod
    def open(self, stream: BinaryIO) -> BinaryIO:
        """What the stream holds compressed, as a stream."""


@frozen
class Member:
    """An entry of an archive."""

    name: str
    """As the archive has it: folders and name with `/` between."""
    size: int
    """In bytes, unpacked; what the archive says, which may be a lie."""
    open: Callable[[], BinaryIO] = field(eq=False, repr=False)
    """A stream of its bytes, as long as that of the archive is open; may raise what its format's `faults` name."""
    kind: Literal["file", "folder", "other"] = "file"
    """What is neither (links, devices, encrypted files) is never read; `what` names it."""
    what: str = ""


@frozen
class ArchiveFormat(ABC):
    """How several files are packed into one; a component of kind `archives`, without settings."""

    faults: ClassVar[tuple[type[Exception], ...]] = ()
    """What it raises where an archive is damaged."""

    @abstractmethod
    def recognises(self, stream: BinaryIO) -> bool:
        """Whether a seekable stream, which is at its start, is of this format."""

    @abstractmethod
    def members(self, stream: BinaryIO) -> Iterable[Member]:
        """Its entries in their order, of a seekable stream at its start; later ones replace those of the same name.

        Several may be read at once, from several threads.
        """
