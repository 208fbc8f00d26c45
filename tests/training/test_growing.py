"""Training on data that grows meanwhile: exact wherever it is gone on with, whoever appends and whenever."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_data import Filter, Growing, RunningStandardise
from sigma_nn import Adam, Dense, Dropout, Embedding, Input, Lstm, SoftmaxCrossEntropy, SquaredDifference

import sigma_core as sigma
from sigma_core.data import Growth, Iterator, Minibatches
from sigma_core.errors import DataError, TrainerError
from sigma_core.training import Checkpoint, Load, Reset, replay
from sigma_core.training._keeping import newest


def made(count, seed=0):
    """Records that drift, so that what running preprocessors learn changes."""
    random = np.random.default_rng([seed, count])
    inputs = random.normal(loc=seed, size=(count, 3)).astype(np.float32)
    return {"inputs": inputs, "targets": inputs.sum(axis=1, keepdims=True)}


def growing(folder=None, *, count=20, **changed):
    """A dataset with a running preprocessor, and some records to begin with."""
    dataset = Growing(folder, preprocess={"inputs": RunningStandardise()}, **changed)
    if count:
        dataset.append(made(count))
    return dataset


def trainer(dataset, stop="6 epochs", **changed):
    """Random numbers in each iteration, five iterations an epoch."""
    network = Input(3) + Dense(4, activation="tanh") + Dropout(0.2) + Dense(1) + SquaredDifference()
    settings = {"batch_size": 4, "seed": 3, **changed}
    return sigma.Trainer(network, dataset, Adam(0.05), stop, **settings)


def state_of(trainer):
    """Every array that decides how it goes on, and what the preprocessors know, to the last bit."""
    arrays = {name: array.tobytes() for name, array in trainer.team.pull().items()}
    (learnt,) = trainer.data.preprocessing["inputs"]
    return arrays, {name: np.asarray(value).tobytes() for name, value in learnt.state.items()}


class Appending:
    """A thread that appends as fast as it can, until told to stop."""

    def __init__(self, dataset):
        self.dataset, self.stopping = dataset, threading.Event()
        self.thread = threading.Thread(target=self._go_on)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def _go_on(self):
        number = 1
        while not self.stopping.is_set():
            self.dataset.append(made(number % 7 + 1, number))
            number += 1


class Keeping:
    """Saves at an iteration, and remembers the state in which each epoch ended."""

    def __init__(self, iteration, path):
        self.iteration, self.path, self.ends = iteration, path, {}

    def sigma_iteration_ended(self, event, trainer):
        if event.iteration == self.iteration:
            trainer.save(self.path)

    def sigma_epoch_ended(self, event, trainer):
        self.ends[event.epoch] = state_of(trainer)


@pytest.mark.parametrize("prefetch", [0, {"depth": 3, "threads": 2}], ids=str)
@pytest.mark.parametrize("split", [None, (0.7, 0.3)], ids=str)
def test_an_epoch_is_gone_on_with_exactly_while_a_thread_appends(tmp_path, prefetch, split):
    """In another trainer, over a folder that has more records by then."""
    dataset = growing(tmp_path / "records", split=split)
    keeping = Keeping(8, tmp_path / "saved")
    with Appending(dataset):
        first = trainer(dataset, hooks=[keeping], prefetch=prefetch)
        first.run()

    dataset.append(made(50, 99))
    again = Keeping(0, None)
    other = trainer(growing(tmp_path / "records", count=0, split=split), "2 epochs | 100 iterations", hooks=[again])
    other.restore(tmp_path / "saved").run()

    assert first.parts.growth.count(6) > first.parts.growth.count(1) >= 20
    epoch = min(again.ends)
    assert again.ends[epoch] == keeping.ends[epoch]


CHILD = """
import sys, threading
sys.path.insert(0, {tests!r})
from test_growing import Appending, growing, trainer
dataset = growing({folder!r})
with Appending(dataset):
    made = trainer(dataset, "100000 epochs", checkpoint="7 iterations")
    made.run(directory={run!r})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.filterwarnings("ignore:.*of an append that broke off:UserWarning")
def test_a_killed_run_goes_on_and_is_repeated_exactly(tmp_path):
    """Killed while a thread of it appends; resumed while another does; a replay comes to the same bits."""
    folder, run = str(tmp_path / "records"), tmp_path / "run"
    code = CHILD.format(tests=str(Path(__file__).parent), folder=folder, run=str(run))
    child = subprocess.Popen([sys.executable, "-c", code])
    try:
        while not list(run.glob("checkpoints/[!.]*/manifest.json")):
            assert child.poll() is None
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()

    dataset = growing(folder, count=0)
    with Appending(dataset):
        resumed = trainer(dataset, "100000 epochs")
        position = Checkpoint.read(newest(run)).state["iteration"]
        resumed.run(directory=run, resume=True, stop=f"{position + 40} iterations")

    repeated = replay(run, trainer=trainer(growing(folder, count=0), "100000 epochs"))
    assert repeated.differences == ()


