"""Augmenters, beside SciPy's image transformations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats
from sigma_data import Crop, Erase, Flip, MixUp, Noise, OneHot, Rotate, Shift

from sigma_core import testing
from sigma_core.data import Draw, InMemory, Minibatches, Prefetch
from sigma_core.errors import DataError, SettingError
from sigma_core.testing import ComponentRegistry, Composer

KEY = (3, 5, 7)
AUGMENTERS = sorted(entry.name for entry in ComponentRegistry().components("augmenters"))


def draw(count, records=None):
    return Draw(KEY, np.arange(count), records or count, None)


def images(*shape, dtype=np.float64, count=6):
    numbers = np.random.default_rng(1).uniform(0, 200, size=(count, *shape))
    return numbers.astype(dtype)


@pytest.mark.parametrize("name", AUGMENTERS)
def test_augmenters_keep_their_contract(name):
    """To be registered is to be tested."""
    testing.check_augmenter(Composer(ComponentRegistry()).build("augmenters", name))


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    channels=st.sampled_from([(), (1,), (3,)]),
    most=st.floats(0, 180),
)
@settings(max_examples=30)
def test_images_are_turned_as_scipy_turns_them(height, width, channels, most):
    """About their centres, with bilinear interpolation; around them is what they are filled with."""
    given_images = images(height, width, *channels)
    angles = (2 * draw(6).uniform() - 1) * most
    turned = Rotate(most, 4.0).augment(given_images, draw(6))
    for image, angle, found in zip(given_images, angles, turned, strict=True):
        expected = ndimage.rotate(image, angle, (1, 0), reshape=False, order=1, mode="grid-constant", cval=4.0)
        np.testing.assert_allclose(found, expected, atol=1e-8)


@given(height=st.integers(1, 9), width=st.integers(1, 9), most=st.floats(0, 1))
@settings(max_examples=30)
def test_images_are_moved_as_scipy_moves_them(height, width, most):
    """By whole pixels, as far as is allowed."""
    given_images = images(height, width, count=20)
    farthest = np.ceil([most * height, most * width])
    moved = np.floor(draw(20).uniform(2) * (2 * farthest + 1)) - farthest
    assert (abs(moved) <= farthest).all()
    found = Shift(most, 9.0).augment(given_images, draw(20))
    for image, by, shown in zip(given_images, moved, found, strict=True):
        np.testing.assert_allclose(shown, ndimage.shift(image, by, order=0, cval=9.0))


@given(height=st.integers(1, 9), width=st.integers(1, 9), smallest=st.floats(0.05, 1))
@settings(max_examples=30)
def test_parts_are_enlarged_as_scipy_does(height, width, smallest):
    """Each lies inside of its image; its corners are the result's."""
    given_images = images(height, width)
    found = Crop(smallest).augment(given_images, draw(6))
    for image, (size, down, right), shown in zip(given_images, draw(6).uniform(3), found, strict=True):
        share = smallest + (1 - smallest) * size
        start = (1 - share) * np.array([down * (height - 1), right * (width - 1)])
        expected = ndimage.affine_transform(image, [share, share], start, order=1, mode="nearest")
        np.testing.assert_allclose(shown, expected, atol=1e-8)
        assert image.min() - 1e-9 <= shown.min()
        assert shown.max() <= image.max() + 1e-9


@pytest.mark.parametrize(("direction", "axis"), [("horizontal", 1), ("vertical", 0)])
def test_images_are_mirrored_with_a_probability(direction, axis):
    """Those that are, along the right axis."""
    given_images = images(4, 5, 3, count=400)
    found = Flip(direction, 0.3).augment(given_images, draw(400))
    is_flipped = [not np.array_equal(image, shown) for image, shown in zip(given_images, found, strict=True)]
    assert 80 < sum(is_flipped) < 160
    for image, shown, flipped in zip(given_images, found, is_flipped, strict=True):
        np.testing.assert_array_equal(shown, np.flip(image, axis) if flipped else image)
    np.testing.assert_array_equal(Flip(probability=0).augment(given_images, draw(400)), given_images)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_is_normal(dtype):
    """Of the deviation that is asked for, and independent from record to record."""
    zeros = np.zeros((50, 8, 9), dtype)
    found = Noise(0.5).augment(zeros, draw(50))
    assert found.dtype == dtype
    assert stats.kstest(found.ravel() / 0.5, "norm").pvalue > 0.01
    assert abs(np.corrcoef(found.reshape(50, -1)) - np.eye(50)).max() < 0.6
    assert np.array_equal(Noise(0).augment(zeros, draw(50)), zeros)


