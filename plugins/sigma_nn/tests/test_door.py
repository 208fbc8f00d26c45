"""The people's door: `from sigma_nn import Dense`."""

import ast
import subprocess
import sys
from importlib.metadata import distribution
from inspect import getsource

import pytest
import sigma_nn

ENTRY_POINTS = distribution("sigma-nn").entry_points


def test_every_registered_component_goes_through_the_door():
    """The door and the entry points name the same objects; functions for people go through the door alone."""
    announced = {entry.load() for entry in ENTRY_POINTS}
    through = {name: getattr(sigma_nn, name) for name in sigma_nn.__all__}
    assert {each for each in through.values() if isinstance(each, type)} == announced
    assert [name for name, each in through.items() if not isinstance(each, type)] == ["sample_text", "vocabulary_of"]


def test_an_entry_point_names_the_module_that_defines_the_component():
    """So that a class is found by its module and name without importing anything else."""
    for entry in ENTRY_POINTS:
        component = entry.load()
        assert entry.value == f"{component.__module__}:{component.__qualname__}"


def test_names_are_sorted_and_known_to_type_checkers():
    """`__all__` is sorted, and the imports that only type checkers run are the same names from the same files."""
    tree = ast.parse(getsource(sigma_nn))
    (typed,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {
        name.name: node.module for node in ast.walk(typed) if isinstance(node, ast.ImportFrom) for name in node.names
    }
    assert imported == {name: f"sigma_nn.{file}" for name, file in sigma_nn._FILES.items()}
    assert sigma_nn.__all__ == sorted(sigma_nn._FILES) == dir(sigma_nn)


def test_a_name_that_does_not_exist_is_an_attribute_error():
    """As it is of any module."""
    with pytest.raises(AttributeError) as caught:
        _ = sigma_nn.Dance
    assert str(caught.value) == "module 'sigma_nn' has no attribute 'Dance'"


def test_importing_the_door_imports_no_component():
    """A file is imported when its name is first used."""
    script = "import sys, sigma_nn; print(sorted(name for name in sys.modules if name.startswith('sigma_nn.')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
