"""Parquet, Arrow and JSON lines, with what all tables have in common."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_data import CSV, Arrow, Extracted, Fill, JSONLines, Memory, Parquet

import sigma_core as sigma
from sigma_core.extend import joined_sections

COLUMNS = {
    "a": [1.5, 2.5, 3.5],
    "b": [1, 2, 3],
    "is": [True, False, True],
    "text": ["x", "yy", "x"],
    "pair": [[1, 2], [3, 4], [5, 6]],
    "uneven": [[1.0], [1.0, 2.0], [3.0]],
}
SECTIONS = {"inputs": "a,b", "label": "b", "is": "is", "text": "text", "pair": "pair", "uneven": "uneven"}


def parquet(table, **settings):
    file = io.BytesIO()
    pa.parquet.write_table(table, file, row_group_size=2)
    return Parquet(Memory(file.getvalue()), **settings)


def arrow(table, **settings):
    file = io.BytesIO()
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return Arrow(Memory(file.getvalue()), **settings)


def arrow_stream(table, **settings):
    file = io.BytesIO()
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return Arrow(Memory(file.getvalue()), **settings)


def feather(table, **settings):
    file = io.BytesIO()
    pa.feather.write_feather(table, file)
    return Arrow(Memory(file.getvalue()), **settings)


def json_lines(table, **settings):
    return JSONLines(Memory("\n\n".join(map(json.dumps, table.to_pylist()))), **settings)


FORMATS = pytest.mark.parametrize("made", [parquet, arrow, arrow_stream, feather, json_lines])


@FORMATS
def test_columns_become_sections(made):
    """Numbers, booleans, texts and lists; of unequal lists, objects."""
    sections = made(pa.table(COLUMNS), sections=SECTIONS, sequences="uneven").extract()
    assert {name: (array.shape, array.dtype.kind) for name, array in sections.items()} == {
        "inputs": ((3, 2), "f"),
        "label": ((3,), "i"),
        "is": ((3,), "b"),
        "text": ((3,), "U"),
        "pair": ((3, 2), "i"),
        "uneven": ((3,), "O"),
    }
    assert sections["inputs"].tolist() == [[1.5, 1], [2.5, 2], [3.5, 3]]
    assert sections["text"].tolist() == COLUMNS["text"]
    assert [each.tolist() for each in sections["uneven"]] == COLUMNS["uneven"]


@FORMATS
@given(rows=st.integers(1, 3))
def test_blocks_are_the_whole(made, rows):
    """However many rows they have."""
    extractor = made(pa.table(COLUMNS), sections={"inputs": "a,b", "text": "text"})
    blocks = list(extractor.blocks(records=rows))
    assert max(len(block["inputs"]) for block in blocks) <= rows
    np.testing.assert_array_equal(joined_sections(blocks)["inputs"], extractor.extract()["inputs"])


@FORMATS
def test_missing_values_and_categories(made):
    """As in CSV."""
    table = pa.table({"a": [1.0, None, 3.0], "b": [None, 2, 3], "c": ["x", "y", None]})
    wanted = {"inputs": "a,b"}
    assert made(table, sections=wanted, missing="drop").extract()["inputs"].tolist() == [[3, 3]]
    assert made(table, sections=wanted, missing=0).extract()["inputs"].tolist() == [[1, 0], [0, 2], [3, 3]]
    kept = made(table, sections=wanted, missing="keep")
    np.testing.assert_array_equal(kept.extract()["inputs"], [[1, np.nan], [np.nan, 2], [3, 3]])
    filled = Extracted(kept, preprocess={"inputs": Fill("mean")}, shuffle=False).prepare(sigma.Environment(), 0)
    assert filled.training["inputs"].tolist() == [[1, 2.5], [2, 2], [3, 3]]
    numbered = made(table, sections={"t": "c"}, categories={"c": "auto"}, missing=-1)
    assert numbered.extract()["t"].tolist() == [0, 1, -1]
    indexed = made(pa.table({"c": pa.array(["x", "y", "x"]).dictionary_encode()}), sections={"t": "c"})
    assert indexed.extract()["t"].tolist() == ["x", "y", "x"]


def test_sections_may_be_of_float32():
    """They are parsed as such."""
    text = "a,b,c\n0.1,0.2,1\n0.3,0.4,2\n"
    sections = CSV(Memory(text), {"inputs": "a,b", "one": "a", "label": "c"}, dtype="float32").extract()
    assert [array.dtype.name for array in sections.values()] == ["float32", "float32", "int64"]
    np.testing.assert_array_equal(sections["inputs"], np.array([[0.1, 0.2], [0.3, 0.4]], np.float32))


def test_texts_of_a_csv_stay_texts():
    """Those that are named."""
    table = CSV(Memory('id,body\n1,"Up, up!"\n2,12\n'), {"text": "body"}, texts=("body",))
    assert table.extract()["text"].tolist() == ["Up, up!", "12"]


def test_uneven_rows_may_be_dropped():
    """They are counted in the log; lines of faults behind them are right."""
    events = []
    environment = sigma.Environment()
    environment.log = type("Log", (), {"warning": lambda self, event, **fields: events.append((event, fields))})()
    text = "1,2\n3\n4,5,6\n7,8\n"
    table = CSV(Memory(text, name="a.csv"), uneven="drop")
    assert table.extract(environment)["inputs"].tolist() == [[1, 2], [7, 8]]
    assert events == [("uneven_rows_dropped", {"source": "a.csv", "dropped": 2})]


def test_dropped_rows_are_counted():
    """In the log."""
    events = []
    environment = sigma.Environment()
    environment.log = type("Log", (), {"info": lambda self, event, **fields: events.append((event, fields))})()
    CSV(Memory("1,2\n3,\n", name="a.csv"), missing="drop").extract(environment)
    assert events == [("rows_with_missing_values_dropped", {"source": "a.csv", "dropped": 1, "of": 2})]


def test_files_of_a_pattern_are_one_table(tmp_path):
    """Each with its header; they have to have the same columns."""
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text("a,b\n3,4\n")
    assert CSV(str(tmp_path / "*.csv"), header=True).extract()["inputs"].tolist() == [[1, 2], [3, 4]]


WHOLE = io.BytesIO()
pa.parquet.write_table(pa.table({"a": list(range(1_000))}), WHOLE)
STREAM = io.BytesIO()
with pa.ipc.new_stream(STREAM, pa.schema({"a": pa.string()})) as written:
    written.write_table(pa.table({"a": ["x", "yy", "z"]}))
LED_ASTRAY = STREAM.getvalue().replace(
    np.array([0, 1, 3, 4], "<i4").tobytes(), np.array([0, 1, 7 << 28, 4], "<i4").tobytes()
)
FAULTS = {
    "no Parquet": (
        lambda: Parquet(Memory(b"1,2\n")).extract(),
        (
            "memory: it is no whole Parquet file: "
            "Parquet file size is 4 bytes, smaller than the minimum file footer (8 bytes)\n"
            "  expected: a whole file\n"
            "  to do:    copy or download it again"
        ),
    ),
    "an Arrow file that is cut short": (
        lambda: Arrow(Memory(b"ARROW1\0\0")).extract(),
        (
            "memory: it is no whole Arrow file or stream: File is too small: 8\n"
            "  expected: a whole file\n"
            "  to do:    copy or download it again"
        ),
    ),
    "no JSON": (
        lambda: JSONLines(Memory('{"a": 1}\n\n{"a": 2\n')).extract(),
        (
            "memory, line 3: it is no JSON: Expecting ',' delimiter: line 2 column 1 (char 8)\n"
            "  expected: an object\n"
            "  to do:    mend the line"
        ),
    ),
    "no objects": (
        lambda: JSONLines(Memory('{"a": 1}\n[2]\n')).extract(),
        (
            "memory, line 2: a value of type list\n"
            "  expected: an object, with a key for each column\n"
            "  to do:    mend the line"
        ),
    ),
    "another type": (
        lambda: JSONLines(Memory('{"a": 1}\n{"a": "x"}\n')).extract(),
        (
            "memory, line 2: 'a' is a text, and a number in lines before\n"
            "  expected: one type for each key\n"
            "  to do:    mend the line"
        ),
    ),
    "another type in a list": (
        lambda: JSONLines(Memory('{"a": [1]}\n{"a": ["x"]}\n')).extract(),
        (
            "memory: it is no whole JSON lines file: "
            "JSON parse error: Column(/a/[]) changed from number to string in row 1\n"
            "  expected: a whole file\n"
            "  to do:    copy or download it again"
        ),
    ),
    "a text that is not in UTF-8": (
        lambda: JSONLines(Memory(b'{"a": "x"}\n{"a": "\xff"}\n')).extract(),
        (
            "memory, line 2: it is no JSON: 'utf-8' codec can't decode byte 0xff in position 7: invalid start byte\n"
            "  expected: an object\n"
            "  to do:    mend the line"
        ),
    ),
    "a key that is not in UTF-8": (
        lambda: JSONLines(Memory(b'{"a\xff": 1}\n')).extract(),
        (
            "memory, line 1: it is no JSON: 'utf-8' codec can't decode byte 0xff in position 3: invalid start byte\n"
            "  expected: an object\n"
            "  to do:    mend the line"
        ),
    ),
    "offsets that lead out of an Arrow stream": (
        lambda: Arrow(Memory(LED_ASTRAY), {"inputs": "a"}).extract(),
        (
            "memory: it is no whole Arrow file or stream: "
            "In column 0: Invalid: Offset invariant failure: offset for slot 2 out of bounds: 1879048192 > 4\n"
            "  expected: a whole file\n"
            "  to do:    copy or download it again"
        ),
    ),
    "no lines": (
        lambda: JSONLines(Memory("")).extract(),
        "memory: it has no rows of values\n  expected: at least one",
    ),
    "a value that is missing": (
        lambda: json_lines(pa.table({"a": [1, None]}), sections={"inputs": "a"}).extract(),
        (
            "memory, line 3: the value of column 0 ('a') is missing\n"
            "  expected: a value in each cell\n"
            '  to do:    leave such rows out with missing = "drop", or give a number to put there'
        ),
    ),
    "a row of Parquet": (
        lambda: parquet(pa.table({"a": [1, 2, None]}), sections={"inputs": "a"}).extract(),
        (
            "memory, row 2: the value of column 0 ('a') is missing\n"
            "  expected: a value in each cell\n"
            '  to do:    leave such rows out with missing = "drop", or give a number to put there'
        ),
    ),
    "texts among numbers": (
        lambda: parquet(pa.table({"a": [1], "b": ["x"]})).extract(),
        (
            "memory, section 'inputs': column 1 ('b') holds texts or lists\n"
            "  expected: columns of numbers, where there are several\n"
            '  to do:    number them with categories = { "b" = "auto" }, or give them a section'
        ),
    ),
    "a type that is no number": (
        lambda: parquet(pa.table({"a": pa.array([0], pa.timestamp("ms"))}), sections={"inputs": "a"}).extract(),
        (
            "memory: column 0 ('a') holds timestamp[ms]\n"
            "  expected: numbers, booleans, texts, or lists of numbers\n"
            "  to do:    leave it out, or convert it before"
        ),
    ),
    "lists of texts": (
        lambda: parquet(pa.table({"a": [["x"]]}), sections={"inputs": "a"}).extract(),
        (
            "memory: column 0 ('a') holds list<element: string>\n"
            "  expected: numbers, booleans, texts, or lists of numbers\n"
            "  to do:    leave it out, or convert it before"
        ),
    ),
    "lists of unequal lengths": (
        lambda: arrow(pa.table({"a": [[1], [2], [3, 4]]}), sections={"inputs": "a"}).extract(),
        (
            "memory, section 'inputs': its lists differ: one is of shape (1,), another of (2,)\n"
            "  expected: lists of one length\n"
            '  to do:    bring them to one by the preprocessor pad, and say so here: sequences = ["inputs"]'
        ),
    ),
    "an unknown category": (
        lambda: arrow(
            pa.table({"a": ["x", "y", "z"]}), sections={"t": "a"}, categories={"a": ("x", "y")}, missing="drop"
        ).extract(),
        "memory, row 2: 'z' in column 0 ('a') is no category\n  expected: one of x, y",
    ),
}


@pytest.mark.parametrize(("action", "message"), FAULTS.values(), ids=FAULTS)
def test_tables_that_do_not_do_are_refused(action, message, refused):
    """With the line or row."""
    assert refused(action) == ("DataError", message)


@pytest.mark.parametrize("place", [5, 40, -30])
def test_a_damaged_parquet_file_is_refused_or_noticed(place, refused):
    """Whatever byte it is that is not as it was written."""
    content = bytearray(WHOLE.getvalue())
    content[place:] = bytes(len(content[place:]))
    kind, said = refused(Parquet(Memory(bytes(content))).extract)
    assert kind == "DataError"
    assert said.startswith("memory: it is no whole Parquet file: ")


def test_files_of_other_columns_are_refused(tmp_path, refused):
    """One table has the same columns everywhere."""
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text("a,c\n3,4\n")
    kind, said = refused(CSV(str(tmp_path / "*.csv"), header=True).extract)
    assert kind == "DataError"
    assert said == (
        f"file '{tmp_path / '2.csv'}': it has the columns a, c\n"
        "  expected: those of the first file: a, b\n"
        "  to do:    read files of other columns by themselves"
    )


def test_a_column_does_not_change_its_kind(refused):
    """From whole numbers to floats, behind the rows that were looked at."""
    text = "1\n" * 3_000_000 + "1.5\n"
    assert refused(CSV(Memory(text, name="a.csv"), {"label": 0}).extract) == (
        "DataError",
        (
            "a.csv, section 'label': it is of whole numbers in its first rows, and not in later ones\n"
            "  expected: one kind of number\n"
            '  to do:    say that it is of floats, as a list of one column: label = ["..."]'
        ),
    )


def test_pyarrow_is_optional(monkeypatch, refused):
    """Where it is missing, it is said how to get it."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert refused(CSV(Memory("1,2\n", name="a.csv")).extract) == (
        "PluginUnavailableError",
        (
            "a.csv: it takes PyArrow to read it, which is not installed\n"
            "  expected: the optional dependency sigma-data[tables]\n"
            "  to do:    pip install 'sigma-data[tables]'"
        ),
    )
