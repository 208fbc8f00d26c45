"""Snapshots of a trainer's values from any thread, patterns that are set, and who wins where several mean one value."""

import threading
from functools import partial

import numpy as np
import pytest
from sigma_nn import Dense, GradientDescent, Input, SquaredDifference

from sigma_core.errors import AnswerTimeoutError, IdentifierError, TrainerError, UnknownIdentifierError
from sigma_core.registry import Registry
from sigma_core.testing import message
from sigma_core.training import SetValues

RATE = "optimiser.learning_rate"
FIRST, SECOND = "network.layers.dense_1", "network.layers.dense_2"


class Level:
    """Sets all parameters to the number of the iteration, one after the other, with a moment between."""

    def sigma_iteration_ended(self, event, trainer):
        for name in trainer.get("network.**"):
            trainer.set(name, float(event.iteration))


@pytest.fixture
def running(make):
    """Starts a trainer in a thread of its own, once it has done an iteration; ends it afterwards."""
    begun, started = threading.Event(), []

    class Begun:
        def sigma_iteration_ended(self):
            begun.set()

    def start(*hooks, **settings):
        trainer = make("1000000 epochs", hooks=[*hooks, Begun()], **settings)
        thread = threading.Thread(target=trainer.run)
        thread.start()
        started.append((trainer, thread))
        assert begun.wait(20)
        return trainer

    yield start
    for trainer, thread in started:
        trainer.stop()
        thread.join(20)
        assert not thread.is_alive()


def test_a_snapshot_never_changes(make):
    """Numbers and arrays by identifier, which nobody can write to; tags and what lies below come along."""
    trainer = make(optimiser=GradientDescent(0.5))
    snapshot = trainer.snapshot("network.layers.*.weights")
    before = trainer.get(f"{FIRST}.weights")
    trainer.run()

    assert isinstance(snapshot, Registry)
    assert list(snapshot) == [f"{FIRST}.weights", f"{SECOND}.weights"]
    assert (snapshot[f"{FIRST}.weights"] == before).all()
    assert (trainer.get(f"{FIRST}.weights") != before).any()
    with pytest.raises(ValueError, match="read-only"):
        snapshot[FIRST]["weights"][0] = 1
    assert "weights" in snapshot.tags(f"{FIRST}.weights")
    assert trainer.snapshot()[RATE] == 0.5


def test_values_are_a_registry_of_what_is_there_now(make):
    """Read from the trainer each time, by path, pattern and tag."""
    trainer = make(optimiser=GradientDescent(0.5))
    values = trainer.values
    trainer.set(RATE, 0.25)

    assert values[RATE] == values["optimiser"]["learning_rate"] == 0.25
    assert values[FIRST].parent.identifier == "network.layers"
    assert values.resolve("**.<biases>") == (f"{FIRST}.biases", f"{SECOND}.biases")
    assert values[FIRST].copy()["weights"].flags.writeable
    with pytest.raises(UnknownIdentifierError, match=r"identifier 'optimiser\.rate': there is nothing of that name"):
        values["optimiser.rate"]


@pytest.mark.parametrize("operator", [{"use": "local"}, {"use": "local", "workers": 2}], ids=["alone", "two workers"])
def test_snapshots_are_whole_while_the_run_goes_on(running, operator):
    """From several threads at once: never a half of one iteration and a half of the next."""
    trainer = running(Level(), optimiser=GradientDescent(0.0), operator=operator)
    torn, taken = [], []

    def take():
        for _ in range(15):
            snapshot = trainer.snapshot("network.**", timeout=20)
            numbers = {float(number) for array in snapshot.values() for number in array.reshape(-1)}
            taken.append(numbers)
            torn.extend([numbers] if len(numbers) != 1 else [])

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(taken), torn) == (45, [])


def test_a_paused_run_answers(running):
    """It waits for whoever asks; predictions and scores are asked for in the same way."""
    trainer = running()
    trainer.pause()
    first = trainer.snapshot("network.**")
    while trainer.status != "paused":
        first = trainer.snapshot("network.**")
    second = trainer.snapshot("network.**")
    first = second
    second = trainer.snapshot("network.**")

    assert all((first[name] == second[name]).all() for name in first)
    assert trainer.predict(np.zeros((2, 3))).shape == (2, 1)
    assert set(trainer.evaluate("training")) == {"loss"}


def test_what_goes_wrong_is_raised_where_it_was_asked(running):
    """And the run goes on."""
    trainer = running()
    with pytest.raises(IdentifierError) as caught:
        trainer.snapshot("optimiser.learnin_rate")
    assert message(caught.value).splitlines()[0] == "optimiser.learnin_rate: there is no such value"
    with pytest.raises(ZeroDivisionError):
        trainer._asked(lambda: 1 / 0)
    assert trainer.status == "running"


def test_a_run_that_does_not_come_to_an_answer(make):
    """Its own hook waits for the thread that asks: nobody waits for ever."""
    errors = []

    def ask(trainer):
        try:
            trainer.snapshot(RATE, timeout=0.2)
        except AnswerTimeoutError as error:
            errors.append(error)

    class Waits:
        def sigma_iteration_ended(self, trainer):
            thread = threading.Thread(target=ask, args=[trainer])
            thread.start()
            thread.join()

    run = make("1 iterations", hooks=[Waits()]).run()

    assert run.iterations == 1
    assert isinstance(errors[0], TimeoutError)
    assert message(errors[0]) == (
        "trainer 'run': it has not answered within 0.2 seconds\n"
        "  expected: a run that comes to the end of an iteration meanwhile\n"
        "  to do:    give a longer timeout; a hook of the run that waits for this thread must not"
    )


