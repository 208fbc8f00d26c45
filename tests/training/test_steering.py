"""Commands to a run, from its own hooks and from other threads."""

import signal
import threading

import pytest
from sigma_nn import Dense, GradientDescent, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import HookRegistrationError, IdentifierError, SettingError, TrainerError
from sigma_core.extend import Monitor
from sigma_core.training import SetValue


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


class Gate:
    """Lets another thread follow a run event by event, without a clock."""

    def __init__(self):
        self.changed = threading.Condition()
        self.iterations = 0
        self.pauses = 0
        self.resumes = 0

    def sigma_iteration_ended(self):
        self._count("iterations")

    def sigma_run_paused(self):
        self._count("pauses")

    def sigma_run_resumed(self):
        self._count("resumes")

    def _count(self, what):
        with self.changed:
            setattr(self, what, getattr(self, what) + 1)
            self.changed.notify_all()

    def wait(self, **counts):
        with self.changed:
            arrived = self.changed.wait_for(
                lambda: all(getattr(self, key) >= value for key, value in counts.items()), 20
            )
        assert arrived, f"{vars(self)} never came to {counts}"


@pytest.fixture
def running(make):
    """A trainer that runs in another thread until it is stopped, its gate, and how to end it."""
    gate = Gate()
    trainer = make("1000000 epochs", hooks=[gate])
    runs = []
    thread = threading.Thread(target=lambda: runs.append(trainer.run()))
    thread.start()
    gate.wait(iterations=1)
    yield trainer, gate, runs, thread
    if thread.is_alive():
        trainer.stop()
    thread.join(20)
    assert not thread.is_alive()


def test_pausing_holds_a_run_between_two_iterations(running):
    """It goes on from there, and the time of the pause does not count."""
    trainer, gate, _, _ = running
    assert trainer.status == "running"

    trainer.pause()
    gate.wait(pauses=1)
    held = gate.iterations
    assert trainer.status == "paused"
    assert trainer.clock.iteration == held
    assert trainer.clock.elapsed() == trainer.clock.elapsed()
    trainer.resume()
    gate.wait(iterations=held + 1, resumes=1)

    assert trainer.status == "running"


def test_stepping_runs_one_iteration(running):
    """Wherever in an epoch, also from the last iteration of one to the first of the next."""
    trainer, gate, _, _ = running
    trainer.pause()
    gate.wait(pauses=1)
    held = gate.iterations

    for number in range(1, 8):
        trainer.step_once()
        gate.wait(pauses=1 + number)
        assert (gate.iterations, trainer.status) == (held + number, "paused")


def test_stepping_a_run_that_is_not_held_pauses_it(running):
    """After one more iteration."""
    trainer, gate, _, _ = running

    trainer.step_once()
    gate.wait(pauses=1)

    assert trainer.status == "paused"


def test_pausing_or_resuming_twice_is_the_same_as_once(running):
    """Each is told of once."""
    trainer, gate, _, _ = running

    trainer.pause()
    trainer.pause()
    gate.wait(pauses=1)
    trainer.resume()
    trainer.resume()
    trainer.pause()
    gate.wait(pauses=2)

    assert (gate.pauses, gate.resumes) == (2, 1)


def test_stopping_ends_a_run_for_the_reason_given(running):
    """Also while it is paused."""
    trainer, gate, runs, thread = running

    trainer.pause()
    gate.wait(pauses=1)
    trainer.stop("enough")
    thread.join(20)

    assert runs[0].ended_because == "enough"
    assert runs[0].iterations == gate.iterations == trainer.clock.iteration
    assert trainer.status == "ready"


def test_a_run_cannot_be_run_or_reset_or_restored(running, tmp_path):
    """One run at a time."""
    trainer, _, _, _ = running

    still = "trainer 'run': it is running\n  expected: a trainer that stands still\n  to do:    stop it first"
    assert refused(TrainerError, trainer.run) == still
    assert refused(TrainerError, trainer.reset) == still
    assert refused(TrainerError, lambda: trainer.restore(tmp_path)) == still


def test_a_paused_run_can_be_saved_from_anywhere(running, tmp_path):
    """A running one only from its own hooks."""
    trainer, gate, _, _ = running

    assert refused(TrainerError, lambda: trainer.save(tmp_path / "now")) == (
        "trainer 'run': it is running in another thread\n"
        "  expected: a trainer that is paused, or a hook of the run\n"
        "  to do:    pause it first"
    )
    trainer.pause()
    gate.wait(pauses=1)
    assert trainer.save(tmp_path / "now") == tmp_path / "now"


@pytest.mark.parametrize("command", ["pause", "resume", "step_once", "stop"])
def test_only_a_run_can_be_steered(make, command):
    """There is nothing to hold or to end otherwise."""
    names = {"pause": "Pause", "resume": "Resume", "step_once": "StepOnce", "stop": "Stop"}

    assert refused(TrainerError, getattr(make(), command)) == (
        f"trainer 'run': there is no run for {names[command]}\n"
        "  expected: a run that goes on\n"
        "  to do:    call run(), from another thread"
    )


