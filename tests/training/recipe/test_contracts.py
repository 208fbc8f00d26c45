"""Parts that are none: refused when a trainer is composed, by their kind."""

import datetime as dt

import pytest

import sigma_core as sigma
from sigma_core.errors import ComponentError, RecipeError, SettingError


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


KINDS = [
    ("optimiser", "optimisers", "Optimiser"),
    ("stop", "criteria", "Criterion"),
    ("backend", "backends", "Backend"),
    ("operator", "operators", "Operator"),
    ("metrics", "metrics", "Metric"),
    ("monitors", "monitors", "Monitor"),
]


@pytest.mark.parametrize(("key", "kind", "contract"), KINDS)
def test_a_part_derives_from_the_contract_of_its_kind(make, key, kind, contract):
    """Else it would fail somewhere inside a run."""
    given = [object()] if key in ("metrics", "monitors") else object()
    assert refused(ComponentError, lambda: make(**{key: given})) == (
        f"{kind}: an object of type object is none of them\n"
        f"  expected: an object of a class that derives from {contract}\n"
        f"  to do:    derive it from sigma_core.extend.{contract}"
    )


def test_the_parts_of_a_run_derive_from_theirs(make):
    """Those that are given to `run`."""
    for given in ({"stop": object()}, {"monitors": [object()]}):
        assert "an object of type object is none of them" in refused(ComponentError, lambda g=given: make().run(**g))


def test_a_date_is_no_component(make):
    """TOML has dates, too."""
    assert refused(SettingError, lambda: make(optimiser=dt.date(2001, 2, 3))) == (
        "optimisers: datetime.date(2001, 2, 3) is a date\n"
        "  expected: the name of an optimiser, a table with `use`, or the object itself"
    )


@pytest.mark.parametrize("name", ["loss", "a.b", ""])
def test_a_metric_is_called_by_a_plain_name(make, name):
    """Scores are called after it, and the loss is called so already."""
    assert refused(SettingError, lambda: make(metrics={name: "accuracy"})) == (
        f"metrics.{name}: a metric is called {name!r}\n"
        "  expected: letters, digits and underscores, other than loss\n"
        "  to do:    rename it"
    )


@pytest.mark.parametrize("name", ["a\nb", "a\0b"])
def test_a_name_has_no_characters_that_cannot_be_seen(make, name):
    """No folder could be called after it."""
    assert refused(SettingError, lambda: make(name=name)) == (
        f"name: {name!r}\n  expected: a name in one line, of characters that can be seen\n  to do:    write another"
    )


def test_groups_nested_by_the_hundreds_are_refused():
    """No network is written so."""
    entry = {"use": "dense", "size": 3}
    for _ in range(300):
        entry = {"layers": [entry]}
    with pytest.raises(RecipeError) as caught:
        sigma.Trainer.from_recipe({"network": [entry], "dataset": "iris", "optimiser": "adam", "stop": "1 epochs"})
    assert "nested too deeply" in str(caught.value)


def test_every_seed_gives_numbers_of_its_own(make):
    """Also the largest, which no float tells from its neighbour."""
    weights = [make(seed=seed).get("network.layers.dense_1.weights").tobytes() for seed in (2**64 - 1, 2**64 - 2)]
    assert weights[0] != weights[1]


def test_a_criterion_nested_by_the_thousands_is_refused(make):
    """No run is ended so."""
    assert refused(SettingError, lambda: make(stop=3000 * "(" + "1 epochs" + 3000 * ")")) == (
        "stop: its parentheses are nested too deeply\n  expected: some dozens at most\n  to do:    write it flatter"
    )
