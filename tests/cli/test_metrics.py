"""`sigma run metrics`: the time series that a run has kept."""

import json

import pytest


@pytest.fixture
def trained(sigma, recipe):
    """A run of two epochs, three iterations each."""
    assert sigma("train", recipe, "--quiet")[0] == 0
    return sigma


def test_series_are_listed(trained):
    """With how many points they have, and the last one."""
    code, out, err = trained("run", "metrics", "flowers-1")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["series", "points", "last"]
    assert "training.loss" in [row[0] for row in rows]


def test_a_series_is_printed(trained):
    """As a table, or as data; thinned, if it is to be."""
    lines = trained("run", "metrics", "flowers-1", "training.loss")[1].splitlines()
    assert lines[0].split() == ["iteration", "training.loss"]
    told = json.loads(trained("run", "metrics", "flowers-1", "training.loss", "--json")[1])["training.loss"]
    assert [str(each) for each in told["iterations"]] == [line.split()[0] for line in lines[1:]]
    assert [f"{value:.9g}" for value in told["values"]] == [line.split()[1] for line in lines[1:]]
    thinned = json.loads(trained("run", "metrics", "flowers-1", "training.loss", "--points", "4", "--json")[1])
    assert len(thinned["training.loss"]["values"]) == min(4, len(told["values"]))


def test_a_series_that_there_is_not(trained):
    """With the nearest one."""
    code, out, err = trained("run", "metrics", "flowers-1", "training.los")
    assert (code, out) == (2, "")
    assert err.startswith("error: run 'flowers-1': there is no time series 'training.los'\n  expected: ")
    assert "(nearest: training.loss)\n  to do:    name another\n" in err
