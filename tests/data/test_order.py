"""Seeded orders."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.data._order import Purpose, permutation


@given(st.integers(1, 200), st.integers(-(2**63), 2**64 - 1), st.integers(0, 2**32))
def test_an_order_holds_every_record_once_and_repeats(records, seed, number):
    """It is a permutation, and the same whenever asked for."""
    order = permutation(records, seed, number, Purpose.EPOCH)
    assert sorted(order) == list(range(records))
    np.testing.assert_array_equal(permutation(records, seed, number, Purpose.EPOCH), order)


def test_orders_differ_by_seed_number_and_purpose():
    """Nothing that makes an order is without effect."""
    settings = [(1, 1, Purpose.EPOCH), (2, 1, Purpose.EPOCH), (1, 2, Purpose.EPOCH), (1, 1, Purpose.SPLIT)]
    assert len({tuple(permutation(50, *setting)) for setting in settings}) == len(settings)
