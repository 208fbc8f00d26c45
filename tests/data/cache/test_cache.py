"""The data cache: shared by processes, whole or not there, no larger than it may be."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streams import Halved, Stream, checksum, environment

from sigma_core.data.cache import Cache, Header, bytes_of, in_words
from sigma_core.data.cache._entry import Stored
from sigma_core.errors import SettingError, StorageError
from sigma_core.testing import message

HERE = Path(__file__).parent
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def stream(journal, content="1", **settings):
    settings = {"cache": "disk", "preprocess": {"inputs": (Halved(),)}, "split": (0.5, 0.5)} | settings
    return Stream(str(journal), content=content, **settings)


def start(cache, journal, pause=0.0, blocks=4, *further):
    script = "import streams, sys; streams.main(*sys.argv[1:])"
    command = [sys.executable, "-c", script, str(cache), str(journal), str(pause), str(blocks), *further]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE)


def until(condition):
    """Wait for what another process does."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to it")


def entries(folder):
    return [path for path in (folder / "data").iterdir() if path.name not in ("locks", "users")]


def reads(journal):
    return journal.read_text("utf-8").count("read") if journal.exists() else 0


class Log:
    """Keeps what is logged."""

    def __init__(self):
        self.lines = []

    def info(self, text, **fields):
        self.lines.append(text)

    warning = info


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal"


def test_processes_on_one_entry_make_it_once(tmp_path, journal):
    """One writes, the others wait for it and read."""
    processes = [start(tmp_path / "cache", journal, 0.1) for _ in range(3)]
    sums = {process.communicate()[0] for process in processes}
    assert len(sums) == 1
    assert reads(journal) == 1
    assert f"{checksum(stream(journal).prepare(environment(tmp_path / 'other'), 1))}\n" in sums


@needs_signals
def test_what_a_killed_process_left_is_removed_and_made_again(tmp_path, journal):
    """Nobody sees half of an entry, and nobody waits for the dead."""
    process = start(tmp_path, journal, 600)
    until(lambda: (tmp_path / "data").exists() and any(path.glob("raw-*") for path in entries(tmp_path)))
    process.kill()
    process.communicate()
    assert [path.name[0] for path in entries(tmp_path)] == ["."]

    # Another entry is made meanwhile: what was left goes as well.
    other = stream(journal, "22").prepare(environment(tmp_path), 1)
    assert [path.name[0] for path in entries(tmp_path)] != ["."]
    assert len(entries(tmp_path)) == 1
    assert other.records == 2000


@needs_signals
def test_a_killed_process_keeps_nobody_from_its_entry(tmp_path, journal):
    """The lock goes with the process."""
    process = start(tmp_path, journal, 600)
    until(lambda: reads(journal) == 1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    second = start(tmp_path, journal, 0)
    assert second.communicate()[0].count("\n") == 1
    assert second.returncode == 0
    assert len(entries(tmp_path)) == 1


@contextmanager
def small_disk(folder, size):
    """A file system of so many bytes."""
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if mount is None or sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root mounts file systems, on Linux")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("blocks", [4, 40])
def test_a_full_disk_is_told_and_left_as_it_was(blocks, tmp_path, journal):
    """While records are read, or when they are written at last; what was there stays."""
    cache = tmp_path / "disk"
    with small_disk(cache, 1 << 20):
        small = stream(journal, blocks_of_records=1).prepare(environment(cache), 1)
        before = checksum(small)
        with pytest.raises(StorageError) as caught:
            stream(journal, blocks_of_records=blocks * 4).prepare(environment(cache), 1)
        assert message(caught.value) == (
            f"data cache '{cache / 'data'}': it cannot be used: No space left on device\n"
            "  expected: a folder that can be written, with room for the records\n"
            "  to do:    free some space, as with `sigma data cache clear`, or set SIGMA_CACHE to a folder of a larger "
            "disk"
        )
        assert len(entries(cache)) == 1
        assert checksum(stream(journal, blocks_of_records=1).prepare(environment(cache), 1)) == before
        del small


def test_a_folder_that_cannot_be_written_is_told(tmp_path, journal):
    """Such as one of which the name is that of a file."""
    (tmp_path / "data").write_text("", "utf-8")
    with pytest.raises(StorageError) as caught:
        stream(journal).prepare(environment(tmp_path), 1)
    assert f"data cache '{tmp_path / 'data'}': it cannot be used: " in message(caught.value)


def cut_short(entry):
    path = next(entry.glob("training-*"))
    os.truncate(path, path.stat().st_size - 8)


def overwrite(entry):
    path = next(entry.glob("validation-*"))
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"\x01")


def remove(entry):
    next(entry.glob("training-*")).unlink()


def spoil_header(entry):
    (entry / "header").write_bytes((entry / "header").read_bytes().replace(b"training", b"practice"))


def remove_header(entry):
    (entry / "header").unlink()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut_short, "training-0 has 127992 bytes and not 128000"),
        (overwrite, "validation-0 has other content than was written"),
        (remove, "a file of it cannot be read: "),
        (spoil_header, "its header has another checksum than it says"),
        (remove_header, "its header cannot be read: No such file or directory"),
    ],
)
def test_a_damaged_entry_is_made_again(damage, reason, tmp_path, journal):
    """With a warning that says what was wrong."""
    log = SimpleNamespace(lines=[])
    log.warning = lambda text, **fields: log.lines.append((text, fields["reason"]))
    expected = checksum(stream(journal).prepare(environment(tmp_path), 1))
    (entry,) = entries(tmp_path)
    damage(entry)
    data = stream(journal).prepare(environment(tmp_path, log), 1)
    assert checksum(data) == expected
    assert reads(journal) == 2
    ((text, told),) = log.lines
    assert text == "damaged entry of the data cache removed"
    assert told.startswith(reason)


