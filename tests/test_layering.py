"""Who may import whom: plugins use the kernel's doors, and each room keeps its private modules to itself.

That imports between the kernel's rooms go down only is import-linter's part, in pyproject.toml.
"""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KERNEL = ROOT / "sigma_core"
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))

DOORS = {"sigma_core", "sigma_core.errors", "sigma_core.extend"}
# Distributions by what they bring, where that has another name; those that are not installed do not tell.
BROUGHT_BY = {"mlflow": ["mlflow-skinny"], "webview": ["pywebview"]}
# They open a room's private modules to people outside.
OPENERS = {"sigma_core", "sigma_core.extend", "sigma_core.testing"}


def imports(path):
    """Every (line, module) that a file imports, wherever in it the import stands; `from a import b` is a."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; write the whole name"
            yield node.lineno, node.module


def faults(folder, is_allowed):
    """Imports in a folder that are not allowed, as `file:line imports module`."""
    return [
        f"{path.relative_to(ROOT).as_posix()}:{line} imports {module}"
        for path in sorted(folder.rglob("*.py"))
        for line, module in imports(path)
        if not is_allowed(module)
    ]


def is_of(module, package):
    return module == package or module.startswith(f"{package}.")


def declared(plugin):
    """Names of the distributions that a plugin says it needs, as `pip` normalises them."""
    project = tomllib.loads((plugin / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    return {normalised(re.match(r"[\w.-]+", line)[0]) for lines in groups for line in lines}


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_uses_the_doors_of_the_kernel(plugin):
    """Never a private module, so that the kernel can change behind its doors."""
    assert faults(plugin / "src", lambda name: not is_of(name, "sigma_core") or name in DOORS) == []


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_the_tests_of_a_plugin_use_no_private_module(plugin):
    """They may look into the kernel's rooms, because what they test is how the plugin fits into them."""
    assert faults(plugin / "tests", lambda name: not is_of(name, "sigma_core") or "._" not in name) == []


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_imports_what_it_declares(plugin):
    """Other plugins as well as libraries: what is imported is in its dependencies."""
    needed, origins = declared(plugin), BROUGHT_BY | packages_distributions()

    def is_allowed(module):
        package = module.partition(".")[0]
        if package in sys.stdlib_module_names or package == plugin.name:
            return True
        return bool({normalised(name) for name in origins.get(package, [package])} & needed)

    assert faults(plugin / "src", is_allowed) == []


def test_a_room_keeps_its_private_modules():
    """`sigma_core.events._bus` is for the events' room only; the others ask `sigma_core.events`."""
    found = []
    for path in sorted(KERNEL.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name in OPENERS:
            continue
        for line, module in imports(path):
            room = ".".join(module.split(".")[:2])
            if is_of(room, "sigma_core") and "._" in module and not is_of(name, room):
                found.append(f"{path.relative_to(ROOT).as_posix()}:{line} imports {module}")
    assert found == []
