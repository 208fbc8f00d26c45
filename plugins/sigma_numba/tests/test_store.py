"""The cache of compiled code: kept, shared, repaired, done without."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from sigma_numba import NumbaBackend, _store

from sigma_core.extend import Graph
from sigma_core.testing import placeholder

X = placeholder((7,), np.float32, "x")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache, and a process that has compiled nothing."""
    monkeypatch.setenv("SIGMA_CACHE", str(tmp_path))
    forget(monkeypatch)
    return tmp_path / "numba"


def forget(monkeypatch):
    monkeypatch.setattr(_store, "_loaded", {})
    _store._warn_once.cache_clear()


def run(factor=3.0):
    program = NumbaBackend().compile(Graph([X], [np.exp(X) * factor]))
    np.testing.assert_allclose(program.instantiate({})(np.zeros(7, np.float32))[0], np.full(7, factor))


def the_file(folder):
    (file,) = folder.iterdir()
    return file


def test_a_program_is_compiled_once(folder, monkeypatch):
    """In this process and in the next, which need not import numba; another program is another file."""
    run()
    file = the_file(folder)
    written = file.stat().st_mtime_ns
    run()
    forget(monkeypatch)
    monkeypatch.setitem(sys.modules, "sigma_numba._compile", None)
    run()
    assert the_file(folder).stat().st_mtime_ns == written
    monkeypatch.undo()
    monkeypatch.setenv("SIGMA_CACHE", str(folder.parent))
    run(factor=2.0)
    assert len(list(folder.iterdir())) == 2


def bits_turned(content):
    return content[:-1] + bytes([content[-1] ^ 1])


DAMAGES = {
    "cut off": (lambda content: content[:-100], "it is cut off"),
    "longer": (lambda content: content + b"more", "something was written behind it"),
    "empty": (lambda content: b"", "it is no file of compiled kernels"),
    "something else": (lambda content: b"x" * len(content), "it is no file of compiled kernels"),
    "turned bits": (bits_turned, "its checksum is wrong"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_told_of_and_replaced(folder, monkeypatch, name):
    """Once; the program runs."""
    damage, found = DAMAGES[name]
    run()
    file = the_file(folder)
    file.write_bytes(damage(file.read_bytes()))
    forget(monkeypatch)
    with pytest.warns(_store.CacheWarning) as caught:
        run()
    (warning,) = caught
    assert str(warning.message) == f"compiled code in '{file}': {found}; it is compiled anew and replaced"
    assert (warning.message.path, warning.message.found) == (file, found)
    assert file.read_bytes().startswith(_store.MARK)
    forget(monkeypatch)
    run()


def test_a_folder_that_cannot_be_written_is_told_of_once(folder, monkeypatch):
    """Every program is compiled, none is kept."""

    def refuse(*_arguments, **_keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
        run(factor=2.0)
    (warning,) = caught
    assert str(warning.message) == (
        f"compiled code in '{folder}': it cannot be written: Permission denied; "
        "set SIGMA_CACHE to a folder that can be; until then every process compiles for itself"
    )
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_a_file_is_no_fault(tmp_path, monkeypatch):
    """It is told of as one that cannot be written."""
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("SIGMA_CACHE", str(file))
    forget(monkeypatch)
    with pytest.warns(_store.CacheWarning) as caught:
        run()
    (warning,) = caught
    assert str(warning.message) == (
        f"compiled code in '{file / 'numba'}': it cannot be written: Not a directory; "
        "set SIGMA_CACHE to a folder that can be; until then every process compiles for itself"
    )


def test_a_file_that_cannot_be_read_is_compiled_anew(folder, monkeypatch):
    """Without a fault."""
    run()
    file = the_file(folder)
    file.unlink()
    file.mkdir()
    forget(monkeypatch)
    with pytest.warns(_store.CacheWarning) as caught:
        run()
    (warning,) = caught
    assert str(warning.message) == (
        f"compiled code in '{file}': it cannot be read: Is a directory; "
        "it is compiled anew; if this comes again, remove it"
    )


def test_a_disk_that_fills_up_leaves_nothing_behind(folder, monkeypatch):
    """Least of all half of a file."""

    def full(_self, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.warns(_store.CacheWarning, match="No space left on device"):
        run()
    assert list(folder.iterdir()) == []


SCRIPT = """
import numpy as np
from sigma_core.extend import Graph
from sigma_core.testing import placeholder
from sigma_numba import NumbaBackend

x = placeholder((7,), np.float32, "x")
program = NumbaBackend().compile(Graph([x], [np.tanh(x) * 2.0 + x]))
print(program.instantiate({})(np.ones(7, np.float32))[0][0])
"""


def test_two_processes_share_a_cache(folder):
    """Also when they compile the same at the same time."""
    processes = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert float(output) == pytest.approx(2 * np.tanh(1.0) + 1)
    assert the_file(folder).suffix == ".o"
