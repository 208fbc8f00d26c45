"""CSV files."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_data import CSV, Memory

FLOWERS = "length,width,species\n5.1,3.5,setosa\n7.0,3.2,versicolor\n6.3,3.3,setosa\n"


def extract(text, sections=None, **settings):
    return CSV(Memory(text, name="a.csv"), sections or {}, **settings).extract()


@given(st.lists(st.lists(st.floats(allow_nan=False), min_size=3, max_size=3), min_size=1, max_size=8))
def test_numbers_are_read_as_python_wrote_them(rows):
    """To the last bit."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    np.testing.assert_array_equal(extract(text.getvalue())["inputs"], np.array(rows))


def test_columns_are_chosen_by_name_number_and_range():
    """One column makes numbers, several make vectors."""
    sections = extract(
        "a,b,c,d-e\n1,2,3,4\n5,6,7,8\n",
        {"inputs": "0-1", "rest": "2-", "named": "b, d-e", "listed": ("d-e", 0), "one": "d-e", "last": 3, "slim": (1,)},
    )
    expected = {
        "inputs": [[1, 2], [5, 6]],
        "rest": [[3, 4], [7, 8]],
        "named": [[2, 4], [6, 8]],
        "listed": [[4, 1], [8, 5]],
        "one": [4, 8],
        "last": [4, 8],
        "slim": [[2], [6]],
    }
    assert {name: array.tolist() for name, array in sections.items()} == expected


def test_labels_are_whole_numbers_and_inputs_floats():
    """A single column stays one of floats where a value has a fraction."""
    sections = extract("1,2,0.5\n3,4,1\n", {"inputs": "0-1", "labels": "1", "scores": "2"})
    assert {name: array.dtype.name for name, array in sections.items()} == {
        "inputs": "float64",
        "labels": "int64",
        "scores": "float64",
    }


def test_categories_become_numbers():
    """Sorted, in the order given, or by a table."""
    for categories in (
        {"species": "auto"},
        {"2": "auto"},
        {"species": ("setosa", "versicolor")},
        {"species": {"setosa": 0, "versicolor": 1}},
    ):
        sections = extract(FLOWERS, {"inputs": "0-1", "targets": "species"}, categories=categories)
        assert sections["targets"].tolist() == [0, 1, 0]
        assert sections["targets"].dtype == np.int64


@pytest.mark.parametrize(
    ("text", "settings", "expected"),
    [
        ("a,b\n1,2\n", {}, [[1, 2]]),
        ("1,2\n3,4\n", {}, [[1, 2], [3, 4]]),
        ("1,2\n3,4\n", {"header": True}, [[3, 4]]),
        ("2000,2001\n3,4\n", {"header": False}, [[2000, 2001], [3, 4]]),
        ("1,?\n3,4\n", {"missing": -1}, [[1, -1], [3, 4]]),
    ],
)
def test_headers_are_told_from_values(text, settings, expected):
    """By a text above numbers, unless said."""
    if text == "1,?\n3,4\n":
        settings = {**settings, "header": False}
    assert extract(text, **settings)["inputs"].tolist() == expected


def test_all_text_has_no_header():
    """There is nothing to tell it by."""
    categories = {"0": ("x", "o"), "1": ("o", "x")}
    assert extract("x,o\no,x\n", categories=categories)["inputs"].tolist() == [[0, 0], [1, 1]]


def test_missing_values_are_dropped_or_filled():
    """Only the columns that are used count."""
    text = "1,?,x\n2,5,\n,6,y\n"
    sections = {"inputs": "0-1"}
    assert extract(text, sections, missing="drop")["inputs"].tolist() == [[2, 5]]
    assert extract(text, sections, missing=0)["inputs"].tolist() == [[1, 0], [2, 5], [0, 6]]
    categories = {"2": "auto"}
    assert extract(text, {"targets": 2}, missing=-1, categories=categories)["targets"].tolist() == [0, -1, 1]


def test_marks_of_missing_values_can_be_set():
    """As files have their own."""
    assert extract("1,-999\n3,4\n", missing="drop", missing_marks=("-999",))["inputs"].tolist() == [[3, 4]]


def test_blank_lines_spaces_quotes_and_byte_order_marks_are_no_values():
    """What spreadsheets leave behind."""
    text = '\ufeff"a, b";c\n\n 1 ;"2"\n3; 4\n\n'
    sections = extract(text, {"inputs": ("a, b", "c")}, delimiter=";")
    assert sections["inputs"].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_pieces_are_cut_between_rows(encoding, monkeypatch):
    """Ends of lines inside quotes are none, wherever a piece ends."""
    from sigma_data.extractors import csv as module

    rows = [[f'{number} says\n"{number % 7}",\n', number] for number in range(60)]
    text = io.StringIO()
    csv.writer(text).writerows([["who\nsays", "number"], *rows])
    for size in (1, 7, 64, 1_000):
        monkeypatch.setattr(module, "_PIECE", size)
        sections = {"texts": "who\nsays", "number": "number"}
        made = extract(text.getvalue().encode(encoding), sections, encoding=encoding, texts=(0,), header=True)
        assert made["number"].tolist() == list(range(60))
        assert made["texts"].tolist() == [text for text, _ in rows]


