"""Dispatch: who is called when, what an exception becomes, what is remembered through a resume."""

import json
import sys

import pytest

from sigma_core.errors import CheckpointError, HookFailedError, HookRegistrationError
from sigma_core.events import EpochEnded, EpochStarted, IterationEnded, IterationStarted, RunEnded, RunStarted
from sigma_core.hooks import Clock, HookManager, hookimpl

STARTED = RunStarted(run="digits-1", directory=None, epoch=0, iteration=0)
ENDED = RunEnded(
    run="digits-1", directory=None, epoch=1, epochs=1, iteration=12, seconds=1.0, ended_because="12 iterations"
)
LENGTH = 5


def plugin(function, hook="sigma_iteration_ended", **options):
    """An object whose hook is the function."""
    return type("Plugin", (), {hook: staticmethod(hookimpl(**options)(function))})()


def dispatch_of(*plugins, clock=None, names="abcdefgh"):
    manager = HookManager()
    for name, each in zip(names, plugins, strict=False):
        manager.register(each, name, distribution="house")
    return manager.freeze(Clock(iterations_per_epoch=LENGTH, total_iterations=40) if clock is None else clock)


def run(dispatch, iterations, *, built=None):
    """The loop, as the trainer has it: a comparison, and an event only when somebody is due."""
    lane, clock = dispatch.lane(IterationEnded), dispatch.clock
    for _ in range(iterations):
        clock.iteration += 1
        clock.epoch = (clock.iteration - 1) // LENGTH + 1

        def build():
            if built is not None:
                built.append(clock.iteration)
            return IterationEnded(epoch=clock.epoch, iteration=clock.iteration)

        if clock.iteration >= lane.next_iteration:
            lane.fire(build, "trainer")


def recorder(seen):
    return lambda event: seen.append(event.iteration)


def test_nobody_is_never():
    """A hook without implementations has a next iteration that never comes."""
    lane = dispatch_of().lane(IterationEnded)
    assert lane.next_iteration == sys.maxsize
    assert lane.fire(lambda: pytest.fail("built"), None) is None


def test_only_due_implementations_are_called_and_only_then_is_the_event_built():
    """The lane's next iteration is the earliest of all; one event serves everybody who is due."""
    tens, epochs, built = [], [], []
    dispatch = dispatch_of(
        plugin(recorder(tens), when="10 iterations until 20"), plugin(recorder(epochs), when="3 epochs until 6")
    )
    run(dispatch, 40, built=built)
    assert (tens, epochs, built) == ([10, 20], [15, 30], [10, 15, 20, 30])
    assert dispatch.lane(IterationEnded).next_iteration == sys.maxsize


def test_an_implementation_without_a_trigger_is_called_each_time():
    """And it does not wake those that are not due."""
    every, once = [], []
    dispatch = dispatch_of(plugin(recorder(every)), plugin(recorder(once), when="once (3 iterations)"))
    run(dispatch, 7)
    assert (every, once) == ([1, 2, 3, 4, 5, 6, 7], [3])


def test_fire_returns_what_was_built():
    """The caller can publish the very event that hooks saw; a ready event is passed on as it is."""
    seen = []

    def keep(event):
        seen.append(event)

    dispatch = dispatch_of(plugin(keep))
    lane = dispatch.lane(IterationEnded)
    event = IterationEnded(epoch=1, iteration=1)
    assert lane.fire(event, None) is event
    assert lane.fire(lambda: event, None) is event
    assert [id(each) for each in seen] == [id(event)] * 2


def test_seconds_ask_the_clock():
    """A trigger in seconds looks at the clock at each iteration and runs at the first one after each multiple."""
    seen = []
    times = [0.0, 4.0, 9.0, 11.0, 12.0, 20.0, 29.0, 41.0]
    clock = Clock()
    clock.seconds = lambda: times[clock.iteration]
    run(dispatch_of(plugin(recorder(seen), when="10 seconds"), clock=clock), 7)
    assert seen == [3, 5, 7]


