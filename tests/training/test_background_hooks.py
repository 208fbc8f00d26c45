"""Hooks in the background of a run: what they see, what checkpoints hold of them, and each way in which it can end."""

import signal
import threading
import time

import numpy as np
import pytest
from sigma_nn import GradientDescent

from sigma_core.errors import HookFailedError, TrainerError, UnknownIdentifierError
from sigma_core.hooks import hookimpl
from sigma_core.testing import message
from sigma_core.training import Reset, Save, SetValue
from sigma_core.training._steering import Scripted

RATE = "optimiser.learning_rate"
WEIGHTS = "network.layers.dense_1.weights"


class Kept:
    """Takes its time over each iteration and keeps what it has seen, in its state too."""

    def __init__(self):
        self.seen = []

    @hookimpl(background=True, requires=["loss"])
    def sigma_iteration_ended(self, event, snapshot):
        time.sleep(0.002)
        self.seen.append([event.iteration, snapshot["loss"]])

    def state(self):
        return {"seen": list(self.seen)}

    def restore(self, state):
        self.seen = list(state["seen"])


class Slow:
    """Is at its first event until it may go on; tells of its end."""

    def __init__(self, **options):
        self.entered, self.may_go, self.seen, self.ends = threading.Event(), threading.Event(), [], 0
        self.options = options

    @hookimpl(background=lambda hook: hook.options.get("background", True))
    def sigma_iteration_ended(self, event):
        self.entered.set()
        assert self.may_go.wait(20)
        self.seen.append(event.iteration)

    @hookimpl(background=True)
    def sigma_run_ended(self):
        self.ends += 1


class At:
    """Does something in the foreground at the end of one iteration."""

    def __init__(self, iteration, act, event="iteration_ended"):
        def hook(event, trainer):
            if event.iteration == iteration:
                act(trainer)

        setattr(self, f"sigma_{event}", hook)


@pytest.mark.parametrize("operator", [{"use": "local"}, {"use": "local", "workers": 2}], ids=["alone", "two workers"])
def test_it_sees_the_values_of_its_moment(make, operator):
    """As a hook of the foreground does, and whole; scores that it does not require are not there."""
    there, here, errors = [], [], []

    class Behind:
        @hookimpl(background=True, requires=["loss", "gradients.layers.dense_2.*", "network.**", RATE])
        def sigma_iteration_ended(self, event, snapshot, trainer):
            time.sleep(0.002)
            gradient = snapshot["gradients.layers.dense_2.weights"]
            there.append((event.iteration, event.scores["loss"], gradient.tolist(), snapshot[WEIGHTS].tolist()))
            assert snapshot[RATE] == 0.1
            with pytest.raises(ValueError, match="read-only"):
                snapshot[WEIGHTS][0] = 1

        @hookimpl(background=True, requires=["validation.loss"])
        def sigma_epoch_ended(self, event, snapshot):
            there.append((event.scores["validation.loss"], snapshot["validation.loss"]))

    class Foreground:
        def sigma_iteration_ended(self, event, trainer):
            gradient = event.scores["gradients.layers.dense_2.weights"]
            here.append((event.iteration, event.scores["loss"], gradient.tolist(), trainer.get(WEIGHTS).tolist()))

        def sigma_epoch_ended(self, event):
            here.append((event.scores["validation.loss"],) * 2)

    class Forgetful:
        @hookimpl(background=True, when="once")
        def sigma_iteration_ended(self, event, snapshot):
            for mapping in (event.scores, snapshot):
                with pytest.raises(UnknownIdentifierError) as caught:
                    mapping["loss"]
                errors.append(message(caught.value))

    validation = (np.ones((4, 3)), np.ones((4, 1)))
    hooks = [Behind(), Foreground(), Forgetful()]
    make(hooks=hooks, optimiser=GradientDescent(0.1), operator=operator, validation=validation).run()

    assert there == here
    assert len(there) == 8
    assert (
        errors
        == [
            (
                "identifier 'loss': there is nothing of that name\n"
                "  expected: nothing\n"
                "  to do:    name it in `requires`, as @hookimpl(background=True, requires=['loss'])"
            )
        ]
        * 2
    )