def test_weights_of_classes_stay_those_of_the_records_that_training_began_with(tmp_path):
    """Also where it is gone on with, and there are others."""
    random = np.random.default_rng(4)

    def labelled(count, share):
        inputs = random.normal(size=(count, 3))
        return {"inputs": inputs, "targets": (random.random(count) < share).astype(int)}

    def classifier():
        network = Input(3) + Dense(2) + SoftmaxCrossEntropy(class_weights="balanced")
        return sigma.Trainer(network, Growing(tmp_path / "records"), Adam(0.1), "2 epochs", batch_size=5)

    Growing(tmp_path / "records").append(labelled(20, 0.2))
    first = classifier()
    first.build()
    Growing(tmp_path / "records").append(labelled(20, 0.9))
    first.run(stop="6 iterations")
    first.save(tmp_path / "saved")
    other = classifier().restore(tmp_path / "saved")
    weights = []
    for each in (first, other):
        each.run()
        weights.append(each.get("network.layers.dense_1.weights").tobytes())
    assert weights[0] == weights[1]


class Feeding:
    """Appends when an epoch has ended, as a game that is played by what has been learnt would."""

    def sigma_epoch_ended(self, event, trainer):
        trainer.setup.dataset.append(made(event.epoch * 3, event.epoch))


@pytest.mark.parametrize(
    "operator", ["local", {"use": "local", "workers": 2}, {"use": "local", "workers": 2, "mode": "merge"}], ids=str
)
def test_what_a_hook_appends_is_there_in_the_next_epoch_whoever_makes_batches(operator):
    """Nothing depends on how far ahead threads were."""
    states = []
    for prefetch in (0, 3, {"depth": 4, "threads": 3}):
        whole = trainer(growing(), hooks=[Feeding()], prefetch=prefetch, operator=operator)
        whole.run()
        states.append((state_of(whole), dict(whole.scores), whole.parts.growth.state["changes"]))
    assert states[0] == states[1] == states[2]
    assert states[0][2] == [[2, 23], [3, 29], [4, 38], [5, 50], [6, 65]]


def test_running_preprocessors_follow_the_records_and_validation_is_treated_alike():
    """The mean is that of all records by the start of the epoch, for the validation part of a split as well."""
    dataset = growing(split=(0.5, 0.5), shuffle=False)
    first = trainer(dataset, "1 epochs")
    first.run()
    before = first.data.validation["validation"]["inputs"]
    dataset.append(made(30, 5))
    first.run(stop="2 epochs")

    sections = dataset.load(None)
    seen = np.concatenate([sections["inputs"][:10], sections["inputs"][20:]])
    (learnt,) = first.data.preprocessing["inputs"]
    np.testing.assert_allclose(learnt.state["mean"], seen.mean(axis=0, dtype=np.float64), rtol=1e-6)
    scaled = (sections["inputs"][10:20] - seen.mean(axis=0)) / seen.std(axis=0)
    np.testing.assert_allclose(first.data.validation["validation"]["inputs"], scaled, rtol=1e-3, atol=1e-4)
    assert not np.array_equal(before, first.data.validation["validation"]["inputs"])
    assert first.data.records == 10


def test_validation_data_that_is_given_apart_follows_too():
    """It is preprocessed anew with what is known."""
    dataset = growing()
    whole = trainer(dataset, "3 epochs", validation=made(7, 1), hooks=[Feeding()])
    whole.run()
    again = whole.data.preprocess(made(7, 1))["inputs"]
    np.testing.assert_array_equal(whole.data.validation["validation"]["inputs"], again)


def test_a_copy_and_a_trainer_that_is_reset_have_what_they_should():
    """A copy goes on as the other one; a reset one begins with what there is by then."""
    dataset = growing()
    whole = trainer(dataset, "2 epochs", hooks=[Feeding()])
    whole.run()
    copied = whole.copy()
    # Each of the two is told of one more epoch over the same records.
    states = []
    for each in (whole, copied):
        each.detach("feeding")
        each.run(stop="3 epochs")
        states.append(state_of(each))
    assert states[0] == states[1]

    whole.reset()
    whole.run(stop="1 epochs")
    assert whole.parts.growth.first == whole.data.records == dataset.count(None) == 29


