"""No name leads out of the folder of runs."""

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sigma_monitors.dashboard._run_paths import RunNameError, can_be_named, guarded_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs, beside what is none of anybody's business."""
    top = tmp_path_factory.mktemp("top")
    runs = top / "runs"
    names = ["digits-3", "with space", "größe", "12:30", "%2e%2e", "a%2fb", "...", "~", "$HOME", "'\"><b>", "-rf"]
    for name in names:
        (runs / name).mkdir(parents=True)
    (runs / "digits-3" / "checkpoints").mkdir()
    (runs / "notes.txt").write_text("")
    for name in ("secret", "runs-of-others"):
        (top / name).mkdir()
    (runs / "out").symlink_to(top / "secret")
    (runs / "beside").symlink_to(top / "runs-of-others")
    (runs / "up").symlink_to("..")
    (runs / "self").symlink_to(".")
    (runs / "loop").symlink_to("loop")
    (runs / "nowhere").symlink_to("missing")
    (runs / "newest").symlink_to("digits-3")
    return runs


NAMES = ["digits-3", "with space", "größe", "12:30", "%2e%2e", "a%2fb", "...", "~", "$HOME", "'\"><b>", "-rf"]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_of_the_folder_is_found(folder, name):
    """Whatever it is called; and a text that looks encoded is the name that it is."""
    assert guarded_run(folder, name) == folder / name
    assert guarded_run(str(folder), name) == folder / name


def test_a_link_within_the_folder_is_followed(folder):
    assert guarded_run(folder, "newest") == folder / "digits-3"


def test_a_folder_of_runs_may_be_a_link(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    assert guarded_run(tmp_path / "link", "digits-3") == folder / "digits-3"


def refused(name, found):
    shown = name if len(name) <= 80 else f"{name[:60]}..."
    told = (
        f"run {shown!r}: {found}\n"
        "  expected: the name of a run of this folder\n"
        "  to do:    choose one from the list of runs"
    )
    return pytest.raises(RunNameError, match=f"^{re.escape(told)}$")


SEPARATED = [
    "../secret",
    "digits-3/../../secret",
    "digits-3/checkpoints",
    "./digits-3",
    "digits-3/",
    "/etc",
    "//host/share",
    "\\\\host\\share",
    "\\\\?\\C:\\",
    "..\\secret",
    "C:",
    "C:\\Windows",
    "c:digits-3",
    "digits-3\0",
    "digits-3\0/../../secret",
    "digits-3\n",
    "digits-3\x7f",
    "..%2f\0",
]


@pytest.mark.parametrize("name", SEPARATED)
def test_separators_drives_and_control_characters_are_refused(folder, name):
    with refused(name, "a separator, a drive or a control character is in it"):
        guarded_run(folder, name)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_what_is_no_name_is_refused(folder, name):
    with refused(name, "that is no name"):
        guarded_run(folder, name)


@pytest.mark.parametrize("name", ["out", "beside", "up", "self"])
def test_links_that_lead_out_are_refused(folder, name):
    """Also beside it, to a folder whose name begins alike, and to the folder itself."""
    with refused(name, "it leads out of the folder of runs"):
        guarded_run(folder, name)


@pytest.mark.parametrize(
    "name", ["missing", "nowhere", "loop", "..%2fsecret", "%2e%2e%2fsecret", "\uff0e\uff0e", "\u2024\u2024", "e" * 255]
)
def test_what_is_not_there_is_told(folder, name):
    """Names that are still encoded, or that look like others, are none of the folder's."""
    with refused(name, "there is none"):
        guarded_run(folder, name)


def test_a_file_is_no_run(folder):
    with refused("notes.txt", "it is no directory"):
        guarded_run(folder, "notes.txt")


@pytest.mark.parametrize(("name", "length"), [("x" * 256, 256), ("ä" * 128, 256), ("x" * 100_000, 100_000)])
def test_a_long_name_is_refused_and_told_shortly(folder, name, length):
    with refused(name, f"it has {length} bytes, and no name has more than 255"):
        guarded_run(folder, name)


def test_half_a_character_is_no_text(folder):
    with refused("\ud800", "it is no text"):
        guarded_run(folder, "\ud800")


def test_a_folder_that_is_missing_has_no_runs(tmp_path):
    with refused("digits", "there is none"):
        guarded_run(tmp_path / "missing", "digits")


PARTS = [
    "..",
    ".",
    "/",
    "\\",
    "secret",
    "runs",
    "out",
    "up",
    "digits-3",
    "\0",
    "%2e",
    "%2f",
    "C:",
    "~",
    "//",
    "top",
    "",
]


@given(parts=st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=8), times=st.integers(0, 3))
@example(parts=["..", "/", "secret"], times=1)
@example(parts=["up", "/", "secret"], times=0)
def test_no_name_leads_out(folder, parts, times):
    """However it is put together, and however often it is encoded and decoded on its way."""
    name = "".join(parts)
    try:
        for _ in range(times):
            name = unquote(quote(name))
        path = guarded_run(folder, name)
    except (RunNameError, UnicodeEncodeError):
        return
    assert path.parent == folder
    assert path == Path(os.path.realpath(path))
    assert path.is_dir()


def test_what_can_be_named_is_what_is_found(folder):
    """A list of runs holds nothing that would be refused, or could not be written in a URL."""
    odd = [folder / os.fsdecode(name) for name in (b"half\xff", b"line\nbreak", b"back\\slash")]
    for path in odd:
        path.mkdir()
    shown = sorted(path.name for path in folder.iterdir() if can_be_named(path))
    for path in odd:
        path.rmdir()
    assert shown == sorted([*NAMES, "newest", "notes.txt"])
