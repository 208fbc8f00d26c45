"""What data is made of, as the page shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from sigma_core.extend import DataPreview, PreviewedSection
from sigma_monitors.dashboard.panels._network import shape
from sigma_monitors.dashboard.panels._picture import picture

_MOST_LABELS = 8
_CLASSES = 40


def rows_of(described: Mapping[str, Any]) -> list[list[str]]:
    """Part, records, section, shape, kind of numbers and labels: a row for each section of each part."""
    rows = []
    for part, told in described.items():
        for place, (name, section) in enumerate(told["sections"].items()):
            # The part is said once.
            first = [part, f"{told['records']:,}"] if place == 0 else ["", ""]
            rows.append([*first, name, shape(section["shape"]), section["dtype"], _labels(section.get("labels"))])
    return rows


def _labels(labels: Sequence[str] | None) -> str:
    if not labels:
        return ""
    shown = ", ".join(label or "''" for label in map(_readable, labels[:_MOST_LABELS]))
    return f"{shown}, ... ({len(labels)})" if len(labels) > _MOST_LABELS else shown


def _readable(label: str) -> str:
    """Also of blanks and ends of lines, which are characters of a vocabulary."""
    return label if label.strip() and label.isprintable() else repr(label)


@frozen
class Share:
    """How often there is a class."""

    name: str
    count: int
    share: float
    """Of all records of the part, from 0 to 1."""
    length: float
    """Of a bar, from 0 to 1: the longest is that of the class that is most frequent."""


def balance(preview: DataPreview, labels: Mapping[str, Sequence[str] | None]) -> dict[tuple[str, str], list[Share]]:
    """By part and section, how often there is each class; `labels` are their names by section, as a run tells them."""
    found = {}
    for part, told in preview.description.items():
        for name, section in told["sections"].items():
            classes = section["classes"]
            if not classes or not 1 < len(classes) <= _CLASSES:
                continue
            every, most = sum(classes.values()), max(classes.values())
            found[part, name] = [
                Share(_named(label, labels.get(name)), count, count / every, count / most)
                for label, count in classes.items()
            ]
    return found


def _named(label: str, names: Sequence[str] | None) -> str:
    place = int(label) if label.isdecimal() else -1
    return names[place] if names and 0 <= place < len(names) else label


@frozen
class Shown:
    """A section of a record: a picture as an address, or a text."""

    section: str
    kind: str
    """`pictures`, `texts`, `labels` or `numbers`."""
    content: str


def records_of(sections: Mapping[str, PreviewedSection]) -> list[list[Shown]]:
    """The first records of a part, each with its sections."""
    count = min((len(section.records) for section in sections.values()), default=0)
    return [
        [Shown(name, section.kind, _content(section, number)) for name, section in sections.items()]
        for number in range(count)
    ]


def _content(section: PreviewedSection, number: int) -> str:
    record = section.records[number]
    if section.kind == "pictures":
        return picture(record[:, :, 0] if record.shape[2] == 1 else record)
    return str(record)
