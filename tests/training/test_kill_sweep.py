"""A few runs of the sweep that kills runs at random moments; the whole of it is `tools/kill_sweep.py`."""

import sys

import pytest

from tools import kill_sweep


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_runs_end_as_if_nothing_had_been():
    """Parameters, optimiser, scores, stored metrics and the order of samples, to the last bit."""
    equal, kills, faults = kill_sweep.sweep(4, 1, 11, print)

    assert (equal, faults) == (4, [])
    assert kills
