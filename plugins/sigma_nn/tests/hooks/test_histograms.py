"""Histograms of whatever a network holds, against NumPy; the run with them is the run without."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sigma_nn import Adam, Dense, Histograms, Input, SoftmaxCrossEntropy
from sigma_nn.hooks._histogram import histogram

import sigma_core as sigma
from sigma_core.extend import HookFailedError, Policy, RunStore, SettingError, ValuesPublished
from sigma_core.testing import message
from sigma_core.training import replay

INPUTS = np.random.default_rng(4).normal(size=(24, 5))
TARGETS = np.arange(24) % 3
PARAMETERS = [f"network.layers.dense_{number}.{kind}" for number in (1, 2) for kind in ("weights", "biases")]
NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=64)


def make(*hooks, **settings):
    """Six iterations an epoch."""
    network = Input(5) + Dense(4, activation="tanh") + Dense(3) + SoftmaxCrossEntropy()
    data, validation = (INPUTS[:20], TARGETS[:20]), (INPUTS[20:], TARGETS[20:])
    made = {"validation": validation, "hooks": hooks, "batch_size": 4, "seed": 3, "name": "small", **settings}
    return sigma.Trainer(network, data, Adam(0.05), "4 epochs", **made)


def heard(trainer, **arguments):
    """What a run publishes."""
    found = []
    listening = trainer.environment.bus.listen("test", found.extend, [ValuesPublished], policy=Policy.KEEP_ALL)
    trainer.run(**arguments)
    listening.close()
    return found


@given(arrays.arrays(np.float64, st.integers(0, 40), elements=NUMBERS), st.integers(1, 50))
def test_every_number_is_counted_once(array, bins):
    """Whatever numbers there are, in bins that go from the smallest to the largest; the rest is counted too."""
    found = histogram(array, bins)
    finite = array[np.isfinite(array)]
    assert sum(found["counts"]) == finite.size == array.size - found["not_finite"]
    if not finite.size:
        assert found["edges"] == found["counts"] == []
        assert all(math.isnan(found[name]) for name in ("mean", "deviation", "minimum", "maximum"))
        return
    edges = np.array(found["edges"])
    assert len(edges) == bins + 1 == len(found["counts"]) + 1
    assert np.isfinite(edges).all()
    assert (edges[1:] > edges[:-1]).all()
    assert (found["minimum"], found["maximum"]) == (finite.min(), finite.max())
    assert edges[0] <= finite.min()
    assert finite.max() <= edges[-1]
    # A mean of equal numbers may be rounded by a unit in the last place.
    assert finite.min() * 0.5 - 1e-12 * abs(finite.min()) <= found["mean"] * 0.5
    assert found["mean"] * 0.5 <= finite.max() * 0.5 + 1e-12 * abs(finite.max())
    assert 0 <= found["deviation"] < math.inf


@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, bool]),
        arrays.array_shapes(max_dims=4, max_side=6),
        elements={"min_value": -1000, "max_value": 1000},
    )
    | arrays.arrays(bool, arrays.array_shapes()),
    st.integers(1, 50),
)
def test_bins_are_those_of_numpy(array, bins):
    """Wherever NumPy has some."""
    try:
        counts, edges = np.histogram(array.astype(np.float64), bins)
    except ValueError:
        return
    found = histogram(array, bins)
    assert (found["counts"], found["edges"]) == (counts.tolist(), edges.tolist())
    assert found["mean"] == pytest.approx(array.mean(dtype=np.float64))
    assert found["deviation"] == pytest.approx(array.std(dtype=np.float64))


@pytest.mark.parametrize(
    ("numbers", "edges"),
    [
        ([0.25] * 5, [-0.25, 0.25, 0.75]),
        ([0.0], [-0.5, 0.0, 0.5]),
        ([1e20, 1e20], [1e20 * (1 - 2**-30), 1e20 * (1 - 2**-31), 1e20]),
        ([-1e20], [-1e20, -1e20 * (1 - 2**-31), -1e20 * (1 - 2**-30)]),
        ([1.0, np.nextafter(1.0, 2)], [1 - 2**-30, 1 - 2**-31, 1.0]),
        ([-1.7e308, 1.7e308], [-1.7e308, 0.0, 1.7e308]),
        ([np.finfo(np.float64).max], [1.7976931332e308, 1.7976931340e308, 1.7976931348e308]),
    ],
)
def test_numbers_that_lie_close_or_far(numbers, edges):
    """Equal ones, ones with too few between them, and ones whose difference is no number."""
    found = histogram(np.array(numbers), 2)
    np.testing.assert_allclose(found["edges"], edges, rtol=1e-9)
    assert sum(found["counts"]) == len(numbers)
    assert all(later > earlier for earlier, later in pairwise(found["edges"]))


def test_parameters_are_published_by_identifier():
    """As they are at that moment, at the end of each epoch unless said otherwise."""
    trainer = make(Histograms(when="2 epochs", bins=7))
    found = heard(trainer)
    assert [(event.source, event.epoch, event.iteration) for event in found] == [
        ("histograms", 2, 10),
        ("histograms", 4, 20),
    ]
    last = found[-1].values
    assert sorted(last) == sorted(PARAMETERS)
    for name, value in last.items():
        array = trainer.get(name).astype(np.float64)
        assert value == histogram(array, 7)
        assert value["counts"] == np.histogram(array, 7)[0].tolist()


def test_gradients_and_activations():
    """Gradients of the last batch of an epoch; activations of validation records with the parameters of that moment."""
    values = ["gradients.**.weights", "activations.layers.dense_*", "activations.**.softmax_cross_entropy_1"]
    seen = {}

    class Gradients:
        @sigma.hookimpl(requires=["gradients.layers.dense_1.weights"])
        def sigma_iteration_ended(self, event):
            seen[event.iteration] = event.scores["gradients.layers.dense_1.weights"].copy()

    trainer = make(Histograms(values, bins=5, samples=3, when="4 epochs | on stop"), Gradients())
    first, stop = heard(trainer)
    assert first.iteration == stop.iteration == 20
    assert list(first.values) == [
        "gradients.layers.dense_1.weights",
        "gradients.layers.dense_2.weights",
        "activations.layers.dense_1",
        "activations.layers.dense_2",
        "activations.layers.softmax_cross_entropy_1",
    ]
    assert first.values["gradients.layers.dense_1.weights"] == histogram(seen[20], 5)
    hidden = np.tanh(INPUTS[20:23] @ trainer.get("network.layers.dense_1.weights") + trainer.get(PARAMETERS[1]))
    assert first.values["activations.layers.dense_1"]["mean"] == pytest.approx(hidden.mean(), rel=1e-5)
    assert first.values["activations.layers.dense_1"]["counts"] == histogram(hidden, 5)["counts"]
    probabilities = trainer.predict(INPUTS[20:23])
    told = first.values["activations.layers.softmax_cross_entropy_1"]
    assert told["mean"] == pytest.approx(probabilities.mean(), rel=1e-6)
    assert told["maximum"] == pytest.approx(probabilities.max(), rel=1e-6)
    # At a stop there is no iteration whose gradients these could be.
    assert list(stop.values) == list(first.values)[2:]


def test_numbers_among_the_values_are_left_out():
    """A pattern may mean hyperparameters, too."""
    assert heard(make(Histograms("optimiser.**"))) == []
    (found, *_) = heard(make(Histograms("**", when="4 epochs")))
    assert sorted(found.values) == sorted(PARAMETERS)


def test_a_network_that_has_diverged():
    """NaN and infinity are counted, and stored as JSON can hold them."""
    trainer = make(Histograms("network.layers.dense_1.biases", bins=2, when="20 iterations"))
    trainer.build()
    parameters = trainer.team.pull(["parameters"])["parameters"]
    parameters[:] = np.nan
    trainer.team.push({"parameters": parameters})
    (event,) = heard(trainer)
    assert event.values["network.layers.dense_1.biases"]["not_finite"] == 4
    assert event.values["network.layers.dense_1.biases"]["edges"] == []


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_run_with_histograms_ends_as_one_without(backend):
    """To the last bit, gradients and all."""
    plain = make(backend=backend)
    watched = make(Histograms(["network.**", "gradients.**", "activations.**"], when="2 iterations"), backend=backend)
    assert plain.run().scores == watched.run().scores
    for name, array in plain.team.pull().items():
        assert array.tobytes() == watched.team.pull()[name].tobytes()


def test_what_is_stored_is_read_again_and_the_run_replayed(tmp_path):
    """Attached while the run goes on, gone on with, and repeated: the same parameters, and histograms in the store."""

    class Attaching:
        @sigma.hookimpl(when="once (7 iterations)")
        def sigma_iteration_ended(self, trainer):
            trainer.attach({"use": "histograms", "values": ["network.**", "gradients.**"], "when": "5 iterations"})

    trainer = make(Attaching())
    trainer.run(directory=tmp_path / "run", stop="12 iterations")
    again = make(Attaching())
    again.run(directory=tmp_path / "run", resume=True)
    plain = make()
    plain.run()
    name = "network.layers.dense_2.weights"
    assert plain.get(name).tobytes() == again.get(name).tobytes()
    with RunStore.open(tmp_path / "run") as store:
        events = list(store.events("values_published"))
    assert [event.payload["iteration"] for event in events] == [10, 15, 20]
    assert events[-1].payload["values"][name] == histogram(again.get(name), 30)
    assert replay(tmp_path / "run", trainer=make(Attaching())).differences == ()


def test_values_that_are_not_there():
    """Refused before the first iteration, with the nearest that there is."""
    with pytest.raises(HookFailedError) as caught:
        make(Histograms("activations.layers.dance_1")).run()
    assert message(caught.value.__cause__) == (
        "pattern 'activations.layers.dance_1': there is nothing of that name\n"
        "  expected: activations.layers.dense_1, activations.layers.dense_2, activations.layers.input_1, "
        "activations.layers.softmax_cross_entropy_1 (nearest: activations.layers.dense_1)"
    )


def test_settings():
    """What is no number of bins."""
    with pytest.raises(SettingError) as caught:
        Histograms(bins=0)
    assert message(caught.value) == "Histograms.bins: 0\n  expected: an integer of at least 1 and below 1001"
