"""Every backend is asked, and has to say the same."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import Adam, Identity, Tanh

from sigma_core.testing import NumpyBackend, check_activation, check_optimiser


class Off(NumpyBackend):
    """A backend whose programs go through `change` in the end; `number` counts them."""

    name = "off"

    def __init__(self, change):
        super().__init__()
        object.__setattr__(self, "change", change)
        object.__setattr__(self, "count", 0)

    def compile(self, graph, *, bound=(), donations=None):
        program = super().compile(graph, bound=bound, donations=donations or {})

        def instantiate(arrays):
            object.__setattr__(self, "count", self.count + 1)
            number, run = self.count, program.instantiate(arrays)
            return lambda *inputs: [self.change(result, number) for result in run(*inputs)]

        return SimpleNamespace(instantiate=instantiate)


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        (
            lambda result, number: result + (np.arange(result.size).reshape(result.shape) == 1),
            "np.float64(2.0) at (0, 1), as in plain NumPy",
            "np.float64(3.0)",
        ),
        (lambda result, number: result[:1], "float64 of shape (2, 2)", "float64 of shape (1, 2)"),
    ],
)
def test_a_backend_gives_what_the_others_do(change, expected, found, caught):
    """Up to rounding, in shape and dtype."""
    assert caught(
        check_activation, Identity(), [[1.0, 2.0], [3.0, 4.0]], backends=[Off(change)], dtypes=["float64"]
    ) == (f"Identity, a step in float64, training, on the backend off\n  expected: {expected}\n  found:    {found}")


def test_what_a_backend_raises_is_told(caught):
    """With the backend."""

    def fail(result, number):
        raise ValueError("no power")

    assert caught(check_activation, Tanh(), backends=[Off(fail)]) == (
        "Tanh, a step in float32, on the backend off\n  expected: that it runs\n  found:    ValueError: no power"
    )


def test_saved_slots_go_on_with_the_same_bits(caught):
    """In another program too."""
    drifting = Off(lambda result, number: result + 1e-14 * number)
    assert caught(check_optimiser, Adam(0.1), backends=[drifting], dtypes=["float64"]) == (
        "Adam, 10 steps in float64 on the backend off, saved after 5\n"
        "  expected: the same bits as without a break\n"
        "  found:    others"
    )
