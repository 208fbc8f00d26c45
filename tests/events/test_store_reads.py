"""What readers of a run store ask for again and again: what is new, the newest of a kind, parts of several series."""

import math
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import RunDirectoryError, SettingError
from sigma_core.events import EpochStarted, IterationEnded, RunStore, ValidationEnded, ValuesPublished
from sigma_core.events._format import as_now
from sigma_core.events._ledger import Ledger

STORED = Path(__file__).parent / "stored"


def ended(iteration, **scores):
    return IterationEnded(epoch=1, iteration=iteration, scores=scores)


def validated(iteration, accuracy):
    return ValidationEnded(name="validation", epoch=1, iteration=iteration, scores={"accuracy": accuracy})


def published(iteration, **values):
    return ValuesPublished(source="norms", epoch=1, iteration=iteration, values=values)


def write(directory, *batches):
    """Each as one batch of the bus."""
    ledger = Ledger()
    with RunStore.create(directory) as store:
        for batch in batches:
            for event in batch:
                ledger.offer((100.0, event))
            store._write(ledger.take())


def lists(curves):
    return {name: (iterations.tolist(), values.tolist()) for name, (iterations, values) in curves.items()}


@pytest.fixture
def run(tmp_path):
    write(
        tmp_path,
        [EpochStarted(epoch=1, iteration=0, iterations_per_epoch=4), ended(1, loss=4.0), published(1, norm=0.5)],
        [ended(2, loss=3.0), validated(2, 0.25), published(2, norm=0.75), ended(3, loss=2.0)],
        [ended(4, loss=1.0), validated(4, 0.5)],
    )
    with RunStore.open(tmp_path) as store:
        yield store


def test_only_what_is_new_is_read(run):
    """By the numbers of events, of all or of one kind."""
    everything = list(run.events())
    assert run.newest == everything[-1].id == 9
    for number in range(10):
        assert list(run.events(after=number)) == everything[number:]
        losses = [event for event in everything[number:] if event.kind == "iteration_ended"]
        assert list(run.events("iteration_ended", after=number)) == losses


def test_of_several_kinds_what_lies_between_two_events_is_read(run):
    """The second one included; in order, whatever table they lie in."""
    everything = list(run.events())
    for kinds in ((), ("epoch_started", "iteration_ended"), {"validation_ended"}, iter(["values_published", "none"])):
        wanted = tuple(kinds)
        of_them = [event for event in everything if event.kind in wanted]
        assert list(run.events(wanted)) == of_them
        assert list(run.events(iter(wanted), after=2, until=6)) == [event for event in of_them if 2 < event.id <= 6]
    for last in range(10):
        assert list(run.events(until=last)) == everything[:last]
        assert list(run.events("iteration_ended", after=3, until=last)) == [
            event for event in everything[3:last] if event.kind == "iteration_ended"
        ]


def test_events_that_are_nothing_but_numbers_can_be_left_out(run):
    """Of all kinds, or of those that hooks publish, of which there may be both."""
    several = list(run.events(numbers=False))
    assert [event.kind for event in several] == ["epoch_started", "validation_ended", "validation_ended"]
    assert list(run.events(("epoch_started", "iteration_ended"), after=0, numbers=False)) == several[:1]
    assert list(run.events("values_published", numbers=False)) == []


def test_of_many_events_the_newest_are_read(run):
    """So many as are wanted, whatever table they lie in."""
    everything = list(run.events())
    for most in range(11):
        assert list(run.events(most=most)) == everything[len(everything) - min(most, 9) :]
    losses = list(run.events("iteration_ended"))
    assert list(run.events("iteration_ended", most=2)) == losses[-2:]
    assert list(run.events("iteration_ended", most=2, until=losses[2].id)) == losses[1:3]
    assert list(run.events(("epoch_started", "validation_ended"), most=2, numbers=False)) == list(
        run.events("validation_ended")
    )


