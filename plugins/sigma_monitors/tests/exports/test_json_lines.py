"""JSON lines: an object for each event."""

import json
import math
import re

import numpy as np
import pandas as pd
from attrs import evolve
from sigma_monitors.exports.json_lines import JSONLines

from sigma_core.extend import EpochEnded, LogRecorded, RunFailed, RunReset, ValidationEnded


def lines(path):
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_a_run_is_told_event_by_event(trained):
    """Scores and what hooks publish stand beside the place by identifier."""
    told = lines(trained("json_lines") / "events.jsonl")
    assert [line["kind"] for line in told[:5]] == [
        "run_described",
        "run_started",
        "iteration_ended",
        "values_published",
        "iteration_ended",
    ]
    assert [line["iteration"] for line in told if line["kind"] == "iteration_ended"] == list(range(1, 17))
    assert told[3] == {
        "kind": "values_published",
        "epoch": 1,
        "iteration": 2,
        "source": "time_series",
        "optimiser.learning_rate": 0.01,
    }
    assert [line["kind"] for line in told][-2:] == ["checkpoint_saved", "run_ended"]
    assert told[-1]["ended_because"] == "4 epochs"
    assert (
        told[-1]["validation.accuracy"]
        == [line for line in told if "validation.loss" in line][-2]["validation.accuracy"]
    )


def test_pandas_reads_it(trained):
    """A column for each series."""
    table = pd.read_json(trained("json_lines") / "events.jsonl", lines=True)
    assert table["training.loss"][table["kind"] == "iteration_ended"].notna().all()
    assert table["validation.accuracy"][table["kind"] == "validation_ended"].tolist()


def test_a_run_that_goes_on_is_written_on(trained):
    """Nothing is told twice; both starts are."""
    directory = trained("json_lines", stop="10 iterations")
    trained("json_lines", stop="4 epochs", resume=True)
    told = lines(directory / "events.jsonl")
    assert [line["iteration"] for line in told if line["kind"] == "iteration_ended"] == list(range(1, 17))
    assert [line["iteration"] for line in told if line["kind"] == "run_started"] == [0, 10]


def test_lines_that_a_killed_process_had_not_written_come_from_the_store(trained):
    """Of an iteration of which only a part had been told, the rest."""
    directory = trained("json_lines", stop="10 iterations")
    path = directory / "events.jsonl"
    whole = [line for line in lines(path) if line["kind"] != "run_ended"]
    text = path.read_text("ascii").splitlines(keepends=True)
    cut = next(number for number, line in enumerate(lines(path)) if line["kind"] == "validation_ended")
    path.write_text("".join(text[: cut + 1]), "ascii")
    trained("json_lines", stop="4 epochs", resume=True)
    values = {"iteration_ended", "validation_ended", "epoch_ended", "values_published"}
    told = [line for line in lines(path) if line["kind"] in values]
    assert [line for line in told if line["iteration"] <= 10] == [line for line in whole if line["kind"] in values]
    assert [line["iteration"] for line in told if line["kind"] == "iteration_ended"] == list(range(1, 17))
    assert [line["iteration"] for line in told if line["kind"] == "epoch_ended"] == [4, 8, 12, 16]


def test_what_lies_behind_the_checkpoint_is_told_again(play, started, losses, tmp_path):
    """The run was killed at iteration 7, its newest checkpoint is of iteration 4; what has no place stays."""
    log = LogRecorded(level="info", text="it begins", time=1.0, logger="x")
    play(JSONLines(), log, started(), losses(1, 7))
    play(JSONLines(), started(4), losses(5, 8))
    told = lines(tmp_path / "events.jsonl")
    assert told[0] == {
        "kind": "log_recorded",
        "level": "info",
        "text": "it begins",
        "fields": {},
        "time": 1.0,
        "logger": "x",
    }
    assert [line["iteration"] for line in told[1:]] == [0, 1, 2, 3, 4, 4, 5, 6, 7, 8]


def test_what_is_told_again_of_the_checkpoint_is_there_once(play, started, losses, tmp_path):
    """A checkpoint of the end of an epoch comes before its validation, which is done again."""
    validated = ValidationEnded(name="validation", epoch=1, iteration=4, scores={"loss": 0.4})
    ended = EpochEnded(epoch=1, iteration=4, iterations_per_epoch=4, scores={"training.loss": 0.5})
    play(JSONLines(), started(), losses(4, 4), validated, losses(5, 6))
    # Another number of threads may change the last digit.
    play(JSONLines(), started(4), evolve(validated, scores={"loss": 0.4000001}), ended, losses(5, 5))
    assert [(line["kind"], line["iteration"]) for line in lines(tmp_path / "events.jsonl")] == [
        ("run_started", 0),
        ("iteration_ended", 4),
        ("validation_ended", 4),
        ("run_started", 4),
        ("epoch_ended", 4),
        ("iteration_ended", 5),
    ]


def test_a_new_run_begins_the_file_anew_and_a_reset_does_not(play, started, losses, tmp_path):
    """What led to the reset is told still."""
    play(JSONLines(), started(), losses(1, 3))
    play(JSONLines(), started(), losses(1, 2), RunReset(epoch=1, iteration=2), losses(1, 1))
    told = lines(tmp_path / "events.jsonl")
    assert [(line["kind"], line["iteration"]) for line in told] == [
        ("run_started", 0),
        ("run_reset", 2),
        ("iteration_ended", 1),
    ]


def test_arrays_and_numbers_that_are_none(play, started, published, tmp_path):
    """What JSON has no words for is text; pandas makes numbers of it."""
    play(
        JSONLines(),
        started(),
        published(1, loss=math.nan, norm=math.inf, least=-math.inf, ratio=np.float64(0.5)),
        published(1, "confusion", source=1.0, kind=2.0, matrix=np.array([[1, 2]])),
        RunFailed(epoch=1, iteration=1, error=ValueError("what a pity")),
    )
    _, first, second, failed = lines(tmp_path / "events.jsonl")
    place = {"kind": "values_published", "epoch": 1, "iteration": 1}
    assert first == place | {
        "source": "time_series",
        "loss": "NaN",
        "norm": "Infinity",
        "least": "-Infinity",
        "ratio": 0.5,
    }
    assert second == place | {
        "source": "confusion",
        "confusion.source": 1.0,
        "confusion.kind": 2.0,
        "matrix": [[1, 2]],
    }
    assert failed == {"kind": "run_failed", "epoch": 1, "iteration": 1, "error": "ValueError: what a pity"}


def test_of_iterations_one_in_so_many_is_told(play, started, losses, tmp_path):
    """By their numbers."""
    play(JSONLines(every=5), started(), losses(1, 12))
    assert [line["iteration"] for line in lines(tmp_path / "events.jsonl")] == [0, 5, 10]


def test_a_file_of_somebody_else_is_left_alone(play, started, tmp_path):
    """Whatever it is."""
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n", "utf-8")
    assert re.fullmatch(
        re.escape(f"StorageError: {path}: it begins with b'dear diary\\n'")
        + "\n  expected: a file that this monitor has written, or none"
        + "\n  to do:    move it away, or give the monitor another path",
        play(JSONLines(path=str(path)), started()),
    )
    assert path.read_text("utf-8") == "dear diary\n"


def test_before_its_start_it_does_nothing():
    """Its methods may be called all the same."""
    monitor = JSONLines()
    monitor.flush()
    monitor.close()
