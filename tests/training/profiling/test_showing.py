"""A profile as a table and as a picture."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.training import Profile, ProfileRow
from sigma_core.training.profiling import Exceeded
from sigma_core.training.profiling._stopwatch import Tally

PROFILE = Profile(
    run="digits-1",
    seconds=2.0,
    iterations=1000,
    rows=(
        ProfileRow("sigma-core", "step (numpy)", "", 1000, 1.25),
        ProfileRow("sigma-nn", "early_stop", "sigma_epoch_ended", 10, 0.5),
        ProfileRow("sigma-core", "loop", "", 0, 0.249),
        ProfileRow("mine & <yours>", "mine", "sigma_run_ended", 1, 0.001),
    ),
    apart=(ProfileRow("sigma-nn", "slow", "sigma_iteration_ended", 1000, 3.0),),
    exceeded=(
        Exceeded("early_stop.sigma_epoch_ended", "sigma-nn", "50 ms a call", "1 ms"),
        Exceeded("sigma_nn", "sigma-nn", "25 % of the running time", "2 %"),
    ),
    measuring=0.0005,
    hints=("buy a faster machine",),
)
TABLE = """\
digits-1: where 2.000 s and 1000 iterations went
by plugin         event            calls       ms  us/step    share
sigma-core                                1499.00  1499.00   75.0 %
  step (numpy)                      1000  1250.00  1250.00   62.5 %
  loop                                     249.00   249.00   12.4 %
sigma-nn                                   500.00   500.00   25.0 %  over its budget
  early_stop      epoch_ended         10   500.00   500.00   25.0 %  over its budget
mine & <yours>                               1.00     1.00    0.1 %
  mine            run_ended            1     1.00     1.00    0.1 %
all                                       2000.00  2000.00  100.0 %
in other threads
  slow            iteration_ended   1000  3000.00
measuring took about 0.5 ms of it (0.0 %)
over its budget: early_stop.sigma_epoch_ended, 50 ms a call where 1 ms is allowed: \
have it called less often, with `when`, or raise the budget
over its budget: sigma_nn, 25 % of the running time where 2 % is allowed: \
have its hooks called less often, with `when`, or raise the budget
buy a faster machine"""


def pieces(profile):
    """Width and text of each piece of the bar."""
    picture = ET.fromstring(profile.svg())  # noqa: S314  # our own
    found = [each for each in picture.iter() if each.get("class") == "piece"]
    return [(float(each.get("width")), each[0].text) for each in found]


def test_the_table_goes_by_plugin():
    """The longest first; marked where a budget was exceeded."""
    assert PROFILE.table() == TABLE


def test_a_profile_without_iterations_has_a_table():
    """As of a run that could not begin."""
    profile = Profile("run", 0.0, 0, (ProfileRow("sigma-core", "start"),))

    assert profile.table() == (
        "run: where 0.000 s and 0 iterations went\n"
        "by plugin   event  calls    ms  us/step  share\n"
        "sigma-core                0.00           0.0 %\n"
        "  start                   0.00           0.0 %\n"
        "all                       0.00           0.0 %\n"
        "measuring took about 0 ms of it (0.0 %)"
    )
    assert pieces(profile) == [(0.0, "sigma-core, start: 0.00 ms, 0.0 %")]


def test_the_bar_has_a_piece_for_each_row():
    """In the order of the table, and each says what it is."""
    assert [text for _, text in pieces(PROFILE)] == [
        "sigma-core, step (numpy): 1250.00 ms, 62.5 %",
        "sigma-core, loop: 249.00 ms, 12.4 %",
        "sigma-nn, early_stop, epoch_ended: 500.00 ms, 25.0 %",
        "mine & <yours>, mine, run_ended: 1.00 ms, 0.1 %",
    ]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.001, 9)), min_size=1, max_size=20))
def test_the_pieces_fill_the_bar(times):
    """Whoever they are of; data goes there and back."""
    rows = tuple(ProfileRow(plugin, f"row {number}", "", 1, time) for number, (plugin, time) in enumerate(times))
    profile = Profile("run", sum(row.seconds for row in rows), 5, rows)

    assert sum(width for width, _ in pieces(profile)) == pytest.approx(720, abs=0.2)
    assert len(pieces(profile)) == len(rows)
    assert sum(profile.plugins.values()) == pytest.approx(profile.seconds)
    assert Profile.from_dict(profile.to_dict()) == profile


@pytest.mark.parametrize(
    ("milliseconds", "calls", "prefetch", "remedy"),
    [
        (5, 10, 0, None),
        (6, 10, 0, "set `prefetch`, to 2 for a start, or make batches larger"),
        (6, 1000, 0, "make batches larger"),
        (6, 10, 2, "raise `prefetch`, or leave it out where batches are quick to make, or make batches larger"),
        (
            6,
            10,
            None,
            "have them made by more threads, `prefetch = { depth = 4, threads = 2 }`, or make batches larger",
        ),
    ],
)
def test_what_helps_against_waiting_depends_on_how_batches_are_made(milliseconds, calls, prefetch, remedy):
    """Of a run of a tenth of a second; a thread is worth its while where a batch takes long enough to make."""
    batches = Tally("sigma-core", "batches", "", calls, 1_000_000 * milliseconds)
    profile = Profile.of("run", calls, (100_000_000, [batches]), prefetch=prefetch)

    told = f"{milliseconds} % of the time went on waiting for data: {remedy}"
    assert profile.hints == (() if remedy is None else (told,))
