"""The contract of preprocessors."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from sigma_core.data import Array, Preprocessor, RecordsPreprocessor, Sections
from sigma_core.testing._subject import Subject, examined

# How exactly what was learnt from blocks of one size is what was learnt from others.
_CLOSE = 1e-6


def check_preprocessor(preprocessor: Preprocessor | RecordsPreprocessor, records: Any = None) -> None:
    """Hold a preprocessor to its contract: of one section, or of whole records.

    `records` are raw records as it takes them, an array of shape (records, ...), or sections for one of whole records;
    by default 12 records of 3 floats. Checked are that it learns the same whatever blocks records come in, and
    does the same to them (unless it needs all at once); that it keeps their number, if it is of one section, and
    sections aligned, if of all; that it is pure; that what it learnt is plain numbers, texts and arrays, which are kept
    with a run; settings, as a recipe writes them; docstrings. Raises AssertionError with what was checked, what was
    expected and what was found.
    """
    is_of_records = isinstance(preprocessor, RecordsPreprocessor)
    subject = examined("preprocessors", RecordsPreprocessor if is_of_records else Preprocessor, preprocessor)
    table = np.random.default_rng(6).normal(2, 3, (12, 3))
    default = {"inputs": table, "targets": np.arange(12) % 3} if is_of_records else table
    given = _Given(default if records is None else records)
    untouched = given.copy()
    with subject.trying("fit"):
        state = subject.component.fit([given.records])
    _check_state(subject, state)
    with subject.trying("fit, of three blocks"):
        piecewise = subject.component.fit(given.blocks())
    with subject.trying("apply"):
        whole, again, other = (
            _Given(subject.component.apply(given.records, state)),
            _Given(subject.component.apply(given.records, state)),
            _Given(subject.component.apply(given.records, piecewise)),
        )
    subject.claim(given == untouched, "records after fit and apply", "as they were", "changed")
    subject.claim(whole == again, "apply, a second time", "the same", "something else")
    subject.claim(whole.is_close(other), "apply, after fit of three blocks", "the same as after one of all", "others")
    lengths = whole.lengths()
    expected = "aligned sections" if is_of_records else f"the {given.count} records that there were"
    is_kept = len(lengths) == 1 if is_of_records else lengths == {given.count}
    subject.claim(is_kept, "records after apply", expected, f"of lengths {sorted(lengths)}")
    if isinstance(subject.component, RecordsPreprocessor) and subject.component.needs_all_records:
        return
    with subject.trying("apply, to three blocks"):
        parts = [_Given(subject.component.apply(block, state)) for block in given.blocks()]
    subject.claim(whole == _Given.joined(parts), "apply, to three blocks", "the same as to all at once", "others")


class _Given:
    """Records of one section or of several, treated alike."""

    def __init__(self, records: Any) -> None:
        self.records = records
        self.sections: Sections = records if isinstance(records, Mapping) else {"": np.asarray(records)}

    @property
    def count(self) -> int:
        return len(next(iter(self.sections.values())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self._compare(other, lambda a, b: bool(_same(a, b)))

    __hash__ = None  # type: ignore[assignment]  # arrays have none

    def is_close(self, other: "_Given") -> bool:
        return self._compare(other, _close)

    def _compare(self, other: "_Given", is_alike: Any) -> bool:
        return self.sections.keys() == other.sections.keys() and all(
            array.shape == other.sections[name].shape and is_alike(array, other.sections[name])
            for name, array in self.sections.items()
        )

    def copy(self) -> "_Given":
        copies = {name: array.copy() for name, array in self.sections.items()}
        return _Given(copies if isinstance(self.records, Mapping) else copies[""])

    def blocks(self) -> list[Any]:
        third = max(self.count // 3, 1)
        cuts = [slice(0, third), slice(third, third + 1), slice(third + 1, None)]
        if isinstance(self.records, Mapping):
            return [{name: array[cut] for name, array in self.sections.items()} for cut in cuts]
        return [self.sections[""][cut] for cut in cuts]

    def lengths(self) -> set[int]:
        return {len(array) for array in self.sections.values()}

    @staticmethod
    def joined(parts: list["_Given"]) -> "_Given":
        names = parts[0].sections
        made = {name: np.concatenate([part.sections[name] for part in parts]) for name in names}
        return _Given(made if isinstance(parts[0].records, Mapping) else made[""])


def _same(one: Array, other: Array) -> bool:
    if one.dtype.kind == "O":  # sequences of unequal lengths
        return all(map(np.array_equal, one, other))
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _close(one: Array, other: Array) -> bool:
    if one.dtype.kind not in "fc":
        return _same(one, other)
    return np.allclose(one, other, rtol=_CLOSE, atol=_CLOSE, equal_nan=True)


def _check_state(subject: Subject[Any], state: Any) -> None:
    subject.claim(isinstance(state, Mapping), "fit", "a mapping of what was learnt", repr(state))
    for name, value in state.items():
        is_array = isinstance(value, np.ndarray | np.generic) and value.dtype.kind != "O"
        try:
            is_plain = is_array or json.loads(json.dumps(value)) == value
        except (TypeError, ValueError):
            is_plain = False
        subject.claim(is_plain, f"fit, {name!r}", "numbers, texts or an array of them", repr(value))