def test_seconds_are_not_looked_at_behind_each_quick_iteration():
    """Every 20 milliseconds, and ever more often towards the end."""
    seen, looks, clock = [], [], Clock()

    def seconds():
        looks.append(clock.iteration)
        return clock.iteration / 10_000

    clock.seconds = seconds
    run(dispatch_of(plugin(recorder(seen), when="1 seconds"), clock=clock), 25_000)
    assert seen == [10_000, 20_000]
    assert len(looks) < 200


def test_what_waits_for_a_time_or_an_iteration_is_called_at_either():
    """However long it takes to the next look at the clock."""
    seen, clock = [], Clock()
    clock.seconds = lambda: clock.iteration / 10_000
    run(dispatch_of(plugin(recorder(seen), when="1 seconds | 9990 iterations"), clock=clock), 21_000)
    assert seen == [9_990, 10_000, 19_980, 20_000]


def test_seconds_and_iterations_wake_apart():
    """Either side of | runs the hook, counted from its own multiples."""
    seen = []
    clock = Clock(seconds=0.0)
    dispatch = dispatch_of(plugin(recorder(seen), when="10 seconds | 4 iterations"), clock=clock)
    for seconds in (1.0, 2.0, 12.0, 13.0, 14.0, 25.0, 26.0, 27.0):
        clock.seconds = seconds
        run(dispatch, 1)
    assert seen == [3, 4, 6, 8]


def test_a_bound_that_comes_too_early_is_looked_at_again():
    """Where & could not see far enough, the hook is asked, is not due, and waits on."""
    seen = []
    dispatch = dispatch_of(plugin(recorder(seen), when="2 iterations & 2 iterations after 1 | 3000 iterations"))
    run(dispatch, 3000)
    assert seen == [3000]


def test_hooks_of_epochs_count_since_their_last_event():
    """An epoch's end is due when a multiple lies in it, in iterations as well."""
    epochs, iterations, starts = [], [], []
    dispatch = dispatch_of(
        plugin(lambda event: epochs.append(event.epoch), "sigma_epoch_ended", when="2 epochs"),
        plugin(lambda event: iterations.append(event.epoch), "sigma_epoch_ended", when="8 iterations"),
        plugin(lambda event: starts.append(event.epoch), "sigma_epoch_started", when="2 epochs"),
    )
    clock = dispatch.clock
    for epoch in range(1, 7):
        clock.epoch = epoch
        dispatch.fire(EpochStarted(epoch=epoch, iteration=clock.iteration, iterations_per_epoch=LENGTH), None)
        clock.iteration += LENGTH
        dispatch.fire(EpochEnded(epoch=epoch, iteration=clock.iteration, iterations_per_epoch=LENGTH), None)
    assert (epochs, iterations, starts) == ([2, 4, 6], [2, 4, 5], [2, 4, 6])


def test_a_hook_attached_inside_an_epoch_sees_its_end():
    """Live attach: the epoch that runs has not ended yet and counts."""
    seen = []
    clock = Clock(iteration=12, epoch=3, iterations_per_epoch=LENGTH)
    dispatch = dispatch_of(
        plugin(lambda event: seen.append(event.epoch), "sigma_epoch_ended", when="3 epochs"), clock=clock
    )
    clock.iteration = 15
    dispatch.fire(EpochEnded(epoch=3, iteration=15, iterations_per_epoch=LENGTH), None)
    assert seen == [3]


def test_scopes_are_apart():
    """A dispatch has the implementations of the scopes it was made for, by default of both."""
    seen = []
    manager = HookManager()
    manager.register(plugin(lambda: seen.append("run"), "sigma_run_started"), "a")
    manager.register(plugin(lambda: seen.append("worker"), "sigma_run_started", scope="worker"), "b")
    manager.freeze(Clock(), scopes=("run",)).fire(STARTED, None)
    assert seen == ["run"]
    manager.freeze(Clock(), scopes=("worker",)).fire(STARTED, None)
    assert seen == ["run", "worker"]
    manager.freeze(Clock()).fire(STARTED, None)
    assert seen == ["run", "worker", "run", "worker"]


