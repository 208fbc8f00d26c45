"""The benchmark of data runs from end to end; what it measures is no matter of tests."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "data.py"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory in use is sampled as on Linux")


def run(*words):
    done = subprocess.run(
        [sys.executable, SCRIPT, *words], capture_output=True, text=True, encoding="utf-8", check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[1:]


def test_each_contender_has_a_line():
    """Sigma, and the copying alone; PyTorch's where it is installed."""
    lines = run("batches", "--rounds", "1", "--records", "1000", "--turn", "0.02")
    assert [line.split("  ")[0] for line in lines if "DataLoader" not in line and "PyTorch" not in line] == [
        "Sigma",
        "gather alone",
    ]


def test_a_stream_is_prepared_and_goes_through_twice(tmp_path):
    """And its folder is left empty."""
    lines = run("stream", "--gigabytes", "0.02", "--folder", tmp_path)
    assert [line.split(":")[0] for line in lines[1:]] == ["epoch 1", "epoch 2"]
    assert not list(tmp_path.iterdir())


def test_a_table_is_read_by_both():
    """By Sigma and by pyarrow."""
    pytest.importorskip("pyarrow")
    lines = run("csv", "--rounds", "1")
    assert [line.split("  ")[0] for line in lines] == [
        "Sigma, block by block",
        "Sigma, into one array",
        "pyarrow, into one array",
        "pyarrow, reading alone",
    ]