def test_a_reset_within_a_run_goes_back_to_the_records_of_its_beginning():
    """As everything else does."""
    dataset = growing()
    once = trainer(dataset, "1 epochs")
    once.run()
    whole = trainer(growing(), "4 epochs")

    class Resetting:
        done = False

        def sigma_epoch_ended(self, event, trainer):
            if event.epoch == 3 and not self.done:
                self.done = True
                trainer.setup.dataset.append(made(5, 5))
                trainer.send(Reset())

    whole.attach(Resetting())
    run = whole.run()
    assert run.iterations == 20
    assert whole.parts.growth.state == {"content": None, "first": 20, "begun": 4, "changes": [[1, 25]]}


def test_a_checkpoint_that_a_run_loads_brings_its_records_back(tmp_path):
    """And the epochs behind it begin anew, with what there is by then."""

    class Loading:
        done = False

        def sigma_iteration_ended(self, event, trainer):
            if event.iteration == 8:
                trainer.save(tmp_path / "saved")
            if event.iteration == 17 and not self.done:
                self.done = True
                self.before = trainer.parts.growth.state["changes"]
                trainer.send(Load(tmp_path / "saved"))

        def sigma_epoch_ended(self, event, trainer):
            trainer.setup.dataset.append(made(1, event.epoch))

    whole = trainer(growing(), "4 epochs", hooks=[loading := Loading()])
    assert whole.run().iterations == 20
    assert loading.before == [[2, 21], [3, 22], [4, 23]]
    assert whole.parts.growth.state["changes"] == [[2, 21], [3, 24], [4, 25]]


@settings(max_examples=40, deadline=None)
@given(
    appended=st.lists(st.integers(0, 6), min_size=1, max_size=6),
    per_epoch=st.none() | st.integers(1, 30),
    split=st.none() | st.just((0.6, 0.4)),
    seed=st.integers(0, 5),
    data=st.data(),
)
def test_epochs_follow_from_what_is_saved_whatever_comes_later(appended, per_epoch, split, seed, data):
    """Any epoch, at once, elsewhere, to the last bit; each record as often as the others, or once more."""
    dataset = growing(count=7, records_per_epoch=per_epoch, split=split)
    environment = sigma.Environment()
    growth = Growth.begin(dataset, environment, seed, "float64")
    seen, states = [], []
    for epoch, count in enumerate(appended, start=1):
        if count:
            dataset.append(made(count, epoch))
        seen.append(growth.enter(epoch))
        states.append(json.loads(json.dumps(growth.state)))
    dataset.append(made(11, 77))

    stop = data.draw(st.integers(1, len(appended)), label="saved in")
    other = Growth.begin(dataset, environment, seed, "float64", states[stop - 1])
    learnt = seen[stop - 1].preprocessing if data.draw(st.booleans(), label="with what was learnt") else None
    other.restore(states[stop - 1], learnt)
    for epoch in data.draw(st.permutations(range(1, stop + 1)), label="visited"):
        found, then = other.enter(epoch), seen[epoch - 1]
        for name in ("inputs", "targets"):
            assert found.training[name].tobytes() == then.training[name].tobytes()
            if split:
                assert found.validation["validation"][name].tobytes() == then.validation["validation"][name].tobytes()
    assert other.state == states[stop - 1]

    targets = dataset.load(environment)["targets"].astype(np.float64)[:, 0]
    there = targets[[*growth.parts["training"], *range(7, 7 + sum(appended[:stop]))]]
    times = [np.count_nonzero(seen[stop - 1].training["targets"][:, 0] == one) for one in there]
    assert sum(times) == growth.records_per_epoch
    assert max(times) - min(times) <= 1


def refused(action):
    with pytest.raises((DataError, TrainerError)) as caught:
        action()
    return str(caught.value)


def test_an_empty_dataset_says_what_to_do():
    """Before anything is built."""
    assert refused(trainer(growing(count=0)).run) == (
        "dataset Growing: it has no records yet\n"
        "  expected: at least one record when training begins\n"
        "  to do:    append some first, dataset.append(records), or give it a base"
    )


def test_preprocessors_that_leave_records_out_are_refused():
    """At once where they do, else when the first such record comes."""
    message = (
        "dataset Growing: preprocessors make {} of {} training records\n"
        "  expected: as many as there were, in data that grows\n"
        "  to do:    append records as they are to be trained on, and leave out preprocessors such as filter and window"
    )
    chain = {"*": Filter(section="targets", least=0)}
    dataset = Growing(preprocess=chain)
    dataset.append({"inputs": np.ones((4, 3)), "targets": np.ones((4, 1))})
    whole = trainer(dataset, "1 epochs", batch_size=4)
    whole.run()
    dataset.append({"inputs": np.ones((1, 3)), "targets": -np.ones((1, 1))})
    assert refused(trainer(dataset).run) == message.format(4, 5)
    dataset = Growing(preprocess=chain, records_per_epoch=9)
    dataset.append({"inputs": np.ones((4, 3)), "targets": np.ones((4, 1))})
    whole = trainer(dataset, "1 epochs")
    whole.run()
    dataset.append({"inputs": np.ones((1, 3)), "targets": -np.ones((1, 1))})
    assert refused(lambda: whole.run(stop="2 epochs")) == message.format(7, 9)


