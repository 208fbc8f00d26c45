"""Long work that says how far it has come."""

import pytest

from sigma_core.environment import Environment
from sigma_core.events import OngoingTask, TaskProgressed


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def states(events):
    return [(event.state, event.done, event.total, event.seconds) for event in events]


def test_a_task_tells_its_start_now_and_then_and_its_end():
    """A few times a second at most, however small the steps."""
    told, clock = [], Clock()
    with OngoingTask(told.append, 7, "counting", total=10_000, unit="sheep", clock=clock) as task:
        for _ in range(10_000):
            task.advance()
            clock.now += 1 / 1024
    assert states(told[:2]) == [("running", 0, 10_000, 0.0), ("running", 257, 10_000, 0.25)]
    assert states(told[-1:]) == [("done", 10_000, 10_000, 10_000 / 1024)]
    assert len(told) == 1 + 39 + 1
    assert {(event.task, event.name, event.unit) for event in told} == {(7, "counting", "sheep")}


def test_a_task_that_raises_has_failed():
    """And what it raised goes on."""
    told = []

    def count(task):
        with task:
            task.reach(3)
            raise ValueError("no sheep")

    with pytest.raises(ValueError, match="no sheep"):
        count(OngoingTask(told.append, 1, "counting"))
    assert [(event.state, event.done) for event in told] == [("running", 0), ("failed", 3)]


def test_a_total_may_be_known_late():
    """As that of a download, which the server tells."""
    told, clock = [], Clock()
    with OngoingTask(told.append, 1, "download", clock=clock) as task:
        clock.now += 1
        task.reach(10, total=40)
    assert states(told) == [("running", 0, None, 0.0), ("running", 10, 40, 1.0), ("done", 10, 40, 1.0)]


def test_without_a_listener_nothing_is_told():
    """For work that has no environment."""
    with OngoingTask(None, 0, "counting") as task:
        task.advance()
    assert task.done == 1


def test_the_tasks_of_an_environment_are_told_apart():
    """By their numbers, on its bus."""
    with Environment() as environment:
        heard = environment.bus.subscribe("test", [TaskProgressed])
        with environment.task("a", total=3, unit="bytes"), environment.task("b"):
            pass
    assert [(event.task, event.name, event.state) for event in heard.drain()] == [
        (1, "a", "running"),
        (2, "b", "running"),
        (2, "b", "done"),
        (1, "a", "done"),
    ]
