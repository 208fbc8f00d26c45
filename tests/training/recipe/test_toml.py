"""Recipes as they are written."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from sigma_core.training.recipe._toml import document

KEYS = st.text(st.sampled_from("ab_-.\"' #=[]{}\\é"), max_size=6)
SCALARS = st.one_of(st.integers(-99, 99), st.booleans(), st.floats(allow_nan=False), st.text(max_size=8))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_what_is_written_reads_back(values):
    """Whatever the keys and strings hold, and however deep it is."""
    assert tomllib.loads(document(values)) == values


def test_a_layer_has_a_line():
    """Lists of tables are written over lines, everything else in one."""
    network = [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}]

    assert document({"seed": 1, "dataset": {"use": "iris", "split": [0.8, 0.2]}, "network": network}) == (
        "seed = 1\n"
        'dataset = {use = "iris", split = [0.8, 0.2]}\n'
        "network = [\n"
        '    {use = "input", shape = [4]},\n'
        '    {use = "dense", size = 3},\n'
        "]\n"
    )
