"""What preprocessors learnt comes back as it was."""

import json

import numpy as np
import pytest
from attrs import frozen

from sigma_core.data import FittedPreprocessor, Preprocessor
from sigma_core.data._fitted import fitted_from, fitted_state
from sigma_core.errors import DataError
from sigma_core.testing import message


@frozen
class Learnt(Preprocessor):
    """Anything."""

    def apply(self, array, state):
        return array


@frozen
class Other(Learnt):
    """Something else."""


STATE = {
    "number": 0.1,
    "whole": 3,
    "text": "a",
    "nothing": None,
    "flag": True,
    "scalar": np.float32(0.1),
    "array": np.array([[0.1, np.inf], [np.nan, -0.0]]),
    "bytes": np.arange(3, dtype=np.uint8),
    "texts": np.array(["one", "three"]),
    "objects": np.array(["one", "three"], object),
    "list": [1, np.arange(2), {"deep": (1.5, "x")}],
}


def test_every_kind_of_state_survives_json():
    """To the last bit; tuples become lists, texts a fixed width."""
    chains = {"inputs": (Learnt(), Learnt())}
    fitted = {"inputs": tuple(FittedPreprocessor(one, STATE) for one in chains["inputs"])}
    read = fitted_from(chains, json.loads(json.dumps(fitted_state(fitted))))
    for one in read["inputs"]:
        state = dict(one.state)
        assert state["array"].tobytes() == STATE["array"].tobytes()
        assert state["bytes"].dtype == np.uint8
        assert (state["scalar"], state["scalar"].dtype) == (np.float32(0.1), np.float32)
        assert state["texts"].tolist() == state["objects"].tolist() == ["one", "three"]
        assert state["list"][1].tolist() == [0, 1]
        assert state["list"][2] == {"deep": [1.5, "x"]}
        assert [state[key] for key in ("number", "whole", "text", "nothing", "flag")] == [0.1, 3, "a", None, True]


@pytest.mark.parametrize(
    ("value", "found"), [({1}, "an object of type set"), (np.array([1j]), "an array of complex128")]
)
def test_a_state_that_cannot_be_kept_is_refused(value, found):
    """With its place."""
    with pytest.raises(DataError) as caught:
        fitted_state({"inputs": (FittedPreprocessor(Learnt(), {"odd": [0, value]}),)})
    assert message(caught.value) == (
        f"state of a preprocessor, inputs.0.odd.1: it is {found}\n"
        "  expected: numbers, texts, arrays of them, lists and mappings with texts as keys\n"
        "  to do:    have fit return such values, so that they can be kept with a run"
    )


def test_other_preprocessors_do_not_take_what_these_learnt():
    """Nor in another order, nor for another section."""
    told = fitted_state({"inputs": (FittedPreprocessor(Learnt(), {}),)})
    with pytest.raises(DataError) as caught:
        fitted_from({"inputs": (Learnt(), Other()), "targets": ()}, told)
    assert message(caught.value) == (
        "preprocessors: what is kept was learnt by inputs: Learnt\n"
        "  expected: by inputs: Learnt, Other\n"
        "  to do:    use the preprocessors of the run that learnt it"
    )
