"""Which software wrote a checkpoint."""

import json

import numpy as np
import pytest

from sigma_core.training._checkpoint import sealed
from sigma_core.training._provenance import code_hash, differences


def listed(**versions):
    return {
        "python": "3.11.7",
        "distributions": [
            {"name": name, "version": version, "status": "active", "sha256": sha256}
            for name, (version, sha256) in versions.items()
        ],
    }


def test_a_restored_checkpoint_says_what_is_not_as_it_was(make, tmp_path):
    """Nothing where all is; otherwise a warning that names each."""
    path = make().save(tmp_path / "now")
    make().restore(path)

    content = json.loads((path / "manifest.json").read_text("utf-8"))
    assert content["provenance"]["numpy"] == np.__version__
    content["provenance"]["numpy"] = "1.0.0"
    (path / "manifest.json").write_text(json.dumps(sealed(content)), "utf-8")

    with pytest.warns(UserWarning, match="other software") as caught:
        make().restore(path)
    assert [str(warning.message) for warning in caught] == [
        (
            f"{path} was written by other software: numpy was 1.0.0 and is {np.__version__}; "
            "the run may end otherwise than it would have"
        )
    ]


def test_differences_are_named():
    """A version, code, what came and what went; nothing where nothing is known."""
    then = listed(a=("1", "x"), b=("1", "x"), c=("1", "x"))
    now = listed(a=("2", "y"), b=("1", "y"), d=("1", "x"))

    assert differences(then, now) == [
        "a was 1 and is 2",
        "b 1 has other code",
        "c 1 is not used any more",
        "d 1 is new",
    ]
    assert differences(then, then) == []
    assert differences({}, now) == []


def test_the_hash_is_that_of_the_code(site):
    """Of every module of a package, of a module that stands alone, and of nothing for what is not there."""
    (site / "thing").mkdir()
    (site / "thing" / "__init__.py").write_text("a = 1")
    (site / "alone.py").write_text("a = 1")
    nothing = code_hash(())

    found = {code_hash((name,)) for name in ("thing", "alone", "sigma_core")}
    assert len(found | {nothing}) == 4
    assert code_hash(("missing_altogether",)) == nothing
