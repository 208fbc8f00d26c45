"""Files inside an archive, read where they are: nothing is unpacked into a folder."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO
from weakref import finalize

from attrs import field, frozen

from sigma_core.extend import ArchiveFormat, DataError, Member, Source, component, fields, listed
from sigma_data.archives import Tar, Zip
from sigma_data.sources._marks import joint_mark
from sigma_data.sources._single import the_only
from sigma_data.sources._sought import LARGEST_SIZE, check_size, sought
from sigma_data.sources._streams import HARMLESS, LARGEST_RATIO, WHOLE, checked, damaged, decompressed, formats
from sigma_data.sources._text import as_source

# What Macs put into archives beside the files.
_DROSS = "__MACOSX/"


@frozen
class Archive(Source):
    """One or several files of a zip or tar archive, compressed or not: `Archive("a.tar.xz", "train/*.csv")`.

    In the text form, `a.tar.xz!train/*.csv`. Members are read in place, and decompressed when they are compressed.
    Those that are chosen have to be plain files: links, devices, encrypted ones and names that lead out of the archive
    are refused.
    """

    source: Source = component("sources", converter=as_source, text=as_source)
    member: str = "*"
    """The name of a member, or a pattern of names; `*` is any text, folders included."""
    format: ArchiveFormat | None = component("archives", default=None)
    """Of a component of `archives`; told by the first bytes unless it is given."""
    largest_ratio: float = fields.number(default=LARGEST_RATIO, above=0)
    """How many bytes may come out of each byte of the archive; one that gives more is refused as a bomb."""
    largest_size: int = fields.integer(default=LARGEST_SIZE, at_least=0)
    """How many bytes may come out of it in all."""

    def parts(self, environment: Any = None) -> Sequence[Source]:
        """A source for each file, sorted by name.

        Raises `DataError` when there is none, when one of them is no plain file or may not be trusted, and when the
        archive is damaged or of no format that is known; `StorageError` when the disk refuses what has to be unpacked.
        """
        opened = self._opened(environment)
        chosen = self._chosen(opened.members)
        self._check_sizes([opened.members[name] for name in chosen], opened.size)
        return tuple(_Part(self, name, opened) for name in chosen)

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the file, if it is one; raises as `parts`, and `DataError` when it is several."""
        return the_only(self.parts(environment), self.describe()).open(environment)

    def describe(self) -> str:
        """The archive, and what of it."""
        chosen = "" if self.member == "*" else f", member '{self.member}'"
        return f"{self.source.describe()}{chosen}"

    def fingerprint(self, environment: Any = None) -> str | None:
        """That of the archive, with the members that are chosen."""
        return joint_mark("archive", self.source.fingerprint(environment), self.member)

    def _opened(self, environment: Any) -> "_Opened":
        stream = sought(self.source.open(environment), self.source.describe(), environment, self.largest_size)
        try:
            return self._read(stream, environment)
        except BaseException:
            stream.close()
            raise

    def _read(self, stream: BinaryIO, environment: Any) -> "_Opened":
        where = self.source.describe()
        name, layout = self._layout(stream, environment)
        stream.seek(0)
        try:
            found = list(layout.members(stream))
        except (EOFError, OSError, *layout.faults) as error:
            raise damaged(where, name, error) from error
        members = {member.name.removeprefix("./"): member for member in found if member.kind != "folder"}
        return _Opened(stream, name, layout.faults, members, stream.seek(0, 2))

    def _layout(self, stream: BinaryIO, environment: Any) -> tuple[str, ArchiveFormat]:
        if self.format is not None:
            return type(self.format).__name__.lower(), self.format
        known = dict(formats(environment, "archives")) if hasattr(environment, "components") else _BUILT_IN
        for name, layout in known.items():
            stream.seek(0)
            if layout.recognises(stream):
                return name, layout
        raise DataError(
            self.source.describe(),
            "it is no archive" if stream.seek(0, 2) else "it is empty",
            f"one of {listed(known)}",
            "name its format if it is one, or leave out the member",
        )

    def _chosen(self, members: dict[str, Member]) -> list[str]:
        if self.member in members:
            chosen = [self.member]
        else:
            dross = not self.member.startswith(_DROSS)
            chosen = [
                name
                for name in sorted(members)
                if fnmatchcase(name, self.member) and not (dross and name.startswith(_DROSS))
            ]
        where = self.source.describe()
        if not members:
            raise DataError(where, "it has no files in it", "an archive of files")
        if not chosen:
            expected = f"one of {listed(members, self.member)}"
            raise DataError(where, f"no member is called or matches '{self.member}'", expected)
        for name in chosen:
            _check_name(name, f"{where}, member '{name}'")
            if members[name].kind != "file":
                raise DataError(
                    f"{where}, member '{name}'",
                    f"it is {members[name].what}",
                    "a plain file",
                    "choose members that are files",
                )
        return chosen

    def _check_sizes(self, members: list[Member], packed: int) -> None:
        size = sum(member.size for member in members)
        check_size(size, self.largest_size, self.describe())
        if size > HARMLESS and size > self.largest_ratio * packed:
            raise DataError(
                self.describe(),
                f"its {packed} bytes are {size} when they are unpacked: it looks like a bomb",
                f"at most {self.largest_ratio:g} bytes for each",
                "if you trust it, raise largest_ratio",
            )


_BUILT_IN = {"tar": Tar(), "zip": Zip()}


class _Opened:
    """An archive that is open as long as anybody has one of its members."""

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        faults: tuple[type[Exception], ...],
        members: dict[str, Member],
        size: int,
    ) -> None:
        self.name = name
        self.faults = faults
        self.members = members
        self.size = size
        finalize(self, stream.close)


@frozen
class _Part(Source):
    """One file of an archive."""

    archive: Archive
    name: str
    opened: _Opened = field(eq=False, repr=False)

    def open(self, environment: Any = None) -> BinaryIO:
        where, opened = self.describe(), self.opened
        member = opened.members[self.name]

        def check(given: int) -> None:
            if given > member.size:
                raise DataError(where, f"it holds more than the {member.size} bytes that it announces", *WHOLE)

        try:
            stream = member.open()
        except (EOFError, OSError, *opened.faults) as error:
            raise damaged(where, opened.name, error) from error
        sound = checked(stream, where, opened.name, opened.faults, check, _Held(opened))
        return decompressed(sound, where, environment, self.archive.largest_ratio)

    def describe(self) -> str:
        return f"{self.archive.source.describe()}, member '{self.name}'"

    def location(self) -> str:
        return self.name

    def fingerprint(self, environment: Any = None) -> str | None:
        return joint_mark("member", self.archive.source.fingerprint(environment), self.name)


@frozen
class _Held:
    """Keeps an archive open while one of its members is read."""

    opened: _Opened

    def close(self) -> None:
        """Whoever is the last to let go closes it."""


def _check_name(name: str, where: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor:
        raise DataError(where, "its name leads out of the archive", "a name inside it", "do not trust this archive")
