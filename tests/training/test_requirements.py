"""What is refused before the first step although every shape fits."""

import numpy as np
import pytest
from sigma_nn import Dense, Embedding, Flatten, GradientDescent, Input, SoftmaxCrossEntropy, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import DataError, IdentifierError
from sigma_core.extend import Layer

INPUTS = np.zeros((4, 3))


def trainer(targets, stop="1 epochs", **settings):
    network = Input(3) + Dense(2) + SoftmaxCrossEntropy()
    return sigma.Trainer(network, (INPUTS, np.array(targets)), GradientDescent(0.1), stop, **settings)


@pytest.mark.parametrize(("targets", "wrong"), [([0, 1, 2, 0], 2), ([0, -1, 1, 0], -1)])
def test_classes_out_of_range_are_refused(targets, wrong):
    """A class without a unit would train on a wrong loss without a word."""
    with pytest.raises(DataError) as caught:
        trainer(targets).build()

    assert str(caught.value) == (
        "training data, section 'targets', for network.layers.softmax_cross_entropy_1: "
        f"there is a class {wrong}\n"
        "  expected: classes from 0 to 1, one for each unit of the last layer\n"
        "  to do:    number the classes from 0, and give the last layer a unit for each"
    )


def test_validation_targets_are_looked_at_too():
    """The message names the part of the data."""
    with pytest.raises(DataError, match=r"^validation data, section 'targets'"):
        trainer([0, 1, 0, 1], validation=(INPUTS, np.array([0, 1, 2, 0]))).build()


def test_one_hot_targets_have_no_range():
    """Rows of probabilities pass, integers or not."""
    trainer([[1, 0], [0, 1], [1, 0], [0, 1]]).build()


def test_a_record_of_which_nothing_counts_is_refused():
    """The message names the section of the mask, and the part of the data."""
    network = Input((2, 3)) + Dense(1) + SquaredDifference(mask="counts")
    data = {"inputs": np.zeros((3, 2, 3)), "targets": np.zeros((3, 2, 1)), "counts": np.ones((3, 2))}
    empty = {**data, "counts": np.array([[1, 0], [0, 0], [1, 1]])}
    with pytest.raises(DataError) as caught:
        sigma.Trainer(network, data, GradientDescent(0.1), "1 epochs", validation=empty).build()

    assert str(caught.value) == (
        "validation data, section 'counts', for network.layers.squared_difference_1: "
        "1 of 3 records count nowhere: all of their 2 elements are masked\n"
        "  expected: at least one element that counts in each record\n"
        "  to do:    leave out records that are empty"
    )


def test_a_layer_looks_at_a_section_that_another_hands_on():
    """Words out of range are found although an input stands between; what is computed is None to whoever looks."""
    network = Input(2, dtype="integer") + Embedding(4, 3) + Flatten() + Dense(2) + SoftmaxCrossEntropy()
    data = {"inputs": np.array([[4, 1], [4, 2]]), "targets": np.array([0, 1])}
    with pytest.raises(DataError) as caught:
        sigma.Trainer(network, data, GradientDescent(0.1), "1 epochs").build()

    assert str(caught.value) == (
        "training data, section 'inputs', for network.layers.embedding_1: "
        "2 of 4 integers are out of range, 4 among them\n"
        "  expected: integers from 0 to 3, for a vocabulary of 4\n"
        "  to do:    make the vocabulary larger, or put another word in its place"
    )


def test_a_layer_that_says_no_more_is_told_with_all_its_sections():
    """Of what it was given, in the order of its forward."""

    class Picky(Layer):
        sections = ("inputs", "factors")

        def forward(self, inputs, factors, *, parameters, context):
            return inputs * factors

        def check_data(self, *arrays):
            assert [array.shape for array in arrays] == [(2, 3), (2, 3)]
            raise DataError("Picky", "they are odd", "others", "change them")

    data = {"inputs": np.ones((2, 3)), "factors": np.ones((2, 3)), "targets": np.array([0, 1])}
    with pytest.raises(DataError) as caught:
        sigma.Trainer(Picky() + Dense(2) + SoftmaxCrossEntropy(), data, GradientDescent(0.1), "1 epochs").build()

    assert str(caught.value) == (
        "training data, sections 'inputs', 'factors', for network.layers.picky_1: they are odd\n"
        "  expected: others\n"
        "  to do:    change them"
    )


def test_a_criterion_needs_scores_that_there_are():
    """Without validation data there is nothing for a criterion on it to see."""
    with pytest.raises(IdentifierError) as caught:
        trainer([0, 1, 0, 1], stop="3 epochs | validation.loss plateau 2").build()

    assert str(caught.value) == (
        "criterion '3 epochs | validation.loss plateau 2': there is no score 'validation.loss'\n"
        "  expected: training.loss\n"
        "  to do:    split the data, so that there is something to validate with"
    )


def test_a_misspelt_score_is_told_with_the_nearest():
    """The scores of a run are known before it."""
    with pytest.raises(IdentifierError) as caught:
        trainer([0, 1, 0, 1], stop="validation.acuracy > 0.9", validation=(INPUTS, np.array([0, 1, 1, 0]))).build()

    assert str(caught.value) == (
        "criterion 'validation.acuracy > 0.9': there is no score 'validation.acuracy'\n"
        "  expected: training.loss, validation.accuracy, validation.loss (nearest: validation.accuracy)\n"
        "  to do:    use one of these"
    )


class Requiring:
    """A hook that names what it reads, wrongly."""

    @sigma.hookimpl(requires=["validation.losss"])
    def sigma_validation_ended(self):
        pass


def test_a_hook_may_require_scores_and_values():
    """What every run has anyway, by name or by pattern."""

    class Reading:
        @sigma.hookimpl(requires=["training.loss", "validation.*", "optimiser.learning_rate", "network.**.weights"])
        def sigma_epoch_ended(self):
            pass

        @sigma.hookimpl(requires="loss")
        def sigma_iteration_ended(self):
            pass

    validation = (INPUTS, np.array([0, 1, 1, 0]))
    assert trainer([0, 1, 0, 1], validation=validation, hooks=[Reading()]).run().epochs == 1


@pytest.mark.parametrize("is_late", [False, True])
def test_a_hook_that_requires_what_no_run_has_is_refused(is_late):
    """A misspelt score would leave it waiting for ever: when the run begins, or when the hook is attached."""
    validation = (INPUTS, np.array([0, 1, 1, 0]))
    made = trainer([0, 1, 0, 1], validation=validation, hooks=[] if is_late else [Requiring()]).build()
    with pytest.raises(IdentifierError) as caught:
        made.attach(Requiring()) if is_late else made.run()

    assert str(caught.value) == (
        "hook 'sigma_validation_ended' of plugin 'requiring': "
        "it requires 'validation.losss', which is no value of this trainer\n"
        "  expected: loss, network.layers.dense_1.biases, network.layers.dense_1.weights, optimiser.learning_rate, "
        "training.loss, validation.accuracy, validation.loss (nearest: validation.loss)\n"
        "  to do:    require one of these, or gradients.*"
    )
