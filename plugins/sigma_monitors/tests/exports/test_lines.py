"""Files of lines: whole whatever happens, and one writer at a time."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sigma_monitors.exports._lines import Lines

from sigma_core.extend import StorageError

KILLED = """
import os, sys
from pathlib import Path
from sigma_monitors.exports._lines import Lines

lines = Lines(Path(sys.argv[1]))
for number in range(100):
    lines.append(b"line %d\\n" % number)
print("written", flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lines"


@pytest.fixture
def lines(path):
    lines = Lines(path)
    yield lines
    lines.close()


def refusal(path, found):
    return (
        re.escape(f"{path}: {found}")
        + r"\n  expected: a folder that can be written, with room left"
        + r"\n  to do:    free some space, or give the monitor another path; what the run keeps itself can be exported "
        + r"later\Z"
    )


def test_lines_are_added(lines, path):
    """Folders are made."""
    lines.append(b"one\ntwo\n")
    lines.append(b"")
    lines.append(b"three\n")
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    assert lines.first() == b"one\n"


def test_without_a_line_there_is_no_file(lines, path):
    """Nothing is made that holds nothing."""
    lines.change(lambda lines: [b"never\n"])
    assert lines.first() is None
    assert not path.exists()


def test_half_a_line_is_cut_off(lines, path):
    """A power cut leaves such."""
    path.write_bytes(b"one\ntw")
    lines.append(b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    lines.close()
    path.write_bytes(b"on")
    assert lines.first() is None


def test_lines_are_changed_at_once(lines, path):
    """And added to afterwards; half a line is no line."""
    path.write_bytes(b"one\ntwo\nthr")
    lines.change(lambda lines: (line for line in lines if line != b"one\n"))
    lines.append(b"four\n")
    assert path.read_bytes() == b"two\nfour\n"
    assert [each.name for each in path.parent.iterdir() if "partial" in each.name] == []


def test_what_was_added_survives_being_killed(path):
    """And whoever comes next may write."""
    done = subprocess.run([sys.executable, "-c", KILLED, path], capture_output=True, check=False)
    assert done.stdout.split() == [b"written"], done.stderr
    lines = Lines(path)
    lines.append(b"line 100\n")
    lines.close()
    assert path.read_bytes() == b"".join(b"line %d\n" % number for number in range(101))


def test_no_line_is_left_in_part_where_there_is_no_room(lines, path, short_of_room):
    """What fits stays."""
    lines.append(b"x" * 599 + b"\n")
    with pytest.raises(StorageError, match=refusal(path, "cannot be written: File too large")), short_of_room(1000):
        lines.append(b"y" * 299 + b"\n" + b"z" * 299 + b"\n")
    assert path.read_bytes() == b"x" * 599 + b"\n" + b"y" * 299 + b"\n"


def test_a_change_without_room_leaves_what_there_was(lines, path, short_of_room):
    """And no rest."""
    lines.append(b"one\n")
    with pytest.raises(StorageError, match=refusal(path, "cannot be written: File too large")), short_of_room(1000):
        lines.change(lambda lines: [*lines, b"x" * 2000 + b"\n"])
    assert path.read_bytes() == b"one\n"
    assert sorted(each.name for each in path.parent.iterdir()) == [".lines.lock", "lines"]


def test_one_writes_at_a_time(lines, path):
    """Two would lose what the other wrote; afterwards the next may."""
    said = (
        re.escape(f"{path}: somebody else writes this file")
        + r"\n  expected: one monitor for each file"
        + r"\n  to do:    wait until it has ended, or give the monitor another path\Z"
    )
    with pytest.raises(StorageError, match=said):
        Lines(path)
    lines.close()
    Lines(path).close()


def test_a_folder_is_no_file(path):
    """It is left alone."""
    path.mkdir()
    said = re.escape(
        f"{path}: it is no file\n  expected: a file, or nothing\n  to do:    give the monitor another path"
    )
    with pytest.raises(StorageError, match=rf"{said}\Z"):
        Lines(path)


def test_a_folder_that_takes_no_file_is_named():
    """Nobody else has the file: there can be none."""
    if not Path("/proc/self").exists():
        pytest.skip("there is no folder here that takes no file of anybody")
    path = Path("/proc/series.csv")
    with pytest.raises(StorageError, match=refusal(path, "cannot be written: No such file or directory")):
        Lines(path)


def test_a_place_that_cannot_be_written_is_named(path):
    """A file stands where a folder would have to."""
    path.write_text("a file", "utf-8")
    # What is said of it differs between systems.
    with pytest.raises(
        StorageError, match=refusal(path / "lines", "cannot be written: ").replace(r"\n", r"[\w ]+\n", 1)
    ):
        Lines(path / "lines")
