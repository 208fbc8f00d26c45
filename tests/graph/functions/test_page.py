"""The page of functions names every one that can be traced."""

import re
from pathlib import Path

from sigma_core.graph._protocol import FUNCTIONS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "functions.md"


def test_the_table_is_complete():
    """And no longer than it should be."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    listed = {name for row in rows for name in re.findall(r"`([a-z][a-z_0-9.]*)`", row) if name not in OTHERS}
    assert listed == {meaning.name.removeprefix("np.") for meaning in FUNCTIONS.values()} - {"getitem"}


OTHERS = {"axis", "keepdims", "initial", "ddof", "correction", "dtype"}
