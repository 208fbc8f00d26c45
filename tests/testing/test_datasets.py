"""Datasets that break their contract are caught."""

import itertools

import numpy as np
import pytest
from attrs import frozen
from sigma_data import XOR, Filter, Window

from sigma_core import Environment
from sigma_core.extend import Dataset, RecordsPreprocessor
from sigma_core.testing import check_dataset


@frozen
class Fixed(Dataset):
    """Twelve records."""

    def load(self, environment):
        """All of them."""
        return RECORDS


@frozen
class Repeat(RecordsPreprocessor):
    """Records of which the first is one of the training part."""

    def fit(self, blocks):
        """The first record."""
        return {name: array[:1] for name, array in next(iter(blocks)).items()}

    def apply(self, sections, state):
        """That, and all records but one."""
        return {name: np.concatenate([state[name], array[1:]]) for name, array in sections.items()}


@frozen
class First(RecordsPreprocessor):
    """One record of each block."""

    def apply(self, sections, state):
        """The first."""
        return {name: array[:1] for name, array in sections.items()}


COUNT = itertools.count()
RECORDS = {"inputs": np.arange(24.0).reshape(12, 2), "targets": np.arange(12) % 3}


def dataset(load, blocks=None):
    @frozen
    class Odd(Dataset):
        """Made for a test."""

        def load(self, environment):
            """What the test reads."""
            return load()

        def blocks(self, environment, records=None):
            """The same, or what the test makes of it."""
            return blocks(records) if blocks else super().blocks(environment, records)

    return Odd()


@pytest.mark.parametrize(
    "sound",
    [
        XOR(),
        XOR(split=(0.5, 0.5), shuffle=False),
        Fixed(preprocess={"*": Filter(least=3.0)}),
        Fixed(preprocess={"*": Window(length=2)}, shuffle=False),
    ],
)
def test_datasets_that_keep_the_contract_pass(sound):
    """With preprocessors that leave records out, or join them, too."""
    check_dataset(sound)


def test_an_environment_may_be_given():
    """Its cache is where files are looked for."""
    with Environment() as environment:
        check_dataset(XOR(), environment)


def part_of(names):
    return lambda: {name: RECORDS[name] for name in names}


BROKEN = {
    "no arrays": (dataset(lambda: [1]), "load\n  expected: arrays by section\n  found:    [1]"),
    "sections that are not aligned": (
        dataset(lambda: {**RECORDS, "targets": np.arange(11)}),
        "load\n  expected: sections of the same number of records\n  found:    {'inputs': 12, 'targets': 11}",
    ),
    "too few records to check": (
        dataset(lambda: {"inputs": np.arange(3.0)}),
        "load\n  expected: at least 4 records\n  found:    3",
    ),
    "others each time": (
        dataset(lambda: {"inputs": np.arange(4.0) + next(COUNT)}),
        "load, a second time\n  expected: the same records\n  found:    others",
    ),
    "blocks too large": (
        dataset(lambda: RECORDS, lambda records: iter([RECORDS])),
        "blocks, of 4 records\n  expected: at most 4 records in each\n  found:    12 in one",
    ),
    "blocks of other records": (
        dataset(lambda: RECORDS, lambda records: iter([{name: array[:4] for name, array in RECORDS.items()}])),
        "blocks, of any number of records\n  expected: what load gives\n  found:    other records",
    ),
    "what cannot be prepared": (
        dataset(lambda: {"inputs": np.array(["a", "b", "c", "d"])}),
        (
            "prepare\n  expected: that it runs\n"
            "  found:    DataError: dataset Odd, training: section 'inputs' holds <U1 values\n"
            "  expected: numbers or booleans\n"
            "  to do:    preprocess 'inputs' into numbers, as one_hot does with categories"
        ),
    ),
}


@pytest.mark.parametrize(("broken", "message"), BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_contract_is_named(broken, message):
    """What was checked, expected and found."""
    with pytest.raises(AssertionError) as caught:
        check_dataset(broken)
    assert str(caught.value) == f"Odd, {message}"


def test_data_that_depends_on_more_than_the_seed_is_named():
    """As where a dataset has a way of its own from records to data."""

    @frozen
    class Odd(XOR):
        """Made for a test."""

        def prepare(self, environment, seed, dtype=None):
            """Other data each time."""
            return XOR(split=(0.5, 0.5)).prepare(environment, next(COUNT), dtype)

    with pytest.raises(AssertionError) as caught:
        check_dataset(Odd())
    assert str(caught.value) == "Odd, prepare, a second time\n  expected: the same data\n  found:    others"


def test_parts_that_share_records_are_named():
    """A preprocessor can bring what it saw in another part."""
    leaky = Fixed(preprocess={"*": Repeat()})
    with pytest.raises(AssertionError) as caught:
        check_dataset(leaky)
    assert str(caught.value) == ("Fixed, parts of a split\n  expected: no record in two of them\n  found:    2 records")


def test_parts_that_lack_records_are_named():
    """Unless a preprocessor is there to leave some out."""
    with pytest.raises(AssertionError) as caught:
        check_dataset(Fixed(preprocess={"*": First()}))
    assert str(caught.value) == ("Fixed, parts of a split\n  expected: all 12 records\n  found:    3")
