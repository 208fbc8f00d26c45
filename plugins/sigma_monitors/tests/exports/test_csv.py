"""CSV: rows and columns, as pandas reads them."""

import math
import re

import pandas as pd
import pytest
from sigma_monitors.exports.csv import CSV

import sigma_core as sigma
from sigma_core.extend import EpochEnded, RunInfo, RunReset, ValidationEnded


def validated(iteration, **scores):
    return ValidationEnded(name="validation", epoch=iteration // 4, iteration=iteration, scores=scores)


def test_a_run_is_a_table(trained):
    """A column for each series that the store has."""
    table = pd.read_csv(trained("csv") / "series.csv", index_col="iteration")
    assert list(table.index) == list(range(1, 17))
    assert list(table["epoch"]) == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4
    assert set(table.columns) == {
        "epoch",
        "training.loss",
        "optimiser.learning_rate",
        "validation.loss",
        "validation.accuracy",
        "epoch.training.loss",
    }
    assert table["training.loss"].notna().all()
    assert list(table["optimiser.learning_rate"].dropna().index) == [2, 4, 6, 8, 10, 12, 14, 16]
    assert list(table["validation.accuracy"].dropna().index) == [4, 8, 12, 16]


def test_a_run_that_goes_on_is_written_on(trained):
    """As if it had not been interrupted: no row twice, none missing."""
    directory = trained("csv", stop="10 iterations")
    before = pd.read_csv(directory / "series.csv")
    assert before["iteration"].max() == 10
    trained("csv", stop="4 epochs", resume=True)
    table = pd.read_csv(directory / "series.csv")
    assert list(table["iteration"]) == list(range(1, 17))
    assert list(table["training.loss"][:10]) == list(before["training.loss"])
    assert list(table.columns) == list(before.columns)


def test_rows_that_a_killed_process_had_not_written_come_from_the_store(trained):
    """Up to half a second of them, or all, where nobody had asked for a table."""
    directory = trained("csv", stop="10 iterations")
    path = directory / "series.csv"
    path.write_text("".join(path.read_text("ascii").splitlines(keepends=True)[:6]), "ascii")
    trained("csv", stop="12 iterations", resume=True)
    table = pd.read_csv(path)
    assert list(table["iteration"]) == list(range(1, 13))
    assert table["training.loss"].notna().all()
    assert list(table["validation.loss"].dropna().index) == [3, 7, 9, 11]
    path.unlink()
    trained("csv", stop="4 epochs", resume=True)
    again = pd.read_csv(path)
    assert list(again["iteration"]) == list(range(1, 17))
    # Of iteration 12 more has been told since.
    pd.testing.assert_frame_equal(again[:11][table.columns], table[:11])


def test_what_lies_behind_the_checkpoint_is_written_again(play, started, losses, tmp_path):
    """The run was killed at iteration 7, its newest checkpoint is of iteration 4."""
    play(CSV(), started(), losses(1, 7))
    play(CSV(), started(4), losses(5, 8))
    assert (tmp_path / "series.csv").read_text("ascii").splitlines() == [
        "iteration,epoch,training.loss",
        *(f"{number},{-(-number // 4)},{1 / number!r}" for number in range(1, 9)),
    ]


def test_what_is_told_again_of_the_checkpoint_is_there_once(play, started, losses, tmp_path):
    """A checkpoint of the end of an epoch comes before its validation, which is done again; the row may still grow."""
    ended = EpochEnded(epoch=1, iteration=4, iterations_per_epoch=4, scores={"training.loss": 0.5})
    play(CSV(), started(), losses(1, 4), validated(4, loss=0.4), losses(5, 6))
    play(CSV(), started(4), validated(4, loss=0.4), ended, losses(5, 6))
    assert (tmp_path / "series.csv").read_text("ascii").splitlines()[4:] == [
        "4,1,0.25,0.4,0.5",
        "5,2,0.2,,",
        f"6,2,{1 / 6!r},,",
    ]


def test_a_new_run_begins_the_file_anew(play, started, losses, tmp_path):
    """Its columns as well: exporting twice gives the same file."""
    play(CSV(), started(), validated(0, accuracy=0.1), losses(1, 3))
    play(CSV(), started(), losses(1, 1))
    assert (tmp_path / "series.csv").read_text("ascii") == "iteration,epoch,training.loss\n1,1,1.0\n"


def test_a_reset_in_the_run_leaves_the_columns(play, started, losses, tmp_path):
    """All is as before the first iteration."""
    play(CSV(), started(), losses(1, 3), RunReset(epoch=1, iteration=3), losses(1, 2))
    assert (tmp_path / "series.csv").read_text("ascii").splitlines() == [
        "iteration,epoch,training.loss",
        "1,1,1.0",
        "2,1,0.5",
    ]


def test_a_checkpoint_that_is_loaded_into_the_run_takes_it_back(play, started, losses, tmp_path):
    """Rows of what was left behind are no part of the run that goes on."""
    play(CSV(), started(), losses(1, 6), losses(3, 4))
    assert list(pd.read_csv(tmp_path / "series.csv")["iteration"]) == [1, 2, 3, 4]


def test_values_of_an_iteration_share_a_row(play, started, losses, published, tmp_path):
    """Also where they come in several events; what comes late has a row of its own."""
    ended = EpochEnded(
        epoch=1,
        iteration=4,
        iterations_per_epoch=4,
        scores={"training.loss": 0.5, "validation.loss": 0.4, "validation.confusion_matrix": [[1, 2]]},
    )
    play(CSV(), started(), losses(4, 4), validated(4, loss=0.4), ended, losses(5, 5), published(4, weight_norm=2.5))
    assert (tmp_path / "series.csv").read_text("ascii").splitlines() == [
        "iteration,epoch,training.loss,validation.loss,epoch.training.loss,weight_norm",
        "4,1,0.25,0.4,0.5,",
        "5,2,0.2,,,",
        "4,1,,,,2.5",
    ]


def test_a_series_that_begins_late_widens_the_table(play, started, losses, published, tmp_path):
    """A hook that was attached while the run went on, for example; a file that was written before as well."""
    play(CSV(), started(), losses(1, 2))
    play(CSV(), started(2), losses(3, 3), published(3, odd__name=1.5), published(3, **{'a "b", c\nd': 2.0}))
    table = pd.read_csv(tmp_path / "series.csv")
    assert list(table.columns) == ["iteration", "epoch", "training.loss", "odd.name", 'a "b", c d']
    assert table["odd.name"].tolist()[2] == 1.5
    assert table["odd.name"].isna().tolist() == [True, True, False]


def test_what_is_no_finite_number_is_read_as_that(play, started, published, tmp_path):
    """A loss that ran away."""
    play(CSV(), started(), *(published(n, loss=value) for n, value in enumerate([math.nan, math.inf, -math.inf], 1)))
    assert (tmp_path / "series.csv").read_text("ascii").splitlines()[1:] == ["1,1,nan", "2,1,inf", "3,1,-inf"]
    assert pd.read_csv(tmp_path / "series.csv")["loss"].tolist()[1:] == [math.inf, -math.inf]


def test_of_iterations_one_in_so_many_has_a_row(play, started, losses, published, tmp_path):
    """By their numbers, so that a run that goes on keeps the rhythm; all else is told."""
    play(CSV(every=5), started(), losses(1, 12), published(12, norm=1.0))
    assert list(pd.read_csv(tmp_path / "series.csv")["iteration"]) == [5, 10, 12]


def test_a_path_may_hold_the_name_of_the_run(play, started, losses, tmp_path):
    """Folders are made."""
    play(CSV(path=str(tmp_path / "tables" / "{run}.csv")), started(), losses(1, 1))
    assert (tmp_path / "tables" / "flowers-1.csv").exists()


def test_a_run_without_a_directory_needs_a_path(play, started):
    """The monitor ends, and says so."""
    assert play(CSV(), started(), run=RunInfo("flowers")) == (
        "SettingError: monitor 'csv': the run has no directory, and no path is given\n"
        "  expected: a run with a directory, or a path\n"
        '  to do:    monitors = [{ use = "csv", path = "..." }]'
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("name,age\nann,3\n", "it begins with b'name,age\\\\n'"),
        ("iteration,epoch,loss\n1,1,0.5\nx,1,0.5\n", r"it has a row without an iteration: invalid literal .* b'x'"),
    ],
)
def test_a_file_of_somebody_else_is_left_alone(play, started, losses, tmp_path, found, said):
    """Whatever it is."""
    path = tmp_path / "series.csv"
    path.write_text(found, "utf-8")
    assert re.fullmatch(
        re.escape(f"StorageError: {path}: ")
        + said
        + "\n  expected: a file that this monitor has written, or none"
        + "\n  to do:    move it away, or give the monitor another path",
        play(CSV(), started(4), losses(5, 6)),
    )
    assert path.read_text("utf-8") == found


def test_a_run_outlives_what_the_disk_refuses(trained, tmp_path):
    """The console says why the monitor ended; the store has it, too."""
    (tmp_path / "file").write_text("no folder", "utf-8")
    directory = trained({"use": "csv", "path": str(tmp_path / "file" / "series.csv")})
    with sigma.RunStore.open(directory) as store:
        failed = store.last("subscriber_failed").payload
        assert failed["subscriber"] == "csv"
        assert re.match(
            r"StorageError: .*series.csv: cannot be written: (Not a directory|File exists)", failed["reason"]
        )
        assert store.last("run_ended").payload["ended_because"] == "4 epochs"


def test_before_its_start_it_does_nothing():
    """Its methods may be called all the same."""
    monitor = CSV()
    monitor.flush()
    monitor.close()
