"""Splits, against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, StratifiedShuffleSplit

from sigma_core.data import InMemory
from sigma_core.data import splits as ours
from sigma_core.errors import DataError, SettingError
from sigma_core.registry import ComponentRegistry, Composer
from sigma_core.testing import message

LABELS = st.lists(st.integers(0, 4), min_size=12, max_size=80).map(np.array)


def records(sections, seed=0, *, is_shuffled=True):
    count = len(next(iter(sections.values())))
    return ours.Records(count, lambda name: sections[name], seed, is_shuffled, "data")


def is_a_partition(parts, count):
    """Every record in one part, in the order of the data."""
    assert all((np.diff(rows) > 0).all() for rows in parts.values())
    assert sorted(np.concatenate(list(parts.values()))) == list(range(count))


@given(LABELS, st.floats(0.2, 0.8), st.integers(0, 9))
def test_stratified_parts_have_the_balance_of_scikit_learn(labels, share, seed):
    """The same sizes, and of each class the same number, or one more or less where both would do."""
    assume((np.bincount(labels)[np.unique(labels)] > 1).all())
    count, classes = len(labels), len(np.unique(labels))
    size = round(share * count)
    assume(classes <= size <= count - classes)
    assume(classes < count)
    parts = ours.Stratified((size, count - size)).rows(records({"targets": labels}, seed))
    is_a_partition(parts, count)
    theirs, _ = next(StratifiedShuffleSplit(1, train_size=size, test_size=count - size).split(labels, labels))
    found, expected = (np.bincount(labels[rows], minlength=5) for rows in (parts["training"], theirs))
    assert found.sum() == expected.sum() == size
    exact = np.bincount(labels, minlength=5) * size / count
    assert (np.abs(found - exact) < 1).all()
    assert (np.abs(found - expected) <= 1).all()


@given(LABELS, st.integers(0, 9))
def test_three_stratified_parts_have_every_class_in_proportion(labels, seed):
    """Each within one of its share of what the part before left, so within two of its share."""
    assume(len(np.unique(labels)) < len(labels))
    parts = ours.Stratified((0.5, 0.25, 0.25)).rows(records({"targets": labels}, seed))
    is_a_partition(parts, len(labels))
    for part, share in zip(parts.values(), (0.5, 0.25, 0.25), strict=True):
        exact = np.bincount(labels, minlength=5) * share
        assert (np.abs(np.bincount(labels[part], minlength=5) - exact) < 2).all()


def test_rows_of_several_numbers_are_classes_too():
    """One-hot targets, for example."""
    labels = np.repeat([0, 1, 2], 8)
    parts = ours.Stratified((0.5, 0.5)).rows(records({"targets": np.eye(3)[labels]}))
    assert [np.bincount(labels[rows]).tolist() for rows in parts.values()] == [[4, 4, 4], [4, 4, 4]]


@given(LABELS, st.floats(0.3, 0.7), st.integers(0, 9))
def test_groups_are_in_one_part(groups, share, seed):
    """And parts as large as whole groups allow."""
    kinds = len(np.unique(groups))
    assume(2 <= kinds < len(groups))
    parts = ours.Grouped((share, 1 - share)).rows(records({"groups": groups}, seed))
    is_a_partition(parts, len(groups))
    assert not set(groups[parts["training"]]) & set(groups[parts["validation"]])
    assert abs(len(parts["training"]) - share * len(groups)) <= np.bincount(groups).max()


@given(st.integers(20, 90), st.integers(1, 9), st.integers(0, 5))
def test_blocks_stay_whole(count, size, seed):
    """Neighbours are in one part, but where two runs meet."""
    parts = ours.Blocks((0.6, 0.4), size).rows(records({"x": np.zeros(count)}, seed))
    is_a_partition(parts, count)
    for run in range(0, count, size):
        assert len({name for name, rows in parts.items() if set(rows) & set(range(run, min(run + size, count)))}) == 1


def folds(sections, seed=0, *, is_shuffled=True, **settings):
    """Each fold's validation records."""
    number = settings.get("folds", 5)
    found = [
        ours.KFold(fold=fold, **settings).rows(records(sections, seed, is_shuffled=is_shuffled))
        for fold in range(1, number + 1)
    ]
    for parts in found:
        is_a_partition(parts, len(next(iter(sections.values()))))
    return [parts["validation"] for parts in found]


