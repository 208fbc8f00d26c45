"""The run store's series: in blocks, thinned on reading, of earlier formats, and after a kill."""

import math
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import SettingError
from sigma_core.events import (
    Bus,
    EpochStarted,
    IterationEnded,
    RunStarted,
    RunStore,
    StoredEvent,
    ValuesPublished,
    _store,
)
from sigma_core.events._ledger import Ledger
from sigma_core.events._thinning import thinned

STORED = Path(__file__).parent / "stored"
STARTED = RunStarted(run="digits-1", directory="runs/digits-1", epoch=0, iteration=0)


def ended(iteration, **scores):
    return IterationEnded(epoch=1 + iteration // 100, iteration=iteration, scores=scores)


LEDGERS = WeakKeyDictionary()


def write(store, *events):
    """As one batch of the bus."""
    ledger = LEDGERS.setdefault(store, Ledger())
    for number, event in enumerate(events):
        ledger.offer((100.0 + number, event))
    store._write(ledger.take())


def rows(directory):
    with closing(sqlite3.connect(directory / "run.db")) as connection:
        return connection.execute("SELECT id, last, names, length(block) / 8 FROM blocks ORDER BY id").fetchall()


def test_a_reader_that_goes_on_from_the_newest_event_passes_over_none(tmp_path, monkeypatch):
    """Of many events that came together some cannot be seen before the others."""
    monkeypatch.setattr(_store, "_ROWS", 4)
    seen = []
    with RunStore.create(tmp_path) as store, RunStore.open(tmp_path) as read:

        def look(statement):
            if statement.startswith("INSERT"):
                seen.extend(event.id for event in read.events(after=max(seen, default=0)))

        store._connection.set_trace_callback(look)
        ledger = Ledger()
        for first in (1, 21):
            for number in range(first, first + 20):
                ledger.offer((0.0, EpochStarted(epoch=number, iteration=number, iterations_per_epoch=1)))
                ledger.record(0.0, number, number, ("loss",), (1.0,))
            store._write(ledger.take())
        look("INSERT")
    assert seen == list(range(1, 81))


def test_iterations_and_other_events_keep_their_order(tmp_path):
    """Whether they came in one batch or in several."""
    started = EpochStarted(epoch=1, iteration=2, iterations_per_epoch=None)
    with RunStore.create(tmp_path) as store:
        write(store, STARTED, ended(1, loss=0.5), ended(2, loss=0.25))
        write(store, ended(3, loss=math.nan))
        write(store, started, ended(4, loss=0.125))
    assert rows(tmp_path) == [(2, 6, '["loss"]', 20)]
    with RunStore.open(tmp_path) as read:
        everything = list(read.events())
        assert [(each.id, each.kind, each.iteration) for each in everything] == [
            (1, "run_started", 0),
            (2, "iteration_ended", 1),
            (3, "iteration_ended", 2),
            (4, "iteration_ended", 3),
            (5, "epoch_started", 2),
            (6, "iteration_ended", 4),
        ]
        assert everything[3] == StoredEvent(
            id=4,
            time=100.0,
            kind="iteration_ended",
            schema=1,
            epoch=1,
            iteration=3,
            payload={"epoch": 1, "iteration": 3, "scores": {"loss": "NaN"}},
        )
        assert list(read.events("iteration_ended")) == [everything[index] for index in (1, 2, 3, 5)]
        assert list(read.events("epoch_started")) == [everything[4]]


def check_read_in_part(directory):
    """What is newer than any number, and the newest of each kind, as the whole has them."""
    with RunStore.open(directory) as read:
        everything = list(read.events())
        assert read.newest == everything[-1].id
        for kind in {None, *(event.kind for event in everything)}:
            of_kind = [event for event in everything if kind in (None, event.kind)]
            for after in range(everything[-1].id + 2):
                assert list(read.events(kind, after=after)) == [event for event in of_kind if event.id > after]
            if kind is not None:
                assert read.last(kind) == of_kind[-1]
        assert read.last("run_paused") is None


def test_a_part_of_the_events_is_read_by_itself(tmp_path):
    """Behind any number, across blocks that are cut and blocks of several series."""
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        shutil.copy(STORED / f"version-{version}.sqlite", tmp_path / version / "run.db")
        check_read_in_part(tmp_path / version)
    with RunStore.create(tmp_path / "3") as store:
        assert store.newest == 0
        write(store, STARTED, ended(1, loss=0.5), ended(2, loss=0.25))
        write(
            store, ended(3, loss=0.125), ended(4, other=1.0), EpochStarted(epoch=2, iteration=4, iterations_per_epoch=2)
        )
        write(store, ended(5, loss=0.0625), ValuesPublished(source="norm", epoch=2, iteration=5, values={"norm": 1.0}))
    check_read_in_part(tmp_path / "3")


def test_other_scores_are_in_another_block(tmp_path):
    """Arrays among them, such as gradients that a hook requires, are not kept."""
    gradient = np.ones((2, 2))
    with RunStore.create(tmp_path) as store:
        write(store, ended(1, loss=0.5), ended(2, loss=0.4, gradient=gradient), ended(3, loss=0.3, gradient=gradient))
        write(store, ended(4, loss=0.2, other=1.0), ended(5, loss=0.1))
    assert [row[:3] for row in rows(tmp_path)] == [(1, 5, '["loss"]'), (4, 4, '["loss", "other"]')]
    with RunStore.open(tmp_path) as read:
        assert read.names() == ("training.loss", "training.other")
        assert read.metrics("training.loss") == ([1, 2, 3, 4, 5], [0.5, 0.4, 0.3, 0.2, 0.1])
        assert read.metrics("training.other") == ([4], [1.0])
        assert read.metrics("training.gradient") == ([], [])


def test_a_block_is_written_on_until_it_is_long(tmp_path):
    """So a run of slow steps has no more rows than a fast one."""
    with RunStore.create(tmp_path) as store:
        for iteration in range(1, 1301):
            write(store, ended(iteration, loss=1 / iteration))
    assert [row[3] // 5 for row in rows(tmp_path)] == [512, 512, 276]
    with RunStore.open(tmp_path) as read:
        iterations, values = read.metrics("training.loss")
        assert iterations == list(range(1, 1301))
        assert values == [1 / iteration for iteration in iterations]


def test_a_series_is_thinned_when_it_is_read(tmp_path):
    """At most so many points, peaks and ends among them; a short one comes whole."""
    values = np.random.default_rng(0).normal(size=50_000)
    values[[17, 31_234]] = 50.0, -50.0
    with RunStore.create(tmp_path) as store:
        write(store, *(ended(number, loss=float(value)) for number, value in enumerate(values, start=1)))
    with RunStore.open(tmp_path) as read:
        iterations, kept = read.metrics("training.loss", points=2_000)
        assert 1_000 < len(iterations) == len(kept) <= 2_000
        assert {1, 18, 31_235, 50_000} <= set(iterations)
        assert kept == [values[iteration - 1] for iteration in iterations]
        assert len(read.metrics("training.loss", points=50_000)[0]) == 50_000
        with pytest.raises(SettingError) as caught:
            read.metrics("training.loss", points=3)
    assert str(caught.value) == ("metrics, points: 3\n  expected: at least 4\n  to do:    ask for more points")


@given(
    st.lists(st.floats(width=32) | st.sampled_from([math.nan, math.inf, -math.inf]), min_size=5, max_size=80),
    st.integers(4, 60),
)
def test_thinning_keeps_ends_and_extremes(values, points):
    """For any numbers, NaN and infinities among them; a missing value counts only where there is nothing else."""
    array = np.array(values)
    points = min(points, len(values) - 1)
    if points < 4:
        return
    kept = thinned(array, points)
    assert len(kept) <= points
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, len(values) - 1)
    if not np.isnan(array).all():
        assert np.nanmin(array[kept]) == np.nanmin(array)
        assert np.nanmax(array[kept]) == np.nanmax(array)


@given(
    st.lists(st.floats(width=32) | st.sampled_from([math.nan, math.inf, -math.inf]), min_size=5, max_size=80),
    st.lists(st.integers(1, 50), min_size=80, max_size=80),
    st.integers(4, 60),
)
def test_what_lies_unevenly_is_thinned_along_what_it_lies_on(values, gaps, points):
    """Each part of that has its extremes, by the plain way to find them."""
    array, along = np.array(values), np.cumsum(gaps)[: len(values)]
    if len(array) <= points:
        return
    kept = thinned(array, points, along)
    assert len(kept) <= points
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, len(values) - 1)
    parts = (points - 2) // 2
    expected = {0, len(values) - 1}
    for part in range(parts):
        inside = [
            place
            for place in range(1, len(values) - 1)
            if int(along[place] - along[0]) * parts // int(along[-1] - along[0]) == part
        ]
        there = [place for place in inside if not math.isnan(array[place])] or inside[:1]
        if there and not math.isnan(array[there[0]]):
            expected |= {min(there, key=array.__getitem__), max(there, key=array.__getitem__)}
        else:
            expected |= set(there)
    # Where all are even, the parts are of equally many values.
    if along[-1] - along[0] != len(along) - 1:
        assert set(kept.tolist()) == expected


