"""A run as the pages see it: from stores that trainings wrote, and from whatever else may lie in their place."""

import math
import os
import random
import shutil
import signal
import sqlite3
import threading
from contextlib import closing

import numpy as np
import pytest
from sigma_monitors.dashboard import _curve, _recording
from sigma_monitors.dashboard._recording import Pace, Recording, marks

from sigma_core.extend import (
    LogRecorded,
    RunPaused,
    RunReset,
    RunStore,
    TaskProgressed,
    ValidationEnded,
    ValuesPublished,
)


def published(source, iteration, **values):
    return ValuesPublished(source=source, epoch=1, iteration=iteration, values=values)


def alike(curve, series):
    iterations, values = series
    np.testing.assert_array_equal(curve.iterations, iterations)
    np.testing.assert_array_equal(curve.values, values)


def test_a_run_that_has_ended_is_told_whole(flowers, recorded):
    run = recorded(flowers)
    assert run.problem is None
    assert run.summary.status == "ended"
    assert run.described["parameters"] == 15
    assert run.text("recipe.toml").startswith("seed = 1")
    assert run.text("none.toml") is None
    assert run.pace == Pace()
    assert [event.kind for event in run.log][-2:] == ["checkpoint_saved", "run_ended"]
    assert [event.id for event in run.log] == sorted(event.id for event in run.log)
    with RunStore.open(flowers) as store:
        assert run.names == store.names()
        whole = store.curves(run.names)
        scores = store.last("epoch_ended").payload["scores"]
    assert run.scores == scores
    curves = run.curves([*run.names, "none"])
    assert list(curves) == list(run.names)
    for name, curve in curves.items():
        alike(curve, whole[name])
    for name, series in run.whole(run.names).items():
        alike(_curve.Curve(*series), whole[name])
    assert run.window(["training.loss"], 3, 5, 100)["training.loss"][0].tolist() == [3, 4, 5]
    assert run.history("none") == []


def test_nothing_is_read_again_of_a_run_whose_files_stay_as_they_are(flowers, recorded, monkeypatch):
    run = recorded(flowers)
    version = run.version
    monkeypatch.setattr(_recording, "summary", lambda _: pytest.fail("it was read again"))
    run.refresh()
    assert (run.version, run.problem) == (version, None)


def test_it_looks_no_more_often_than_its_interval(flowers, monkeypatch):
    monkeypatch.setattr(_recording, "INTERVAL", 1e9)
    run = Recording(flowers)
    run.refresh()
    monkeypatch.setattr(Recording, "_read", lambda _: pytest.fail("it looked again"))
    run.refresh()
    run.close()


