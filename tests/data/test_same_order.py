"""Same seed, same batches: whatever prepares the records, keeps them and makes batches of them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_data import Flip, Normalise

from sigma_core import Environment
from sigma_core.data import Dataset, Minibatch, Prefetch

RECORDS = 150


@frozen
class Streamed(Dataset):
    """Records that come block by block."""

    def load(self, environment: Any) -> Any:
        """All at once."""
        return next(self.blocks(environment, RECORDS))

    def blocks(self, environment: Any, records: int | None = None) -> Iterator[Any]:
        """As many at a time as are asked for, or seven."""
        size = records or 7
        numbers = np.arange(RECORDS * 6.0).reshape(RECORDS, 3, 2)
        for first in range(0, RECORDS, size):
            yield {"inputs": numbers[first : first + size], "targets": np.arange(RECORDS)[first : first + size]}

    def fingerprint(self, environment: Any) -> str:
        """They are always the same."""
        return "numbers"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGMA_CACHE", str(tmp_path_factory.mktemp("cache")))
        with Environment() as made:
            yield made


def batches(environment, shuffle, cache, block, prefetch):
    """Two epochs of them, each after it was used."""
    dataset = Streamed(
        split=(0.8, 0.2), preprocess={"inputs": [Normalise()]}, augment={"inputs": [Flip()]}, cache=cache, block=block
    )
    data = dataset.prepare(environment, 5)
    iterator = Minibatch(shuffle, block=8, window=3)
    made = iterator.batches(data.training, 16, 5, augment=data.augmentation)
    with Prefetch(made, *prefetch) if prefetch else made as given_batches:
        return [tuple(array.tobytes() for array in batch) for _ in range(2) for batch in given_batches]


@settings(max_examples=20, deadline=None)
@given(
    shuffle=st.sampled_from(["full", "block", False]),
    cache=st.sampled_from(["memory", "disk"]),
    block=st.sampled_from(["auto", "all", 1, 10, 64]),
    prefetch=st.sampled_from([None, (1, 1), (4, 2), (3, 4)]),
)
def test_batches_follow_from_data_settings_and_seed_alone(environment, shuffle, cache, block, prefetch):
    """Not from where records are kept, how many were read at a time, nor which thread made a batch."""
    expected = batches(environment, shuffle, "memory", "all", None)
    assert batches(environment, shuffle, cache, block, prefetch) == expected
