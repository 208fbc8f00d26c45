"""The benchmark of steps runs from end to end; what it measures is no matter of tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "step.py"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are stopped and measured as on Linux")


def run(*words, **variables):
    # What a user's machine may set must not reach anybody who is measured.
    environment = os.environ | variables | {"OPENBLAS_CORETYPE": "no such core"}
    return subprocess.run(
        [sys.executable, SCRIPT, *words],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def test_rows_tell_medians_ratios_memory_and_compile_time(tmp_path):
    """Of Sigma and of the matrix products alone, which need no peers."""
    file = tmp_path / "rows.json"
    words = ("--cases", "dense-256-b32", "--rounds", "2", "--turns", "0.03", "--cores", "1")
    done = run(*words, "--contenders", "sigma-numpy,products", "--json", file, "--markdown")
    assert done.returncode == 0, done.stderr
    rows = {row["contender"]: row for row in json.loads(file.read_text("utf-8"))}
    assert list(rows) == ["sigma-numpy", "products"]
    sigma = rows["sigma-numpy"]
    low, median, high = sigma["quartiles_seconds"]
    assert 0 < low <= median == sigma["median_seconds"] <= high
    assert sigma["ratios"].keys() == {"products"}
    assert (sigma["best_peer"], sigma["ratio"]) == (None, None)
    assert sigma["compile_seconds"] > 0
    assert sigma["cached_compile_seconds"] > 0
    assert sigma["peak_memory_bytes"] > rows["products"]["peak_memory_bytes"] > 1e6
    assert "| dense-256-b32 | sigma-numpy |" in done.stdout


def test_a_contender_that_is_not_installed_is_skipped_with_the_reason(tmp_path):
    """The others are measured."""
    (tmp_path / "jax.py").write_text("raise ImportError('there is no JAX here')\n", "utf-8")
    words = ("--cases", "dense-256-b32", "--contenders", "jax,products", "--rounds", "1", "--turns", "0.03")
    done = run(*words, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "skipped: jax in dense-256-b32 (ImportError: there is no JAX here)" in done.stdout
    assert "dense-256-b32  products" in done.stdout


def test_names_that_are_not_known_are_refused():
    """With those that are."""
    done = run("--cases", "dense-256-b32,dance")
    assert done.returncode == 2
    assert "argument --cases: dance; there are dense-256-b32, dense-256-b128," in done.stderr