def test_what_is_new_is_added_to_what_was_there(tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        run = recorded(tmp_path / "one")
        assert run.names == ()
        running.iterations(range(1, 50))
        run.refresh()
        first = run.curves(["training.loss"])["training.loss"]
        assert first.iterations.tolist() == list(range(1, 50))
        assert run.curves(["validation.loss"]) == {}
        version = run.version
        run.refresh()
        assert run.version == version
        running.iterations(range(50, 60))
        running.epoch(1, 59, loss=0.5, accuracy=0.9)
        running.tell(
            LogRecorded(level="info", text="hello", time=1.0, logger="x"),
            TaskProgressed(task=1, name="fetch", done=5, total=10, unit="bytes", seconds=1.0),
            TaskProgressed(task=1, name="fetch", done=7, total=10, unit="bytes", seconds=1.0),
        )
        run.refresh()
        assert run.version > version
        # Whoever still draws the curve of before has it as it was.
        assert first.iterations.size == 49
        alike(run.curves(["training.loss"])["training.loss"], (np.arange(1, 60), np.arange(1.0, 60)))
        assert run.curves(["validation.loss"])["validation.loss"].values.tolist() == [0.5]
        assert run.scores == {"validation.loss": 0.5, "validation.accuracy": 0.9}
        running.tell(ValidationEnded(name="validation", epoch=2, iteration=70, scores={"loss": 0.25, "speed.fast": 1}))
        run.refresh()
        assert run.scores == {"validation.loss": 0.25, "validation.accuracy": 0.9, "speed.fast": 1}
        assert run.log[-1].payload["text"] == "hello"
        assert {number: task.payload["done"] for number, task in run.tasks.items()} == {1: 7}
        assert run.epoch_of_life == 1


def test_iterations_that_are_run_again_replace_those_of_before(tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        running.iterations(range(1, 101))
        run = recorded(tmp_path / "one")
        run.curves(["training.loss"])
        running.iterations(range(50, 121), lambda number: -number)
        run.refresh()
        curve = run.curves(["training.loss"])["training.loss"]
        alike(curve, running.store.curves(["training.loss"])["training.loss"])
        assert curve.values.tolist() == [*range(1, 50), *range(-50, -121, -1)]


def test_peaks_that_were_thinned_out_come_back_when_their_neighbours_were_run_again(
    tmp_path, told, recorded, monkeypatch
):
    monkeypatch.setattr(_curve, "POINTS", 16)
    with told(tmp_path / "one") as running:
        running.start()
        running.iterations(range(1, 101), lambda number: {50: 9.0, 51: 8.0}.get(number, 0.0))
        run = recorded(tmp_path / "one")

        def highest():
            run.refresh()
            curve = run.curves(["training.loss"])["training.loss"]
            return curve.values.max(), curve.is_rough

        assert highest() == (9.0, False)
        # What was the peak is none any more, and the next one had been left out beside it.
        running.iterations(range(50, 51), lambda _: 0.0)
        assert highest() == (0.0, True)
        running.iterations(range(101, 103), lambda _: 0.0)
        assert highest() == (8.0, False)


def test_what_hooks_publish_that_is_more_than_numbers_is_kept_by_source(tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        running.tell(*(published("watch", number, rate=0.1) for number in range(1, 100)))
        running.tell(published("watch", 100, rate=math.nan), published("watch", 101, rate=math.inf))
        running.tell(published("pictures", 5, image=[[1, 2]]))
        run = recorded(tmp_path / "one")
        assert list(run.published) == ["pictures"]
        assert [event.iteration for event in run.history("pictures")] == [5]
        assert run.history("watch") == []
        running.tell(*(published("pictures", number, image=[[number]]) for number in range(10, 1000, 10)))
        run.refresh()
        assert run.published["pictures"].iteration == 990
        found = [event.iteration for event in run.history("pictures")]
        assert found == [5, *range(10, 1000, 10)]
        # Of more than may be given, some spread over the run, the last one among them.
        for most in range(2, 120):
            few = [event.iteration for event in run.history("pictures", most=most)]
            assert most // 2 <= len(few) <= most
            assert (few[0], few[-1]) == (5, 990)
            assert few == sorted(few)


def test_a_run_without_an_iteration_and_scores_that_are_no_numbers_are_read(tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        running.epoch(0, 0, loss=math.nan, matrix=[[1, 2], [3, 4]], speed=math.inf)
        running.end(0, **{"validation.loss": math.nan})
    run = recorded(tmp_path / "one")
    assert run.problem is None
    assert (run.summary.status, run.summary.iterations) == ("ended", 0)
    assert run.scores["validation.matrix"] == [[1, 2], [3, 4]]
    assert run.scores["validation.loss"] == "NaN"
    curves = run.curves(run.names)
    assert sorted(curves) == ["validation.loss", "validation.speed"]
    assert math.isnan(curves["validation.loss"].values[0])


def test_readers_and_a_writer_at_the_same_time_see_whole_curves_only(tmp_path, told, recorded):
    faults, is_over = [], threading.Event()

    def look(run):
        try:
            while not is_over.is_set():
                run.refresh()
                for curve in run.curves(run.names).values():
                    assert curve.iterations.size == curve.values.size
                    np.testing.assert_array_equal(curve.iterations, curve.values)
                for event in run.log:
                    assert event.payload
                assert all(run.tasks.values())
                assert all(event.payload for event in run.history("pictures"))
                run.window(run.names, 1, 100, 10)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            faults.append(error)

    with told(tmp_path / "one") as running:
        running.start()
        run = recorded(tmp_path / "one")
        threads = [threading.Thread(target=look, args=(run,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for first in range(1, 3000, 100):
            running.iterations(range(first, first + 100))
            running.tell(
                LogRecorded(level="info", text=str(first), time=1.0, logger="x"),
                TaskProgressed(task=first, name="fetch", done=5, total=10, unit="bytes", seconds=1.0),
                published("pictures", first, image=[[1]]),
            )
        is_over.set()
        for thread in threads:
            thread.join()
        assert faults == []
        run.refresh()
        assert run.curves(["training.loss"])["training.loss"].iterations[-1] == 3000
        assert len(run.log) == 31


def test_a_run_that_is_deleted_is_gone_once_and_may_come_back(flowers, tmp_path, recorded):
    directory = tmp_path / "one"
    shutil.copytree(flowers, directory)
    run = recorded(directory)
    shutil.rmtree(directory)
    run.refresh()
    assert (run.is_gone, run.problem) == (True, None)
    version = run.version
    run.refresh()
    assert run.version == version
    # What was read stays to be seen, what would have to be read is missing.
    assert (run.summary.status, run.summary.epochs, run.summary.goes_on) == ("deleted", 4, False)
    assert run.whole(["training.loss"]) == run.window(["training.loss"], 1, 5, 100) == {}
    assert run.curves(["training.loss"]) == {}
    shutil.copytree(flowers, directory)
    run.refresh()
    assert (run.is_gone, run.problem, run.summary.status) == (False, None, "ended")
    assert run.curves(["training.loss"])["training.loss"].iterations.size == 16


@pytest.mark.parametrize("was_closed", [False, True])
def test_a_run_made_anew_in_its_place_begins_again(tmp_path, told, recorded, was_closed):
    directory = tmp_path / "one"
    with told(directory) as running:
        running.start()
        running.iterations(range(1, 200), speed=1.0)
        running.epoch(1, 199, loss=0.5)
        running.end(199)
    run = recorded(directory)
    run.curves(["training.loss"])
    if was_closed:
        # Then the new file may well have the number of the old one.
        run.close()
    shutil.rmtree(directory)
    with told(directory) as running:
        running.start()
        running.iterations(range(1, 10))
        running.end(9)
    run.refresh()
    assert run.epoch_of_life == 2
    assert run.names == ("training.loss",)
    assert run.scores == {}
    assert run.curves(["training.loss"])["training.loss"].iterations.tolist() == list(range(1, 10))


def test_one_that_was_closed_opens_again_and_goes_on(tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        running.iterations(range(1, 10))
        run = recorded(tmp_path / "one")
        run.curves(["training.loss"])
        run.close()
        running.iterations(range(10, 20))
        run.refresh()
        assert run.epoch_of_life == 1
        assert run.curves(["training.loss"])["training.loss"].iterations.tolist() == list(range(1, 20))


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\0" * 4000])
def test_a_file_that_is_no_store_is_a_problem_until_it_is_mended(flowers, tmp_path, recorded, content):
    directory = tmp_path / "one"
    shutil.copytree(flowers, directory)
    whole = (directory / "run.db").read_bytes()
    (directory / "run.db").write_bytes(content)
    run = recorded(directory)
    assert run.summary is None or run.summary.status == "damaged"
    assert "run.db" in run.problem
    version = run.version
    run.refresh()
    assert run.version == version
    (directory / "run.db").write_bytes(whole)
    run.refresh()
    assert run.problem is None
    assert run.summary.status == "ended"


def test_series_that_cannot_be_read_at_a_moment_are_read_at_the_next(flowers, tmp_path, recorded):
    shutil.copytree(flowers, tmp_path / "one")
    path = tmp_path / "one" / "run.db"
    run = recorded(tmp_path / "one")
    # Three times five seconds need not be waited for.
    run._store._connection.execute("PRAGMA busy_timeout = 100")
    # Somebody who writes keeps everybody else out, as copying tools do.
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert (
            run.curves(["training.loss"])
            == run.whole(["training.loss"])
            == run.window(["training.loss"], 1, 5, 9)
            == {}
        )
        assert "database is locked" in run.problem
    run.refresh()
    assert run.problem is None
    assert run.curves(["training.loss"])["training.loss"].iterations.size == 16


def test_a_store_of_a_newer_format_says_so(flowers, tmp_path, recorded):
    shutil.copytree(flowers, tmp_path / "one")
    with closing(sqlite3.connect(tmp_path / "one" / "run.db")) as connection:
        connection.execute("UPDATE meta SET value = '9' WHERE key = 'format'")
        connection.commit()
    run = recorded(tmp_path / "one")
    assert run.summary.status == "damaged"
    assert "has format 9" in run.problem


def test_a_folder_without_a_store_is_no_run(tmp_path, recorded):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "run.lock").touch()
    run = recorded(tmp_path / "one")
    assert (run.is_gone, run.summary) == (True, None)
    assert marks(tmp_path / "one") is None


def test_a_store_that_is_cut_off_anywhere_is_read_as_far_as_it_goes(flowers, tmp_path, recorded):
    directory = tmp_path / "one"
    shutil.copytree(flowers, directory)
    whole = (directory / "run.db").read_bytes()
    for length in range(0, len(whole), 4096 + 7):
        (directory / "run.db").write_bytes(whole[:length])
        run = recorded(directory)
        run.curves(run.names)
        run.history("pictures")
        run.whole(run.names)


def test_whatever_bytes_are_wrong_nothing_is_raised(flowers, tmp_path, recorded):
    directory = tmp_path / "one"
    shutil.copytree(flowers, directory)
    whole = (directory / "run.db").read_bytes()
    chance = random.Random(0)  # noqa: S311 - any bytes do
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(40):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (directory / "run.db").write_bytes(damaged)
        run = recorded(directory)
        run.curves(run.names)
        run.window(run.names, 1, 10, 100)
        run.whole(run.names)
        run.history("pictures")


@pytest.mark.parametrize("payload", ["null", "[]", "7", "{}", '{"values": null}', '{"scores": 1, "source": []}'])
def test_events_that_hold_something_else_are_a_problem_of_the_store(flowers, tmp_path, recorded, payload):
    directory = tmp_path / "one"
    shutil.copytree(flowers, directory)
    with closing(sqlite3.connect(directory / "run.db")) as connection:
        for number, kind in enumerate(("values_published", "task_progressed", "epoch_ended", "run_described"), 10**6):
            connection.execute("INSERT INTO events VALUES (?, 1.0, ?, 1, 1, 1, ?)", (number, kind, payload))
        connection.commit()
    run = recorded(directory)
    assert run.problem is not None


def test_how_fast_it_goes_is_forgotten_when_it_is_set_back_or_holds(tmp_path, told, recorded):
    def at(iterations, changed, status="running", total=1000):
        run.summary = summary.__class__(
            name="one",
            directory=tmp_path,
            status=status,
            started=0.0,
            changed=changed,
            iterations=iterations,
            total_iterations=total,
        )
        run._measure()
        return run.pace

    with told(tmp_path / "one") as running:
        running.start()
        running.tell(RunPaused(epoch=0, iteration=0), RunReset(epoch=0, iteration=0))
        run = recorded(tmp_path / "one")
    summary = run.summary
    assert at(100, 10.0) == Pace()
    assert at(200, 20.0) == Pace(10.0, 80.0)
    assert at(50, 21.0) == Pace()
    assert at(60, 22.0) == Pace(10.0, 94.0)
    assert at(60, 22.0, total=None) == Pace(10.0, None)
    assert at(60, 22.0, status="paused") == Pace()


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_a_run_that_is_killed_at_any_moment_is_read(train, recorded):
    chance = random.Random(1)  # noqa: S311 - any moments do
    for number in range(3):
        with train(f"killed-{number}") as directory:
            process = RunProcess(directory)
            run = recorded(directory)
            for _ in range(chance.randrange(5, 30)):
                run.refresh()
                run.curves(run.names)
            process.kill()
        run.refresh()
        assert run.summary.status == "stale"
        assert "ended without a word" in run.problem
        iterations = run.curves(["training.loss"])["training.loss"].iterations
        with RunStore.open(directory) as store:
            assert iterations.tolist() == store.metrics("training.loss")[0]


class RunProcess:
    """The process of a run, by what its lock says."""

    def __init__(self, directory):
        self._process = _recording.summary(directory).process

    def kill(self):
        os.kill(self._process, signal.SIGKILL)
