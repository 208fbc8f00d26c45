"""The contract of datasets."""

import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve, frozen

from sigma_core.data import Array, Data, Dataset, Sections, records_of
from sigma_core.environment import Environment
from sigma_core.registry import component
from sigma_core.testing._subject import Subject, examined

# A section of the check's own: which record of the dataset each one is.
_NUMBERS = "checked_number"
_SEED = 5


def check_dataset(dataset: Dataset, environment: Any = None) -> None:
    """Hold a dataset to its contract, in an environment or in one with an empty cache.

    Checked are that it reads the same each time, as a whole and block by block, in sections that are aligned; that what
    is prepared is the same for a seed, from memory, through the disk and whatever the size of blocks, and can be
    described; that the parts of a split share no record, and have all of them together unless a preprocessor leaves
    some out; settings, as a recipe writes them; docstrings. It needs at least 4 records, and reads all of them several
    times. Raises AssertionError with what was checked, what was expected and what was found.
    """
    subject = examined("datasets", Dataset, dataset)
    if environment is not None:
        _check(subject, environment)
        return
    with tempfile.TemporaryDirectory() as folder, Environment(root=folder) as made:
        made.paths = evolve(made.paths, cache=made.paths.root / "cache")
        _check(subject, made)


def _check(subject: Subject[Dataset], environment: Any) -> None:
    dataset = subject.component
    with subject.trying("load"):
        loaded, again = dataset.load(environment), dataset.load(environment)
    _check_sections(subject, loaded)
    subject.claim(_same(loaded, again), "load, a second time", "the same records", "others")
    records = records_of(loaded)
    for size in (None, max(records // 3, 1)):
        what = f"blocks, of {size or 'any number of'} records"
        with subject.trying(what):
            blocks = list(dataset.blocks(environment, size))
        most = max((records_of(block) for block in blocks), default=0)
        subject.claim(size is None or most <= size, what, f"at most {size} records in each", f"{most} in one")
        joined = {name: np.concatenate([block[name] for block in blocks]) for name in loaded}
        subject.claim(_same(loaded, joined), what, "what load gives", "other records")
    _check_prepared(subject, environment, records)
    _check_split(subject, environment, records)


def _check_sections(subject: Subject[Dataset], loaded: Any) -> None:
    is_mapping = isinstance(loaded, Mapping) and all(isinstance(array, np.ndarray) for array in loaded.values())
    subject.claim(is_mapping and bool(loaded), "load", "arrays by section", repr(loaded))
    lengths = {name: len(array) if array.ndim else "none" for name, array in loaded.items()}
    subject.claim(len(set(lengths.values())) == 1, "load", "sections of the same number of records", lengths)
    records = records_of(loaded)
    subject.claim(records >= 4, "load", "at least 4 records", records)


def _check_prepared(subject: Subject[Dataset], environment: Any, records: int) -> None:
    dataset = subject.component
    with subject.trying("prepare"):
        first = dataset.prepare(environment, _SEED)
        first.describe()
    settings: dict[str, dict[str, Any]] = {
        "a second time": {},
        "in memory": {"cache": "memory"},
        "through the disk": {"cache": "disk"},
        "in small blocks": {"block": max(records // 5, 1)},
    }
    for what, setting in settings.items():
        with subject.trying(f"prepare, {what}"):
            other = evolve(dataset, **setting).prepare(environment, _SEED)
        subject.claim(_same_data(first, other), f"prepare, {what}", "the same data", "others")


def _check_split(subject: Subject[Dataset], environment: Any, records: int) -> None:
    dataset = subject.component
    numbered = _Numbered(
        dataset, split=(0.5, 0.25, 0.25), preprocess=dataset.preprocess, shuffle=dataset.shuffle, cache="memory"
    )
    with subject.trying("prepare, split into three parts"):
        data = numbered.prepare(environment, _SEED)
    parts = [set(part[_NUMBERS].ravel().tolist()) for part in (data.training, *data.validation.values())]
    shared = sum(map(len, parts)) - len(set.union(*parts))
    subject.claim(shared == 0, "parts of a split", "no record in two of them", f"{shared} records")
    chains = [preprocessor for chain in dataset.preprocess.values() for preprocessor in chain]
    if not any(one.is_for_training_only or getattr(one, "needs_all_records", False) for one in chains):
        found = len(set.union(*parts))
        subject.claim(found == records, "parts of a split", f"all {records} records", found)


@frozen
class _Numbered(Dataset):
    """Another dataset, with a section that numbers its records."""

    of: Dataset = component("datasets")

    def load(self, environment: Any) -> Sections:
        loaded = self.of.load(environment)
        return {**loaded, _NUMBERS: np.arange(records_of(loaded))}


def _same_data(one: Data, other: Data) -> bool:
    return (
        _same(one.training, other.training)
        and one.validation.keys() == other.validation.keys()
        and all(_same(part, other.validation[name]) for name, part in one.validation.items())
    )


def _same(one: Sections, other: Sections) -> bool:
    return one.keys() == other.keys() and all(_equal(array, other[name]) for name, array in one.items())


def _equal(one: Array, other: Array) -> bool:
    if one.dtype.kind == "O":  # sequences of unequal lengths
        return len(one) == len(other) and all(map(np.array_equal, one, other))
    # Blocks of texts are as wide as their longest one.
    is_alike = one.dtype == other.dtype or one.dtype.kind == other.dtype.kind == "U"
    return is_alike and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
