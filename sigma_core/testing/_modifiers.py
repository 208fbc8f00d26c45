"""The contract of modifiers."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np

from sigma_core.graph import flatten
from sigma_core.network import Shape
from sigma_core.testing._routine import DTYPES, Backends, Routine, backends_of, check_finite
from sigma_core.testing._subject import Subject, examined
from sigma_core.training import Modifier

# Where parameters are all the same to it, it may be given them as one vector.
_SHAPES: tuple[tuple[Shape, ...], ...] = (((7,),), ((3, 4), (4,), (2, 2, 3)))


def check_modifier(modifier: Modifier, *, backends: Backends = None, dtypes: Sequence[str] = DTYPES) -> None:
    """Hold a modifier to its contract, on every backend and in every dtype.

    Checked are that it keeps how many gradients and parameters there are, their shapes and dtypes; that it does
    something to some of them; that it makes no NaN of zeros; that all backends agree; settings, as a recipe writes
    them; docstrings. Raises AssertionError with what was checked, what was expected and what was found.
    """
    subject = examined("modifiers", Modifier, modifier)
    chosen = backends_of(backends)
    random = np.random.default_rng(5)
    changes = False
    for dtype in dtypes:
        for shapes in _SHAPES:
            # Some modifiers look at what is large only.
            for scale in (9.0, 9e4):
                gradients, parameters = (
                    [random.normal(0, scale, shape).astype(dtype) for shape in shapes] for _ in range(2)
                )
                results = _modified(subject, gradients, parameters, dtype).agreed(chosen if scale < 10 else ())
                check_finite(subject, f"gradients and parameters in {dtype}", results)
                pairs = zip(flatten(results)[0], gradients + parameters, strict=True)
                changes = changes or not all(np.array_equal(new, old) for new, old in pairs)
            zeros = [np.zeros(shape, dtype) for shape in shapes]
            check_finite(
                subject, "gradients and parameters of zeros", _modified(subject, zeros, zeros, dtype).agreed(())
            )
    subject.claim(changes, "gradients and parameters", "that it changes some", "all come out as they were")


def _modified(subject: Subject[Modifier], gradients: list[Any], parameters: list[Any], dtype: str) -> Routine:
    """New gradients, and new parameters, as a trainer traces them: hyperparameters are weak placeholders."""
    modifier: Any = subject.component
    values = attrs.asdict(modifier, recurse=False)
    live = {name: value for name, value in values.items() if isinstance(value, float)}

    def change(gradients: Any, parameters: Any, live: Any) -> Any:
        settings = SimpleNamespace(**{**values, **live})
        made = {
            "gradients": list(modifier.gradients(gradients, parameters, settings)),
            "updated": list(modifier.updated(parameters, settings)),
        }
        for method, new in made.items():
            _check_kept(subject, method, parameters, new)
        return tuple(made.values())

    return Routine.of(subject, f"gradients and parameters in {dtype}", change, gradients, parameters, live, dtype=dtype)


def _check_kept(subject: Subject[Modifier], method: str, old: Sequence[Any], new: Sequence[Any]) -> None:
    expected, found = ([f"{value.dtype}{list(value.shape)}" for value in values] for values in (old, new))
    subject.claim(found == expected, f"what {method} returns", ", ".join(expected), ", ".join(found) or "nothing")
