"""The directory of a run."""

from pathlib import Path

import pytest

from sigma_core.errors import StorageError
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
