"""Events as a store gives them back."""

import json
import math
from typing import Any

import numpy as np
import pytest
from attrs import fields

from sigma_core.errors import SettingError
from sigma_core.events import (
    Event,
    LogRecorded,
    RecordedError,
    RunEnded,
    RunFailed,
    RunStarted,
    StoredEvent,
    ValuesPublished,
    classes_of,
    decoded,
    name_of_event,
    payload,
)
from sigma_core.events._encoding import encoded

CLASSES = classes_of((Event,))


def stored(event, **changes):
    """As it comes out of a store."""
    found, text = encoded(event)
    values = json.loads(text) | changes
    return StoredEvent(
        id=1,
        time=0.0,
        kind=name_of_event(type(event)),
        schema=event.schema,
        epoch=found.get("epoch"),
        iteration=found.get("iteration"),
        payload=values,
    )


def filled(attribute):
    """A value of the type that a field declares."""
    if attribute.metadata.get("scores"):
        return {"loss": math.inf, "matrix": np.array([[1.0, math.nan]])}
    values = {
        str: "text",
        int: 3,
        float: math.nan,
        bool: True,
        BaseException: ValueError("no"),
        Exception: OSError("no"),
    }
    return values.get(attribute.type, {"one": 1} if attribute.type is not Any else None)


# Those of the kernel; tests beside this one may have made others.
KERNEL = [each for each in CLASSES.values() if each.__module__.startswith("sigma_core.") and fields(each)]


@pytest.mark.parametrize("kind", KERNEL, ids=name_of_event)
def test_an_event_comes_back_as_it_was(kind):
    """Of every class, with what JSON has no word for."""
    event = kind(**{attribute.name: filled(attribute) for attribute in fields(kind)})
    found = decoded(stored(event), kind)
    assert type(found) is kind
    assert payload(found) == payload(event)
    for attribute in fields(kind):
        if attribute.type is float:
            assert math.isnan(getattr(found, attribute.name))
        if attribute.metadata.get("scores"):
            scores = getattr(found, attribute.name)
            assert scores["loss"] == math.inf
            assert np.array_equal(scores["matrix"], [[1.0, math.nan]], equal_nan=True)


def test_texts_stay_texts():
    """Only what is declared as a number is read as one."""
    event = LogRecorded(level="info", text="NaN", fields={"value": "NaN"}, time=1.0, logger="sigma")
    assert decoded(stored(event), LogRecorded) == event


@pytest.mark.parametrize(("error", "text"), [(ValueError("no"), "ValueError: no"), (SettingError("a", "b"), "a: b")])
def test_of_an_error_its_text_is_known(error, text):
    """Not its class, which may not be installed here."""
    found = decoded(stored(RunFailed(epoch=1, iteration=2, error=error)), RunFailed)
    assert type(found.error) is RecordedError
    assert str(found.error) == text


def test_events_of_other_versions_are_read_as_far_as_they_can_be():
    """What is unknown is passed over, what is missing is as by default; where that is not enough there is no event."""
    event = RunStarted(run="digits-1", directory=None, epoch=0, iteration=0)
    assert decoded(stored(event, unknown=1), RunStarted) == event
    old = stored(event)
    del old.payload["commands"]
    assert decoded(old, RunStarted) == event
    del old.payload["run"]
    assert decoded(old, RunStarted) is None


def test_a_base_class_stands_for_all_that_derive_from_it():
    """As on the bus."""
    assert classes_of((RunEnded, ValuesPublished)) == {"run_ended": RunEnded, "values_published": ValuesPublished}
    assert CLASSES["run_failed"] is RunFailed
    assert CLASSES["event"] is Event
