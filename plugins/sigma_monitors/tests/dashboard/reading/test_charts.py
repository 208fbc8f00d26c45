"""Series as charts and tables have them."""

import csv
import io
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard._language import language
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._charts import as_csv, options, points
from sigma_monitors.dashboard.panels.metrics import Loss, Metrics, Scores, _spliced

# Whatever a hook may call what it publishes; no file of CSV holds a zero.
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
ITERATIONS = st.sets(st.integers(0, 2**40), max_size=20).map(sorted)


@st.composite
def series(draw):
    found = {}
    for name in draw(st.sets(NAMES, max_size=4)):
        iterations = draw(ITERATIONS)
        values = draw(st.lists(st.floats(), min_size=len(iterations), max_size=len(iterations)))
        found[name] = (np.array(iterations, np.int64), np.array(values, np.float64))
    return found


def opened(name):
    """A name as the table has it: not as a formula."""
    return f"'{name}" if name[:1] in tuple("=+-@\t\r") else name


@given(series())
def test_a_table_is_read_back_as_it_was(found):
    header, *rows = csv.reader(io.StringIO(as_csv(found), newline=""))
    assert header == ["iteration", *map(opened, found)]
    assert [int(row[0]) for row in rows] == sorted({place for places, _ in found.values() for place in places.tolist()})
    for column, (iterations, values) in enumerate(found.values(), 1):
        read = {int(row[0]): float(row[column]) for row in rows if row[column]}
        given_ = dict(zip(iterations.tolist(), values.tolist(), strict=True))
        assert read == {place: value for place, value in given_.items() if not math.isnan(value)}


def test_a_table_is_one_for_pandas_too():
    found = {
        "training.loss": (np.array([1, 2, 3]), np.array([0.5, np.nan, np.inf])),
        'a "name", with\nall': (np.array([2, 4]), np.array([1e-300, -0.1])),
        "=1+1": (np.array([4]), np.array([7.0])),
    }
    table = pd.read_csv(io.StringIO(as_csv(found)), index_col="iteration")
    assert list(table.columns) == ["training.loss", 'a "name", with\nall', "'=1+1"]
    assert table.index.tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(table["training.loss"], [0.5, np.nan, np.inf, np.nan])
    np.testing.assert_array_equal(table['a "name", with\nall'], [np.nan, 1e-300, np.nan, -0.1])
    assert as_csv({}) == "iteration\n"


def test_what_cannot_be_drawn_is_a_gap():
    iterations, values = np.arange(5), np.array([1.0, np.nan, np.inf, 0.0, -2.0])
    drawn = points(iterations, values, smoothing=0.0, logarithmic=False)
    assert drawn == [[0, 1.0], [1, None], [2, None], [3, 0.0], [4, -2.0]]
    drawn = points(iterations, values, smoothing=0.0, logarithmic=True)
    assert drawn == [[0, 1.0], [1, None], [2, None], [3, None], [4, None]]
    drawn = points(iterations, np.array([1.0, np.nan, 3.0, 3.0, 3.0]), smoothing=0.5, logarithmic=False)
    assert drawn[:3] == [[0, 1.0], [1, None], [2, 2.33333]]


def test_a_chart_has_a_line_for_each_series_whatever_it_is_called():
    made = options(["a", "<b>"], logarithmic=True, name="one", say=language("de"))
    assert [line["name"] for line in made["series"]] == ["a", "<b>"]
    assert made["yAxis"]["type"] == "log"
    # Drawn as text: as HTML a name could hold a script.
    assert made["tooltip"]["renderMode"] == "richText"


def test_the_part_that_is_looked_at_is_put_in_the_place_of_the_rough_one():
    whole = (np.array([1, 50, 100, 150, 200]), np.arange(5.0))
    detail = (np.array([90, 100, 110]), np.array([7.0, 8.0, 9.0]))
    iterations, values = _spliced(whole, detail)
    assert iterations.tolist() == [1, 50, 90, 100, 110, 150, 200]
    assert values.tolist() == [0, 1, 7, 8, 9, 3, 4]
    for none in (None, (np.empty(0, np.int64), np.empty(0))):
        assert _spliced(whole, none) is whole


@pytest.fixture
def measured(tmp_path):
    """A run of which so many series and parts of its data are known."""

    def measured(names, *parts):
        run = Recording(tmp_path)
        run.names, run.described = tuple(names), {"data": {part: {} for part in parts}}
        return run

    return measured


def test_each_chart_shows_what_is_its_own(measured):
    names = (
        "epoch.training.loss",
        "learning_rate",
        "test.accuracy",
        "test.loss",
        "training.accuracy",
        "training.loss",
        "validation.accuracy",
        "validation.loss",
    )
    run = measured(names, "training", "validation", "test")
    assert Loss().chosen(run) == ["training.loss", "test.loss", "validation.loss"]
    assert Scores().chosen(run) == ["test.accuracy", "validation.accuracy"]
    assert Metrics().chosen(run) == ["learning_rate", "training.accuracy"]
    assert Scores().chosen(measured(names)) == ["validation.accuracy"]
    assert [panel().chosen(measured(())) for panel in (Loss, Scores, Metrics)] == [[], [], []]


def test_of_three_hundred_series_few_are_shown_at_first(measured):
    many = sorted(f"{part}.{name}_{i}" for part in ("training", "validation") for name in "ab" for i in range(75))
    run = measured([*many, *(f"part_{i}.loss" for i in range(50))])
    assert [len(panel().chosen(run)) for panel in (Loss, Scores, Metrics)] == [6, 8, 4]