def test_a_store_of_format_1_can_be_read(tmp_path):
    """This file was written by the first version, and opens for ever."""
    shutil.copy(STORED / "version-1.sqlite", tmp_path / "run.db")
    with RunStore.open(tmp_path) as read:
        assert [event.kind for event in read.events()] == [
            "run_started",
            *["iteration_ended"] * 4,
            "validation_ended",
            "epoch_ended",
            "run_ended",
        ]
        assert len(list(read.events("iteration_ended"))) == 4
        assert read.names() == ("epoch.training.loss", "training.loss", "validation.accuracy")
        iterations, values = read.metrics("training.loss")
        assert iterations == [1, 2, 3, 4]
        assert math.isnan(values[1])
        assert [values[0], *values[2:]] == [0.5, math.inf, 0.25]
        assert read.note("state") is None


def test_a_store_of_format_2_can_be_read(tmp_path):
    """Its blocks knew ended iterations alone, and their first number."""
    shutil.copy(STORED / "version-2.sqlite", tmp_path / "run.db")
    with RunStore.open(tmp_path) as read:
        before = list(read.events())
        assert [(event.id, event.kind) for event in before] == [
            (1, "run_started"),
            (2, "iteration_ended"),
            (3, "iteration_ended"),
            (4, "values_published"),
            (5, "iteration_ended"),
            (6, "iteration_ended"),
            (7, "validation_ended"),
            (8, "epoch_ended"),
            (9, "run_ended"),
        ]
        assert before[2].payload == {"epoch": 1, "iteration": 2, "scores": {"loss": "NaN"}}
        assert before[5].payload == {"epoch": 1, "iteration": 4, "scores": {"loss": 0.25, "other": 2.0}}
        assert read.names() == ("epoch.training.loss", "norm", "training.loss", "training.other", "validation.accuracy")
        assert read.metrics("training.other") == ([3, 4], [1.0, 2.0])
        series = {name: read.metrics(name) for name in read.names()}
    RunStore.reopen(tmp_path).close()
    assert [row[:3] for row in rows(tmp_path)] == [(2, 3, '["loss"]'), (5, 6, '["loss", "other"]')]
    with RunStore.open(tmp_path) as read:
        assert list(read.events()) == before
        assert str({name: read.metrics(name) for name in read.names()}) == str(series)


