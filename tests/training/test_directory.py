"""The directory of a run."""

import errno
import shutil
from pathlib import Path

import pytest

from sigma_core.errors import RunDirectoryError, StorageError, TrainerError
from sigma_core.testing import message
from sigma_core.training import RunDirectory


def test_a_directory_below_a_file_is_not_called_taken(tmp_path, monkeypatch):
    """On Windows the system says that it is there already, and means the file further up."""

    def refuse(*_, **__):
        raise FileExistsError(17, "Cannot create a file when that file already exists")

    monkeypatch.setattr(Path, "mkdir", refuse)
    path = tmp_path / "file" / "run"

    with pytest.raises(StorageError) as caught:
        RunDirectory.create(path)

    assert str(caught.value) == (
        f"run directory {str(path)!r}: cannot be made: [Errno 17] Cannot create a file when that file already exists\n"
        "  expected: a folder that can be written\n"
        "  to do:    choose another with --directory"
    )


def test_a_name_that_the_system_does_not_take(tmp_path):
    """Is told when the directory is made, not when a number is looked for."""
    path = RunDirectory.next(tmp_path, 300 * "x")

    with pytest.raises(StorageError) as caught:
        RunDirectory.create(path)

    assert str(caught.value) == (
        f"run directory {str(path)!r}: cannot be made: {caught.value.__cause__}\n"
        "  expected: a folder that can be written\n"
        "  to do:    choose another with --directory"
    )


def test_a_run_that_was_killed_before_it_had_begun(make, tmp_path):
    """Its store may be half made; the run begins."""
    path = tmp_path / "run"
    path.mkdir()
    (path / "run.db").write_bytes(b"")

    assert make().run(directory=path, resume=True).iterations == 6
    assert sorted(file.name for file in path.iterdir()) == ["checkpoints", "plugins.json", "recipe.toml", "run.db"]


def test_a_run_that_was_killed_before_it_had_a_store(make, tmp_path):
    """Its lock alone is left, which is nobody's any more."""
    path = tmp_path / "run"
    path.mkdir()
    (path / "run.lock").write_text('{"process": 1, "host": "elsewhere.invalid"}')

    assert make().run(directory=path, resume=True).iterations == 6
    assert sorted(file.name for file in path.iterdir()) == ["checkpoints", "plugins.json", "recipe.toml", "run.db"]


def test_what_is_no_run_is_not_gone_on_with(tmp_path):
    """Nothing is made there."""
    with pytest.raises(RunDirectoryError) as caught:
        RunDirectory.reopen(tmp_path)

    assert str(caught.value) == (
        f"run directory {str(tmp_path)!r}: it has no run.db\n"
        "  expected: the directory of a run\n"
        "  to do:    `sigma train` makes one for each run, under runs/"
    )
    assert list(tmp_path.iterdir()) == []


def test_from_no_directory_nothing_is_resumed(make):
    """It is asked for."""
    with pytest.raises(TrainerError) as caught:
        make().run(resume=True)

    assert str(caught.value) == (
        "trainer 'run': it is to be resumed from no directory\n"
        "  expected: the directory of a run\n"
        "  to do:    give run(directory=..., resume=True)"
    )


def test_a_trainer_that_has_run_begins_again_where_there_is_no_checkpoint(make, tmp_path):
    """The run in the directory was killed before its first."""
    trainer = make()
    trainer.run(directory=tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "checkpoints")

    assert trainer.run(directory=tmp_path / "run", resume=True).iterations == 6


def test_a_recipe_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    """When the disk refuses in the middle, the old one stays and nothing else is left."""
    recipe = tmp_path / "run" / "recipe.toml"
    with RunDirectory.create(tmp_path / "run") as kept:
        kept._write("recipe.toml", "seed = 1\n")

        def refuse(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("os.fsync", refuse)
        with pytest.raises(StorageError) as caught:
            kept._write("recipe.toml", "seed = 2\n")
        monkeypatch.undo()
        assert message(caught.value) == (
            f"{recipe}: cannot be written: [Errno 28] No space left on device\n"
            "  expected: a folder that can be written, with room left\n"
            "  to do:    free some space or choose another with --directory"
        )
        assert recipe.read_text("utf-8") == "seed = 1\n"
        assert not list(recipe.parent.glob(".*"))
        kept._write("recipe.toml", "seed = 2\n")
    assert recipe.read_text("utf-8") == "seed = 2\n"
