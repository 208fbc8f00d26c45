"""What is shown of the files of a run."""

import os

import pytest
from sigma_monitors.dashboard._recording import Recording


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("of nobody's business")
    return path


def test_the_text_of_a_file_is_read(tmp_path):
    (tmp_path / "recipe.toml").write_text("größe = 1\n", "utf-8")
    assert Recording(tmp_path).text("recipe.toml") == "größe = 1\n"


def test_no_link_is_followed(tmp_path, secret):
    """Whoever may write into the folder of runs does not thereby choose which files a page shows."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "recipe.toml").symlink_to(secret)
    assert Recording(run).text("recipe.toml") is None


def test_nobody_waits_for_a_pipe_or_reads_without_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10**9)
    (tmp_path / "bytes").write_bytes(b"\xff")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "large", "bytes", "folder", "missing"):
        assert Recording(tmp_path).text(name) is None
