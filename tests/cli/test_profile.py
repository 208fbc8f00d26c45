"""`sigma train --profile` and `sigma run profile`: where the time of a run went."""

import json
import re

from sigma_core.training import Profile


def test_a_profile_is_told_and_kept(sigma, recipe, tmp_path):
    """As a table at the end and later, as data and as a picture."""
    code, out, err = sigma("train", recipe, "--quiet", "--profile", "--set", "budgets.sigma_nn=2 %")
    assert (code, err) == (0, "")
    assert re.match(r"flowers-1: where \d+\.\d{3} s and 6 iterations went\nby plugin +event +calls +ms +us/step", out)
    assert re.search(r"^sigma-core +[\d.]+ +[\d.]+ +[\d.]+ %$", out, re.MULTILINE)
    assert re.search(r"^  step \(numpy\) +6 +[\d.]+ +[\d.]+ +[\d.]+ %$", out, re.MULTILINE)
    assert re.search(r"^all .* 100\.0 %\nmeasuring took about [\d.]+ ms of it \([\d.]+ %\)$", out, re.MULTILINE)
    assert re.search(r"^before the run, [\d.]+ s went on imports and on reading the recipe$", out, re.MULTILINE)

    code, out, err = sigma("run", "profile", "flowers-1")
    assert (code, err) == (0, "")
    assert out.startswith("flowers-1: where ")
    data = json.loads(sigma("run", "profile", "flowers-1", "--json")[1])
    assert Profile.from_dict(data).table() == out.rstrip("\n")
    assert sigma("run", "profile", "flowers-1", "--svg")[1] == Profile.from_dict(data).svg()
    assert sigma("run", "profile", "flowers-1", "--svg", "profile.svg")[1] == ""
    assert (tmp_path / "profile.svg").read_text("utf-8") == Profile.from_dict(data).svg()


def test_json_has_the_profile_in_its_object(sigma, recipe):
    """Of `sigma resume` too, which goes on for as long as it is told; its profile is the one that is kept."""
    told = json.loads(sigma("train", recipe, "--json", "--profile")[1])
    assert Profile.from_dict(told["profile"]).iterations == 6
    told = json.loads(sigma("resume", "flowers-1", "--json", "--profile", "--set", "stop=3 epochs")[1])
    assert Profile.from_dict(told["profile"]).iterations == 3
    assert json.loads(sigma("run", "profile", "flowers-1", "--json")[1])["iterations"] == 3


def test_a_recipe_can_ask_for_a_profile(sigma, recipe):
    """Without the option."""
    assert sigma("train", recipe, "--quiet", "--set", "profile=true")[1].startswith("flowers-1: where ")
    assert "profile = true\n" in sigma("recipe", "show", "runs/flowers-1/recipe.toml")[1]


def test_a_run_that_fails_tells_its_profile_beside_the_error(sigma, recipe):
    """On the standard error, before what went wrong."""
    code, out, err = sigma("train", recipe, "--quiet", "--profile", "--set", "budgets.sigma_n=2 %")
    assert (code, out) == (2, "")
    assert re.match(r"flowers: where [\d.]+ s and 0 iterations went\n", err)
    assert " s went on imports and on reading the recipe\n" in err
    assert "\nerror: budgets.sigma_n: no plugin and no hook of this run is called that\n" in err


def test_a_run_without_a_profile_says_how_to_get_one(sigma, recipe):
    """Unlike one that is not there, which is refused as everywhere."""
    sigma("train", recipe, "--quiet")
    assert sigma("run", "profile", "flowers-1")[2] == (
        "error: run 'flowers-1': it has no profile\n"
        "  expected: a run that was profiled and has ended\n"
        "  to do:    train with --profile, or with profile = true in the recipe\n"
    )
    assert "there is no such run" in sigma("run", "profile", "flowers-2")[2]
    assert "--svg and --json exclude each other" in sigma("run", "profile", "flowers-1", "--json", "--svg")[2]