def test_an_exception_names_hook_plugin_distribution_and_iteration():
    """A hook that raises ends the run with everything needed to find it; the cause is chained."""
    dispatch = dispatch_of(plugin(lambda: 1 / 0))
    with pytest.raises(HookFailedError) as caught:
        run(dispatch, 3)
    assert str(caught.value) == (
        "hook 'sigma_iteration_ended' of plugin 'a' (distribution 'house'), iteration 1: "
        "raised ZeroDivisionError: division by zero\n"
        "  to do:    correct the plugin, or leave it out of this run"
    )
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert (caught.value.hook, caught.value.plugin) == ("sigma_iteration_ended", "a")


def raising(error, seen, label):
    def implementation():
        seen.append(label)
        raise error

    return implementation


def test_ctrl_c_passes_through():
    """KeyboardInterrupt is nobody's failure."""
    dispatch = dispatch_of(plugin(raising(KeyboardInterrupt, [], "a"), "sigma_run_started"))
    with pytest.raises(KeyboardInterrupt):
        dispatch.fire(STARTED, None)


def test_teardown_calls_everybody():
    """In teardown every implementation is called once, whatever those before it raise; several become one error."""
    seen = []
    dispatch = dispatch_of(
        plugin(raising(ValueError("one"), seen, "a"), "sigma_run_ended"),
        plugin(lambda: seen.append("b"), "sigma_run_ended"),
        plugin(lambda: seen.append("never"), "sigma_run_ended", when="never"),
        plugin(raising(OSError("two"), seen, "d"), "sigma_run_ended"),
    )
    dispatch.clock.iteration = 12
    with pytest.raises(HookFailedError) as caught:
        dispatch.end(ENDED, None)
    assert seen == ["a", "b", "d"]
    assert str(caught.value) == (
        "hook 'sigma_run_ended', iteration 12: 2 implementations raised\n"
        "hook 'sigma_run_ended' of plugin 'a' (distribution 'house'), iteration 12: raised ValueError: one\n"
        "  to do:    correct the plugin, or leave it out of this run\n"
        "hook 'sigma_run_ended' of plugin 'd' (distribution 'house'), iteration 12: raised OSError: two\n"
        "  to do:    correct the plugin, or leave it out of this run"
    )
    assert [type(failure.__cause__) for failure in caught.value.failures] == [ValueError, OSError]
    assert caught.value.plugin == "a, d"


def test_one_failure_in_teardown_is_raised_as_itself():
    """A single failure needs no envelope."""
    dispatch = dispatch_of(plugin(raising(ValueError("one"), [], "a"), "sigma_run_ended"))
    with pytest.raises(HookFailedError) as caught:
        dispatch.end(ENDED, None)
    assert caught.value.found == "raised ValueError: one"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_and_exits_in_teardown_wait_for_the_others(error):
    """What would end the process in teardown is raised when everybody was called."""
    seen = []
    dispatch = dispatch_of(
        plugin(raising(error, seen, "a"), "sigma_run_ended"),
        plugin(raising(ValueError("one"), seen, "b"), "sigma_run_ended"),
    )
    with pytest.raises(error):
        dispatch.end(ENDED, None)
    assert seen == ["a", "b"]
    dispatch_of(plugin(lambda: seen.append("c"), "sigma_run_ended")).end(ENDED, None)
    assert seen == ["a", "b", "c"]


def test_lengths_that_are_not_known_are_found_before_the_run():
    """A trigger that could never be due is an error when the run is frozen, all of them together."""
    manager = HookManager()
    manager.register(plugin(lambda: None, when="0.25 run | 2 epochs"), "a", distribution="house")
    manager.register(plugin(lambda: None, "sigma_epoch_ended", when="2 epochs"), "b")
    with pytest.raises(HookRegistrationError) as caught:
        manager.freeze(Clock())
    trigger = '"every 0.25 run | every 2 epochs"'
    assert str(caught.value) == (
        "hooks of this run: 2 cannot know when they are due\n"
        f"hook 'sigma_iteration_ended' of plugin 'a' (distribution 'house'): {trigger} counts in fractions of a run "
        "whose length is not known\n"
        "  expected: a trigger in iterations, epochs or seconds\n"
        '  to do:    or give the run an end, such as stop = "20 epochs"\n'
        f"hook 'sigma_iteration_ended' of plugin 'a' (distribution 'house'): {trigger} counts in epochs whose length "
        "is not known\n"
        "  expected: a trigger in iterations or seconds\n"
        "  to do:    or implement sigma_epoch_ended instead"
    )


