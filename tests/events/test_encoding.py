"""Events as JSON: the same text as by the plain way, however it is come by."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sigma_core.events import EpochStarted, LogRecorded, ValuesPublished, _encoding, payload
from sigma_core.events._encoding import encoded


def log(**fields):
    return LogRecorded(level="info", text="saved\n«é»", fields=fields, time=1.5, logger="sigma")


@pytest.mark.parametrize(
    "event",
    [
        EpochStarted(epoch=1, iteration=2, iterations_per_epoch=None),
        log(number=1, is_new=True, nothing=None, nested={"a": [1, (2, {"b": 3.5})]}),
        log(array=np.arange(3), number=np.float32(0.5), path=Path("a") / "b", error=OSError("full"), names={"one"}),
        log(first=math.nan, second=[math.inf, -math.inf]),
        log(table={(1, 2): "three", 4: "five"}),
        ValuesPublished(source="hook", epoch=1, iteration=2, values={"norm": np.float64(0.1), "other": math.nan}),
    ],
)
@pytest.mark.parametrize("is_compiled", [True, False])
def test_the_text_is_that_of_the_payload(monkeypatch, event, is_compiled):
    """Whatever its fields hold, with the encoder in C and without."""
    if not is_compiled:
        monkeypatch.setattr("json.encoder.c_make_encoder", None)
        monkeypatch.setattr(_encoding, "_encode", _encoding._make_encode())
    found, text = encoded(event)
    assert json.loads(text) == json.loads(json.dumps(payload(event)))
    assert found["epoch"] == 1 if hasattr(event, "epoch") else "epoch" not in found
    assert "\n" not in text


def test_a_field_that_holds_itself_ends_the_store_and_nothing_else():
    """It has no text."""
    fields = {}
    fields["itself"] = fields
    with pytest.raises(RecursionError):
        encoded(log(**fields))
