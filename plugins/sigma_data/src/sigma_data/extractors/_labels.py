"""Files and their classes, by the folder that each lies in."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, DataError, Source, listed
from sigma_data.sources import Folder

Classes = tuple[str, ...] | Literal["auto", "none"]


@frozen
class Labelled:
    """Files in order, with the target of each."""

    files: tuple[Source, ...]
    targets: Array | None = None
    """Numbers of classes, int64, or numbers of the table; of shape (files,)."""
    classes: tuple[str, ...] = ()
    """Names of the classes by their numbers."""


def by_folder(sources: Sequence[Source], environment: Any, suffixes: frozenset[str], classes: Classes) -> Labelled:
    """The files of the sources, labelled by the folders that they lie in, if they lie in several or classes are given.

    Of several files, those without one of the suffixes are left out. Raises `DataError` where no file is left, for one
    that lies in no folder of a class, and for a class without files.
    """
    files = tuple(files_of(sources, environment, suffixes))
    places = [PurePosixPath(file.location()).parent for file in files]
    if classes == "none" or (classes == "auto" and len(set(places)) == 1):
        return Labelled(files)
    # Where folders tell classes, a file that lies above all of these folders belongs to none of them.
    above = [place for place in set(places) if all(place in other.parents or place == other for other in places)]
    for file, place in zip(files, places, strict=True):
        if classes == "auto" and place in above:
            raise DataError(
                file.describe(),
                "it lies in no folder of a class, as others do",
                "a folder for each class",
                'move it into one, or leave classes out of the data with classes = "none"',
            )
    if classes == "auto":
        _check_filled(sources, places)
    names = [place.name for place in places]
    known = ordered(names) if classes == "auto" else tuple(classes)
    for file, name in zip(files, names, strict=True):
        if name not in known:
            raise DataError(
                file.describe(),
                f"the folder {name!r} that it lies in is no class",
                f"one of {listed(known, name)}",
                "name it among the classes, or leave its files out",
            )
    for name in known:
        if name not in names:
            raise DataError(
                " and ".join(source.describe() for source in sources),
                f"no file lies in a folder of class {name!r}",
                "files of each class",
                "add some, or leave the class out",
            )
    return Labelled(files, np.array([known.index(name) for name in names], np.int64), known)


def files_of(sources: Sequence[Source], environment: Any, suffixes: frozenset[str]) -> list[Source]:
    """The files of the sources; of several, those that have one of the suffixes.

    Raises `DataError` where a source has none.
    """
    files: list[Source] = []
    for source in sources:
        parts = source.parts(environment)
        # What is named by itself is read, whatever it is called.
        kept = [part for part in parts if PurePosixPath(part.location()).suffix.lower() in suffixes]
        if len(parts) > 1 and not kept:
            raise DataError(
                source.describe(),
                f"none of its {len(parts)} files has a name such as those of {', '.join(sorted(suffixes)[:3])}",
                "files of a kind that can be read",
                "name another folder or pattern",
            )
        files += kept if len(parts) > 1 else parts
    return files


def ordered(names: Sequence[str]) -> tuple[str, ...]:
    """Each name once, sorted; by number where all are whole ones."""
    return tuple(sorted(set(names), key=(lambda name: (int(name), name)) if all(map(_is_whole, names)) else None))


def _is_whole(name: str) -> bool:
    return name.isascii() and name.isdecimal()


def _check_filled(sources: Sequence[Source], places: Sequence[PurePosixPath]) -> None:
    filled = {folder for place in set(places) for folder in (place, *place.parents)}
    for source in sources:
        for folder in source.folders() if isinstance(source, Folder) else ():
            if PurePosixPath(folder) not in filled:
                raise DataError(
                    source.describe(),
                    f"there is nothing to be read in its folder '{folder}'",
                    "files in the folder of each class",
                    "add some, remove the folder, or name the classes that count",
                )
