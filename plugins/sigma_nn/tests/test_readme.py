"""What the README says of the components is true."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
import sigma_nn

from sigma_core.testing import ComponentRegistry

README = Path(__file__).parents[1] / "README.md"
# Whatever the entry points offer has a table.
ENTRY_POINTS = distribution("sigma-nn").entry_points
KINDS = sorted(group.removeprefix("sigma.") for group in ENTRY_POINTS.groups)


def rows(kind):
    """Name and Python form of each row of a kind's table."""
    (section,) = re.findall(
        rf"^## {kind.title()}\n(.*?)(?=^## |\Z)", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    table = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    python = 2 if kind == "criteria" else 1
    return [(row[0].strip("`"), row[python].strip("`")) for row in table]


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_name_every_component(kind):
    """No more and no less."""
    assert {name for name, _ in rows(kind)} == ENTRY_POINTS.select(group=f"sigma.{kind}").names


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_make_the_components_they_stand_beside(kind):
    """Evaluated as Python, and found in the registry by that name."""
    registry = ComponentRegistry()
    for name, python in rows(kind):
        component = eval(python, {each: getattr(sigma_nn, each) for each in sigma_nn.__all__})  # noqa: S307  # the table
        assert registry.name_of(component) == (kind, name)


def test_the_text_forms_are_those_of_the_criteria():
    """So that what is copied from the table parses."""
    for _, python in rows("criteria"):
        component = eval(python, vars(sigma_nn) | {each: getattr(sigma_nn, each) for each in sigma_nn.__all__})  # noqa: S307
        assert f"| `{component}` | `{python}` |" in README.read_text(encoding="utf-8")
