"""Tables of pandas and Arrow, in and out."""

import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core.data import as_dataset
from sigma_core.errors import DataError, PluginUnavailableError
from sigma_core.testing import message

FRAME = pd.DataFrame(
    {
        "length": [5.1, 4.9, np.nan],
        "width": np.array([1, 2, 3], np.int32),
        "species": ["setosa", None, "virginica"],
        "kind": pd.Categorical(["b", "a", "b"]),
        "count": pd.array([1, None, 3], "Int64"),
        "whole": pd.array([1, 2, 3], "Int64"),
        "flag": [True, False, True],
    }
)
FORMS = {"pandas": FRAME, "arrow": pa.Table.from_pandas(FRAME)}


@pytest.mark.parametrize("form", FORMS)
def test_each_column_is_a_section(form):
    """Numbers in their dtypes, texts and categories as texts; what is missing is NaN, or empty."""
    sections = as_dataset(FORMS[form]).load(None)
    assert {name: array.dtype.kind for name, array in sections.items()} == {
        "length": "f",
        "width": "i",
        "species": "U",
        "kind": "U",
        "count": "f",
        "whole": "i",
        "flag": "b",
    }
    assert sections["species"].tolist() == ["setosa", "", "virginica"]
    assert sections["kind"].tolist() == ["b", "a", "b"]
    np.testing.assert_array_equal(sections["count"], [1, np.nan, 3])
    np.testing.assert_array_equal(sections["length"], FRAME["length"])


@pytest.mark.parametrize("form", FORMS)
def test_columns_are_put_together(form):
    """A list makes a section of vectors."""
    sections = sigma.InMemory.from_frame(FORMS[form], {"inputs": ["width", "whole"], "targets": "flag"}).load(None)
    np.testing.assert_array_equal(sections["inputs"], [[1, 1], [2, 2], [3, 3]])
    assert sections["targets"].tolist() == [True, False, True]


def test_whatever_arrow_can_take_over_is_a_table():
    """As the tables of other libraries are."""

    class Foreign:
        """Gives a stream of Arrow, and nothing else."""

        def __arrow_c_stream__(self, requested_schema=None):
            return pa.table({"x": [1, 2]}).__arrow_c_stream__(requested_schema)

    assert as_dataset(Foreign()).load(None)["x"].tolist() == [1, 2]


def test_a_column_that_there_is_not_is_told():
    """With the nearest."""
    with pytest.raises(DataError) as caught:
        sigma.InMemory.from_frame(FRAME, {"inputs": ["lenght"]})
    assert message(caught.value) == (
        "data, section 'inputs': there is no section 'lenght'\n"
        "  expected: one of count, flag, kind, length, species, whole, width (nearest: length)"
    )


def test_a_trainer_takes_a_table():
    """And is asked about one."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=20), "b": random.normal(size=20), "kind": random.integers(0, 2, 20)})
    data = sigma.InMemory.from_frame(frame, {"inputs": ["a", "b"], "targets": "kind"}, split=(0.5, 0.5))
    trainer = sigma.Trainer(Input(2) + Dense(2) + SoftmaxCrossEntropy(), data, Adam(), "2 epochs")
    trainer.run()
    assert trainer.predict(frame[["a", "b"]]).shape == (20, 2)


def test_records_come_out_as_tables():
    """Numbers as a column, vectors as one for each element, anything else as arrays; and go in again."""
    sections = {
        "inputs": np.arange(6.0).reshape(3, 2),
        "targets": np.arange(3),
        "images": np.arange(12).reshape(3, 2, 2),
    }
    data = sigma.Data.from_arrays(sections, {"validation": sections})
    frame, table = data.to_pandas(), data.to_arrow("validation")
    assert list(frame.columns) == table.column_names == ["inputs.0", "inputs.1", "targets", "images"]
    assert frame["images"][1].tolist() == [[4, 5], [6, 7]]
    assert table.column("images").to_pylist()[1] == [4, 5, 6, 7]
    for form in (frame, table):
        back = sigma.InMemory.from_frame(form, {"inputs": ["inputs.0", "inputs.1"], "targets": "targets"}).load(None)
        np.testing.assert_array_equal(back["inputs"], sections["inputs"])
        np.testing.assert_array_equal(back["targets"], sections["targets"])
    with pytest.raises(DataError) as caught:
        data.to_pandas("test")
    assert message(caught.value) == "data: there is no part 'test'\n  expected: one of training, validation"


@pytest.mark.parametrize("name", ["pandas", "pyarrow"])
def test_a_library_that_is_missing_is_named(name, monkeypatch):
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, name, None)
    data = sigma.Data.from_arrays({"inputs": np.arange(3.0)})
    with pytest.raises(PluginUnavailableError) as caught:
        data.to_pandas() if name == "pandas" else data.to_arrow()
    assert message(caught.value) == (
        f"data as a table of {name}: {name} is not installed\n  to do:    pip install {name}"
    )
