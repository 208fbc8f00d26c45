"""Lines of a recipe's values."""

import tomllib

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.training.recipe._lines import line_at, lines_of
from sigma_core.training.recipe._toml import document

KEYS = st.text(st.sampled_from("ab_-.\"' #=[]{}\\é"), min_size=1, max_size=6)
SCALARS = st.one_of(
    st.integers(-99, 99),
    st.booleans(),
    st.floats(allow_nan=False),
    st.text(st.sampled_from("ab\"'#,]}\\\n "), max_size=8),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


def places(value, place=()):
    """Every place inside a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*place, key)
        yield from places(inner, (*place, key))


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.booleans())
def test_every_value_has_a_line(values, has_headers):
    """Whatever the keys and strings hold, each value of a document is found, and nothing else."""
    text = tomlkit.dumps(values) if has_headers else document(values)

    lines = lines_of(text)

    assert set(lines) == set(places(tomllib.loads(text)))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_lines_are_those_of_the_keys():
    """Each form of TOML is followed: inline tables, arrays over lines, dotted keys, headers, comments."""
    text = """# a comment = 1
seed = 1
stop = "20 # epochs" # = 2
dataset = { use = "digits", split = [0.8,
  0.2] }
a.b."c d" = 1
network = [
  # none
  { use = "dense" },
]
[optimiser]
rate = 1
[[hooks]]
use = '''
x'''
[[hooks]]
use = 'y'
[hooks.deep]
z = 1
"""
    lines = lines_of(text)

    assert lines["seed",] == 2
    assert lines["dataset", "split", 1] == 5
    assert lines["a", "b", "c d"] == 6
    assert lines["network", 0, "use"] == 9
    assert lines["optimiser",] == 11
    assert lines["optimiser", "rate"] == 12
    assert lines["hooks", 0, "use"] == 14
    assert lines["hooks", 1] == 16
    assert lines["hooks", 1, "deep", "z"] == 19


def test_a_place_that_is_missing_has_the_line_around_it():
    """A fault about a key that is not there is told at the table that should have it."""
    lines = lines_of("seed = 1\n[optimiser]\nuse = 'adam'\n")

    assert line_at(lines, ("optimiser", "learning_rate")) == 2
    assert line_at(lines, ("dataset",)) is None


def test_tables_under_the_elements_of_an_array_are_theirs():
    """However deep: a header of one bracket, or of two, means the newest element."""
    lines = lines_of("[[a]]\n[[a.b]]\nc = 1\n[[a.b]]\nc = 2\n[a.b.d]\ne = 3\n[[a]]\n[[a.b]]\nc = 4\n")

    assert lines["a", 0, "b", 1, "c"] == 5
    assert lines["a", 0, "b", 1, "d", "e"] == 7
    assert lines["a", 1, "b", 0, "c"] == 10


def test_a_table_of_an_array_may_be_opened_again():
    """What follows is in the newest element."""
    assert lines_of("[[a]]\nb = 1\n[a.c]\nd = 2\n")["a", 0, "c", "d"] == 4


def test_a_string_of_three_quotes_may_end_in_more():
    """Two of them are its own."""
    lines = lines_of('a = """x"""""\nb = \'\'\'y\'\'\'\'\nc = 1\n')

    assert (lines["b",], lines["c",]) == (2, 3)
