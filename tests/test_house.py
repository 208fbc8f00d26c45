"""How the house is kept, as far as a test can tell."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
SOURCES = ["sigma_core", "plugins", "tests", "tools", "benchmarks", "examples", "template"]
A_SITTING = 500


def read(path):
    return tomllib.loads(path.read_text("utf-8"))


def name_of(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def requirements(project):
    """Whatever a project asks for by itself: its dependencies, optional ones and groups."""
    data = read(project)
    yield from data["project"]["dependencies"]
    for lines in data["project"].get("optional-dependencies", {}).values():
        yield from lines
    for lines in data.get("dependency-groups", {}).values():
        yield from (line for line in lines if isinstance(line, str))


def test_all_that_is_asked_for_is_pinned():
    """A fresh checkout gets the versions that the suite was last run with, though no lock file is kept."""
    pins = {name_of(pin) for pin in read(PROJECTS[0])["tool"]["uv"]["constraint-dependencies"]}
    ours = {read(project)["project"]["name"] for project in PROJECTS}
    asked = {name_of(line) for project in PROJECTS for line in requirements(project) if "==" not in line}
    assert asked - ours - pins == set()


def test_a_pin_is_one_version():
    """`==`, nothing looser."""
    pins = read(PROJECTS[0])["tool"]["uv"]["constraint-dependencies"]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.parent.name)
def test_a_dependency_has_a_reason(project):
    """Beside it, in a comment."""
    lines = project.read_text("utf-8").splitlines()
    start = lines.index("dependencies = [")
    block = lines[start + 1 : lines.index("]", start)]
    assert [line.strip() for line in block if not re.search(r'",?\s+# \w', line)] == []


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.parent.name)
def test_entry_points_are_sorted(project):
    """So that two people who add one do not meet in the last line."""
    for group, entries in read(project)["project"].get("entry-points", {}).items():
        assert list(entries) == sorted(entries), group


@pytest.fixture(scope="module")
def tracked():
    """Files that the repository keeps; skips where there is no repository (an sdist)."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git repository")
    return [name for name in done.stdout.decode().split("\0") if name]


def test_no_lock_file_is_kept(tracked):
    """It names the index of whoever wrote it; the pins are kept in pyproject.toml."""
    assert [name for name in tracked if name.endswith("uv.lock")] == []


def test_nothing_made_is_kept(tracked):
    """Environments, caches, runs and built files are made again."""
    made = re.compile(r"(^|/)(\.venv|__pycache__|dist|build|runs|\.\w+_cache)/|\.py[co]$|\.whl$|\.db$")
    assert [name for name in tracked if made.search(name)] == []


@pytest.mark.parametrize("folder", SOURCES)
def test_a_module_can_be_read_in_one_sitting(folder):
    """When it needs more, it wants to be a folder."""
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in sorted((ROOT / folder).rglob("*.py"))
        if ".venv" not in path.parts and (count := path.read_text("utf-8").count("\n")) > A_SITTING
    }
    assert long == {}
