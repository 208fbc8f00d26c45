"""Several workers: as good as one where they share a network, and merged where each has its own."""

import threading
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_nn import (
    Adam,
    BatchNorm,
    ClipByGlobalNorm,
    Dense,
    Dropout,
    GradientDescent,
    Input,
    Lamb,
    MeanAbsoluteError,
    SquaredDifference,
)

import sigma_core as sigma
from sigma_core.errors import (
    HookFailedError,
    NumericalError,
    PluginFailedError,
    WorkerFailedError,
)
from sigma_core.extend import Merger
from sigma_core.testing import message
from sigma_core.training import Average, LocalOperator
from sigma_core.training._commands import Reset
from sigma_core.training._crew import Crew, shares

INPUTS = np.random.default_rng(5).normal(size=(50, 3))
DATA = INPUTS, INPUTS @ [[1.0], [-2.0], [0.5]] + 0.25


def trainer(workers=1, network=None, operator=None, **changed):
    """Four iterations an epoch: three of 16 records, and one of two."""
    network = network or Input(3) + Dense(8, activation="tanh") + Dense(1) + SquaredDifference()
    given = {"optimiser": Adam(0.01), "stop": "100 iterations", "batch_size": 16, "seed": 3, "dtype": "float64"}
    operator = {"use": "local", "workers": workers, **(operator or {})}
    return sigma.Trainer(network, DATA, operator=operator, **{**given, **changed})


def merging(workers=2, every="3 iterations", **changed):
    operator = {"mode": "merge", "every": every, **changed.pop("operator", {})}
    return trainer(workers, operator=operator, **changed)


def stochastic(workers, mode, accumulation):
    """With whatever draws random numbers, tracks state or counts."""
    network = Input(3) + Dense(6, activation="tanh") + BatchNorm() + Dropout(0.3) + Dense(1) + SquaredDifference()
    operator = {"mode": mode, "every": "5 iterations"}
    changed = {"gradient_accumulation": accumulation, "stop": "15 iterations", "prefetch": 1}
    return trainer(workers, network, operator, dtype="float32", **changed)


def parameters(one):
    return np.concatenate([value.reshape(-1) for value in one.get("network.**").values()])


def outcome(one):
    return {name: array.tobytes() for name, array in one.team.pull().items()}


class Scores:
    """Keeps what iterations gave."""

    def __init__(self):
        self.seen = []

    def sigma_iteration_ended(self, event):
        self.seen.append(dict(event.scores))


# Synchronous


