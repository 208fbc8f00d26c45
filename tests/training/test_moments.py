"""Triggers that count what happens to a run: starts, stops, pauses, resumes and resets, and time with pauses."""

from itertools import count

import sigma_core as sigma
from sigma_core.training import Reset, _loop, _steering


class Moments:
    """Keeps what is due; a trigger for each hook."""

    def __init__(self, **when):
        self.seen = []
        for name, trigger in when.items():
            setattr(self, f"sigma_{name}", self._noting(name, trigger))

    def _noting(self, name, trigger):
        @sigma.hookimpl(when=trigger)
        def note(event):
            self.seen.append((name, event.iteration))

        return note


class Steering:
    """Gives commands after iterations."""

    def __init__(self, **commands):
        self.commands = {int(name[1:]): each for name, each in commands.items()}

    @sigma.hookimpl(phase="modify")
    def sigma_iteration_ended(self, event, trainer):
        for command in self.commands.pop(event.iteration, ()):
            command(trainer)


def pause(trainer):
    trainer.pause()
    trainer.resume()


def reset(trainer):
    trainer.send(Reset())


def test_each_kind_is_counted(make):
    """By its own hook and by any other, which acts at its first event behind it."""
    steering = Steering(_1=[pause], _2=[pause], _4=[pause], _5=[reset])
    hook = Moments(
        run_started="on start",
        run_paused="every 2 pauses",
        run_resumed="on resume after 1",
        run_reset="on reset",
        run_ended="on stop",
        epoch_ended="on pause",
        iteration_ended="every 3 pauses | on reset",
    )
    make("2 epochs", hooks=[steering, hook]).run()

    assert hook.seen == [
        ("run_started", 0),
        ("run_paused", 2),
        ("run_resumed", 2),
        ("epoch_ended", 3),
        ("run_resumed", 4),
        ("iteration_ended", 5),
        ("run_reset", 5),
        ("iteration_ended", 1),
        ("run_ended", 6),
    ]


def test_moments_are_counted_over_runs(make):
    """Of one trainer, also where it is reset between them; what a trigger remembers is forgotten then."""
    hook = Moments(run_started="every 2 starts | once", run_ended="every 2 stops", run_reset="once | every 2 resets")
    trainer = make("3 iterations", hooks=[hook])
    for stop in ("1 iterations", "2 iterations", "3 iterations"):
        trainer.run(stop=stop)
    assert hook.seen == [("run_started", 0), ("run_started", 1), ("run_ended", 2)]

    hook.seen.clear()
    trainer.reset()
    trainer.reset()
    trainer.run()
    trainer.reset()
    assert hook.seen == [("run_reset", 3), ("run_reset", 0), ("run_started", 0), ("run_ended", 3), ("run_reset", 3)]


def test_counts_go_on_after_a_resume(make, tmp_path):
    """Those of the checkpoint; a run that has left no end behind has stopped all the same."""
    settings = {"run_started": "every 3 starts", "run_paused": "every 2 pauses", "run_ended": "every 2 stops"}
    first = Moments(**settings)
    saving = Steering(_2=[pause], _3=[lambda trainer: trainer.save(tmp_path / "c")])
    make("6 iterations", hooks=[saving, first]).run()
    second = Moments(**settings)
    resumed = make("6 iterations", hooks=[Steering(_4=[pause]), second]).restore(tmp_path / "c")
    resumed.run(stop="5 iterations")
    resumed.run()

    assert first.seen == []
    assert second.seen == [("run_paused", 4), ("run_ended", 5), ("run_started", 5)]


def test_time_on_the_wall(make, monkeypatch, tmp_path):
    """Pauses count in it, and it goes on behind a resume; running time leaves them out."""
    ticks = count()

    def clock():
        # So slow that each iteration looks at it.
        return float(next(ticks)) / 20

    for module in (_loop, _steering):
        monkeypatch.setattr(module, "perf_counter", clock)

    def wait(trainer):
        for _ in range(200):
            next(ticks)

    class Waiting:
        def sigma_run_paused(self, trainer):
            wait(trainer)

    def hooks():
        return Moments(iteration_ended="every 10 wall seconds"), Moments(iteration_ended="every 10 live seconds")

    wall, live = hooks()
    trainer = make("9 iterations", hooks=[Steering(_2=[pause], _5=[wait]), Waiting(), wall, live])
    trainer.run(stop="6 iterations")
    trainer.save(tmp_path / "c")
    assert (wall.seen, live.seen) == ([("iteration_ended", 3), ("iteration_ended", 5)], [("iteration_ended", 5)])

    wall, live = hooks()
    make("9 iterations", hooks=[Steering(_7=[pause]), Waiting(), wall, live]).restore(tmp_path / "c").run()
    assert (wall.seen, live.seen) == ([("iteration_ended", 8)], [])


def test_a_reset_at_rest_is_told(make, recorder):
    """With how many iterations were forgotten."""
    trainer = make("4 iterations", hooks=[recorder])
    trainer.run()
    trainer.reset()

    (event,) = recorder.of("RunReset")
    assert (event.epoch, event.iteration) == (2, 4)
    assert recorder.names[-1] == "RunReset"
