"""Records between reading and preparing."""

import os

import numpy as np
import pytest

from sigma_core.data._spool import Spool
from sigma_core.errors import StorageError
from sigma_core.testing import message


def test_a_spool_goes_to_the_disk_beyond_its_budget_and_gives_the_same(tmp_path):
    """Whole or in part, section by section."""
    blocks = [{"x": np.arange(first, first + 10.0), "y": np.full((10, 2), first)} for first in range(0, 50, 10)]
    held, spilled = Spool(1 << 20, lambda: tmp_path), Spool(300, lambda: tmp_path)
    for block in blocks:
        held.add(block)
        spilled.add(block)
    assert (held.is_on_disk, spilled.is_on_disk) == (False, True)
    rows = np.array([0, 1, 12, 13, 14, 49])
    for spool in (held, spilled):
        assert spool.sections == ("x", "y")
        assert spool.column("x").tolist() == list(range(50))
        assert np.concatenate([block["x"] for block in spool.blocks(["x"], rows)]).tolist() == rows.tolist()
        assert np.concatenate([block["y"] for block in spool.blocks(rows=rows)])[:, 0].tolist() == [
            0,
            0,
            10,
            10,
            10,
            40,
        ]
        spool.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_somebody_cuts_short_is_told(tmp_path):
    """Rather than read as zeros."""
    folder = tmp_path / "data" / "work"
    folder.mkdir(parents=True)
    spool = Spool(0, lambda: folder)
    spool.add({"x": np.arange(10.0)})
    os.truncate(folder / "raw-0", 8)
    with pytest.raises(StorageError) as caught:
        spool.column("x")
    assert message(caught.value) == (
        f"data cache '{tmp_path / 'data'}': it cannot be used: it was cut short by somebody else\n"
        "  expected: a folder that can be written, with room for the records\n"
        "  to do:    free some space, as with `sigma data cache clear`, or set SIGMA_CACHE to a folder of a larger disk"
    )
    spool.close()