def test_what_hooks_publish_is_found_by_hook_and_read_by_number(tmp_path):
    write(
        tmp_path,
        [published(1, norm=0.5), published(2, picture=[[1, 2]])],
        [ValuesPublished(source="other", epoch=1, iteration=3, values={"text": "a"}), published(4, picture=[[3]])],
    )
    with RunStore.open(tmp_path) as store:
        found = store.published()
        assert found == {"norms": [2, 4], "other": [3]}
        assert store.published(after=2) == {"other": [3], "norms": [4]}
        events = store.picked([4, 3, 99, 1])
        assert [(event.id, event.payload["values"]) for event in events] == [
            (3, {"text": "a"}),
            (4, {"picture": [[3]]}),
        ]
        assert store.picked(range(2, 5000)) == list(store.events("values_published", numbers=False))
        assert store.picked([]) == []


def test_the_newest_of_a_kind_is_read_alone(run):
    """Wherever it lies; there may be none."""
    everything = list(run.events())
    for kind in {event.kind for event in everything}:
        assert run.last(kind) == [event for event in everything if event.kind == kind][-1]
    assert run.last() == everything[-1]
    assert run.last("run_ended") is None


def test_an_empty_store_has_nothing_new(tmp_path):
    """As in the moment in which a run begins."""
    RunStore.create(tmp_path).close()
    with RunStore.open(tmp_path) as store:
        assert (store.newest, store.last(), list(store.events())) == (0, None, [])
        assert lists(store.curves(["training.loss"])) == {"training.loss": ([], [])}


@pytest.mark.parametrize(("stored", "blocks"), [("version-1.sqlite", 0), ("version-2.sqlite", 2)])
def test_earlier_formats_are_read_alike(tmp_path, stored, blocks):
    """They have blocks as well, if only when they are read."""
    shutil.copy(STORED / stored, tmp_path / "run.db")
    with RunStore.open(tmp_path) as store:
        everything = list(store.events())
        assert store.newest == everything[-1].id
        assert len(store._rows("SELECT * FROM blocks")) == blocks
        for kind in {event.kind for event in everything}:
            assert store.last(kind) == [event for event in everything if event.kind == kind][-1]
        assert list(store.events(after=3)) == everything[3:]
        assert store.metrics("training.loss", start=3) == ([3, 4], [math.inf, 0.25])


def test_parts_of_several_series_are_read_together(run):
    """Both ends are included; a name that is not there has no points."""
    names = ["training.loss", "norm", "validation.accuracy", "nothing"]
    assert lists(run.curves(names)) == {
        "training.loss": ([1, 2, 3, 4], [4.0, 3.0, 2.0, 1.0]),
        "norm": ([1, 2], [0.5, 0.75]),
        "validation.accuracy": ([2, 4], [0.25, 0.5]),
        "nothing": ([], []),
    }
    assert lists(run.curves(names[:3], start=2, stop=3)) == {
        "training.loss": ([2, 3], [3.0, 2.0]),
        "norm": ([2], [0.75]),
        "validation.accuracy": ([2], [0.25]),
    }
    assert run.metrics("training.loss", start=3) == ([3, 4], [2.0, 1.0])
    assert run.metrics("training.loss", stop=0) == ([], [])
    assert [each.dtype for each in run.curves(["nothing"])["nothing"]] == [np.int64, np.float64]


def test_a_curve_goes_on_from_where_it_was_read(run):
    """What is put over what was there gives the whole; points outside blocks may come twice."""
    assert lists(run.curves(["training.loss", "validation.accuracy", "norm"], after=7)) == {
        "training.loss": ([4], [1.0]),
        "validation.accuracy": ([4], [0.5]),
        "norm": ([], []),
    }
    assert lists(run.curves(["validation.accuracy"], after=9)) == {"validation.accuracy": ([], [])}