def test_other_encodings_are_read():
    """By their name."""
    content = "größe,b\n1,2\n".encode("latin-1")
    assert extract(content, {"inputs": "größe"}, encoding="latin-1")["inputs"].tolist() == [1]


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("", {}, "a.csv: it has no rows of values\n  expected: at least one"),
        ("a,b\n", {"header": True}, "a.csv: it has no rows of values\n  expected: at least one"),
        ("a,b\n\n\n", {"header": True}, "a.csv: it has no rows of values\n  expected: at least one"),
        (
            "1,2\n3,4\n\n5\n",
            {},
            (
                "a.csv, line 4: it has 1 column\n"
                "  expected: 2 columns, as in line 1\n"
                "  to do:    mend the line, or set the delimiter"
            ),
        ),
        (
            'a,b\n"1\n1",2\n3,4,5\n',
            {"categories": {"a": ("1\n1", "3")}},
            (
                "a.csv, line 4: it has 3 columns\n"
                "  expected: 2 columns, as in line 1\n"
                "  to do:    mend the line, or set the delimiter"
            ),
        ),
        (
            # A number to Python, as all digits are, and none to PyArrow.
            "\uff11,2\n",
            {"header": False},
            (
                "a.csv: it is no CSV: In CSV column #0: CSV conversion error to double: invalid value '\uff11'\n"
                "  expected: a table"
            ),
        ),
        ('1,2\n3,"4\n', {}, "a.csv, line 2: it is no CSV: unexpected end of data"),
        (
            "a,b\n1,2\n\n3,x\n",
            {},
            (
                "a.csv, line 4: 'x' in column 1 ('b') is no number\n"
                "  expected: a number\n"
                '  to do:    if these are categories, number them with categories = { "b" = "auto" }'
            ),
        ),
        (
            "1,2\n3,x\n",
            {},
            (
                "a.csv, line 2: 'x' in column 1 is no number\n"
                "  expected: a number\n"
                '  to do:    if these are categories, number them with categories = { "1" = "auto" }'
            ),
        ),
        (
            "1,2\n3,?\n",
            {},
            (
                "a.csv, line 2: the value of column 1 is missing\n"
                "  expected: a value in each cell\n"
                '  to do:    leave such rows out with missing = "drop", or give a number to put there'
            ),
        ),
        (
            "1,?\n?,2\n",
            {"missing": "drop"},
            "a.csv: a value is missing in each of its 2 rows\n  expected: one row without",
        ),
        (
            FLOWERS,
            {"sections": {"t": "species"}, "categories": {"species": ("setosa", "virginica", "versicolour")}},
            (
                "a.csv, line 3: 'versicolor' in column 2 ('species') is no category\n"
                "  expected: one of setosa, versicolour, virginica (nearest: versicolour)"
            ),
        ),
        (
            FLOWERS,
            {"sections": {"inputs": "lenght"}},
            (
                "a.csv, section 'inputs': there is no column 'lenght'\n"
                "  expected: one of length, species, width (nearest: length)"
            ),
        ),
        (
            "1,2\n",
            {"sections": {"inputs": "length"}},
            (
                "a.csv, section 'inputs': there is no column 'length'\n"
                "  expected: a number or a range, as the file has no header\n"
                "  to do:    set header = true if its first row names the columns"
            ),
        ),
        ("1,2\n", {"sections": {"inputs": "0-2"}}, "a.csv, section 'inputs': there is no column 2\n  expected: 0 to 1"),
        ("1,2\n", {"sections": {"inputs": -1}}, "a.csv, section 'inputs': there is no column -1\n  expected: 0 to 1"),
        (
            "1,2\n",
            {"sections": {"inputs": "1-0"}},
            "a.csv, section 'inputs': the range of columns 1-0 runs backwards\n  expected: the smaller number first",
        ),
        (
            "1,2\n",
            {"categories": {"5": "auto"}},
            "a.csv, categories: there is no column 5\n  expected: 0 to 1",
        ),
        (
            "1,2\n",
            {"sections": {"inputs": ()}},
            (
                "a.csv, section 'inputs': it names no column\n"
                "  expected: one at least\n"
                "  to do:    name some, or leave the section out"
            ),
        ),
        (
            "",
            {"categories": {"species": "auto"}},
            "a.csv: it has no rows of values\n  expected: at least one",
        ),
        (
            b"1,2\n3,\xe4\n",
            {},
            (
                "a.csv, line 2: it is no utf-8: invalid continuation byte\n"
                "  expected: text in utf-8\n"
                '  to do:    name its encoding, such as encoding = "latin-1"'
            ),
        ),
        (
            b"1,2\n",
            {"encoding": "utf-16"},
            (
                "a.csv, line 1: it is no utf-16: UTF-16 stream does not start with BOM\n"
                "  expected: text in utf-16\n"
                '  to do:    name its encoding, such as encoding = "latin-1"'
            ),
        ),
    ],
)
def test_faults_are_told_with_their_line(text, settings, message, refused):
    """The line is that of the file, blank lines and quoted line breaks counted."""
    assert refused(extract, text, **settings) == ("DataError", message)


@pytest.mark.parametrize("name", ["utf-9", "base64", 8])
def test_an_encoding_has_to_be_one_of_texts(name, refused):
    """Python has others under such names."""
    assert refused(extract, "1,2\n", encoding=name) == (
        "SettingError",
        f"CSV.encoding: {name!r}\n  expected: an encoding, such as utf-8, utf-16 or latin-1",
    )


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "→", 1])
def test_a_delimiter_is_one_character(delimiter, refused):
    """That can be told from quotes and ends of lines."""
    assert refused(extract, "1,2\n", delimiter=delimiter) == (
        "SettingError",
        f"CSV.delimiter: {delimiter!r}\n  expected: one character, such as , or ; or a tab",
    )
