"""A score that is a matrix harms no command that lists, prints or repeats runs."""

import json

import pytest


@pytest.fixture
def trained(sigma, recipe):
    """Two epochs with a confusion matrix, and exports beside."""
    settings = ("metrics=['accuracy', 'confusion_matrix']", 'monitors=["console", "csv", "json_lines"]')
    code, out, err = sigma("train", recipe, *[word for each in settings for word in ("--set", each)])
    assert (code, err) == (0, "")
    # Three rows of three, one below the other.
    lines = out.splitlines()
    start = next(number for number, line in enumerate(lines) if "validation.confusion_matrix" in line)
    rows = [line.split()[-3:] for line in lines[start : start + 3]]
    assert sum(int(count) for row in rows for count in row) == 30
    return sigma


def test_commands_tell_of_it_or_leave_it_out(trained):
    """Lists and series are of numbers; JSON has all."""
    assert "confusion_matrix" not in trained("runs")[1]
    (run,) = json.loads(trained("runs", "--json")[1])
    matrix = run["scores"]["validation.confusion_matrix"]
    assert [len(row) for row in matrix] == [3, 3, 3]
    assert sum(map(sum, matrix)) == 30
    assert "confusion_matrix" not in trained("run", "metrics", "flowers-1")[1]
    assert trained("replay", "flowers-1")[0] == 0
    code, out, err = trained("watch", "flowers-1", "--no-follow")
    assert (code, err) == (0, "")
    assert "validation.confusion_matrix" in out
