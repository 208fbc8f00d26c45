"""The template of a plugin: copied under another name, built, put into an environment and used."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NEW_PLUGIN = ROOT / "tools" / "new_plugin.py"


def run(*words, folder, site=None):
    environment = os.environ | {"PYTHONPATH": "" if site is None else str(site)}
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """A plugin called sigma-mine, made from the template."""
    folder = tmp_path_factory.mktemp("template") / "sigma_mine"
    done = run(NEW_PLUGIN, "sigma-mine", folder, folder=folder.parent)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def site(plugin, tmp_path_factory):
    """A folder with the built plugin, as it would lie in an environment."""
    done = run("-m", "hatchling", "build", "--target", "wheel", folder=plugin)
    assert done.returncode == 0, done.stderr
    (wheel,) = (plugin / "dist").glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_nothing_of_the_name_of_the_template_is_left(plugin):
    """Neither in file names nor in what the files say."""
    files = [path for path in plugin.rglob("*") if path.is_file() and "dist" not in path.parts]
    assert files
    for path in files:
        assert "template" not in path.relative_to(plugin).as_posix()
        assert "sigma_template" not in (text := path.read_text("utf-8"))
        assert "sigma-template" not in text


def test_the_built_plugin_is_listed(site):
    """By the commands, with its distribution, ready to use."""
    code = "from sigma_core.cli import main; main(['components', 'optimisers', '--json'])"
    done = run("-c", code, folder=site, site=site)
    assert done.returncode == 0, done.stderr
    (found,) = (entry for entry in json.loads(done.stdout) if entry["name"] == "sign_descent")
    assert (found["distribution"], found["status"]) == ("sigma-mine", "active")


def test_the_tests_of_the_plugin_pass(plugin, site):
    """Against what was built."""
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", plugin / "tests", folder=plugin, site=site)
    assert done.returncode == 0, done.stdout


def test_a_name_that_is_none_is_refused(tmp_path):
    """Before anything is written."""
    done = run(NEW_PLUGIN, "Sigma Mine", tmp_path / "x", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "new_plugin.py: error: 'Sigma Mine' is no name: lower-case words joined by hyphens, such as sigma-mine"
    )
    assert not (tmp_path / "x").exists()


def test_a_folder_that_exists_is_left_alone(tmp_path):
    """Whatever is in it."""
    done = run(NEW_PLUGIN, "sigma-mine", tmp_path, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"new_plugin.py: error: {tmp_path} exists already"
