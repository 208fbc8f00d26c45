"""What hooks have published, made into what is drawn of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard.panels._inside import (
    image_of,
    matrices,
    mistakes,
    names_of,
    precisions,
    recalls,
    spread_of,
    stretched,
)

from sigma_core.extend import StoredEvent

MATRIX = np.array([[8.0, 2.0, 0.0], [0.0, 5.0, 5.0], [0.0, 0.0, 0.0]])


def published(iteration, **values):
    payload = {"source": "histograms", "epoch": 1, "iteration": iteration, "values": values}
    return StoredEvent(
        id=iteration, kind="values_published", time=0.0, schema=1, epoch=1, iteration=iteration, payload=payload
    )


def histogram(numbers, bins=30):
    counts, edges = np.histogram(numbers, bins)
    return {"counts": counts.tolist(), "edges": edges.tolist()}


def test_histograms_with_different_bins_come_into_the_same_rows():
    """Where an array spreads, its later moments reach further."""
    random = np.random.default_rng(5)
    events = [published(count, a=histogram(random.normal(0, count, 5000))) for count in (1, 2, 4)]
    spread = spread_of(events, "a", rows=40)
    assert spread.iterations == (1, 2, 4)
    assert spread.shares.shape == (3, 40)
    np.testing.assert_allclose(spread.shares.sum(1), 1)
    middles = (spread.edges[1:] + spread.edges[:-1]) / 2
    deviations = np.sqrt((spread.shares * middles**2).sum(1))
    np.testing.assert_allclose(deviations, [1, 2, 4], rtol=0.1)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 60))
def test_nothing_is_lost_between_rows(numbers, rows):
    """Whatever the numbers are, also one again and again."""
    spread = spread_of([published(1, a=histogram(numbers))], "a", rows)
    assert spread.shares.shape == (1, rows)
    assert spread.shares.min() >= -1e-12
    assert spread.shares.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "value", [{"edges": [], "counts": []}, {"edges": [0, 1], "counts": [0]}, {"mean": 1.0}, None, 3.0, {"edges": [1]}]
)
def test_what_has_no_numbers_has_no_spread(value):
    """Such as an array that is all NaN."""
    assert spread_of([published(1, a=value)], "a") is None
    assert spread_of([], "a") is None
    whole = [published(1, a=value), published(2, a=histogram([1, 2])), published(3, b=value)]
    assert spread_of(whole, "a").iterations == (2,)


def test_one_number_again_and_again_has_a_spread():
    """Around it, where its edges are the same."""
    spread = spread_of([published(1, a={"edges": [2.0, 2.0], "counts": [5]})], "a", 4)
    assert spread.edges[0] < 2 < spread.edges[-1]
    assert spread.shares.sum() == pytest.approx(1)


def test_names_are_those_of_all_moments():
    """In the order in which they came."""
    assert names_of([published(1, b=1, a=1), published(2, a=1, c=1)]) == ["b", "a", "c"]


def test_images_are_told_from_what_is_none():
    """Grey or in colour, of whole numbers from 0 to 255."""
    grey, colours = [[0, 255], [1, 2]], [[[1, 2, 3]]]
    assert np.array_equal(image_of({"image": grey}), np.array(grey, np.uint8))
    assert image_of({"image": colours}).shape == (1, 1, 3)
    for image in ([], [[]], [1, 2], [[1], [1, 2]], [["a"]], [[[1, 2]]], [[256]], [[-1]], None):
        assert image_of({"image": image}) is None
    assert image_of({}) is None
    assert image_of(3) is None


def test_numbers_are_stretched_to_all_shades():
    """Those that are all equal are grey."""
    assert stretched(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 128, 255]
    assert stretched(np.array([3.0, 3.0])).tolist() == [128, 128]
    assert stretched(np.array([np.nan, -2.0, 2.0])).tolist() == [128, 0, 255]


def test_confusion_matrices_are_found_among_scores():
    """Nothing else is taken for one."""
    scores = {
        "validation.confusion_matrix": MATRIX.tolist(),
        "test.confusion_matrix": [[1, 2], [3]],
        "odd.confusion_matrix": [[1, 2, 3], [4, 5, 6]],
        "small.confusion_matrix": [[1]],
        "bad.confusion_matrix": [[float("nan"), 1], [1, 1]],
        "words.confusion_matrix": [["a", "b"], ["c", "d"]],
        "validation.confusion": 3.0,
        "validation.others": [[1, 2], [3, 4]],
    }
    found = matrices(scores)
    assert list(found) == ["validation.confusion_matrix"]
    assert np.array_equal(found["validation.confusion_matrix"], MATRIX)


def test_recall_and_precision_of_each_class():
    """By hand; of a class without records there is no recall."""
    np.testing.assert_allclose(recalls(MATRIX), [0.8, 0.5, np.nan])
    np.testing.assert_allclose(precisions(MATRIX), [1.0, 5 / 7, 0.0])


def test_the_most_frequent_mistakes_come_first():
    """What is right is none, and neither is what never happened."""
    assert mistakes(MATRIX) == [(1, 2, 5.0), (0, 1, 2.0)]
    assert mistakes(MATRIX, 1) == [(1, 2, 5.0)]
    assert mistakes(np.eye(3)) == []
