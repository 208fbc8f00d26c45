"""Exports after the fact: what a store gives is what they were told while the run went on."""

import json

import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import sigma_core as sigma


@pytest.fixture
def directory(trained):
    """A run in two parts, exported while it went on."""
    monitors = ["csv", "json_lines", "prometheus", {"use": "tensorboard", "every": 1}]
    trained(*monitors, stop="10 iterations")
    return trained(*monitors, stop="4 epochs", resume=True)


@pytest.fixture
def watched(directory, tmp_path):
    """The path of an export that a monitor made of the store, twice."""

    def watched(monitor, **settings):
        path = tmp_path / "afterwards"
        for _ in range(2):
            done = sigma.watch(directory, [{"use": monitor, "path": str(path), **settings}], follow=False)
            assert done.failures == ()
        return path

    return watched


def test_a_table_is_the_same(directory, watched):
    """Row by row; columns may stand in another order, since both parts are read at once."""
    before, after = pd.read_csv(directory / "series.csv"), pd.read_csv(watched("csv"))
    pd.testing.assert_frame_equal(after[before.columns], before)
    assert len(after.columns) == len(before.columns)


def test_lines_tell_the_same(directory, watched):
    """All that is kept of the run."""

    def read(path):
        return [json.loads(line) for line in path.read_text("ascii").splitlines()]

    before, after = read(directory / "events.jsonl"), read(watched("json_lines"))
    values = [line for line in before if line["kind"] in ("iteration_ended", "validation_ended", "values_published")]
    assert [line for line in after if line["kind"] in {value["kind"] for value in values}] == values
    assert [line["kind"] for line in after] == [line["kind"] for line in before]


def test_the_newest_values_are_the_same(directory, watched):
    """And where the run stands, but for the time, which a store knows only of its events."""

    def read(path):
        families = text_string_to_metric_families(path.read_text("utf-8"))
        return {sample.name: sample.value for family in families for sample in family.samples}

    before, after = read(directory / "metrics.prom"), read(watched("prometheus"))
    for found in (before, after):
        assert found.pop("sigma_run_seconds_total") > 0
    assert after == before


def test_event_files_are_the_same(directory, watched):
    """Each scalar at each step."""

    def read(path):
        found = EventAccumulator(str(path), size_guidance={"scalars": 0}).Reload()
        return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]}

    before, after = read(directory), read(watched("tensorboard", every=1))
    assert after == before
    assert [step for step, _ in after["training/loss"]] == list(range(1, 17))