def test_values_of_hooks_are_in_blocks(tmp_path):
    """In the order of all events, however they take turns with others; those with arrays each by itself."""
    matrix = [[1.0, 2.0], [3.0, 4.0]]
    published = [
        ValuesPublished(source=source, epoch=1, iteration=iteration, values=values)
        for iteration in (1, 2)
        for source, values in (("norms", {"norm": 0.5 * iteration}), ("other", {"norm": 7.0, "share": math.nan}))
    ]
    with_array = ValuesPublished(source="norms", epoch=1, iteration=3, values={"norm": 4.0, "matrix": matrix})
    with RunStore.create(tmp_path) as store:
        write(store, ended(1, loss=0.5), *published[:2], ended(2, loss=0.25), *published[2:], with_array)
    assert [row[:3] for row in rows(tmp_path)] == [
        (1, 4, '["loss"]'),
        (2, 5, '["norm"]'),
        (3, 6, '["norm", "share"]'),
    ]
    with RunStore.open(tmp_path) as read:
        everything = list(read.events())
        assert [event.id for event in everything] == list(range(1, 8))
        found = [event.payload for event in read.events("values_published")]
        assert found == [
            {"source": "norms", "epoch": 1, "iteration": 1, "values": {"norm": 0.5}},
            {"source": "other", "epoch": 1, "iteration": 1, "values": {"norm": 7.0, "share": "NaN"}},
            {"source": "norms", "epoch": 1, "iteration": 2, "values": {"norm": 1.0}},
            {"source": "other", "epoch": 1, "iteration": 2, "values": {"norm": 7.0, "share": "NaN"}},
            {"source": "norms", "epoch": 1, "iteration": 3, "values": {"norm": 4.0, "matrix": matrix}},
        ]
        # Two hooks that publish one name: who came last is right.
        assert read.metrics("norm") == ([1, 2, 3], [7.0, 7.0, 4.0])
        assert read.names() == ("norm", "share", "training.loss")