def test_a_hook_may_stop_its_run(make, hook):
    """After the iteration in which it asks."""
    trainer = make(hooks=[hook(iteration_ended=lambda event, trainer: trainer.stop("seen enough"))])

    run = trainer.run()

    assert (run.iterations, run.ended_because) == (1, "seen enough")


def test_whoever_sends_without_end_does_not_keep_a_run_from_going_on(make, hook):
    """However many commands wait, there is an iteration now and then."""
    sent = []

    def started(event, trainer):
        def again(result=None, error=None):
            sent.append(1)
            trainer._loop.send(SetValue("optimiser.learning_rate", 0.01), "monitor", again)

        again()

    assert make("2 iterations", hooks=[hook(run_started=started)]).run().iterations == 2
    assert len(sent) > 1000


def test_ctrl_c_comes_before_all_that_waits(make, hook):
    """It need not wait for what many have sent."""

    def ended(event, trainer):
        trainer.pause()
        trainer.send(SetValue("optimiser.learning_rate", 0.5))
        signal.raise_signal(signal.SIGINT)

    trainer = make(hooks=[hook(iteration_ended=ended)])
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert (trainer.clock.iteration, trainer.get("optimiser.learning_rate")) == (1, 0.01)


def test_a_hook_may_end_the_run_at_an_epochs_end(make, hook):
    """Before the next epoch has started."""
    trainer = make(hooks=[hook(epoch_ended=lambda event, trainer: trainer.stop("one is enough"))])

    run = trainer.run()

    assert (run.iterations, run.epochs, run.ended_because) == (3, 1, "one is enough")


def test_hooks_come_and_go_while_a_run_goes_on(make, hook):
    """From the iteration after the one in which it was asked for."""
    seen = []
    late = hook(iteration_ended=lambda event, trainer: seen.append(event.iteration))

    def ended(event, trainer):
        if event.iteration == 2:
            trainer.attach(late, "late")
        if event.iteration == 4:
            trainer.detach("late")

    make(hooks=[hook(iteration_ended=ended)]).run()

    assert seen == [3, 4]


def test_hooks_come_and_go_between_runs(make, recorder):
    """At once; under the names of their classes where none is given."""
    trainer = make()
    trainer.attach(recorder)
    trainer.run(stop="1 iterations")
    seen = len(recorder.events)
    trainer.detach("recorder")
    trainer.run(stop="2 iterations")

    assert seen > 0
    assert len(recorder.events) == seen


def test_a_hook_that_does_not_fit_is_refused_at_once(running):
    """To whoever gives it; the run goes on."""
    trainer, gate, _, _ = running
    held = gate.iterations

    class Tenth:
        @sigma.hookimpl(when="every 0.1 run")
        def sigma_iteration_ended(self):
            pass

    class Misspelt:
        def sigma_epoch_end(self):
            pass

    for wrong, name in ((gate, "again"), (Misspelt(), None), (Gate(), "gate")):
        with pytest.raises(HookRegistrationError):
            trainer.attach(wrong, name)
    gate.wait(iterations=held + 2)


def test_a_hook_that_is_not_there_cannot_be_taken_away(make, recorder):
    """The message names those that are."""
    trainer = make(hooks=[recorder])

    assert refused(TrainerError, lambda: trainer.detach("record")) == (
        "trainer 'run': it has no hook 'record'\n"
        "  expected: recorder (nearest: recorder)\n"
        "  to do:    give one of these names"
    )


def test_a_hook_detached_twice_is_gone(running):
    """Two threads may have had the same thought."""
    trainer, gate, _, _ = running
    trainer.pause()
    gate.wait(pauses=1)
    other = Gate()
    trainer.attach(other, "other")
    trainer.step_once()
    gate.wait(pauses=2)
    trainer.detach("other")
    trainer.detach("other")
    trainer.step_once()
    gate.wait(pauses=3)

    assert other.iterations == 1


class Watching:
    """Keeps a gradient, and the weights before and after the step that used it."""

    def __init__(self):
        self.seen = []

    @sigma.hookimpl(requires="gradients.layers.*.weights")
    def sigma_iteration_ended(self, event, trainer):
        self.seen.append({name: event.scores[name].copy() for name in event.scores if name != "loss"})


ALONE = Input(3) + Dense(1) + SquaredDifference()
GRADIENT = "gradients.layers.dense_1.weights"


def test_gradients_that_a_hook_requires_are_there(make, data):
    """Those by which plain gradient descent changes the weights."""
    hook = Watching()
    trainer = make(network=ALONE, optimiser=GradientDescent(0.1), batch_size=10, dtype="float64", hooks=[hook])
    before = trainer.get("network.layers.dense_1.weights")
    trainer.run(stop="1 iterations")
    after = trainer.get("network.layers.dense_1.weights")

    assert list(hook.seen[0]) == [GRADIENT]
    assert abs(before - 0.1 * hook.seen[0][GRADIENT] - after).max() < 1e-14


