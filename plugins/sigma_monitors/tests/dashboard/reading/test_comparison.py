"""Runs beside each other: their best scores, and how their settings differ."""

import math
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard._page_compare import (
    best_of,
    compared,
    comparison,
    differences,
    flat,
    is_lower_better,
    settings_of,
)

TOML = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def leaves(value):
    """How many there are: of a list without tables there is one."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values())) if value else 1
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return sum(map(leaves, value))
    return 1


@given(st.dictionaries(st.text(max_size=5), TOML, max_size=4))
def test_no_setting_is_lost_whatever_it_is_called(settings):
    assert len(flat(settings)) == (leaves(settings) if settings else 0)


def test_settings_are_named_by_their_path():
    settings = {
        "seed": 1,
        "optimiser": {"use": "adam", "learning_rate": 0.1},
        "network": [{"use": "input"}, {"use": "dense", "shape": [1, 2]}],
        "a.b": {},
        "empty": [],
    }
    assert flat(settings) == {
        "seed": "1",
        "optimiser.use": "adam",
        "optimiser.learning_rate": "0.1",
        "network[1].use": "input",
        "network[2].use": "dense",
        "network[2].shape": "[1, 2]",
        '"a.b"': "{}",
        "empty": "[]",
    }
    assert flat({}) == {}


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from("12")), max_size=4))
def test_settings_differ_where_not_all_say_the_same(settings):
    expected = {name for each in settings for name in each if any(each.get(name) != one.get(name) for one in settings)}
    found = differences(settings)
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("text", [None, "seed = ", "not toml at all", "\0", "a = 1\na = 2"])
def test_a_recipe_that_is_missing_or_no_toml_has_no_settings(tmp_path, told, recorded, text):
    with told(tmp_path / "one") as running:
        running.start()
    if text is not None:
        (tmp_path / "one" / "recipe.toml").write_text(text, "utf-8")
    assert settings_of(recorded(tmp_path / "one")) == {}


def test_a_recipe_is_read(flowers, recorded):
    assert settings_of(recorded(flowers))["stop"] == "4 epochs"


def test_the_best_score_is_the_lowest_loss_and_the_highest_accuracy(tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        running.iterations(range(1, 41))
        for epoch, (loss, accuracy) in enumerate([(0.5, 0.7), (math.nan, 0.9), (0.25, math.inf), (-math.inf, 0.8)], 1):
            running.epoch(epoch, 10 * epoch, loss=loss, accuracy=accuracy, failing=math.nan, matrix=[[1]])
        running.end(40)
    assert best_of(recorded(tmp_path / "one")) == {"validation.loss": (0.25, 30), "validation.accuracy": (0.9, 20)}


@pytest.mark.parametrize(
    ("name", "is_lower"),
    [
        ("validation.loss", True),
        ("validation.mean_absolute_error", True),
        ("validation.perplexity", True),
        ("epoch.training.loss", True),
        ("loss_of_weight.accuracy", False),
        ("validation.f1", False),
    ],
)
def test_of_losses_and_errors_the_lower_are_better(name, is_lower):
    assert is_lower_better(name) is is_lower


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1), min_size=1))
def test_the_address_of_a_comparison_names_its_runs_whatever_they_are_called(names):
    # As a server takes an address apart.
    query = parse_qs(urlsplit(comparison(names)).query, keep_blank_values=True)
    assert compared(query["runs"][0]) == names


def test_an_address_that_somebody_writes_is_understood():
    assert compared("a,b,,c d") == ["a", "b", "c d"]
    assert compared("") == []
