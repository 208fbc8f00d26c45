"""A run store is read wherever it lies and whatever has become of its writer."""

import errno
import shutil
import subprocess
import sys

import pytest

from sigma_core.errors import RunDirectoryError
from sigma_core.events import RunStore
from sigma_core.testing import message

# A run that is killed with the last transactions in the write-ahead log, or inside one that has begun to write over
# the file, as the last of a run does.
KILLED = """
import os, signal, sys
from sigma_core.events import Bus, LogRecorded, RunStarted, RunStore

bus, store = Bus(), RunStore.create(sys.argv[1])
store.attach(bus)
bus.publish(RunStarted(run="killed", directory=None, epoch=0, iteration=0))
store.flush()
if sys.argv[2] == "journal":
    for statement in ("PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 1", "BEGIN"):
        store._connection.execute(statement)
    store._connection.execute("DELETE FROM events")
    for number in range(400):
        store._connection.execute("INSERT INTO meta VALUES (?, ?)", (f"note.{number}", "x" * 500))
os.kill(os.getpid(), signal.SIGKILL)
"""
READ = """
import sys
from sigma_core.events import RunStore

with RunStore.open(sys.argv[1]) as store:
    print([event.kind for event in store.events()])
"""
# In a name space of its own, so that nothing is left mounted; for the superuser, permissions are no obstacle.
ALONE = ("unshare", "--map-root-user", "--mount")
MOUNT = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'


def read_only(folder, *command):
    """Run a command for which a folder is on a disk that is read only; None where the system allows no such thing."""
    if shutil.which(ALONE[0]) is None:
        return None
    made = subprocess.run([*ALONE, "sh", "-c", MOUNT, "sh", folder, "true"], check=False, capture_output=True)
    if made.returncode:
        return None
    return subprocess.run(
        [*ALONE, "sh", "-c", MOUNT, "sh", folder, *command], check=False, capture_output=True, text=True
    )


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def kill(folder, how):
    """Leave the folder of a run that was killed."""
    subprocess.run([sys.executable, "-c", KILLED, folder, how], check=False)
    if how == "log without its index":
        (folder / "run.db-shm").unlink()
    assert {path.name for path in folder.iterdir()} > {"run.db"}
    return folder


@pytest.fixture(params=["log", "log without its index", "journal"])
def killed(request, tmp_path):
    return kill(tmp_path / "killed", request.param)


def test_what_a_killed_run_wrote_is_read(killed):
    """All that was committed and nothing else, however it was killed."""
    with RunStore.open(killed) as store:
        assert [event.kind for event in store.events()] == ["run_started"]


def test_what_a_killed_run_wrote_is_read_from_a_read_only_disk(killed):
    """There, too; the disk stays as it was, and no copy is left behind."""
    before = {path.name: path.read_bytes() for path in killed.iterdir()}
    (killed.parent / "temporary").mkdir()
    place = f"TMPDIR={killed.parent / 'temporary'}"

    done = read_only(killed, "env", place, sys.executable, "-c", READ, killed)

    if done is None:
        pytest.skip("this system mounts nothing for us")
    assert (done.stdout, done.stderr) == ("['run_started']\n", "")
    assert {path.name: path.read_bytes() for path in killed.iterdir()} == before
    assert list((killed.parent / "temporary").iterdir()) == []


def test_a_disk_without_room_for_a_copy_is_told(tmp_path, monkeypatch):
    """It is not the store that is at fault."""
    killed = kill(tmp_path / "killed", "journal")

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", refuse)

    with pytest.raises(RunDirectoryError) as caught:
        RunStore.open(killed)

    assert message(caught.value) == (
        f"run store {str(killed / 'run.db')!r}: cannot be copied to be read: [Errno 28] No space left on device\n"
        "  expected: a folder for temporary files with room left\n"
        "  to do:    free some space, or name another folder in TMPDIR"
    )