def test_nobody_reads_while_somebody_else_changes_things_at_rest(make):
    """Whoever comes too late is told."""
    trainer, errors = make().build(), []

    def ask():
        try:
            trainer.get(RATE, timeout=0.05)
        except AnswerTimeoutError as error:
            errors.append(error)

    with trainer._access:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    assert len(errors) == 1
    assert trainer.get(RATE) == 0.01


def test_a_question_that_a_run_leaves_behind_is_answered_at_rest(make):
    """It was asked when no iteration was to come any more."""
    asked, answers = threading.Event(), []

    def ask(trainer):
        asked.set()
        answers.append(trainer.snapshot("network.**", timeout=20))

    class Last:
        def sigma_run_ended(self, trainer):
            self.thread = threading.Thread(target=ask, args=[trainer])
            self.thread.start()
            assert asked.wait(20)

    last = Last()
    trainer = make("1 epochs", hooks=[last])
    trainer.run()
    last.thread.join(20)

    assert all((answers[0][name] == value).all() for name, value in trainer.get("network.**").items())


def test_workers_may_look_from_their_own_threads(make):
    """The run waits for them, so nothing changes meanwhile."""
    seen = []

    class Looks:
        def look(self, event, trainer):
            seen.append((event.iteration, trainer.get(RATE), trainer.snapshot("network.**")[f"{FIRST}.biases"].shape))

    from sigma_core.hooks import hookimpl

    Looks.sigma_iteration_ended = hookimpl(scope="worker")(Looks.look)
    Looks.sigma_epoch_ended = hookimpl(scope="worker")(lambda self, trainer: seen.append(trainer.get(RATE)))
    make("1 epochs", hooks=[Looks()], operator={"use": "local", "workers": 2}).run()

    assert sorted(each for each in seen if isinstance(each, tuple)) == [
        (number, 0.01, (4,)) for number in (1, 1, 2, 2, 3, 3)
    ]
    assert seen.count(0.01) == 2


def test_a_pattern_sets_all_that_it_means(make):
    """A number fills an array; what is set is told; what a schedule gives is passed over."""
    trainer = make(schedules={RATE: {"use": "exponential", "decay": 0.5}})

    assert trainer.set("network.**.<biases>", 2) == (f"{FIRST}.biases", f"{SECOND}.biases")
    assert trainer.get(f"{FIRST}.biases").tolist() == [2.0] * 4
    assert trainer.set("**.learning_rate", 0.5) == (RATE,)
    with pytest.raises(IdentifierError, match="it is what a schedule gives"):
        trainer.set("schedules.**", 0.5)


def test_the_more_specific_pattern_wins(make):
    """In whatever order they are given."""
    trainer = make()
    given = {f"{SECOND}.biases": 3.0, "**": 0.25, "network.**.<biases>": 1.0, "network.layers.*.biases": 2.0}
    for order in (list(given), list(reversed(given))):
        found = trainer.set({pattern: given[pattern] for pattern in order if pattern != "**"})
        assert set(found) == {f"{FIRST}.biases", f"{SECOND}.biases"}
        assert trainer.get(f"{FIRST}.biases")[0] == 2.0
        assert trainer.get(f"{SECOND}.biases")[0] == 3.0


def test_all_is_set_or_nothing(make):
    """One value that does not fit, one pattern that means nothing."""
    trainer = make()
    before = trainer.snapshot()
    for given in ({"network.**.biases": 1.0, RATE: "fast"}, {"network.**.biases": 1.0, "network.**.bias": 2.0}):
        with pytest.raises(IdentifierError):
            trainer.set(given)
    after = trainer.snapshot()

    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_several_values_are_one_command(running, tmp_path):
    """From another thread they come into effect together, and are recorded as one."""
    network = Input(3) + Dense(2) + Dense(1) + SquaredDifference()
    trainer = running(optimiser=GradientDescent(0.0), network=network)
    told = trainer.environment.bus.subscribe("told", None)
    array = np.ones(2)
    assert len(trainer.set({"network.**.weights": 0, f"{FIRST}.biases": array})) == 3
    array[:] = 7
    assert trainer.get(f"{FIRST}.biases").tolist() == [1.0, 1.0]
    assert not trainer.get(f"{SECOND}.weights").any()
    trainer.set("network.**.biases", 5)
    assert trainer.get(f"{SECOND}.biases").tolist() == [5.0]

    commands = [event.command for event in told.drain() if type(event).__name__ == "CommandApplied"]
    assert commands == [
        {"command": "set_values", "values": {"network.**.weights": 0, f"{FIRST}.biases": [1.0, 1.0]}},
        {"command": "set_value", "identifier": "network.**.biases", "value": 5},
    ]


def test_values_that_are_no_table_are_refused(running):
    """As a command from elsewhere may bring them; the run goes on."""
    trainer = running()
    answers, answered = [], threading.Event()

    def answer(result, error):
        answers.append((result, error))
        answered.set()

    trainer._loop.send(SetValues(3), "command line", answer)
    assert answered.wait(20)

    assert message(answers[0][1]) == (
        "values: 3\n  expected: a table of values by identifier or pattern\n  to do:    give a table"
    )


def test_a_trainer_that_runs_is_not_saved_from_another_thread(running):
    """As before: only its own thread can."""
    trainer = running()
    with pytest.raises(TrainerError, match="it is running in another thread"):
        partial(trainer.save, "nowhere")()