def test_a_run_with_it_trains_as_one_without(make):
    """To the last bit."""
    plain, watched = make(), make(hooks=[Kept()])
    plain.run()
    watched.run()

    assert all((plain.get(name) == value).all() for name, value in watched.get("network.**").items())


@pytest.mark.parametrize("background", [False, True], ids=["at once", "written in the background"])
def test_a_checkpoint_has_seen_what_came_before_it(make, tmp_path, background):
    """A run that goes on from it misses no event and sees none twice."""
    whole = Kept()
    make("3 epochs", hooks=[whole]).run()

    def save(trainer):
        trainer.save(tmp_path / "saved", background=background)

    make("3 epochs", hooks=[Kept(), At(5, save)]).run(stop="7 iterations")
    resumed = Kept()
    trainer = make("3 epochs", hooks=[resumed]).restore(tmp_path / "saved")
    assert [number for number, _ in resumed.seen] == [1, 2, 3, 4, 5]
    trainer.run()

    assert resumed.seen == whole.seen
    assert [number for number, _ in whole.seen] == list(range(1, 10))


def test_a_run_in_a_directory_resumes_exactly(make, tmp_path):
    """Regular checkpoints wait for it too, and a copy of the trainer has its state."""
    whole, copied = Kept(), []
    make("3 epochs", hooks=[whole]).run()
    hooks = [Kept(), At(4, lambda trainer: copied.append(trainer.copy()))]
    make("3 epochs", hooks=hooks, checkpoint="2 iterations").run(stop="4 iterations", directory=tmp_path / "run")
    resumed = Kept()
    make("3 epochs", hooks=[resumed]).run(directory=tmp_path / "run", resume=True)

    assert resumed.seen == whole.seen
    assert copied[0].hooks.get_plugin("kept").seen == whole.seen[:4]


def test_the_end_of_a_run_waits_for_it(make, recorder):
    """All that came before is seen before the run is said to have ended, and that as well."""
    order = []

    class Late:
        @hookimpl(background=True)
        def sigma_iteration_ended(self, event):
            time.sleep(0.005)
            order.append(event.iteration)

        @hookimpl(background=True)
        def sigma_run_ended(self):
            order.append("ended behind")

    class Foreground:
        def sigma_run_ended(self):
            order.append("ended")

    trainer = make("1 epochs", hooks=[Late(), Foreground()])
    trainer.run()

    assert order == [1, 2, 3, "ended", "ended behind"]
    assert [(each.plugin, each.left, each.dropped) for each in trainer.background] == [("late", 0, 0)]


@pytest.mark.parametrize("at", [2, 6], ids=["in the middle", "at the end"])
def test_one_that_raises_ends_the_run(make, recorder, at):
    """With its name, plugin and step; every teardown runs once, its own as well."""
    ends = []

    class Fails:
        @hookimpl(background=True)
        def sigma_iteration_ended(self, event):
            if event.iteration == at:
                raise ValueError("on purpose")

        @hookimpl(background=True)
        def sigma_run_failed(self, event):
            ends.append(type(event.error).__name__)

        @hookimpl(background=True)
        def sigma_run_ended(self, event):
            ends.append(event.ended_because)

    trainer = make("1000000 epochs" if at == 2 else "2 epochs", hooks=[Fails(), recorder])
    with pytest.raises(HookFailedError) as caught:
        trainer.run()

    assert str(caught.value) == (
        f"hook 'sigma_iteration_ended' of plugin 'fails', iteration {at}: raised ValueError: on purpose\n"
        "  to do:    correct the plugin, or leave it out of this run"
    )
    assert (caught.value.hook, caught.value.plugin) == ("sigma_iteration_ended", "fails")
    assert recorder.names[-2:] == ["RunFailed", "RunEnded"]
    assert recorder.names.count("RunFailed") == recorder.names.count("RunEnded") == 1
    assert ends[0] == "HookFailedError"
    assert len(ends) == 2
    assert trainer.status == "ready"


def test_one_that_raises_while_the_run_is_torn_down(make, recorder):
    """Is raised after everything; a checkpoint is not written of what has failed."""

    class Fails:
        @hookimpl(background=True)
        def sigma_run_ended(self):
            raise ValueError("on purpose")

    with pytest.raises(HookFailedError, match="'sigma_run_ended' of plugin 'fails', iteration 6: raised ValueError"):
        make(hooks=[Fails(), recorder]).run()
    assert recorder.names[-1] == "RunEnded"