def test_classes_that_the_network_has_no_units_for_are_told_when_they_come():
    """As they are of any data, and not by the step."""
    dataset = Growing()
    dataset.append({"inputs": np.ones((4, 3)), "targets": [0, 1, 0, 1]})
    network = Input(3) + Dense(2) + SoftmaxCrossEntropy()
    whole = sigma.Trainer(network, dataset, Adam(), "1 epochs")
    whole.run()
    dataset.append({"inputs": np.ones((40, 3)), "targets": np.full(40, 2)})
    assert refused(lambda: whole.run(stop="2 epochs")).startswith(
        "training data, section 'targets', for network.layers.softmax_cross_entropy_1: there is a class 2\n"
    )


def test_a_checkpoint_of_other_records_is_refused(tmp_path):
    """Of another folder, and of more records than there are."""
    first = trainer(growing(tmp_path / "one"), "1 epochs")
    first.run()
    first.save(tmp_path / "saved")
    identity = first.parts.growth.state["content"]
    other = growing(tmp_path / "other")
    assert refused(lambda: trainer(other).restore(tmp_path / "saved")) == (
        f"dataset Growing: it is {other.fingerprint(None)}, and training began with {identity}\n"
        "  expected: the records that training began with\n"
        "  to do:    give it the folder of that training"
    )
    kept = trainer(growing(), "1 epochs")
    kept.run()
    kept.save(tmp_path / "memory")
    assert refused(lambda: trainer(growing(count=3)).restore(tmp_path / "memory")) == (
        "dataset Growing: it has 3 records, and training has seen 20\n"
        "  expected: all records that training has seen\n"
        "  to do:    bring back the folder as it was; records in memory go with their process"
    )


def test_a_run_that_goes_on_does_not_load_another_training(tmp_path):
    """Its epochs are of another length."""
    dataset = growing()
    first = trainer(dataset, "1 epochs")
    first.run()
    first.save(tmp_path / "saved")
    dataset.append(made(8, 1))
    other = trainer(dataset, "2 epochs")

    class Loading:
        def sigma_epoch_started(self, event, trainer):
            self.said = refused(lambda: trainer.regrow(first.parts.growth.state, 1))

    other.attach(loading := Loading())
    other.run()
    assert loading.said == (
        "trainer 'run': the checkpoint is of a training that began with 20 records, and this one began with 28\n"
        "  expected: a checkpoint of this training, while it goes on\n"
        "  to do:    restore it between two runs"
    )


@frozen
class Halved(Iterator):
    """Batches whose number depends on what is in the records."""

    def batches(self, data, batch_size, seed, *, sections=None, augment=None):
        """Twice as large when there is a record that is above 1."""
        size = batch_size * (2 if data["targets"].max() > 1 else 1)
        return Minibatches(data, size, seed, sections=sections)


def test_iterators_whose_epochs_differ_are_refused():
    """Buckets at once; others when they make another number of batches."""
    dataset = Growing()
    dataset.append({"inputs": np.ones((8, 5), int), "mask": np.tri(8, 5, dtype=bool), "targets": np.ones((8, 1))})
    entered = Input(5, dtype="integer", may_be_shorter=True)
    network = entered + Embedding(3, 2) + Lstm(2, outputs="last", mask="mask") + Dense(1) + SquaredDifference()
    iterator = {"use": "minibatch", "bucket": "mask", "buckets": 2}
    assert refused(sigma.Trainer(network, dataset, Adam(), "1 epochs", iterator=iterator).build) == (
        "iterator Bucketed: it has buckets, and data grows\n"
        "  expected: batches of one shape\n"
        "  to do:    leave bucket out of the iterator"
    )
    dataset = Growing()
    dataset.append({"inputs": np.ones((8, 3)), "targets": np.ones((8, 1))})
    whole = trainer(dataset, "1 epochs", iterator=Halved())
    whole.run()
    dataset.append({"inputs": np.ones((8, 3)), "targets": np.full((8, 1), 2)})
    assert refused(lambda: whole.run(stop="2 epochs")) == (
        "iterator Minibatches: an epoch has 1 batches now, and had 2\n"
        "  expected: as many batches whenever there are as many records, where data grows\n"
        "  to do:    use another iterator, such as minibatch"
    )
