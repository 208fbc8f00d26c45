"""Records of objects that give them one by one, or in batches."""

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core.data import Items, as_dataset
from sigma_core.errors import DataError
from sigma_core.testing import message

INPUTS, TARGETS = np.arange(60.0, dtype=np.float32).reshape(20, 3), np.arange(20) % 2


class Indexed:
    """As a data set of PyTorch: no end but its length."""

    def __len__(self):
        return 20

    def __getitem__(self, index):
        return INPUTS[index % 20], TARGETS[index % 20]


class Stream:
    """Can be iterated over again and again."""

    def __iter__(self):
        return iter(zip(INPUTS, TARGETS, strict=True))


class Loader:
    """Gives batches, as a DataLoader does; the last one is smaller."""

    batch_size = 8

    def __iter__(self):
        return ((INPUTS[first : first + 8], TARGETS[first : first + 8]) for first in range(0, 20, 8))


class Named:
    """Gives mappings."""

    def __iter__(self):
        return ({"inputs": one, "targets": other} for one, other in zip(INPUTS, TARGETS, strict=True))


@pytest.mark.parametrize("make", [Indexed, Stream, Loader, Named, lambda: list(Stream())])
@pytest.mark.parametrize("settings", [{}, {"block": 7}, {"block": "all"}, {"cache": "disk"}])
def test_records_are_those_of_the_object(make, settings):
    """In their order and dtypes, however they are given and read."""
    data = Items(make(), **settings).prepare(None, 0)
    np.testing.assert_array_equal(data.training["inputs"], INPUTS)
    np.testing.assert_array_equal(data.training["targets"], TARGETS)
    assert data.dtypes == {"inputs": INPUTS.dtype, "targets": TARGETS.dtype}
    assert isinstance(as_dataset(make()), Items)


def test_records_may_be_inputs_alone_or_of_more_members():
    """Whose names are given."""
    assert Items([INPUTS[0], INPUTS[1], INPUTS[2]]).load(None)["inputs"].shape == (3, 3)
    three = Items([(1, 2, 3)] * 4, names=("a", "b", "c")).load(None)
    assert {name: array.tolist() for name, array in three.items()} == {"a": [1] * 4, "b": [2] * 4, "c": [3] * 4}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (
            [(1, 2, 3)] * 3,
            (
                "data, record 0: it has 3 members\n"
                "  expected: at most 2: inputs, targets\n"
                "  to do:    say what they are called, Items(data, names=(...))"
            ),
        ),
        (
            [np.zeros(2), np.zeros(3), np.zeros(2)],
            (
                "data, records from 0: section 'inputs' differs in shape: (2,), (3,)\n"
                "  expected: records of one shape\n"
                "  to do:    bring them to one shape, as by pad_sequences"
            ),
        ),
        (
            [{"a": 1}, {"a": 1, "b": 2}, {"a": 1}],
            "data, records from 0: one has the sections a, another a, b\n  expected: the same sections in each record",
        ),
    ],
)
def test_records_that_do_not_fit_are_refused(items, expected):
    """With where they are."""
    with pytest.raises(DataError) as caught:
        Items(items).prepare(None, 0)
    assert message(caught.value) == expected


def test_a_generator_ends_with_its_first_pass():
    """So it is no data."""
    with pytest.raises(DataError, match="an object of type generator is no dataset"):
        as_dataset(one for one in INPUTS)


def test_objects_of_pytorch_are_data():
    """Tensors, data sets and loaders."""
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    dataset = TensorDataset(torch.from_numpy(INPUTS), torch.from_numpy(TARGETS))
    for given in (dataset, DataLoader(dataset, batch_size=6)):
        data = sigma.Trainer(
            [{"use": "input", "shape": [3]}, {"use": "dense", "size": 2}, "softmax_cross_entropy"],
            given,
            "adam",
            "1 epochs",
        ).data
        np.testing.assert_array_equal(data.training["inputs"], INPUTS)
        np.testing.assert_array_equal(data.training["targets"], TARGETS)
