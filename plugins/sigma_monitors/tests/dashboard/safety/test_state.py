"""The key of sessions and the entrance, in files of their owner alone."""

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sigma_monitors.dashboard._safety import StateError, entrance, session_key, state_directory


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, Path.home() / ".local" / "state" / "sigma" / "dashboard"),
        ("linux", {"XDG_STATE_HOME": "states"}, Path("states") / "sigma" / "dashboard"),
        ("darwin", {}, Path.home() / "Library" / "Application Support" / "sigma" / "dashboard"),
        ("win32", {}, Path.home() / "AppData" / "Local" / "sigma" / "dashboard"),
        ("win32", {"LOCALAPPDATA": "local"}, Path("local") / "sigma" / "dashboard"),
    ],
)
def test_state_is_kept_where_the_platform_keeps_it(platform, environ, expected):
    assert state_directory(environ, platform) == expected


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def generous():
    """A user whose files everybody may read and write, unless a program says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_key_is_made_once_and_is_of_its_owner_alone(tmp_path, generous):
    folder = tmp_path / "state" / "sigma"
    key = session_key(folder)
    assert len(key) == 32
    assert session_key(folder) == key
    assert mode(folder) == 0o700
    assert mode(folder / "session.key") == 0o600
    assert [path.name for path in folder.iterdir()] == ["session.key"]


def test_two_that_start_at_once_have_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: session_key(tmp_path), range(32)))
    assert len(keys) == 1


def test_a_key_is_kept_where_there_are_no_links(tmp_path, monkeypatch):
    def refused(self, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert session_key(tmp_path) == session_key(tmp_path)
    assert mode(tmp_path / "session.key") == 0o600


def spoilt(path, found):
    told = (
        f"key of the dashboard's sessions {str(path)!r}: {found}\n"
        "  expected: a file of 32 bytes in hexadecimal that only its owner can read\n"
        "  to do:    remove it, and a new one is made; sessions that were open end"
    )
    return pytest.raises(StateError, match=f"^{re.escape(told)}$")


@pytest.mark.parametrize("loose", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_a_key_that_others_can_read_is_not_used(tmp_path, loose):
    session_key(tmp_path)
    path = tmp_path / "session.key"
    path.chmod(loose)
    with spoilt(path, "others can read it, or own it"):
        session_key(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "it has 0 characters, not 64"),
        ("ab" * 31, "it has 62 characters, not 64"),
        ("ab" * 1000, "it has 128 characters, not 64"),
        ("xy" * 32, "non-hexadecimal number found in fromhex() arg at position 0"),
    ],
)
def test_a_key_that_is_damaged_is_not_used(tmp_path, text, found):
    path = tmp_path / "session.key"
    path.touch(mode=0o600)
    path.write_text(text)
    with spoilt(path, found):
        session_key(tmp_path)


def test_a_link_is_not_followed(tmp_path):
    """It may lead to a file that someone else chose."""
    other = tmp_path / "other"
    key = session_key(other)
    path = tmp_path / "session.key"
    path.symlink_to(other / "session.key")
    with spoilt(path, "Too many levels of symbolic links"):
        session_key(tmp_path)
    (other / "session.key").unlink()
    with spoilt(path, "Too many levels of symbolic links"):
        session_key(tmp_path)
    assert key


def test_a_folder_is_no_key(tmp_path):
    path = tmp_path / "session.key"
    path.mkdir(mode=0o700)
    with spoilt(path, "Is a directory"):
        session_key(tmp_path)


def test_a_pipe_is_no_key(tmp_path):
    """Nobody waits for someone to write into it."""
    path = tmp_path / "session.key"
    os.mkfifo(path, 0o600)
    with spoilt(path, "it is no file"):
        session_key(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "state").write_text("")
    with spoilt(tmp_path / "state" / "sigma" / "session.key", "Not a directory"):
        session_key(tmp_path / "state" / "sigma")


def test_an_entrance_leads_to_an_address_and_is_of_its_owner_alone(tmp_path, generous):
    path = entrance(tmp_path / "sigma", 'http://127.0.0.1:8050/?token=a&x="><script>')
    assert mode(path) == 0o600
    text = path.read_text("utf-8")
    assert 'content="0;url=http://127.0.0.1:8050/?token=a&amp;x=&quot;&gt;&lt;script&gt;"' in text
    assert "<script" not in text
    assert "other" in entrance(tmp_path / "sigma", "http://other/").read_text("utf-8")
    assert [each.name for each in path.parent.iterdir()] == ["entrance.html"]


def test_an_entrance_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "state").write_text("")
    told = (
        f"entrance of the dashboard {str(tmp_path / 'state' / 'sigma' / 'entrance.html')!r}: Not a directory\n"
        "  expected: a folder that can be written to\n"
        "  to do:    open the address that is printed by hand"
    )
    with pytest.raises(StateError, match=f"^{re.escape(told)}$"):
        entrance(tmp_path / "state" / "sigma", "http://127.0.0.1:8050/")
