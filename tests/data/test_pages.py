"""Arrays that are mapped from files are read window by window."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from sigma_core.data import Minibatches
from sigma_core.data._pages import Leaps, Pages, Walk

RECORDS, WIDTH = 16_000, 512


@pytest.fixture
def mapped(tmp_path):
    """Records of 4 KiB, mapped from a file, behind a header that is no whole page."""
    path = tmp_path / "records"
    array = np.arange(RECORDS * WIDTH, dtype=np.float64).reshape(RECORDS, WIDTH)
    path.write_bytes(b"header" + b"\0" * 10 + array.tobytes())
    return np.memmap(path, np.float64, "r", 16, (RECORDS, WIDTH))


def resident(array):
    """Bytes of a mapping that are in this process's memory, as the system counts them; of that file alone."""
    found, is_there = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split()[0] and not line[0].isupper():
            is_there = line.rstrip().endswith(str(array.filename))
        elif is_there and line.startswith("Rss:"):
            found += int(line.split()[1]) << 10
    return found


linux = pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="the system takes no advice on memory")


@linux
@pytest.mark.parametrize("shuffle", ["block", False])
def test_what_has_been_read_is_let_go_of(mapped, shuffle):
    """Of data in many windows, few stay in memory; every record is right."""
    batches = Minibatches({"inputs": mapped}, 1000, 1, shuffle=shuffle, block=500, window=2)
    most, seen = 0, []
    for (batch,) in batches:
        rows = batch[:, 0] / WIDTH
        np.testing.assert_array_equal(batch[:, -1], rows * WIDTH + WIDTH - 1)
        seen.extend(rows)
        most = max(most, resident(mapped))
    assert sorted(seen) == list(range(RECORDS))
    # A few windows of 4 MiB, with what the system maps around their blocks, and nothing like the 64 MiB of the whole.
    assert 0 < most < mapped.nbytes / 2


def test_any_order_of_what_is_mapped_holds_every_record(mapped):
    """As of arrays in memory."""
    batches = Minibatches({"inputs": mapped}, 1000, 1)
    seen = [row for (batch,) in batches for row in batch[:, 0] / WIDTH]
    assert sorted(seen) == list(range(RECORDS))


@linux
def test_picking_from_anywhere_lets_go_now_and_then(mapped):
    """Once as much as is allowed may have been mapped, and only where there is more than that."""
    pages = Pages([mapped])
    leaps = Leaps(pages, RECORDS, most=16 << 20, enough=32 << 20)
    for first in range(0, RECORDS, 500):
        leaps.leap(1)
        assert mapped[first].sum() > 0
    assert resident(mapped) < mapped.nbytes / 2
    assert mapped.sum() > 0
    everything = resident(mapped)
    Leaps(pages, RECORDS).leap(RECORDS)
    assert resident(mapped) == everything
    pages.done(0, RECORDS)
    assert resident(mapped) == 0


def test_only_whole_read_only_mappings_are_advised(mapped, tmp_path):
    """A private copy would lose what was written, memory of its own has nothing to be read from."""
    copy = np.memmap(mapped.filename, np.float64, "c", 16, (RECORDS, WIDTH))
    copy[:] = 7
    pages = Pages([np.arange(5), copy, mapped[:, :3], mapped[:0]])
    pages.done(0, RECORDS)
    assert not pages
    assert (copy == 7).all()
    assert Pages([np.ascontiguousarray(mapped[5:])]).bytes == mapped[5:].nbytes


class Told:
    """Writes down what is advised."""

    def __init__(self):
        self.told = []

    def soon(self, start, end):
        self.told.append(("soon", start, end))

    def done(self, start, end):
        self.told.append(("done", start, end))


def test_the_next_window_is_read_while_this_one_is_used():
    """And the one before the last is let go of; a walk that begins anew, or elsewhere, lets go of everything."""
    pages = Told()
    walk = Walk(pages, 100)
    walk.enter(0, [(0, 10)], [(10, 20)])
    walk.enter(1, [(10, 20)], [(20, 30)])
    walk.enter(2, [(20, 30)], [(30, 40)])
    walk.enter(7, [(70, 80)], [(80, 90)])
    assert pages.told == [
        ("done", 0, 100),
        ("soon", 0, 10),
        ("soon", 10, 20),
        ("soon", 20, 30),
        ("soon", 30, 40),
        ("done", 0, 10),
        ("done", 0, 100),
        ("soon", 70, 80),
        ("soon", 80, 90),
    ]