@given(
    iterations=st.lists(st.integers(1, 20), min_size=1, max_size=40),
    cut=st.integers(0, 40),
    place=st.integers(0, 40),
    names=st.sampled_from([["loss"], ["loss", "other"]]),
)
def test_curves_are_what_the_events_say(tmp_path_factory, iterations, cut, place, names):
    """However often an iteration is run again, in whichever blocks it lies, whenever it was read before."""
    directory = tmp_path_factory.mktemp("run")
    events = [ended(at, **{name: float(index) for name in names}) for index, at in enumerate(iterations)]
    write(directory, events[:cut], [ended(21, loss=-1.0)], events[cut:])
    with RunStore.open(directory) as store:
        whole, before = {}, {}
        for event in store.events("iteration_ended"):
            for points in (whole, before)[: 2 if event.id <= place else 1]:
                points[event.iteration] = event.payload["scores"]["loss"]
        after = store.metrics("training.loss", start=5, stop=15)
        assert dict(zip(*after, strict=True)) == {at: value for at, value in whole.items() if 5 <= at <= 15}
        more = store.curves(["training.loss"], after=place)["training.loss"]
        assert before | dict(zip(*map(np.ndarray.tolist, more), strict=True)) == whole


def test_too_few_points_are_refused(run):
    """In the words of `metrics`."""
    with pytest.raises(SettingError) as caught:
        run.curves(["training.loss"], 3)
    assert str(caught.value) == "metrics, points: 3\n  expected: at least 4\n  to do:    ask for more points"


def test_a_file_that_breaks_off_is_told_by_every_question(tmp_path):
    """It may be opened, and be found damaged later."""
    write(tmp_path, [ended(iteration, loss=1.0) for iteration in range(1, 4_000)])
    with closing(sqlite3.connect(tmp_path / "run.db")) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    path = tmp_path / "run.db"
    path.write_bytes(path.read_bytes()[: -4 * size] + 4 * size * b"x")
    with RunStore.open(tmp_path) as store, pytest.raises(RunDirectoryError) as caught:
        store.metrics("training.loss")
    assert str(caught.value) == (
        f"run store {str(path)!r}: cannot be read: database disk image is malformed\n"
        "  expected: an SQLite file that a run wrote, of format 1 to 3\n"
        "  to do:    if it is damaged, take the run from a copy; if it is newer, read it with a newer sigma-core"
    )


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("INSERT INTO metrics VALUES ('training.loss', 5000, 'half')", "could not convert string to float: 'half'"),
        ("UPDATE blocks SET block = substr(block, 1, 20)", "buffer size must be a multiple of element size"),
        ("UPDATE blocks SET block = substr(block, 1, 24)", "cannot reshape array of size 3 into shape (5)"),
    ],
)
def test_what_is_no_number_is_told(tmp_path, statement, found):
    """A damaged file may hold anything."""
    write(tmp_path, [ended(iteration, loss=1.0) for iteration in range(1, 100)])
    with closing(sqlite3.connect(tmp_path / "run.db")) as connection, connection:
        connection.execute(statement)
    with RunStore.open(tmp_path) as store, pytest.raises(RunDirectoryError) as caught:
        store.metrics("training.loss")
    assert str(caught.value) == (
        f"run store {str(tmp_path / 'run.db')!r}: holds what no run has written: {found}\n"
        "  expected: an SQLite file that a run wrote, of format 1 to 3\n"
        "  to do:    if it is damaged, take the run from a copy; if it is newer, read it with a newer sigma-core"
    )


def test_earlier_formats_are_read_where_nothing_may_be_written(tmp_path):
    """As in the copy that is put right of what a killed run has left."""
    shutil.copy(STORED / "version-2.sqlite", tmp_path / "run.db")
    with closing(sqlite3.connect(tmp_path / "run.db")) as connection:
        connection.execute("PRAGMA query_only = ON")
        as_now(connection, "2")
        assert connection.execute("SELECT id, last FROM blocks").fetchall() == [(2, 3), (5, 6)]
        with pytest.raises(sqlite3.OperationalError, match=r"^attempt to write a readonly database$"):
            connection.execute("DELETE FROM events")