METHODS = {
    "plain": {},
    "groups": {"parameter_groups": {"**.biases": {"learning_rate": 0.1}}},
    "modifiers": {"modifiers": [ClipByGlobalNorm(0.1)]},
    "by parameter": {"optimiser": Lamb()},
    "frozen": {"frozen": ["**.dense_1.weights"]},
    "accumulation": {"gradient_accumulation": 3},
    "schedules": {"schedules": {"optimiser.learning_rate": {"use": "exponential"}}},
    "numba": {"backend": "numba"},
    "debug": {"backend": "debug", "stop": "10 iterations"},
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("workers", [2, 3, 20])
def test_synchronous_workers_are_as_good_as_one(method, workers):
    """After 100 steps; with 20 of them some have no record of a batch, and with three some have more than others."""
    alone, several = trainer(**METHODS[method]), trainer(workers, **METHODS[method])
    ones, others = alone.run(), several.run()

    np.testing.assert_allclose(parameters(several), parameters(alone), rtol=0, atol=1e-9)
    state, expected = several.team.pull(), alone.team.pull()
    assert state.keys() == expected.keys()
    for name in ("step", "key", "totals.records"):
        np.testing.assert_array_equal(state[name], expected[name])
    assert others.scores["training.loss"] == pytest.approx(ones.scores["training.loss"], rel=1e-9)


def test_in_float32_they_differ_by_rounding():
    """By less than a millionth after 100 steps."""
    alone, several = trainer(dtype="float32"), trainer(2, dtype="float32")
    alone.run()
    several.run()
    np.testing.assert_allclose(parameters(several), parameters(alone), rtol=0, atol=1e-6)


def test_what_a_step_gives_is_that_of_the_whole_batch():
    """Losses, gradients that hooks require, and scores of validation, whoever computed which part."""
    found = {}
    for workers in (1, 3):

        class Watch(Scores):
            @sigma.hookimpl(requires="gradients.**.weights")
            def sigma_iteration_ended(self, event):
                self.seen.append({name: np.copy(value) for name, value in event.scores.items()})

        watch = Watch()
        one = trainer(workers, hooks=[watch], stop="6 iterations", validation=DATA, metrics=[MeanAbsoluteError()])
        found[workers] = watch.seen, one.run().scores
    for alone, several in zip(*(seen for seen, _ in found.values()), strict=True):
        assert several.keys() == alone.keys() >= {"loss", "gradients.layers.dense_1.weights"}
        for name, value in alone.items():
            np.testing.assert_allclose(several[name], value, rtol=1e-9, atol=1e-12)
    assert found[3][1] == pytest.approx(found[1][1], rel=1e-9)


def test_each_worker_drops_out_others():
    """The first one draws what one alone draws; equal records of two workers do not have equal losses."""

    class Each:
        def __init__(self):
            self.losses = {}

        @sigma.hookimpl(scope="worker")
        def sigma_iteration_ended(self, event):
            self.losses[threading.current_thread().name] = event.scores["loss"]

    each = Each()
    data = np.ones((8, 4)), np.ones((8, 1))
    network = Input(4) + Dropout(0.5) + Dense(1) + SquaredDifference()
    operator = {"use": "local", "workers": 2}
    sigma.Trainer(network, data, Adam(), "1 iterations", operator=operator, batch_size=8, hooks=[each]).run()

    assert len(each.losses) == 2
    assert "sigma-worker-2" in each.losses
    assert len(set(each.losses.values())) == 2


def test_what_is_tracked_is_the_mean_of_the_parts():
    """Weighted by records: of ten, the first worker of three has four."""
    network = Input(3) + BatchNorm(decay=0.5) + Dense(1) + SquaredDifference()
    one = trainer(3, network, batch_size=10, stop="1 iterations")
    batch = next(iter(one.build().batches))[0].copy()
    one.batches.seek(1)
    before = {name: one.get(f"network.layers.batch_norm_1.{name}") for name in ("means", "variances")}
    one.run()

    parts = np.split(batch, [4, 7])
    for name, of_part in (("means", np.mean), ("variances", partial(np.var, ddof=1))):
        mean = sum(len(part) * of_part(part, axis=0) for part in parts) / 10
        np.testing.assert_allclose(one.get(f"network.layers.batch_norm_1.{name}"), (before[name] + mean) / 2, rtol=1e-9)


# Merge


def by_hand(workers, every, iterations, merge):
    """Gradient descent on a linear network in NumPy, each worker on its part."""
    one = trainer(network=Input(3) + Dense(1) + SquaredDifference(), optimiser=GradientDescent(0.05)).build()
    start = one.get("network.layers.dense_1.weights"), one.get("network.layers.dense_1.biases")
    networks = [[array.copy() for array in start] for _ in range(workers)]
    counts = np.zeros(workers)
    done = 0
    while done < iterations:
        for inputs, targets in one.batches:
            for number, rows in enumerate(shares(len(inputs), workers)):
                part, wanted = inputs[rows], targets[rows]
                counts[number] += len(part)
                if len(part):
                    weights, biases = networks[number]
                    slope = 2 * (part @ weights + biases - wanted) / len(part)
                    networks[number] = [weights - 0.05 * part.T @ slope, biases - 0.05 * slope.sum(0)]
            done += 1
            if done % every == 0:
                merged = [merge(np.array(each), counts) for each in zip(*networks, strict=True)]
                networks = [[array.copy() for array in merged] for _ in range(workers)]
                counts[:] = 0
            if done == iterations:
                break
    return networks


@frozen
class Weighted(Merger):
    def merge(self, parameters, records):
        return np.average(parameters, axis=0, weights=records)


@frozen
class Largest(Merger):
    def merge(self, parameters, records):
        return np.max(parameters, axis=0)


MERGES = {
    "average": (Average(), {}, lambda arrays, _: arrays.mean(0)),
    "weighted": (Weighted(), {}, lambda arrays, counts: np.average(arrays, axis=0, weights=counts)),
    "by pattern": (
        Largest(),
        {"**.weights": (Average(),)},
        lambda arrays, _: arrays.mean(0) if arrays.shape[1:] == (3, 1) else arrays.max(0),
    ),
}


@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("workers", [2, 3])
def test_networks_merge_as_by_hand(merge, workers):
    """After nine iterations of which every third merges; the fourth of each epoch has two records only."""
    merger, mergers, expected = MERGES[merge]
    network = Input(3) + Dense(1) + SquaredDifference()
    operator = LocalOperator(workers, "merge", "3 iterations", merger, mergers)
    given = {"batch_size": 16, "seed": 3, "dtype": "float64", "operator": operator}
    for iterations in (8, 9):
        one = sigma.Trainer(network, DATA, GradientDescent(0.05), f"{iterations} iterations", **given)
        one.run()
        networks = by_hand(workers, 3, iterations, expected)
        state = one.team.pull()
        for number, (weights, biases) in enumerate(networks, 1):
            name = "parameters" if number == 1 else f"workers.{number}.parameters"
            flat = np.concatenate([weights.reshape(-1), biases])
            np.testing.assert_allclose(np.sort(state[name]), np.sort(flat), rtol=1e-9)


def test_networks_merge_at_the_end_of_each_epoch_by_default():
    """Before it is validated; in between they differ."""
    one = trainer(2, operator={"mode": "merge"})
    differ = {}

    class Watch:
        def sigma_iteration_ended(self, event, trainer):
            state = trainer.team.pull()
            differ[event.iteration] = bool((state["parameters"] != state["workers.2.parameters"]).any())

    one.attach(Watch())
    one.run(stop="8 iterations")
    assert differ == {1: True, 2: True, 3: True, 4: False, 5: True, 6: True, 7: True, 8: False}


def test_values_are_set_in_every_network():
    """Each keeps what is not set; what is frozen is laid out anew for each."""
    one = merging()
    one.run(stop="4 iterations")
    before = one.team.pull()
    one.set("network.layers.dense_2.biases", [0.5])
    after = one.team.pull()
    for name in ("parameters", "workers.2.parameters"):
        assert (before[name] != after[name]).sum() == 1
    one.freeze("**.dense_1.**")
    assert {one.team.pull()[name].size for name in ("parameters", "workers.2.parameters")} == {9}
    one.set("optimiser.learning_rate", 0.0)
    one.run(stop="5 iterations")
    assert one.get("network.layers.dense_2.biases").tolist() == [0.5]


def test_what_the_workers_scored_is_weighted_by_records():
    """The loss of an iteration is the mean over its records, in whichever network they were."""
    scores = Scores()
    one = merging(3, hooks=[scores], optimiser=GradientDescent(0.0))
    alone = trainer(hooks=[other := Scores()], optimiser=GradientDescent(0.0))
    run, expected = one.run(stop="4 iterations"), alone.run(stop="4 iterations")

    np.testing.assert_allclose([each["loss"] for each in scores.seen], [each["loss"] for each in other.seen])
    assert run.scores["training.loss"] == pytest.approx(expected.scores["training.loss"])


# Resume


@pytest.fixture(scope="module")
def uninterrupted():
    """What whole runs come to."""
    found = {}
    for workers, mode, accumulation in [
        (2, "synchronous", 1),
        (2, "merge", 1),
        (3, "synchronous", 3),
        (20, "merge", 2),
    ]:
        one = stochastic(workers, mode, accumulation)
        one.run()
        found[workers, mode, accumulation] = outcome(one)
    return found


@settings(max_examples=15, deadline=None)
@given(which=st.integers(0, 3), iteration=st.integers(1, 14))
def test_a_resumed_run_ends_as_the_uninterrupted_one(uninterrupted, tmp_path_factory, which, iteration):
    """To the last bit, with the state of every worker; so does one that was only stopped, and a copy."""
    case = [*uninterrupted][which]
    path = tmp_path_factory.mktemp("checkpoints") / "now"
    first = stochastic(*case)
    first.run(stop=f"{iteration} iterations")
    first.save(path)
    second = stochastic(*case).restore(path)
    copied = first.copy()
    for one in (first, second, copied):
        one.run(stop="15 iterations")
        assert outcome(one) == uninterrupted[case]


# Steering and failures


def workers_alive():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("sigma-worker")]


