"""Long work, as the pages show it."""

import pytest
from sigma_monitors.dashboard._language import language
from sigma_monitors.dashboard.panels._work import KEPT, works

from sigma_core.extend import StoredEvent

SAY = language("en")
NOW = 1000.0


def told(*, state="running", done=3, total=12, unit="records", seconds=1.5, task=1, time=NOW):
    """The event of a task."""
    payload = {"task": task, "name": "reading", "state": state, "done": done, "total": total, "unit": unit}
    return StoredEvent(
        id=task,
        time=time,
        kind="task_progressed",
        schema=1,
        epoch=None,
        iteration=None,
        payload={**payload, "seconds": seconds},
    )


def shown(event, *, goes_on=True, say=SAY):
    """What is shown of one."""
    return works([event], say, goes_on=goes_on, now=NOW)[0]


@pytest.mark.parametrize(
    ("event", "text", "share"),
    [
        (told(), "3 / 12 records · 2 records per second · 1.5 s · 4.5 s left", 0.25),
        (told(done=0), "0 / 12 records · 1.5 s", 0.0),
        (told(total=None), "3 records · 2 records per second · 1.5 s", None),
        (told(total=0, done=0), "0 / 0 records · 1.5 s", None),
        (told(state="done", total=None), "3 records · 2 records per second · 1.5 s", 1.0),
        (
            told(unit="bytes", done=3_100_000, total=12_300_000, seconds=1.0),
            "3.1 / 12.3 MB · 3.1 MB per second · 1 s · 3 s left",
            pytest.approx(0.252, abs=0.001),
        ),
        (told(unit="bytes", done=0, total=0, seconds=0.0), "0 / 0 B · 0 s", None),
        (
            told(unit="", done=1500, total=3000, seconds=99.0),
            "1,500 / 3,000 · 15 per second · 1 min 39 s · 1 min 39 s left",
            0.5,
        ),
        (told(done=13, seconds=1.0), "13 / 12 records · 13 records per second · 1 s", 1.0),
    ],
)
def test_how_far_a_task_has_come(event, text, share):
    work = shown(event)
    assert (work.told, work.share) == (text, share)


def test_a_task_that_broke_off_does_not_seem_to_go_on():
    assert shown(told()).state == "running"
    assert shown(told(), goes_on=False).state == "silent"
    assert shown(told(time=NOW - 90)).state == "silent"
    assert shown(told(state="done", time=NOW - 90), goes_on=False).state == "done"
    assert shown(told(state="failed"), goes_on=False).state == "failed"


def test_what_goes_on_comes_first_then_the_newest():
    events = [told(task=number, state="running" if number == 3 else "done") for number in range(1, 60)]
    found = works(events, SAY, goes_on=True, now=NOW)
    assert [work.number for work in found[:3]] == [3, 59, 58]
    assert len(found) == KEPT


def test_amounts_are_written_as_the_language_writes_them():
    event = told(unit="bytes", done=1_500_000, total=2_500_000, seconds=0.0)
    assert shown(event, say=language("de")).told == "1,5 / 2,5 MB · 0 s"
