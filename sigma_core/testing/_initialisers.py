"""The contract of initialisers."""

from collections.abc import Sequence

import numpy as np

from sigma_core.network import Initialiser, Shape
from sigma_core.testing._routine import DTYPES, check_finite, told
from sigma_core.testing._subject import examined


def check_initialiser(initialiser: Initialiser, *shapes: Shape, dtypes: Sequence[str] = DTYPES) -> None:
    """Hold an initialiser to its contract, for parameters of these shapes, by default (3, 4).

    Checked are shape and dtype, float64; that the numbers are finite, in every dtype of a network; that they are a
    function of the shape and the generator alone; settings, as a recipe writes them; docstrings. Raises AssertionError
    with what was checked, what was expected and what was found.
    """
    subject = examined("initialisers", Initialiser, initialiser)
    for shape in shapes or ((3, 4),):
        what = f"an array of shape {shape}"
        with subject.trying(what):
            first, again = (
                subject.component.fill(shape, np.random.Generator(np.random.Philox(key=[1, 2]))) for _ in range(2)
            )
        subject.claim(isinstance(first, np.ndarray), what, "an array", type(first).__name__)
        subject.claim(
            first.shape == shape and first.dtype == np.dtype(np.float64), what, f"float64 of shape {shape}", told(first)
        )
        for dtype in dtypes:
            with np.errstate(over="ignore"):
                check_finite(subject, f"{what} in {dtype}", first.astype(dtype))
        subject.claim(
            np.array_equal(first, again),
            "two arrays from generators of one state",
            "the same numbers, drawn from the generator that it is handed",
            "others",
        )