def test_nothing_is_saved_of_a_hook_that_has_failed(make, tmp_path):
    """The error is that of the hook, and not of whoever saves."""

    class Fails:
        @hookimpl(background=True)
        def sigma_iteration_ended(self):
            raise ValueError("on purpose")

    save = At(1, lambda trainer: trainer.save(tmp_path / "saved"))
    with pytest.raises(HookFailedError) as caught:
        make(hooks=[Fails(), save]).run()

    assert caught.value.plugin == "fails"
    assert not (tmp_path / "saved").exists()


def test_an_error_of_the_step_comes_behind_what_came_before_it(make, hook):
    """Events that wait are seen before the failure is told."""
    kept = Kept()

    def fail(event, _trainer):
        if event.iteration == 4:
            raise ValueError("on purpose")

    with pytest.raises(HookFailedError, match="raised ValueError: on purpose"):
        make(hooks=[kept, hook(iteration_started=fail)]).run()

    assert [number for number, _ in kept.seen] == [1, 2, 3]


def test_its_commands_are_applied_between_two_iterations_and_recorded(make):
    """As those of another thread; what cannot be a command is refused, with what to do instead."""
    errors, done = [], threading.Event()

    class Commands:
        @hookimpl(background=True, when="once")
        def sigma_iteration_ended(self, trainer):
            for change in (lambda: trainer.save("nowhere"), lambda: trainer.freeze("**.weights")):
                with pytest.raises(TrainerError) as caught:
                    change()
                errors.append(message(caught.value))
            trainer.set(RATE, 0.25)
            trainer.stop("seen enough")
            done.set()

    trainer = make("1000000 epochs", hooks=[Commands()])
    told = trainer.environment.bus.subscribe("told", None)
    run = trainer.run()
    commands = [event for event in told.drain() if type(event).__name__ == "CommandApplied"]

    assert (run.ended_because, trainer.get(RATE)) == ("seen enough", 0.25)
    assert [(event.origin, event.command["command"]) for event in commands] == [
        ("background", "set_value"),
        ("background", "stop"),
    ]
    assert errors == [
        (
            "trainer 'run': it cannot be saved by a hook in the background, for which a checkpoint waits\n"
            "  expected: a hook of the foreground, or a command\n"
            "  to do:    write trainer.send(Save(path))"
        ),
        "trainer 'run': it is running\n  expected: a trainer that stands still\n  to do:    stop it first",
    ]


def test_in_a_replay_its_commands_come_from_the_record(make):
    """At their places, whenever the hook would give them now."""
    rates = []

    class Commands:
        @hookimpl(background=True, when="once")
        def sigma_iteration_ended(self, trainer):
            trainer.set(RATE, 0.5)

        def sigma_epoch_ended(self, trainer):
            rates.append(trainer.get(RATE))

    trainer = make("3 epochs", hooks=[Commands()])
    trainer.script = (Scripted(0, 5, "iteration", SetValue(RATE, 0.25)),)
    trainer.run()

    assert rates == [0.01, 0.25, 0.25]


def test_it_may_ask_while_the_run_waits_for_it(make, tmp_path):
    """For its end, for a checkpoint, or because it is behind: nobody waits for ever."""
    seen = []

    class Asks:
        @hookimpl(background="keep")
        def sigma_iteration_ended(self, event, trainer):
            seen.append(trainer.get(RATE, timeout=20))
            if event.iteration % 5 == 0:
                seen.append(trainer.predict(np.zeros((1, 3))).shape)

    save = At(4, lambda trainer: trainer.save(tmp_path / "saved"))
    make("4 epochs", hooks=[Asks(), save]).run()

    assert seen == ([0.01] * 5 + [(1, 1)]) * 2 + [0.01] * 2


def test_it_goes_on_while_the_run_is_paused(make, tmp_path):
    """And whoever saves then, from another thread, waits for it."""
    slow, paused = Slow(), threading.Event()

    class Pauses:
        def sigma_run_paused(self):
            paused.set()

    trainer = make("1000000 epochs", hooks=[slow, Pauses()])
    thread = threading.Thread(target=trainer.run)
    thread.start()
    assert slow.entered.wait(20)
    trainer.pause()
    threading.Timer(0.05, slow.may_go.set).start()
    assert paused.wait(20)
    trainer.save(tmp_path / "saved")

    assert slow.seen == list(range(1, trainer.clock.iteration + 1))
    trainer.stop()
    thread.join(20)
    assert slow.ends == 1