def test_a_rectangle_is_erased():
    """Within the bounds of its area and its proportions, anywhere; the rest stays."""
    given_images = images(20, 30, 2, count=300) + 1
    found = Erase(0.7, 0.05, 0.3).augment(given_images, draw(300))
    erased = (found == 0).any(axis=3)
    assert 170 < erased.any(axis=(1, 2)).sum() < 250
    for image, shown, is_erased in zip(given_images, found, erased, strict=True):
        rows, columns = is_erased.any(axis=1).sum(), is_erased.any(axis=0).sum()
        assert is_erased.sum() == rows * columns
        assert rows * columns <= 0.3 * 600 + 30
        np.testing.assert_array_equal(shown[~is_erased], image[~is_erased])
    assert erased.any(axis=0)[3:-3, 3:-3].all()


@pytest.mark.parametrize("alpha", [0.05, 0.4, 1.0, 3.0])
def test_records_are_mixed_by_weights_of_the_beta_distribution(alpha):
    """With any other record of the data, each as likely."""
    data = np.eye(4000)
    batches = Minibatches({"inputs": data}, 4000, 3, shuffle=False, augment={"inputs": [MixUp(alpha)]})
    ((mixed,),) = batches
    np.testing.assert_allclose(mixed.sum(axis=1), 1)
    weights = mixed.diagonal()
    others = np.where(mixed - np.diag(weights) > 0, np.arange(4000), -1).max(axis=1)
    is_between = (weights > 1e-3) & (weights < 1 - 1e-3)
    expected = stats.beta(alpha, alpha)
    for bound in (0.01, 0.1, 0.3, 0.5, 0.9):
        assert abs((weights < bound).mean() - expected.cdf(bound)) < 0.03
    assert stats.kstest(others[is_between & (others >= 0)] / 4000, "uniform").pvalue > 0.01


def test_inputs_and_targets_are_mixed_alike():
    """With the same record and the same weight, also behind other augmenters."""
    classes = np.arange(40) % 4
    data = {"inputs": np.repeat(np.eye(4)[classes][:, :, None], 2, axis=2), "targets": np.eye(4)[classes]}
    augment = {"inputs": [Flip(), Noise(0.0), MixUp(1.0)], "targets": [MixUp(1.0)]}
    for inputs, targets in Minibatches(data, 7, 1, augment=augment):
        np.testing.assert_allclose(inputs[:, :, 0], targets)
        assert not np.isin(targets, (0, 1)).all()


def test_images_and_their_targets_stay_aligned():
    """The same augmenter of two sections draws the same; a second one of its class draws anew."""
    data = {name: images(6, 6, count=30) for name in ("inputs", "targets")}
    augment = {"inputs": [Flip(), Rotate(40.0)], "targets": [Rotate(40.0), Flip()]}
    flipped = {"inputs": [Flip()], "targets": [Flip(), Flip()]}
    for inputs, targets in Minibatches(data, 30, 1, augment={**augment, "targets": augment["inputs"]}):
        np.testing.assert_array_equal(inputs, targets)
    for inputs, targets in Minibatches(data, 30, 1, augment=flipped):
        is_same = [np.array_equal(one, other) for one, other in zip(inputs, targets, strict=True)]
        assert 5 < sum(is_same) < 25


