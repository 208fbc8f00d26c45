"""The contract of augmenters."""

from typing import Any

import numpy as np

from sigma_core.data import Augmenter, Minibatch
from sigma_core.testing._subject import Subject, examined

_SECTION = "inputs"


def check_augmenter(augmenter: Augmenter, records: Any = None) -> None:
    """Hold an augmenter to its contract, on records (pictures of a width and a height, unless they are given).

    Checked are that what it makes has the shape and dtype of the records and is finite, that what becomes of a record
    is a function of (seed, epoch, record) alone, whatever the size of a batch and its order, and differs from epoch to
    epoch; settings, as a recipe writes them; docstrings. Raises AssertionError with what was checked, what was expected
    and what was found.
    """
    subject = examined("augmenters", Augmenter, augmenter)
    given = np.random.default_rng(7).uniform(size=(12, 24, 20, 2)).astype(np.float32) if records is None else records
    array = np.asarray(given)
    whole = _augmented(subject, array, Minibatch(False), len(array))
    subject.claim(bool(np.isfinite(whole).all()), "records", "finite numbers", "others")
    for batch_size, shuffle in ((1, False), (5, True)):
        again = _augmented(subject, array, Minibatch(shuffle), batch_size)
        what = f"records in batches of {batch_size}{', shuffled' if shuffle else ''}"
        subject.claim(np.array_equal(again, whole), what, "the same as in one batch", "others")
    for seed, epoch, what in ((1, 2, "another epoch"), (2, 1, "another seed")):
        other = _augmented(subject, array, Minibatch(False), len(array), (seed, epoch))
        subject.claim(not np.array_equal(other, whole), what, "records that are changed in another way", "the same")


def _augmented(
    subject: Subject[Augmenter], array: Any, iterator: Minibatch, batch_size: int, at: tuple[int, int] = (1, 1)
) -> Any:
    """All records in their order, as batches of a seed have them in an epoch."""
    data = {_SECTION: array, "number": np.arange(len(array))}
    seed, epoch = at
    shown = np.empty_like(array)
    with subject.trying(f"records {array.dtype}{list(array.shape)}, augment"):
        batches = iterator.batches(data, batch_size, seed, augment={_SECTION: [subject.component]})
        # Small ones would be made, and augmented, together.
        batches.at_once = 1
        for records, numbers in batches.epoch(epoch):
            shown[numbers] = records
    return shown
