"""Floats that come of whole numbers of one byte are kept as these, to the last bit or not at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.data import Minibatches, Prefetch, Widened
from sigma_core.data._narrow import narrowed
from sigma_core.environment import Environment

WIDTH = 512
CODES = np.random.default_rng(0).integers(0, 256, (1024, WIDTH), np.uint8)

SCALINGS = {
    "a factor": lambda codes: np.multiply(codes, np.float32(1 / 255), dtype=np.float32),
    "a divisor": lambda codes: codes / np.float32(255),
    "a divisor of float64": lambda codes: codes / 255,
    "float64 that was rounded": lambda codes: (codes / 255).astype(np.float32),
    "a power of two": lambda codes: codes / np.float32(256),
    "none": lambda codes: codes.astype(np.float32),
}


@pytest.fixture(scope="module")
def environment():
    with Environment() as environment:
        yield environment


def bits(array):
    return array.view(f"u{array.itemsize}")


@pytest.mark.parametrize("name", SCALINGS)
def test_floats_come_of_codes_to_the_last_bit(name):
    """Whichever way pixels were scaled."""
    floats = SCALINGS[name](CODES)
    codes = narrowed(floats)
    np.testing.assert_array_equal(codes.array, CODES)
    assert codes.array.dtype == np.uint8
    assert codes.dtype == codes.floats(slice(2)).dtype == floats.dtype
    np.testing.assert_array_equal(bits(codes.floats(slice(None))), bits(floats))
    rows = np.array([5, 3, 5])
    np.testing.assert_array_equal(bits(codes.floats(rows)), bits(floats[rows]))


@pytest.mark.parametrize("name", SCALINGS)
@pytest.mark.parametrize("backend", ["numpy", "numba", "debug"])
@pytest.mark.parametrize("records", [1, 2, 3, 37, 300])
def test_a_backend_reads_the_same_floats(name, backend, records, environment):
    """Few records and many, of which threads read parts, and again and again; also one that gathers floats itself."""
    floats = SCALINGS[name](CODES).reshape(-1, 8, WIDTH // 8)
    codes = narrowed(floats)
    read = environment.components.get("backends", backend)().reader(codes, records)
    for seed in range(3):
        rows = np.random.default_rng(seed).integers(0, len(floats), records)
        np.testing.assert_array_equal(bits(read(rows)), bits(floats[rows]))


@settings(deadline=None, max_examples=30)
@given(steps=st.integers(1, 1000), most=st.integers(1, 255), seed=st.integers(0, 9))
def test_what_is_found_is_exact(steps, most, seed):
    """Whatever the steps; where some values do not occur, nothing may be found."""
    codes = np.random.default_rng(seed).integers(0, most, (600, WIDTH), np.uint8, endpoint=True)
    floats = codes / np.float32(steps)
    found = narrowed(floats)
    if found is not None:
        np.testing.assert_array_equal(bits(found.floats(slice(None))), bits(floats))


def late(change):
    """Pixels of which the last one is another number."""
    floats = CODES / np.float32(255)
    floats[-1, -1] = change
    return floats


@pytest.mark.parametrize(
    "floats",
    [
        late(0.3),
        late(-0.0),
        late(np.nan),
        late(np.inf),
        late(-1 / 255),
        late(256 / 255),
        CODES / np.float32(255) - np.float32(0.5),
        np.random.default_rng(0).random(CODES.shape, np.float32),
        np.zeros(CODES.shape, np.float32),
        CODES.astype(np.int64),
        (CODES / np.float32(255))[:256],
        np.asfortranarray(CODES / np.float32(255)),
        (CODES / np.float32(255)).astype(np.float16),
    ],
    ids=[
        "between two",
        "minus zero",
        "no number",
        "infinite",
        "below",
        "above",
        "negative",
        "any",
        "zeros",
        "whole",
        "small",
        "by columns",
        "float16",
    ],
)
def test_other_arrays_are_left_alone(floats):
    """Of one number that does not come of any code nothing would be left."""
    assert narrowed(floats) is None


def test_a_mapped_file_is_not_read_through(tmp_path):
    """It may be larger than memory."""
    np.save(tmp_path / "records.npy", CODES / np.float32(255))
    assert narrowed(np.load(tmp_path / "records.npy", mmap_mode="r")) is None


def data():
    return {"inputs": CODES / np.float32(255), "targets": np.arange(len(CODES))}


@pytest.mark.parametrize("settings", [{}, {"shuffle": "block", "block": 64, "window": 2}, {"drop_last": True}])
def test_batches_have_the_same_order(settings):
    """A state of either is one of the other."""
    floats, codes = (Minibatches(data(), 48, 7, **settings) for _ in range(2))
    read = codes.narrow()
    assert list(read) == ["inputs"]
    assert codes.at_once > floats.at_once
    assert codes.identity() == floats.identity()
    for _ in range(2):
        for (expected, names), (found, same) in zip(floats, codes, strict=True):
            assert (found.dtype, found.shape) == (np.intp, names.shape)
            np.testing.assert_array_equal(read["inputs"].floats(found), expected)
            np.testing.assert_array_equal(same, names)
    codes.restore(floats.state())


def test_views_stay_views():
    """They cost nothing."""
    batches = Minibatches(data(), 48, shuffle=False)
    assert batches.narrow() == {}
    assert next(iter(batches))[0].dtype == np.float32


@pytest.mark.parametrize("is_ahead", [False, True])
def test_widened_batches_are_those_of_the_data(is_ahead):
    """At the position of the others, which they share."""
    floats, codes = (Minibatches(data(), 48, 7) for _ in range(2))
    read = codes.narrow()
    with Widened(Prefetch(codes) if is_ahead else codes, read) as batches:
        assert (batches.names, batches.records, batches.batch_size) == (("inputs", "targets"), len(CODES), 48)
        assert batches.iterations_per_epoch == floats.iterations_per_epoch
        assert (batches.where, batches.shorter, batches.narrow()) == (batches.inner.where, (), {})
        batches.reserve(3)
        kept = [batch for batch, _ in zip(batches, range(4), strict=False)]
        for found, expected in zip(kept, floats.epoch(1), strict=False):
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)
        assert batches.position == batches.inner.position == (1, 5)
        assert batches.state() == batches.inner.state()
        made = batches.make(2, 3, batches.room())
        assert len(made) == min(batches.at_once, batches.iterations_per_epoch - 3)
        floats.seek(2, 3)
        np.testing.assert_array_equal(made[0][0], next(iter(floats))[0])
        batches.seek(2, 3)
        floats.seek(2, 3)
        np.testing.assert_array_equal(next(iter(batches))[0], next(iter(floats))[0])
        batches.restore(floats.state())
        assert batches.position == (2, 4)
