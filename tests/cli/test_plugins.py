"""`sigma plugins`: distributions, and how they fare."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from sigma_core.cli._plugins import plugins
from sigma_core.registry import ComponentRegistry


@pytest.fixture
def registry(install, site):
    """A strict registry of distributions in every state."""
    install("alpha", {"sigma.layers": {"a": "alpha:A", "same": "alpha:S"}, "sigma.optimisers": {"o": "alpha:O"}})
    install("beta", {"sigma.costs": {"same": "beta:S"}, "sigma.plugins": {"b": "part_b"}}, modules={"part_b.py": ""})
    install("failing", {"sigma.plugins": {"f": "part_f"}}, modules={"part_f.py": "raise ValueError('boom')"})
    install("missing", {"sigma.plugins": {"m": "part_m"}}, modules={"part_m.py": "import not_there"})
    install("shut", {"sigma.layers": {"s": "shut:S"}})
    return ComponentRegistry(path=[site], block=["shut"], strict=True)


def run(registry, *arguments):
    """What the command prints; it succeeds whatever the plugins do."""
    result = CliRunner().invoke(plugins, arguments, obj=SimpleNamespace(components=registry), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_distributions_are_listed_with_what_they_offer_and_why_not(registry):
    """A table, and below it the reasons."""
    assert run(registry) == (
        "name     version  status       offers\n"
        "alpha    1.0      active       2 layers, 1 optimiser\n"
        "beta     1.0      active       1 cost, plugin\n"
        "failing  1.0      failed       plugin\n"
        "missing  1.0      unavailable  plugin\n"
        "shut     1.0      blocked      1 layer\n"
        "\n"
        "layers 'same' (alpha 1.0) is failed: also offered by beta 1.0 as a cost\n"
        "\n"
        "costs 'same' (beta 1.0) is failed: also offered by alpha 1.0 as a layer\n"
        "\n"
        "failing is failed: its import raised ValueError: boom\n"
        "\n"
        "missing is unavailable: it needs not_there, which is not installed\n"
        "\n"
        "shut is blocked: blocked here by 'shut'\n"
    )


def test_distributions_are_listed_as_json(registry):
    """With their components."""
    data = {each["name"]: each for each in json.loads(run(registry, "--json"))}
    assert {name: each["status"] for name, each in data.items()} == {
        "alpha": "active",
        "beta": "active",
        "failing": "failed",
        "missing": "unavailable",
        "shut": "blocked",
    }
    assert data["beta"] == {
        "name": "beta",
        "version": "1.0",
        "summary": "What beta is for",
        "status": "active",
        "reason": "",
        "plugin": "part_b",
        "components": [
            {
                "kind": "costs",
                "name": "same",
                "value": "beta:S",
                "status": "failed",
                "reason": "also offered by alpha 1.0 as a layer",
            }
        ],
    }


def test_without_an_environment_the_installed_ones_are_listed():
    """A registry is made for the purpose."""
    result = CliRunner().invoke(plugins, catch_exceptions=False)
    assert result.exit_code == 0
    assert "sigma-core" in result.output