@pytest.mark.parametrize("mode", ["synchronous", "merge"])
def test_runs_of_several_workers_are_steered_from_any_thread(mode):
    """A pause waits for all of them; one step more is one of each; no thread is left at the end."""
    one = trainer(3, operator={"mode": mode}, stop="1000000 iterations")
    paused, stepped = threading.Event(), threading.Event()
    seen = []

    class Steer:
        def sigma_iteration_ended(self, event, trainer):
            if event.iteration == 5:
                trainer.pause()

        def sigma_run_paused(self, event):
            seen.append((event.iteration, len(workers_alive())))
            (stepped if paused.is_set() else paused).set()

    one.attach(Steer())
    thread = threading.Thread(target=one.run)
    thread.start()
    assert paused.wait(30)
    state = outcome(one)
    assert one.status == "paused"
    assert outcome(one) == state
    one.step_once()
    assert stepped.wait(30)
    one.resume()
    one.stop("enough")
    thread.join(30)

    assert not thread.is_alive()
    assert seen == [(5, 2), (6, 2)]
    assert one.status == "ready"
    assert not workers_alive()
    one.reset()
    assert one.status == "ready"


@pytest.mark.parametrize("mode", ["synchronous", "merge"])
def test_a_run_can_be_reset_while_it_goes_on(mode):
    """It begins anew, and ends as one that was left alone."""
    alone = trainer(2, operator={"mode": mode}, stop="6 iterations")
    alone.run()
    seen = []

    class Again:
        def sigma_iteration_ended(self, event, trainer):
            seen.append(event.iteration)
            if len(seen) == 3:
                trainer.send(Reset())

    one = trainer(2, operator={"mode": mode}, stop="6 iterations", hooks=[Again()])
    one.run()

    assert seen == [1, 2, 3, 1, 2, 3, 4, 5, 6]
    assert outcome(one) == outcome(alone)