@pytest.mark.parametrize("begin", ["version-1.sqlite", "version-2.sqlite", None])
def test_a_store_can_be_written_on(tmp_path, begin):
    """One of an older format becomes one of this format; what is run again takes the place of the first."""
    if begin is None:
        with RunStore.create(tmp_path) as store:
            write(store, *(ended(iteration, loss=1.0) for iteration in (1, 2, 3, 4)))
    else:
        shutil.copy(STORED / begin, tmp_path / "run.db")
    with RunStore.open(tmp_path) as read:
        before = list(read.events())
    with RunStore.reopen(tmp_path) as store:
        write(store, ended(4, loss=0.125), STARTED, ended(5, loss=0.0625))
        store.write_note("state", "abc")
        store.write_note("state", "def")
    with RunStore.reopen(tmp_path) as store:
        write(store, STARTED)
    with RunStore.open(tmp_path) as read:
        after = list(read.events())
        assert after[: len(before)] == before
        assert [event.id for event in after] == list(range(1, len(before) + 5))
        iterations, values = read.metrics("training.loss")
        assert (iterations, values[3:]) == ([1, 2, 3, 4, 5], [0.125, 0.0625])
        assert read.note("state") == "def"


WRITER = """
import sys, time
from sigma_core.events import Bus, IterationEnded, RunStore
bus = Bus()
store = RunStore.create(sys.argv[1])
store.attach(bus)
iteration = 0
while True:
    iteration += 1
    bus.publish(IterationEnded(epoch=1, iteration=iteration, scores={"loss": 1 / iteration}))
    if iteration % 100 == 0:
        time.sleep(0.001)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_was_committed_survives_a_kill(tmp_path):
    """What another process has seen before the kill is there after it, and the store can be written on."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "run")])
    seen = 0
    while seen < 1000:
        assert process.poll() is None
        if (tmp_path / "run" / "run.db").exists():
            try:
                with RunStore.open(tmp_path / "run") as read:
                    seen = len(read.metrics("training.loss")[0])
            except Exception:  # noqa: BLE001, S112  # its tables are made at this moment
                continue
    process.send_signal(signal.SIGKILL)
    process.wait()

    with RunStore.open(tmp_path / "run") as read:
        iterations, values = read.metrics("training.loss")
    assert len(iterations) >= seen
    assert iterations == list(range(1, len(iterations) + 1))
    assert values == [1 / iteration for iteration in iterations]
    bus = Bus()
    with RunStore.reopen(tmp_path / "run") as store:
        store.attach(bus)
        bus.publish(ended(len(iterations) + 1, loss=0.0))
    with RunStore.open(tmp_path / "run") as read:
        assert read.metrics("training.loss")[0] == [*iterations, len(iterations) + 1]