def stateful(seen):
    return dispatch_of(
        plugin(recorder(seen), when="once (4 iterations) | 30 seconds"),
        plugin(lambda event: seen.append(-event.epoch), "sigma_epoch_ended", when="2 epochs"),
    )


def step(dispatch):
    """One iteration of three seconds, with the end of an epoch after each fifth."""
    clock = dispatch.clock
    clock.seconds += 3.0
    run(dispatch, 1)
    if clock.iteration % LENGTH == 0:
        dispatch.fire(EpochEnded(epoch=clock.epoch, iteration=clock.iteration, iterations_per_epoch=LENGTH), None)


@pytest.mark.parametrize("cut", range(1, 30))
def test_triggers_go_on_after_a_resume(cut):
    """Cut anywhere, a resumed run calls its hooks exactly when the uninterrupted one does."""
    whole, parts = [], []
    dispatch = stateful(whole)
    for _ in range(30):
        step(dispatch)
    dispatch = stateful(parts)
    for _ in range(cut):
        step(dispatch)
    state, old = json.loads(json.dumps(dispatch.state())), dispatch.clock
    dispatch = stateful(parts)
    clock = dispatch.clock
    clock.iteration, clock.epoch, clock.seconds = old.iteration, old.epoch, old.seconds
    dispatch.restore(state)
    for _ in range(30 - cut):
        step(dispatch)
    assert parts == whole == [4, 10, -2, 20, -4, 30, -6]


def test_state_is_small_json():
    """The state says what remains of each trigger and where its hook last looked."""
    dispatch = dispatch_of(plugin(lambda: None, when="once (2 iterations)"), plugin(lambda: None))
    run(dispatch, 3)
    never = {"starts": 0, "stops": 0, "pauses": 0, "resumes": 0, "resets": 0}
    assert dispatch.state() == {
        "version": 1,
        "clock": {"paused": 0.0, "moments": never},
        "triggers": {
            "a/sigma_iteration_ended": {
                "when": "once (every 2 iterations)",
                "remaining": "never",
                "iteration": 2,
                "epoch": 0,
                "seconds": 0.0,
                "wall": 0.0,
                "moments": never,
            }
        },
    }


def test_a_trigger_that_was_changed_starts_anew():
    """The state of another trigger is no state of this one."""
    seen = []
    state = dispatch_of(plugin(lambda: None, when="once")).state()
    state["triggers"]["a/sigma_iteration_ended"]["remaining"] = "never"
    dispatch = dispatch_of(plugin(recorder(seen), when="once (2 iterations)"))
    dispatch.restore(state)
    run(dispatch, 3)
    assert seen == [2]


def test_state_of_another_version_is_refused():
    """A state of a newer version is not guessed at."""
    with pytest.raises(CheckpointError) as caught:
        dispatch_of().restore({"version": 2})
    assert str(caught.value) == (
        "state of hooks: version 2\n  expected: version 1\n"
        "  to do:    read it with the version of sigma-core that wrote it"
    )


def test_live_attach_keeps_the_state_of_the_others():
    """A plugin that comes while running changes the generation; frozen anew, the others go on where they were."""
    old, new = [], []
    manager = HookManager()
    manager.register(plugin(recorder(old), when="once (2 iterations)"), "a")
    dispatch = manager.freeze(Clock())
    run(dispatch, 3)
    manager.register(plugin(recorder(new), when="2 iterations"), "b")
    assert manager.generation != dispatch.generation
    dispatch = manager.freeze(dispatch.clock, previous=dispatch)
    assert manager.generation == dispatch.generation
    run(dispatch, 3)
    assert (old, new) == ([2], [4, 6])


def test_iteration_started_is_a_hook_of_every_iteration():
    """The iteration that is about to run is the one that counts."""
    seen = []
    dispatch = dispatch_of(plugin(recorder(seen), "sigma_iteration_started", when="3 iterations"))
    for iteration in range(1, 8):
        dispatch.clock.iteration = iteration
        dispatch.fire(IterationStarted(epoch=1, iteration=iteration), None)
    assert seen == [3, 6]
