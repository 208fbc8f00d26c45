"""What is in data: how many records, of which shapes, ranges and classes, and what is missing."""

from collections.abc import Iterable, Iterator, Mapping
from math import isnan, nan, sqrt
from typing import Any

import numpy as np
from attrs import asdict, define, field, frozen

from sigma_core.data._blocks import usual_records
from sigma_core.data._pages import Pages
from sigma_core.data._sections import Array, Sections, records_of

# More values than this are no classes; and so many of them are written in a line.
_MOST_CLASSES = 100
_WRITTEN = 8


@frozen
class SectionDescription:
    """One section of some records; `minimum` and what follows leave out what is missing, and are NaN for texts."""

    shape: tuple[int, ...]
    """Of one record."""
    dtype: str
    minimum: float
    maximum: float
    mean: float
    deviation: float
    """The standard deviation, of the population."""
    missing: int
    """How many values are NaN, or empty texts."""
    classes: Mapping[str, int] | None
    """How often each value occurs, where they are whole numbers, truth values or texts, and no more than a hundred."""

    def __str__(self) -> str:
        """In one line."""
        text = f"{self.shape} {self.dtype}"
        if not isnan(self.mean):
            text += f", {self.minimum:.4g} to {self.maximum:.4g}, mean {self.mean:.4g}, deviation {self.deviation:.4g}"
        if self.missing:
            text += f", {self.missing:,} missing"
        if self.classes is not None:
            shown = [f"{name} {count:,}" for name, count in list(self.classes.items())[:_WRITTEN]]
            more = ["..."] if len(self.classes) > _WRITTEN else []
            text += f", {len(self.classes)} classes: {', '.join([*shown, *more])}"
        return text


@frozen
class PartDescription:
    """Some records: those that train, or that validate."""

    records: int
    sections: Mapping[str, SectionDescription]

    def __str__(self) -> str:
        """A line for each section."""
        return "\n".join(f"{name}: {section}" for name, section in self.sections.items())


@frozen
class Description:
    """What is in data, part by part; as a text it tells of all parts how large they are, and of the first the rest."""

    parts: Mapping[str, PartDescription]

    def __str__(self) -> str:
        """A line with the number of records of each part, and one for each section of the first."""
        sizes = ", ".join(f"{name} {part.records}" for name, part in self.parts.items())
        return f"records: {sizes}\n{next(iter(self.parts.values()))}"

    def as_data(self) -> dict[str, Any]:
        """What JSON can hold of it; what is no number there is None."""
        told: dict[str, Any] = asdict(self)["parts"]
        for part in told.values():
            for section in part["sections"].values():
                section.update({key: None for key, value in section.items() if value != value})  # noqa: PLR0124  # NaN
        return told


def described(parts: Mapping[str, Iterable[Sections]]) -> Description:
    """The description of parts that come in blocks, of which one at a time is held."""
    return Description({name: _part(blocks) for name, blocks in parts.items()})


def walked(sections: Sections) -> Iterator[Sections]:
    """Records that are there, in blocks; what is mapped from a file is let go of when it has been looked at."""
    pages, size = Pages(sections.values()), usual_records(sections)
    for start in range(0, records_of(sections), size):
        yield {name: array[start : start + size] for name, array in sections.items()}
        pages.done(start, start + size)


def _part(blocks: Iterable[Sections]) -> PartDescription:
    summaries: dict[str, _Summary] = {}
    records = 0
    for block in blocks:
        records += records_of(block)
        for name, array in block.items():
            summaries.setdefault(name, _Summary(array)).add(array)
    return PartDescription(records, {name: summary.description() for name, summary in summaries.items()})


@define(eq=False)
class _Summary:
    """What has been seen of one section."""

    first: Array
    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    minimum: float = np.inf
    maximum: float = -np.inf
    missing: int = 0
    classes: dict[Any, int] | None = field(factory=dict)
    dtype: np.dtype = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.dtype = self.first.dtype
        if self.dtype.kind not in "biuUSO":
            self.classes = None

    def add(self, array: Array) -> None:
        """See the next records."""
        self.dtype = np.promote_types(self.dtype, array.dtype)
        if array.dtype.kind in "biuf" and array.size:
            self._add_numbers(array)
        elif array.dtype.kind in "US":
            self.missing += int((array == np.zeros((), array.dtype)).sum())
        self._count(array)

    def _add_numbers(self, array: Array) -> None:
        if array.dtype.kind == "f" and not np.isfinite(array.sum()):
            is_there = ~np.isnan(array)
            self.missing += int(array.size - is_there.sum())
            array = array[is_there]
            if not array.size:
                return
        # Chan, Golub & LeVeque (1983), as standardise has it.
        mean, squares = float(array.mean(dtype=np.float64)), float(array.var(dtype=np.float64)) * array.size
        shift, total = mean - self.mean, self.count + array.size
        self.squares += squares + shift**2 * (self.count * array.size / total)
        self.mean += shift * (array.size / total)
        self.minimum, self.maximum = min(self.minimum, float(array.min())), max(self.maximum, float(array.max()))
        self.count = total

    def _count(self, array: Array) -> None:
        # Pixels and the like take few values, too, and are no classes: those are one to a record.
        if self.classes is None or array[:1].size > 1:
            self.classes = None
            return
        try:
            values, counts = np.unique(array, return_counts=True)
        except TypeError:  # objects that have no order
            self.classes = None
            return
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            self.classes[value] = self.classes.get(value, 0) + count
        if len(self.classes) > _MOST_CLASSES:
            self.classes = None

    def description(self) -> SectionDescription:
        """What there is to say."""
        is_known = self.count > 0
        return SectionDescription(
            shape=self.first.shape[1:],
            dtype=str(self.dtype),
            minimum=self.minimum if is_known else nan,
            maximum=self.maximum if is_known else nan,
            mean=self.mean if is_known else nan,
            deviation=sqrt(self.squares / self.count) if is_known else nan,
            missing=self.missing,
            classes=None if not self.classes else {str(value): self.classes[value] for value in sorted(self.classes)},
        )