def test_who_is_detached_has_seen_all_until_then(make):
    """And nothing after it; it may come again."""
    kept, seen = Kept(), []

    class Foreground:
        def sigma_iteration_ended(self, event, trainer):
            if event.iteration == 3:
                trainer.detach("kept")
            if event.iteration == 4:
                seen.extend(number for number, _ in kept.seen)
                trainer.attach(kept, "again")

    trainer = make(hooks=[Foreground()])
    trainer.attach(kept, "kept")
    trainer.run()

    assert seen == [1, 2, 3]
    assert [number for number, _ in kept.seen] == [1, 2, 3, 5, 6]


def test_a_reset_and_a_checkpoint_in_the_middle_wait_for_it(make, tmp_path):
    """So that its state is not put back under its hands."""
    kept, seen, resets = Kept(), [], []

    class Again:
        def sigma_iteration_ended(self, event, trainer):
            if event.iteration == 4 and not resets:
                resets.append(1)
                trainer.send(Save(str(tmp_path / "saved")))
                trainer.send(Reset())

        def sigma_epoch_started(self, event):
            seen.append([number for number, _ in kept.seen])

    make(hooks=[kept, Again()]).run()
    loaded = make(hooks=[Kept()]).restore(tmp_path / "saved")

    assert [number for number, _ in kept.seen] == [1, 2, 3, 4, 5, 6]
    assert seen[-2] == []
    assert [number for number, _ in loaded.hooks.get_plugin("kept").seen] == [1, 2, 3, 4]


def test_what_is_dropped_is_counted(make):
    """Of the events of a run it has seen the last one."""
    slow = Slow(background="newest")

    class Ends:
        def sigma_epoch_ended(self):
            slow.entered.wait(20)
            slow.may_go.set()

    trainer = make("1 epochs", hooks=[slow, Ends()])
    trainer.run()
    (fared,) = trainer.background

    assert slow.seen[-1] == 3
    assert fared.dropped == 3 - len(slow.seen)
    assert (fared.left, slow.ends) == (0, 1)


def interrupt(times):
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_waits_for_it(make):
    """The run ends in order: everything is seen, and its end as well."""
    slow = Slow()
    hooks = [slow, At(3, lambda _: (interrupt(1), slow.may_go.set()))]
    with pytest.raises(KeyboardInterrupt):
        make(hooks=hooks).run()

    assert (slow.seen, slow.ends) == ([1, 2, 3], 1)


def test_a_second_ctrl_c_drops_what_waits(make, hook):
    """What it is at comes to its end, and its teardown after that."""
    slow = Slow()

    def act(_trainer):
        assert slow.entered.wait(20)
        interrupt(2)

    released = hook(run_interrupted=lambda _event, _trainer: slow.may_go.set())
    with pytest.raises(KeyboardInterrupt):
        make(hooks=[slow, released, At(3, act)]).run()

    assert (slow.seen, slow.ends) == ([1], 1)


def test_a_third_ctrl_c_leaves_one_that_hangs_alone(make, hook, recorder):
    """Nobody waits for it any more; everybody else is told of the end."""
    slow = Slow()

    def act(_trainer):
        assert slow.entered.wait(20)
        interrupt(2)

    def hang(_event, trainer):
        trainer._loop.background._wait = lambda: interrupt(1)

    with pytest.raises(KeyboardInterrupt):
        make(hooks=[slow, hook(run_interrupted=hang), recorder, At(3, act)]).run()
    slow.may_go.set()

    assert recorder.names[-2:] == ["RunInterrupted", "RunEnded"]
    assert slow.ends == 0


def test_a_run_without_it_has_no_thread_more(make):
    """Nothing is begun for nobody."""
    threads = []
    run = make(hooks=[At(2, lambda _: threads.extend(thread.name for thread in threading.enumerate()))])
    run.run()

    assert not [name for name in threads if name.startswith("sigma hook")]
    assert run.background == ()