@given(st.integers(6, 60), st.integers(2, 6))
def test_folds_in_order_are_those_of_scikit_learn(count, number):
    """Without chance, record by record."""
    theirs = [rows for _, rows in KFold(number).split(np.zeros(count))]
    for one, other in zip(folds({"x": np.zeros(count)}, folds=number, is_shuffled=False), theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@given(st.integers(6, 60), st.integers(2, 6), st.integers(0, 9))
def test_folds_by_chance_have_the_sizes_of_scikit_learn(count, number, seed):
    """Each record in one of them."""
    mine = folds({"x": np.zeros(count)}, seed, folds=number)
    theirs = [len(rows) for _, rows in KFold(number, shuffle=True).split(np.zeros(count))]
    assert [len(rows) for rows in mine] == theirs
    assert sorted(np.concatenate(mine)) == list(range(count))


@given(LABELS, st.integers(2, 4), st.integers(0, 9))
def test_stratified_folds_have_the_balance_of_scikit_learn(labels, number, seed):
    """The same sizes, and every class within one of its share, as there."""
    assume((np.bincount(labels)[np.unique(labels)] >= number).all())
    mine = folds({"targets": labels}, seed, folds=number, stratify="targets")
    theirs = [rows for _, rows in StratifiedKFold(number).split(labels, labels)]
    assert sorted(map(len, mine)) == sorted(map(len, theirs))
    for kind in np.unique(labels):
        assert sorted((labels[rows] == kind).sum() for rows in mine) == sorted(
            (labels[rows] == kind).sum() for rows in theirs
        )


@given(LABELS, st.integers(2, 3), st.integers(0, 9))
def test_grouped_folds_have_the_sizes_of_scikit_learn(groups, number, seed):
    """The largest first, each to the fold with the fewest; no group is in two."""
    assume(number <= len(np.unique(groups)) < len(groups))
    mine = folds({"groups": groups}, seed, folds=number, group="groups")
    theirs = [rows for _, rows in GroupKFold(number).split(groups, groups=groups)]
    assert sorted(map(len, mine)) == sorted(map(len, theirs))
    kinds = [set(groups[rows]) for rows in mine]
    assert sum(map(len, kinds)) == len(set().union(*kinds))


@given(st.integers(20, 60), st.integers(0, 9))
def test_folds_within_folds_are_a_cross_validation_for_each_test_fold(count, seed):
    """Of what the outer fold leaves, each record is validated on once."""
    sections = {"x": np.zeros(count)}
    for outer in range(1, 4):
        validated = []
        for inner in range(1, 3):
            split = ours.Nested(ours.KFold(3, outer), ours.KFold(2, inner))
            parts = split.rows(records(sections, seed))
            is_a_partition(parts, count)
            validated.append(parts["validation"])
        np.testing.assert_array_equal(parts["test"], ours.KFold(3, outer).rows(records(sections, seed))["validation"])
        assert sorted(np.concatenate([*validated, parts["test"]])) == list(range(count))


@pytest.mark.parametrize("name", ["blocks", "fractions", "grouped", "k_fold", "nested", "stratified"])
@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_a_recipe_names_a_split(name, cache, tmp_path):
    """It is written as it was read, and the parts are the same each time, in memory and on the disk."""
    settings = {
        "blocks": {"parts": [0.5, 0.5], "records": 5},
        "k_fold": {"folds": 4, "fold": 2, "stratify": "targets"},
        "nested": {"outer": [0.5, 0.5], "inner": {"use": "stratified", "parts": [0.5, 0.5]}},
        "grouped": {"parts": [0.5, 0.5], "section": "targets"},
    }.get(name, {"parts": [0.5, 0.25, 0.25]})
    composer = Composer(ComponentRegistry())
    split = composer.build("splits", {"use": name, **settings})
    assert composer.build("splits", composer.table(split)) == split
    sections = {"inputs": np.arange(40.0), "targets": np.arange(40) % 4}
    prepared = [InMemory(sections, split=split, cache=cache).prepare(None, 3) for _ in range(2)]
    first, again = ({"training": data.training, **data.validation} for data in prepared)
    assert list(first) == list(again)
    assert all(np.array_equal(first[part]["inputs"], again[part]["inputs"]) for part in first)
    assert sorted(np.concatenate([part["inputs"] for part in first.values()])) == list(range(40))


@pytest.mark.parametrize(
    ("split", "sections", "expected"),
    [
        (
            ours.Stratified((0.5, 0.5)),
            {"targets": np.arange(6)},
            (
                "data, split: section 'targets' has another value in each of its 6 records\n"
                "  expected: a section of classes\n"
                "  to do:    name one by the setting section"
            ),
        ),
        (
            ours.Grouped((0.5, 0.3, 0.2)),
            {"groups": np.arange(6) % 2},
            (
                "data, split: there are 2 groups for 3 parts\n"
                "  expected: a group for each part\n"
                "  to do:    give fewer parts, or smaller groups"
            ),
        ),
        (
            ours.KFold(7),
            {"x": np.arange(6)},
            "data, split: there are 6 records for 7 folds\n  expected: at most 6 folds",
        ),
        (
            ours.KFold(4, group="groups"),
            {"groups": np.arange(6) % 3},
            "data, split: there are 3 groups for 4 folds\n  expected: at most 3 folds",
        ),
        (
            ours.Nested((0.5, 0.5), (0.5, 0.25, 0.25)),
            {"x": np.arange(20)},
            "data, split: the inner split has 3 parts\n  expected: two: training, validation",
        ),
        (
            ours.Stratified((0.99, 0.01)),
            {"targets": np.arange(10) % 2},
            (
                "data: split (0.99, 0.01) of 10 records leaves no record for validation\n"
                "  expected: at least one record in each part"
            ),
        ),
    ],
)
def test_splits_that_the_records_do_not_allow_are_refused(split, sections, expected):
    """With what there is."""
    with pytest.raises(DataError) as caught:
        split.rows(records(sections))
    assert message(caught.value) == expected


def test_a_section_that_there_is_not_is_named():
    """With those that there are."""
    with pytest.raises(DataError) as caught:
        InMemory({"inputs": np.zeros(4)}, split=ours.Stratified((0.5, 0.5), "target")).prepare(None, 0)
    assert message(caught.value) == ("dataset InMemory, split: there is no section 'target'\n  expected: one of inputs")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: ours.KFold(1), "KFold.folds"),
        (lambda: ours.KFold(3, 4), "there is no fold 4: they count from 1 to 3"),
        (lambda: ours.KFold(3, 1, "a", "b"), "folds are stratified or grouped, not both"),
        (lambda: ours.Blocks((0.5, 0.5), 0), "Blocks.records"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, told):
    """When the split is made."""
    with pytest.raises((ValueError, SettingError), match=told):
        make()