def test_other_content_settings_or_seeds_are_other_entries(tmp_path, journal):
    """And the same ones are found."""
    place = environment(tmp_path)
    variants = [
        (stream(journal), 1),
        (stream(journal, "other"), 1),
        (stream(journal), 2),
        (stream(journal, preprocess={}), 1),
        (stream(journal, split=(0.25, 0.75)), 1),
    ]
    for _ in range(2):
        for dataset, seed in variants:
            dataset.prepare(place, seed)
    assert reads(journal) == len(entries(tmp_path)) == len(variants)
    # How they are read is none of it, nor is the seed, where nothing is split.
    stream(journal, block=7).prepare(place, 1)
    assert reads(journal) == len(variants)
    for seed in (1, 2):
        stream(journal, split=None).prepare(place, seed)
    assert reads(journal) == len(variants) + 1


def test_the_least_recently_used_go_first_and_none_that_is_in_use(tmp_path, journal):
    """Until what is left is no larger than the limit."""
    cache, place = Cache.of(environment(tmp_path)), environment(tmp_path)
    held = stream(journal, "a").prepare(place, 1)
    for content in ("bb", "ccc", "dddd"):
        stream(journal, content).prepare(place, 1)
    size = cache.entries()[0].bytes
    for age, info in enumerate(cache.entries()):
        os.utime(cache.path_of(info.key), (1000 - age, 1000 - age))
    stream(journal, "bb").prepare(place, 1)
    assert sorted(info.is_in_use for info in cache.entries()) == [False, False, False, True]

    removed = cache.evict(limit=2 * size)
    # Of "a", "ccc" and "dddd", in this order, the first is in use; "bb" was the last to be used.
    assert len(removed) == 2
    assert reads(journal) == 4
    stream(journal, "bb").prepare(place, 1)
    stream(journal, "a").prepare(place, 1)
    assert reads(journal) == 4
    stream(journal, "ccc").prepare(place, 1)
    assert reads(journal) == 5
    assert held.records == 2000
    del held
    assert len(cache.evict(limit=0)) == 3
    assert entries(tmp_path) == []


@needs_signals
def test_what_another_process_has_open_is_in_use(tmp_path, journal):
    """Until it ends, however it ends."""
    process = start(tmp_path, journal, 0, 4, "hold")
    process.stdout.readline()
    cache = Cache.of(environment(tmp_path))
    assert cache.evict(limit=0) == []
    assert [info.is_in_use for info in cache.entries()] == [True]
    process.kill()
    process.communicate()
    assert len(cache.evict(limit=0)) == 1


def test_a_limit_is_kept_by_itself(tmp_path, journal, monkeypatch):
    """Whenever an entry is made."""
    monkeypatch.setenv("SIGMA_CACHE_LIMIT", "600 kB")
    for content in "abc":
        stream(journal, content * 2).prepare(environment(tmp_path), ord(content))
    assert len(entries(tmp_path)) == 2


def test_whoever_waits_says_so(tmp_path, journal, monkeypatch):
    """In the log."""
    monkeypatch.setattr("sigma_core.data.cache._cache._SILENCE", 0.01)
    log = Log()
    cache = Cache(tmp_path / "data", log=log)
    process = start(tmp_path, journal, 0.3)
    until(lambda: reads(journal) == 1)
    data = stream(journal).prepare(environment(tmp_path, log), 1)
    assert log.lines == ["waiting for another process that prepares the same data"]
    assert process.communicate()[0] == f"{checksum(data)}\n"
    assert len(cache.entries()) == 1


def test_sizes_are_read_and_written_as_people_do():
    """With units of a thousand."""
    sizes = [bytes_of(text, "limit") for text in ("10", "2kB", "1.5 MB", "3 G", "1TB", "7 b")]
    assert sizes == [10, 2000, 1_500_000, 3_000_000_000, 10**12, 7]
    assert [in_words(size) for size in (12, 1234, 5_600_000, 7_890_000_000)] == ["12 B", "1.23 kB", "5.6 MB", "7.89 GB"]
    with pytest.raises(SettingError) as caught:
        bytes_of("many", "SIGMA_CACHE_LIMIT")
    assert message(caught.value) == (
        "SIGMA_CACHE_LIMIT: 'many' is no size\n  expected: a number of bytes, or such as 500 MB or 20 GB"
    )


def test_records_without_numbers_are_kept_too(tmp_path):
    """A section of no features has no file to map."""
    from sigma_core.data import InMemory

    data = InMemory({"inputs": np.zeros((3, 0)), "targets": np.arange(3)}, cache="disk").prepare(
        environment(tmp_path), 1
    )
    assert data.training["inputs"].shape == (3, 0)


def test_what_is_read_back_has_to_be_what_was_written(tmp_path):
    """Or the disk is not to be trusted."""
    cache = Cache.of(environment(tmp_path))
    with cache.claimed("key") as claim:
        (claim.folder() / "a").write_bytes(bytes(8))
        stored = Stored(file="a", dtype="<f8", shape=(1,), sample="another")
        with pytest.raises(StorageError) as caught:
            claim.publish(Header("a number", {"training": {"inputs": stored}}, {}))
    assert message(caught.value) == (
        f"data cache '{tmp_path / 'data'}': it cannot be used: what was written is not what is read back\n"
        "  expected: a folder that can be written, with room for the records\n"
        "  to do:    free some space, as with `sigma data cache clear`, or set SIGMA_CACHE to a folder of a larger disk"
    )
    assert entries(tmp_path) == []
