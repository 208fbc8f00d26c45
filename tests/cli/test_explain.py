"""`sigma explain`: which hooks a recipe runs, in which order and why."""

import json

PLUGIN = """
from attrs import frozen
import sigma_core as sigma

@frozen(eq=False)
class Score:
    @sigma.hookimpl(phase="score", when="every 2 epochs")
    def sigma_epoch_ended(self):
        pass

@frozen(eq=False)
class Tell:
    def sigma_epoch_ended(self):
        pass

@frozen(eq=False)
class Draw:
    @sigma.hookimpl(background="newest")
    def sigma_epoch_ended(self, snapshot):
        pass

@frozen(eq=False)
class First:
    @sigma.hookimpl(phase="score", before="score", scope="worker")
    def sigma_epoch_ended(self):
        pass
"""


def test_hooks_are_explained(install, sigma, recipe):
    """In the order in which they are called, each with its reason."""
    hooks = {"score": "scoring:Score", "tell": "scoring:Tell", "first": "scoring:First", "draw": "scoring:Draw"}
    install("scoring", {"sigma.hooks": hooks}, modules={"scoring.py": PLUGIN})
    given = ("--set", 'hooks=["tell", "score", "first", "draw"]')

    code, out, err = sigma("explain", recipe, *given, "--json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    _, text, _ = sigma("explain", recipe, *given)

    assert [(row["hook"], row["position"], row["plugin"], row["phase"], row["scope"], row["when"]) for row in rows] == [
        ("sigma_epoch_ended", 1, "first", "score", "worker", "each time"),
        ("sigma_epoch_ended", 2, "score", "score", "run", "every 2 epochs"),
        ("sigma_epoch_ended", 3, "tell", "observe", "run", "each time"),
        ("sigma_epoch_ended", 4, "draw", "observe", "run", "each time"),
    ]
    lines = text.splitlines()
    assert lines[0].split() == ["hook", "#", "plugin", "distribution", "phase", "scope", "when", "why", "here"]
    assert [line.split()[2] for line in lines[1:]] == ["first", "score", "tell", "draw"]
    assert [row["background"] for row in rows] == ["", "", "", "newest"]
    assert "  background (newest)  each time  " in lines[-1]
    assert all(row["reason"] in line for row, line in zip(rows, lines[1:], strict=True))


def test_a_recipe_without_hooks_says_so(sigma, recipe):
    """In words, or as an empty list."""
    assert sigma("explain", recipe) == (0, "no hooks: neither the recipe nor an installed plugin has any\n", "")
    assert sigma("explain", recipe, "--json") == (0, "[]\n", "")


def test_a_broken_recipe_is_not_explained(sigma, recipe):
    """Its faults are told."""
    code, out, err = sigma("explain", recipe, "--set", "stop=2 epoch")

    assert (code, out) == (2, "")
    assert err.startswith(f"error: {recipe}: 1 fault\n--set stop=2 epoch, stop: there is no such criterion\n")
