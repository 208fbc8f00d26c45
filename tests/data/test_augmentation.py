"""Random words for records, and what augmenters may do."""

import numpy as np
import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sigma_core import testing
from sigma_core.data import Augmenter, Bucketed, Draw, Minibatches
from sigma_core.data._counter_random import philox
from sigma_core.errors import DataError

# Multipliers and steps of the key by the size of a word, from the paper.
CONSTANTS = {
    32: ((0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)),
    64: ((0xD2E7470EE14C6C93, 0xCA5A826395121157), (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)),
}


def plain(counter, key, bits):
    """Philox 4 x bits with ten rounds, in Python's integers."""
    (one, other), steps = CONSTANTS[bits]
    first, second, third, fourth = counter
    for round_number in range(10):
        low, high = ((word + step * round_number) % 2**bits for word, step in zip(key, steps, strict=True))
        left, right = one * first, other * third
        first, second, third, fourth = (
            (right >> bits) ^ second ^ low,
            right % 2**bits,
            (left >> bits) ^ fourth ^ high,
            left % 2**bits,
        )
    return [first, second, third, fourth]


def words(bits):
    return st.tuples(*[st.integers(0, 2**bits - 1)] * 4), st.tuples(*[st.integers(0, 2**bits - 1)] * 2)


@given(*words(64))
def test_the_twin_is_numpys_philox(counter, key):
    """With words of 64 bits, which is the Philox that NumPy has; it counts before it draws."""
    number = sum(word << 64 * place for place, word in enumerate(counter))
    before = (number - 1) % 2**256
    given_counter = [before >> 64 * place & 2**64 - 1 for place in range(4)]
    generator = np.random.Philox(counter=np.array(given_counter, np.uint64), key=np.array(key, np.uint64))
    assert generator.random_raw(4).tolist() == plain(counter, key, 64)


@given(*words(32))
def test_words_are_those_of_the_twin(counter, key):
    """With words of 32 bits, of many counters at once."""
    counters = [np.array([word, 0]) for word in counter]
    assert philox(counters, key).tolist() == [plain(counter, key, 32), plain((0, 0, 0, 0), key, 32)]


def test_words_are_the_published_ones():
    """The known answers that come with the paper's own code."""
    assert [hex(word) for word in philox((0, 0, 0, 0), (0, 0))] == [
        "0x6627e8d5",
        "0xe169c58d",
        "0xbc57ac4c",
        "0x9b00dbd8",
    ]


def draw(seed=1, epoch=1, samples=range(4000), stream=9):
    return Draw((seed, epoch, stream), np.array(samples), 10, None)


def test_numbers_are_uniform_normal_and_new_each_time():
    """One draw after the other, of any shape."""
    numbers = draw()
    first, second = numbers.uniform(), numbers.uniform(3, 2)
    assert first.shape == (4000,)
    assert second.shape == (4000, 3, 2)
    for sample in (first, second.ravel(), numbers.uniform(5)[:, 4]):
        assert stats.kstest(sample, "uniform").pvalue > 0.01
        assert 0 < sample.min() < sample.max() < 1
    assert stats.kstest(numbers.normal(2).ravel(), "norm").pvalue > 0.01
    assert set(numbers.whole(3, 2).ravel()) == {0, 1, 2}
    assert numbers.chance(0.25).mean() == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("other", [{"seed": 2}, {"epoch": 2}, {"stream": 8}, {"samples": np.arange(4000) + 2**32}])
def test_seed_epoch_record_and_augmenter_each_change_the_numbers(other):
    """And nothing else does."""
    for kind in ("uniform", "normal"):
        numbers = getattr(draw(), kind)(2)
        assert not (getattr(draw(**other), kind)(2) == numbers).any()
        np.testing.assert_array_equal(getattr(draw(samples=[7, 3]), kind)(2), numbers[[7, 3]])


@frozen
class Added(Augmenter):
    """Adds a number to each record."""

    def augment(self, array, draw):
        return array + draw.whole(1000)[:, None] + 1


@frozen
class Halved(Augmenter):
    """Makes what it must not: half of a record."""

    def augment(self, array, draw):
        return array[:, :1]


@frozen
class Exchanged(Augmenter):
    """Gives the records behind, as those before have left them."""

    def augment(self, array, draw):
        return draw.others((draw._samples.astype(int) - 1) % draw.records)


def test_other_records_are_those_that_earlier_augmenters_made():
    """Of the same epoch."""
    data = {"inputs": np.zeros((6, 2))}
    (added,) = [batch[0].copy() for batch in Minibatches(data, 6, 1, shuffle=False, augment={"inputs": [Added()]})]
    chain = {"inputs": [Added(), Exchanged()]}
    for batch in (6, 1):
        found = np.concatenate([each[0].copy() for each in Minibatches(data, batch, 1, shuffle=False, augment=chain)])
        np.testing.assert_array_equal(found, np.roll(added, 1, axis=0))


def test_sequences_are_augmented_before_they_are_cut():
    """So that a record becomes the same in any bucket."""
    lengths = np.arange(20) % 5 + 1
    data = {"inputs": np.zeros((20, 5)), "lengths": lengths, "number": np.arange(20)}
    augment = {"inputs": [Added()]}
    (whole,) = [batch[0].copy() for batch in Minibatches(data, 20, 1, shuffle=False, augment=augment)]
    for inputs, own, numbers in Bucketed(data, 4, 1, bucket="lengths", augment=augment):
        assert inputs.flags.c_contiguous
        assert inputs.shape[1] == own.max()
        np.testing.assert_array_equal(inputs, whole[numbers, : inputs.shape[1]])


def test_an_augmenter_that_makes_other_shapes_is_refused():
    """What makes others is a preprocessor."""
    with pytest.raises(DataError) as caught:
        list(Minibatches({"inputs": np.zeros((6, 2))}, 3, augment={"inputs": [Halved()]}))
    assert testing.message(caught.value) == (
        "augmenter Halved of section 'inputs': it makes float64[6, 1] of float64[6, 2]\n"
        "  expected: records of the same shape and dtype\n  to do:    make other shapes by preprocessors"
    )


def test_a_section_that_is_not_there_cannot_be_augmented():
    """With the nearest that is."""
    with pytest.raises(DataError) as caught:
        Minibatches({"inputs": np.zeros((6, 2))}, 3, augment={"input": [Added()]})
    assert testing.message(caught.value) == (
        "augment: there is no section 'input'\n  expected: one of inputs (nearest: inputs)"
    )


def test_what_is_no_augmenter_is_refused():
    """A class is not yet one."""
    with pytest.raises(DataError) as caught:
        Minibatches({"inputs": np.zeros((6, 2))}, 3, augment={"inputs": [Added]})
    assert testing.message(caught.value) == (
        f"augment, section 'inputs': {Added!r} is no augmenter\n"
        "  expected: objects of classes that derive from Augmenter\n"
        "  to do:    call the class, or derive it from sigma_core.extend.Augmenter"
    )
