"""`sigma components`: from metadata, and one import for a description."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from sigma_core.cli._components import components
from sigma_core.errors import UnknownComponentError
from sigma_core.registry import KINDS, ComponentRegistry

PART = '''
"""A module."""
from pathlib import Path
from attrs import field, frozen
from sigma_core.registry import component

@frozen
class Part:
    """What a part is.

    And what else.
    """

    size: int
    rate: float = 0.001
    limit: float = float("inf")
    name: str = ""
    mode: str = "mean"
    sizes: tuple[int, ...] = (1, 2)
    where: Path | None = None
    thing: object = field(factory=lambda: 1j)
    activation: object = component("activations", default="relu")

class Bare:
    """Nothing to set."""
'''


@pytest.fixture
def site_registry(install, site):
    """A registry of two distributions, one of which is broken."""
    install(
        "sigma-x",
        {"sigma.layers": {"part": "part_of_x:Part", "bare": "part_of_x:Bare"}, "sigma.costs": {"gone": "gone:Gone"}},
        modules={"part_of_x.py": PART},
    )
    install("future", {"sigma.layers": {"later": "later:Later"}}, version="9", requires=("sigma-core>=99",))
    return ComponentRegistry(path=[site])


def run(registry, *arguments):
    """What the command prints."""
    result = CliRunner().invoke(components, arguments, obj=SimpleNamespace(components=registry), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_kinds_are_listed_with_counts_and_names(site_registry):
    """All kinds there are, in the order of the design."""
    lines = run(site_registry).splitlines()
    assert lines[:3] == [
        "kind           count  names",
        "layers         3      bare, later, part",
        "costs          1      gone",
    ]
    assert [line.split()[0] for line in lines[1:]] == list(KINDS)


def test_kinds_are_listed_as_json(site_registry):
    """Names by kind."""
    data = json.loads(run(site_registry, "--json"))
    assert list(data) == list(KINDS)
    assert (data["layers"], data["monitors"]) == (["bare", "later", "part"], [])


@pytest.mark.parametrize("kind", ["layers", "layer"])
def test_a_kind_is_listed_with_origin_and_status(site_registry, kind):
    """Unusable ones with the reason."""
    head, bare, later, part, _, reason = run(site_registry, kind).splitlines()
    assert head.split() == ["name", "distribution", "status", "value"]
    assert bare.split() == ["bare", "sigma-x", "1.0", "active", "part_of_x:Bare"]
    assert later.split() == ["later", "future", "9", "incompatible", "later:Later"]
    assert reason.startswith("layers 'later' (future 9) is incompatible: it requires sigma-core>=99, but ")
    assert part.split() == ["part", "sigma-x", "1.0", "active", "part_of_x:Part"]


def test_a_kind_is_listed_as_json(site_registry):
    """One object each."""
    (gone,) = json.loads(run(site_registry, "costs", "--json"))
    assert gone == {
        "kind": "costs",
        "name": "gone",
        "distribution": "sigma-x",
        "version": "1.0",
        "value": "gone:Gone",
        "status": "active",
        "reason": "",
    }


def test_a_kind_of_which_there_is_nothing_says_so(site_registry):
    """In JSON, an empty list."""
    assert run(site_registry, "monitor") == "nothing that is installed offers monitors\n"
    assert json.loads(run(site_registry, "monitor", "--json")) == []


def test_a_component_is_described(site_registry):
    """Docstring, settings, types and defaults."""
    assert run(site_registry, "layer", "part") == (
        "layers part (sigma-x 1.0)\n"
        "\n"
        "What a part is.\n"
        "\n"
        "And what else.\n"
        "\n"
        "setting     type                   default\n"
        "size        int                    required\n"
        "rate        float                  0.001\n"
        "limit       float                  inf\n"
        'name        str                    ""\n'
        "mode        str                    mean\n"
        "sizes       tuple of int           [1, 2]\n"
        "where       path or None           None\n"
        "thing       anything               1j\n"
        "activation  activations component  relu\n"
    )


def test_a_component_without_settings_says_so(site_registry):
    """Instead of an empty table."""
    assert run(site_registry, "layers", "bare") == (
        "layers bare (sigma-x 1.0)\n\nNothing to set.\n\nIt has no settings.\n"
    )


def test_a_component_of_this_process_says_so(site_registry):
    """As notebooks register them."""
    site_registry.register("hooks", "mine", type("Mine", (), {"__module__": __name__}))
    assert run(site_registry, "hooks", "mine").startswith("hooks mine (this process)\n")


def test_a_component_is_described_as_json(site_registry):
    """Defaults as JSON has them; what it cannot write, as text."""
    data = json.loads(run(site_registry, "layers", "part", "--json"))
    assert {key: data[key] for key in ("kind", "name", "distribution", "version", "summary", "documentation")} == {
        "kind": "layers",
        "name": "part",
        "distribution": "sigma-x",
        "version": "1.0",
        "summary": "What a part is.",
        "documentation": "What a part is.\n\nAnd what else.",
    }
    settings = {setting["name"]: setting for setting in data["settings"]}
    assert settings["size"] == {
        "name": "size",
        "type": "int",
        "default": None,
        "kind": None,
        "required": True,
        "minimum": None,
        "maximum": None,
        "excludes_minimum": False,
        "excludes_maximum": False,
        "choices": None,
    }
    assert {name: setting["default"] for name, setting in settings.items() if not setting["required"]} == {
        "rate": 0.001,
        "limit": "inf",
        "name": "",
        "mode": "mean",
        "sizes": [1, 2],
        "where": None,
        "thing": "1j",
        "activation": "relu",
    }
    assert settings["activation"]["kind"] == "activations"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["layres"], "kind 'layres': there is no such kind of component"),
        (
            ["layers", "prt"],
            "layers 'prt': there is no such layer\n  expected: bare, gone, later, part (nearest: part)",
        ),
    ],
)
def test_what_is_not_there_is_an_error_of_the_user(site_registry, arguments, message):
    """With the nearest name and exit code 2."""
    with pytest.raises(UnknownComponentError) as caught:
        run(site_registry, *arguments)
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 2


def test_lists_import_nothing_that_is_listed():
    """Not even NumPy; a registry of its own is made where there is no environment."""
    script = (
        "import sys\n"
        "from sigma_core.cli._components import components\n"
        "for arguments in ([], ['layers'], ['--json']):\n"
        "    components.main(arguments, standalone_mode=False)\n"
        "loaded = [name for name in sys.modules if name.split('.')[0] in ('sigma_nn', 'sigma_data', 'numpy')]\n"
        "assert not loaded, loaded\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "sigma_core.backends.numpy" not in result.stdout
    assert "numpy" in result.stdout