@given(
    size=st.integers(1, 12),
    threads=st.integers(1, 3),
    block=st.integers(1, 9),
    shuffle=st.sampled_from(["full", "block", False]),
)
@settings(max_examples=25)
def test_what_becomes_of_a_record_depends_on_nothing_but_its_epoch(size, threads, block, shuffle):
    """Not on the batch, the order or the thread."""
    data = {"inputs": images(4, 4, count=23), "number": np.arange(23)}
    augment = {"inputs": [Rotate(), Flip(), Noise(), MixUp()]}
    expected = np.stack([batch[0].copy() for batch in Minibatches(data, 1, 2, shuffle=False, augment=augment).epoch(3)])
    inner = Minibatches(data, size, 2, shuffle=shuffle, block=block, window=2, augment=augment)
    with Prefetch(inner, 2, threads) as batches:
        for inputs, numbers in batches.epoch(3):
            np.testing.assert_array_equal(inputs, expected[numbers][:, 0])


@pytest.mark.parametrize("augmenter", [Flip(), Shift(), Rotate(), Crop(), Erase()])
def test_whole_numbers_stay_what_they_are(augmenter):
    """Rounded, and in their range."""
    for dtype in (np.uint8, np.int16, np.bool_, np.float32):
        given_images = images(5, 6, dtype=dtype)
        found = augmenter.augment(given_images, draw(6))
        assert found.dtype == dtype
        assert found.min() >= 0
        assert found.max() <= 200


def test_a_dataset_names_its_augmenters(environment):
    """They change training batches alone."""
    dataset = InMemory(
        {"inputs": images(4, 4, count=20), "targets": np.arange(20) % 2},
        split=(0.5, 0.5),
        preprocess={"targets": [OneHot(2)]},
        augment={"inputs": ["flip", {"use": "mix_up", "alpha": 1.0}], "targets": [{"use": "mix_up", "alpha": 1.0}]},
    )
    built = Composer(ComponentRegistry()).build("datasets", dataset)
    data = built.prepare(environment, 1)
    assert [type(each) for each in data.augmentation["inputs"]] == [Flip, MixUp]
    assert set(np.unique(data.training["targets"])) == {0, 1}


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return testing.message(caught.value)


@pytest.mark.parametrize("augmenter", [Flip(), Shift(), Rotate(), Crop(), Erase()])
def test_what_is_no_image_is_refused(augmenter):
    """With the shapes that are."""
    name = type(augmenter).__name__
    assert refused(DataError, lambda: augmenter.augment(np.zeros((2, 784)), draw(2))) == (
        f"augmenter {name}: records have shape (784,)\n"
        "  expected: images of shape (height, width) or (height, width, channels)\n"
        "  to do:    preprocess them with reshape, or leave the augmenter out"
    )


def test_what_cannot_be_mixed_is_refused():
    """Classes are no numbers; noise is none of whole numbers."""
    assert refused(DataError, lambda: MixUp().augment(np.arange(4), draw(4))) == (
        "augmenter MixUp: records are int64\n  expected: floats\n"
        "  to do:    preprocess classes with one_hot, and other whole numbers with cast"
    )
    assert refused(DataError, lambda: Noise().augment(np.arange(4), draw(4))) == (
        "augmenter Noise: records are int64\n  expected: floats\n"
        "  to do:    preprocess them into floats, as normalise does"
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Flip("diagonal"),
        lambda: Flip(probability=2),
        lambda: Noise("much"),
        lambda: MixUp(0),
        lambda: Rotate(fill=None),
        lambda: Crop(0),
        lambda: Shift(-1),
        lambda: Erase(largest=2),
    ],
)
def test_settings_are_checked(make):
    """Where they enter."""
    assert "expected: " in refused(SettingError, make)


def test_the_smallest_area_is_no_larger_than_the_largest():
    """Where each by itself is allowed."""
    assert refused(SettingError, lambda: Erase(smallest=0.5, largest=0.4)) == (
        "Erase, largest: 0.4\n  expected: at least 0.5, the smallest\n  to do:    exchange them"
    )
