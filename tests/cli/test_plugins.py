"""`sigma plugins`: distributions, and how they fare."""

import json

import pytest
from click.testing import CliRunner

from sigma_core.cli._plugins import plugins
from sigma_core.environment import Environment

BETA = "def sigma_run_ended(event): pass\n"
DEAF = "def sigma_run_endet(event): pass\ndef sigma_run_started(evnt): pass\n"


@pytest.fixture
def environment(install, site):
    """An environment with distributions in every state."""
    install("alpha", {"sigma.layers": {"a": "alpha:A", "same": "alpha:S"}, "sigma.optimisers": {"o": "alpha:O"}})
    install("beta", {"sigma.costs": {"same": "beta:S"}, "sigma.plugins": {"b": "part_b"}}, modules={"part_b.py": BETA})
    install("deaf", {"sigma.plugins": {"d": "part_d"}}, modules={"part_d.py": DEAF})
    install("failing", {"sigma.plugins": {"f": "part_f"}}, modules={"part_f.py": "raise ValueError('boom')"})
    install("missing", {"sigma.plugins": {"m": "part_m"}}, modules={"part_m.py": "import not_there"})
    install("shut", {"sigma.layers": {"s": "shut:S"}})
    return Environment(path=[site], block=["shut"], strict=False)


def run(environment, *arguments):
    """What the command prints; it succeeds whatever the plugins do."""
    result = CliRunner().invoke(plugins, arguments, obj=environment, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_distributions_are_listed_with_what_they_offer_and_why_not(environment):
    """A table, and below it the reasons."""
    assert run(environment) == (
        "name     version  status       offers\n"
        "alpha    1.0      active       2 layers, 1 optimiser\n"
        "beta     1.0      active       1 cost, plugin\n"
        "deaf     1.0      failed       plugin\n"
        "failing  1.0      failed       plugin\n"
        "missing  1.0      unavailable  plugin\n"
        "shut     1.0      blocked      1 layer\n"
        "\n"
        "layers 'same' (alpha 1.0) is failed: also offered by beta 1.0 as a cost\n"
        "\n"
        "costs 'same' (beta 1.0) is failed: also offered by alpha 1.0 as a layer\n"
        "\n"
        "deaf is failed: hook 'sigma_run_endet' of plugin 'd': there is no such hook; "
        "hook 'sigma_run_started' of plugin 'd': unknown argument 'evnt' (nearest: event)\n"
        "\n"
        "failing is failed: its import raised ValueError: boom\n"
        "\n"
        "missing is unavailable: it needs not_there, which is not installed\n"
        "\n"
        "shut is blocked: blocked here by 'shut'\n"
    )


def test_distributions_are_listed_as_json(environment):
    """With their components."""
    data = {each["name"]: each for each in json.loads(run(environment, "--json"))}
    assert {name: each["status"] for name, each in data.items()} == {
        "alpha": "active",
        "beta": "active",
        "deaf": "failed",
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
    """A environment is made for the purpose."""
    result = CliRunner().invoke(plugins, catch_exceptions=False)
    assert result.exit_code == 0
    assert "sigma-core" in result.output
