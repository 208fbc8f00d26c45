"""The runs of a folder: whatever the folder is, and whatever lies in it."""

import ast
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from sigma_monitors.dashboard import _library, _recording
from sigma_monitors.dashboard._library import Library

NAMES = [
    "with space",
    "Läufe ümläut",
    'it\'s "quoted"',
    "<script>alert(1)<script>",
    "<img src=x onerror=alert(1)>",
    "a%2Fb",
    "a,b",
    "#?&=+;",
    "{{ 7 * 7 }}",
    "n" * 200,
]


@pytest.fixture(autouse=True)
def always_looking(monkeypatch):
    monkeypatch.setattr(_library, "_INTERVAL", 0.0)
    monkeypatch.setattr(_recording, "INTERVAL", 0.0)
    monkeypatch.setattr(_recording, "_PATIENCE", 0.0)


@pytest.fixture
def library(tmp_path):
    found = Library(tmp_path / "runs")
    yield found
    found.close()


def test_a_folder_that_is_missing_or_empty_has_no_runs_and_no_problem(library):
    assert (library.runs(), library.problem) == ([], None)
    library.folder.mkdir()
    assert (library.runs(), library.problem) == ([], None)


def test_a_folder_that_cannot_be_read_is_a_problem_until_it_can(library, flowers):
    library.folder.write_text("a file", "utf-8")
    assert library.runs() == []
    assert library.problem == f"{library.folder}: Not a directory"
    library.folder.unlink()
    library.folder.symlink_to("gone")
    assert (library.runs(), library.problem) == ([], None)
    library.folder.unlink()
    library.folder.symlink_to(library.folder.name)
    assert library.runs() == []
    assert library.problem.startswith(f"{library.folder}: ")
    library.folder.unlink()
    shutil.copytree(flowers, library.folder / "one")
    assert [run.name for run in library.runs()] == ["one"]
    assert library.problem is None


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not allow")
def test_a_run_may_have_any_name_that_a_folder_may(library, flowers):
    for name in NAMES:
        shutil.copytree(flowers, library.folder / name)
    assert sorted(run.name for run in library.runs()) == sorted(NAMES)
    assert {run.status for run in library.found} == {"ended"}


def test_what_is_half_written_or_damaged_stands_beside_the_others(library, flowers):
    folder = library.folder
    shutil.copytree(flowers, folder / "whole")
    (folder / "only a lock").mkdir()
    (folder / "only a lock" / "run.lock").touch()
    (folder / "a file").touch()
    for name, content in (
        ("empty", b""),
        ("garbage", b"x" * 9999),
        ("short", (flowers / "run.db").read_bytes()[:9000]),
    ):
        (folder / name).mkdir()
        (folder / name / "run.db").write_bytes(content)
    shutil.copytree(flowers, folder / "tags")
    (folder / "tags" / "tags.json").write_text("[" * 100_000, "utf-8")
    found = {run.name: run.status for run in library.runs()}
    assert found == {"whole": "ended", "empty": "damaged", "garbage": "damaged", "short": "damaged", "tags": "damaged"}
    assert all((run.problem is None) == (run.name == "whole") for run in library.found)
    shutil.rmtree(folder / "garbage")
    assert "garbage" not in {run.name for run in library.runs()}


def test_only_runs_that_changed_are_read_again(library, flowers, monkeypatch):
    for name in ("one", "two"):
        shutil.copytree(flowers, library.folder / name)
    library.runs()
    read = []
    monkeypatch.setattr(_library, "summary", lambda path: read.append(path.name) or original(path))
    library.runs()
    assert read == []
    (library.folder / "two" / "tags.json").write_text('["best"]', "utf-8")
    assert [run.tags for run in library.runs() if run.name == "two"] == [("best",)]
    assert read == ["two"]


original = _library.summary


def test_it_looks_once_in_an_interval_and_at_once_when_asked_to(library, flowers, monkeypatch):
    monkeypatch.setattr(_library, "_INTERVAL", 1e9)
    assert library.runs() == []
    shutil.copytree(flowers, library.folder / "one")
    assert library.runs() == []
    library.look_again()
    assert [run.name for run in library.runs()] == ["one"]
    assert library.found == library.runs()


def test_everybody_who_looks_at_a_run_has_the_same_recording(library, flowers, monkeypatch):
    monkeypatch.setattr(_library, "_HELD", 2)
    for number in range(5):
        shutil.copytree(flowers, library.folder / str(number))
    paths = [library.folder / str(number) for number in range(5)]
    looked_at = library.recording(paths[0])
    looked_at.refresh()
    for path in paths[1:]:
        library.recording(path).refresh()
    # It is not among those that are held for whoever comes next, but somebody still has it.
    assert library.recording(paths[0]) is looked_at
    looked_at.refresh()
    assert looked_at.curves(["training.loss"])["training.loss"].iterations.size == 16
    gc.collect()
    assert sorted(path.name for path in library._recordings) == ["0", "4"]


def test_a_run_that_is_to_be_removed_is_let_go_of(library, flowers):
    shutil.copytree(flowers, library.folder / "one")
    (found,) = library.runs()
    recording = library.recording(found.directory)
    recording.refresh()
    library.forget(found.directory)
    assert recording._store is None
    shutil.rmtree(found.directory)
    recording.refresh()
    assert recording.is_gone
    assert library.runs() == []
    library.forget(found.directory)


def test_many_threads_may_look_while_runs_come_and_go(library, flowers):
    faults, is_over = [], threading.Event()

    def look():
        try:
            while not is_over.is_set():
                for run in library.runs():
                    library.recording(run.directory).refresh()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            faults.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        shutil.copytree(flowers, library.folder / str(number))
        if number % 2:
            shutil.rmtree(library.folder / str(number - 1))
    is_over.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(int(run.name) for run in library.runs()) == list(range(1, 20, 2))


UNREADABLE = """
import os, sys
from pathlib import Path
from sigma_monitors.dashboard._library import Library
from sigma_monitors.dashboard._recording import Recording

folder = Path(sys.argv[1])
if os.geteuid() == 0:
    # The superuser may read everything.
    os.setgid(65534)
    os.setuid(65534)
library = Library(folder)
print([(run.name, run.status, run.problem) for run in library.runs()], library.problem)
recording = Recording(folder / "shut")
recording.refresh()
print(recording.problem)
"""


@pytest.mark.skipif(os.name == "nt", reason="permissions are another thing there")
def test_what_may_not_be_read_is_said_to_be(flowers):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(flowers, folder / "open")
        shutil.copytree(flowers, folder / "shut")
        (folder / "shut").chmod(0)

        def seen():
            command = [sys.executable, "-c", UNREADABLE, name]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

        tags = folder / "shut" / "tags.json"
        denied = f"{tags}: it cannot be read: [Errno 13] Permission denied: '{tags}'"
        runs, problem = seen()
        assert sorted(ast.literal_eval(runs.removesuffix(" None"))) == [
            ("open", "ended", None),
            ("shut", "damaged", denied),
        ]
        assert problem == f"{folder / 'shut' / 'run.db'}: Permission denied"
        folder.chmod(0o111)
        assert seen()[0] == f"[] {folder}: Permission denied"
        folder.chmod(0o755)
        (folder / "shut").chmod(0o755)