@pytest.mark.parametrize("mode", ["synchronous", "merge"])
def test_what_is_raised_in_a_worker_ends_the_run_with_its_number(mode):
    """The others are waited for, everything is torn down once, and no thread is left."""
    ends = []

    class Ends:
        def sigma_run_failed(self, event):
            ends.append(type(event).__name__)

        def sigma_run_ended(self, event):
            ends.append(event.ended_because)

    class Raise:
        @sigma.hookimpl(scope="worker", when="3 iterations")
        def sigma_iteration_ended(self, event):
            if threading.current_thread().name == "sigma-worker-2":
                raise ValueError("no more")

    one = trainer(2, operator={"mode": mode}, hooks=[Ends(), Raise()])
    with pytest.raises(HookFailedError) as caught:
        one.run()
    where = "worker 2 of 2, hook 'sigma_iteration_ended' of plugin 'raise', iteration 3"
    assert message(caught.value) == (
        f"{where}: raised ValueError: no more\n  to do:    correct the plugin, or leave it out of this run"
    )
    assert ends == ["RunFailed", f"failed: {where}: raised ValueError: no more"]
    assert not workers_alive()


@pytest.mark.parametrize("accumulation", [1, 2])
def test_a_step_that_fails_leaves_synchronous_workers_as_they_were(accumulation):
    """The error says which worker and which iteration; every worker's key counts the batches before it."""
    one = trainer(2, backend="debug", gradient_accumulation=accumulation)
    one.run(stop="2 iterations")
    before = outcome(one)
    batch = next(iter(one.batches))
    bad = tuple(array.copy() for array in batch)
    bad[0][-1] = np.inf
    with pytest.raises(NumericalError) as caught:
        one.team.step(bad)

    assert caught.value.where.startswith("worker 2 of 2, ")
    assert caught.value.iteration == 3
    assert outcome(one) == before
    one.team.rest()
    assert not workers_alive()


def test_a_crew_waits_for_everybody_and_tells_who_failed():
    """Anything that is no error of Sigma is named with the worker; of several the first one's is raised."""
    crew = Crew(3, nullcontext)
    done = []

    def fail():
        raise KeyError("b")

    assert crew.run([lambda: 1, lambda: 2, lambda: 3]) == [1, 2, 3]
    with pytest.raises(WorkerFailedError) as caught:
        crew.run([lambda: done.append(1), fail, lambda: done.append(3)])
    assert message(caught.value) == "worker 2 of 3: raised KeyError: 'b'"
    assert caught.value.worker == 2
    assert sorted(done) == [1, 3]

    def leave():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crew.run([leave, lambda: done.append(2), lambda: None])
    assert done[-1] == 2
    crew.dismiss()
    assert not workers_alive()


def test_a_merger_that_changes_the_shape_is_refused():
    """Or the dtype."""

    @frozen
    class Odd(Merger):
        def merge(self, parameters, records):
            return parameters[0][:1]

    one = merging(operator={"merger": Odd()})
    with pytest.raises(PluginFailedError) as caught:
        one.run()
    assert message(caught.value).startswith("merger Odd, merge, network.layers.dense_1.weights: it returned ")
