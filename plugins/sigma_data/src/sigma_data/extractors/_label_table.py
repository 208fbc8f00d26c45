"""Files and their labels by a table: its first column holds names of files, the second labels."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, DataError, Source, listed, nearest
from sigma_data.extractors._labels import Classes, Labelled, files_of, ordered


@frozen
class _Row:
    where: str
    name: str
    label: str


def by_table(
    sources: Sequence[Source], table: Source, environment: Any, suffixes: frozenset[str], classes: Classes
) -> Labelled:
    """The files that a table names, in its order, with the labels that it gives them.

    Names stand with or without folders and suffixes; labels are texts, which are numbered, or numbers, which stay what
    they are. A first row that names no file is a header. Raises `DataError` with the line for a file that there is not,
    for one of several of its name, and for a label that is missing or no class.
    """
    rows = _rows(table, environment)
    known = _by_name(files_of(sources, environment, suffixes))
    is_header = len(rows) > 1 and rows[0].name not in known
    rows = rows[is_header:]
    if not rows:
        raise DataError(table.describe(), "it names no file", "a row for each file: its name, its label")
    files = tuple(_file(row, known) for row in rows)
    if classes == "none":
        return Labelled(files)
    for row in rows:
        if not row.label:
            raise DataError(row.where, f"{row.name!r} has no label", "a name and a label")
    labels = [row.label for row in rows]
    if classes == "auto" and (numbers := _numbers(labels)) is not None:
        return Labelled(files, numbers)
    names = ordered(labels) if classes == "auto" else tuple(classes)
    for row in rows:
        if row.label not in names:
            raise DataError(
                row.where,
                f"{row.label!r} is no class",
                f"one of {listed(names, row.label)}",
                "name it among the classes, or mend the line",
            )
    return Labelled(files, np.array([names.index(label) for label in labels], np.int64), names)


def _rows(table: Source, environment: Any) -> list[_Row]:
    where = table.describe()
    with table.open(environment) as stream:
        try:
            text = stream.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(where, f"it is no text in UTF-8: {error.reason}", "a table in UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in text else ",", strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise DataError(f"{where}, line {reader.line_num}", f"it is no CSV: {error}", "a name and a label") from error
    return [_Row(f"{where}, line {line}", cells[0], "".join(cells[1:2])) for line, cells in rows if "".join(cells[:1])]


def _by_name(files: Sequence[Source]) -> Mapping[str, Sequence[Source]]:
    """Files by all that they may be called: with any number of their folders, with and without their suffix."""
    known: dict[str, list[Source]] = {}
    for file in files:
        parts = PurePosixPath(file.location()).parts
        names = ["/".join(parts[start:]).replace("//", "/") for start in range(len(parts))]
        stems = [str(PurePosixPath(name).with_suffix("")) for name in names]
        for name in dict.fromkeys((*names, *stems)):
            known.setdefault(name, []).append(file)
    return known


def _file(row: _Row, known: Mapping[str, Sequence[Source]]) -> Source:
    found = known.get(row.name, ())
    if not found:
        close = nearest(row.name, known)
        raise DataError(
            row.where,
            f"there is no file {row.name!r}",
            f"the name of a file of the source{f' (nearest: {close})' if close else ''}",
            "mend the line, or name the folder of the files as source",
        )
    if len(found) > 1:
        names = ", ".join(file.location() for file in found[:2])
        expected = "names with as much of their folders as tells them apart"
        raise DataError(row.where, f"{row.name!r} is the name of several files: {names}", expected)
    return found[0]


def _numbers(labels: Sequence[str]) -> Array | None:
    """Labels as numbers if all of them are; int64 where they are whole."""
    try:
        values = np.array([int(label) for label in labels], np.int64)
    except (ValueError, OverflowError):
        try:
            values = np.array([float(label) for label in labels])
        except ValueError:
            return None
    return values
