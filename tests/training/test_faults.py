"""A disk that refuses: at every call by which a checkpoint gets there, once or from then on."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from sigma_core.errors import CheckpointError
from sigma_core.training import Checkpoint
from sigma_core.training._keeping import newest

THREAD = "sigma checkpoints"


class HalfWritten:
    """A file of which a full disk takes the first half."""

    def __init__(self, file, disk):
        self._file, self._disk = file, disk

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def write(self, data):
        self._file.write(data[: len(data) // 2])
        self._disk.count("write")
        self._file.write(data[len(data) // 2 :])

    def flush(self):
        self._file.flush()

    def fileno(self):
        return self._file.fileno()


class Disk:
    """Counts the calls that a checkpoint in the background makes, and refuses the one of that number."""

    def __init__(self, patch, failing=0, *, stays_full=False):
        self.calls, self.failing, self.stays_full = [], failing, stays_full
        for owner, name in ((os, "fsync"), (os, "open"), (Path, "rename"), (Path, "mkdir"), (shutil, "rmtree")):
            patch.setattr(owner, name, self._counted(name, getattr(owner, name)))
        opened = Path.open

        def opening(path, mode="r", *arguments, **keywords):
            if threading.current_thread().name != THREAD or "w" not in mode:
                return opened(path, mode, *arguments, **keywords)
            self.count("create")
            return HalfWritten(opened(path, mode, *arguments, **keywords), self)

        patch.setattr(Path, "open", opening)

    def _counted(self, name, function):
        def call(*arguments, **keywords):
            if threading.current_thread().name == THREAD:
                try:
                    self.count(name)
                except OSError:
                    if name != "rmtree" or not keywords.get("ignore_errors"):
                        raise
                    return None
            return function(*arguments, **keywords)

        return call

    def count(self, name):
        self.calls.append(name)
        number = len(self.calls)
        if self.failing and (number == self.failing or (self.stays_full and number > self.failing)):
            raise OSError(28, "No space left on device")


def calls(make, path):
    """What two checkpoints of a run, the second in place of the first, ask of the disk."""
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch)
        make(checkpoint="2 iterations", hooks=[Waiting()]).run(directory=path, stop="7 iterations")
    return disk.calls


class Waiting:
    """Has each checkpoint written before the next iteration, so that calls have the same numbers in each run."""

    def sigma_iteration_started(self, trainer):
        trainer._writer.wait()


class Looking(Waiting):
    """Reads the newest whole checkpoint after each iteration from the third on."""

    def __init__(self, path):
        self.path, self.seen = path, []

    def sigma_iteration_started(self, event, trainer):
        super().sigma_iteration_started(trainer)
        if event.iteration > 3:
            self.seen.append(Checkpoint.read(newest(self.path)).state["iteration"])


@pytest.mark.parametrize("stays_full", [False, True])
def test_a_disk_that_refuses_anything(make, tmp_path, recorder, stays_full):
    """The run goes on, it says what happened, and at each moment a whole checkpoint of it is there."""
    asked = calls(make, tmp_path / "counted")
    assert {"mkdir", "create", "write", "fsync", "rename", "open", "rmtree"} == set(asked)
    per_checkpoint = len(asked) // 3

    for number in range(per_checkpoint + 1, len(asked) + 1):
        told = type(recorder)()
        path = tmp_path / f"run-{number}"
        looking = Looking(path)
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, number, stays_full=stays_full)
            run = make(checkpoint="2 iterations", hooks=[looking, told]).run(directory=path, stop="7 iterations")

        assert run.iterations == 7
        assert all(iteration >= 2 for iteration in looking.seen), (number, asked[number - 1])
        assert looking.seen == sorted(looking.seen)
        failed = told.of("CheckpointFailed")
        assert all("No space left on device" in str(event.error) for event in failed)
        assert len(failed) + len(told.of("CheckpointSaved")) == 4
        assert Checkpoint.read(path / "checkpoints" / "last").state["iteration"] == 7


def test_a_bit_that_flips_anywhere_is_noticed(make, tmp_path):
    """In the arrays or in the manifest: an error, or nothing that is read has changed."""
    path = make().save(tmp_path / "now")
    whole = Checkpoint.read(path)
    for name in ("manifest.json", "state.safetensors"):
        data = (path / name).read_bytes()
        for place in range(0, len(data), 7):
            flipped = bytearray(data)
            flipped[place] ^= 1 << place % 8
            (path / name).write_bytes(flipped)
            try:
                found = Checkpoint.read(path)
            except CheckpointError:
                continue
            assert found.state == whole.state
            assert found.provenance == whole.provenance
        (path / name).write_bytes(data)