def test_gradients_are_there_for_a_hook_that_comes_late(make, hook):
    """Between runs and in one; the parameters and all else stay as they were."""
    plain, watched = (make(network=ALONE) for _ in range(2))
    first, second = Watching(), Watching()

    watched.run(stop="2 iterations")
    watched.attach(first, "first")
    adding = hook(iteration_ended=lambda event, trainer: event.iteration == 3 and trainer.attach(second, "second"))
    watched.attach(adding)
    watched.run()
    plain.run()

    assert [list(seen) for seen in first.seen] == [[GRADIENT]] * 4
    assert len(second.seen) == 3
    assert {key: value.tobytes() for key, value in watched.get("network.**").items()} == {
        key: value.tobytes() for key, value in plain.get("network.**").items()
    }


def test_gradients_for_a_hook_that_comes_into_a_run_that_has_none(make, hook):
    """The step is compiled anew, once."""
    late, compiled = Watching(), []
    trainer = make(
        network=ALONE,
        batch_size=10,
        hooks=[
            hook(
                iteration_ended=lambda event, trainer: event.iteration == 2 and trainer.attach(late),
                step_compiled=lambda event, trainer: compiled.append(event.signature),
            )
        ],
    )
    trainer.run(stop="4 iterations")

    assert [list(seen) for seen in late.seen] == [[GRADIENT]] * 2
    assert compiled == ["step: (10, 3), (10, 1)"] * 2


def test_a_required_gradient_must_exist(make):
    """A pattern that matches nothing is refused: when the step is compiled, or when the hook is attached."""

    class Wrong:
        @sigma.hookimpl(requires="gradients.layers.*.weight")
        def sigma_iteration_ended(self):
            pass

    message = (
        "required value 'gradients.layers.*.weight': it matches nothing that a step computes\n"
        "  expected: gradients.layers.dense_1.biases, gradients.layers.dense_1.weights "
        "(nearest: gradients.layers.dense_1.weights)\n"
        "  to do:    require one of these"
    )
    assert refused(IdentifierError, make(network=ALONE, hooks=[Wrong()]).run) == message
    assert refused(IdentifierError, lambda: make(network=ALONE).build().attach(Wrong())) == message


def test_a_monitor_that_cannot_be_attached_leaves_no_thread(make, tmp_path):
    """What was begun for the run before it is ended."""

    class Boundless(Monitor):
        bound = 0

        def receive(self, events):
            raise AssertionError(events)

    before = threading.active_count()
    trainer = make()
    assert refused(SettingError, lambda: trainer.run(monitors=[Boundless()], directory=tmp_path / "run")) == (
        "subscriber 'boundless': a bound of 0\n  expected: at least 1"
    )
    assert (threading.active_count(), trainer.status) == (before, "ready")
    assert trainer.run(directory=tmp_path / "run", resume=True).iterations == 6


def from_elsewhere(action, *arguments):
    """Call something in another thread, and wait for it."""
    thread = threading.Thread(target=action, args=arguments)
    thread.start()
    thread.join()


def test_what_comes_too_late_for_a_run_is_there_for_the_next(make):
    """From another thread, when the last iteration is over: a value, values, hooks that come and go."""
    seen = []

    class Late:
        def sigma_run_ended(self, trainer):
            from_elsewhere(trainer.set, "optimiser.learning_rate", 0.25)
            from_elsewhere(trainer.set, {"network.**.biases": 0.5})
            from_elsewhere(trainer.attach, Noting(), "noting")
            from_elsewhere(trainer.detach, "late")
            from_elsewhere(trainer.detach, "nobody")

    class Noting:
        def sigma_run_started(self, trainer):
            seen.append(trainer.get("optimiser.learning_rate"))

    trainer = make("1 epochs")
    trainer.attach(Late(), "late")
    trainer.run()

    assert trainer.get("optimiser.learning_rate") == 0.25
    assert all((array == 0.5).all() for array in trainer.get("network.**.biases").values())
    assert trainer.hooks.has_plugin("noting")
    assert not trainer.hooks.has_plugin("late")
    trainer.run(stop="2 epochs")
    assert seen == [0.25]


def test_a_hook_can_be_detached_before_the_run_has_attached_it(make):
    """Both wait for the next iteration, in their order."""
    trainer = make("2 epochs")
    before = {name for name, _ in trainer.hooks.list_name_plugin()}

    class Starting:
        def sigma_epoch_started(self, event):
            if event.epoch == 1:
                from_elsewhere(trainer.attach, Other(), "other")
                from_elsewhere(trainer.detach, "other")

    class Other:
        def sigma_epoch_ended(self):
            """Never called."""
            raise AssertionError

    trainer.attach(Starting(), "starting")
    trainer.run()
    assert {name for name, _ in trainer.hooks.list_name_plugin()} == before | {"starting"}
