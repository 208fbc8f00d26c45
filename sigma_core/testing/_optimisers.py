"""The contract of optimisers."""

from collections.abc import Callable, Sequence
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np

from sigma_core.testing._routine import DTYPES, Backends, Routine, backends_of, check_finite
from sigma_core.testing._subject import Subject, examined
from sigma_core.training import Optimiser, Slots

_FEW = 5


def check_optimiser(
    optimiser: Optimiser, *, steps: int = 50, backends: Backends = None, dtypes: Sequence[str] = DTYPES
) -> None:
    """Hold an optimiser to its contract, on every backend and in every dtype.

    It takes `steps` steps down a quadratic, as a vector of parameters, or as a matrix where it goes by parameter.
    Checked are shapes and dtypes, of slots too; that it gets lower, and stays finite; that all backends agree; that
    slots which are written and read back go on with the same bits; that it stands still at a learning rate of zero;
    settings, as a recipe writes them; docstrings. Raises AssertionError with what was checked, what was expected and
    what was found.
    """
    subject = examined("optimisers", Optimiser, optimiser)
    _check_settings(subject)
    chosen = backends_of(backends)
    for dtype in dtypes:
        descent = _Descent(subject, dtype)
        results = descent.after(_FEW, descent.routine.on())
        # From where it has come to: all slots are in use there.
        descent.traced_on(*results).agreed(chosen)
        for backend in chosen:
            run = descent.routine.on(backend)
            halfway = descent.after(_FEW, run)
            onwards = descent.after(_FEW, run, *halfway, begun=_FEW)
            again = descent.after(_FEW, descent.routine.on(backend), *_written_and_read(halfway), begun=_FEW)
            subject.claim(
                _same(onwards, again),
                f"{2 * _FEW} steps in {dtype} on the backend {backend.name}, saved after {_FEW}",
                "the same bits as without a break",
                "others",
            )
            parameter, _ = descent.after(steps, run)
            _check_improvement(subject, descent, parameter, f"{steps} steps in {dtype} on the backend {backend.name}")
        _check_standing(subject, descent)


class _Descent:
    """Steps down a quadratic, in a network's dtype."""

    def __init__(self, subject: Subject[Optimiser], dtype: str) -> None:
        # An attrs class, which the abstract base cannot tell the type checker.
        optimiser: Any = subject.component
        self.subject, self.optimiser = subject, optimiser
        self.dtype = dtype
        shape = (2, 3) if self.optimiser.by_parameter else (6,)
        self.start = np.array([-1.0, -0.75, -0.5, 0.5, 0.75, 1.0], dtype).reshape(shape)
        self.scales = np.array([0.125, 0.25, 0.5, 1.0, 1.5, 2.0], dtype).reshape(shape)
        self.slots = {name: np.full(shape, start, dtype) for name, start in vars(self.optimiser.slots).items()}
        values = attrs.asdict(optimiser, recurse=False)
        self.settings = {name: value for name, value in values.items() if isinstance(value, float)}
        self.others = {name: value for name, value in values.items() if name not in self.settings}
        self.routine = self.traced_on(self.start, self.slots)

    def traced_on(self, parameter: Any, slots: Any) -> Routine:
        return Routine.of(
            self.subject,
            f"a step in {self.dtype}",
            self.step,
            parameter,
            slots,
            1.0,
            self.settings,
            dtype=self.dtype,
        )

    def step(self, parameter: Any, slots: Any, step: Any, settings: Any) -> Any:
        """One step as a trainer traces it: hyperparameters are weak placeholders."""
        live = SimpleNamespace(**{**self.others, **settings})
        pair = self.optimiser.update(parameter, self.scales * parameter, Slots(**slots), step, live)
        claim = self.subject.claim
        claim(isinstance(pair, tuple) and len(pair) == 2, "update", "a pair: new parameters, new slots", repr(pair))
        new, new_slots = pair
        found = vars(new_slots)
        claim(set(found) == set(slots), "slots that update returns", f"{sorted(slots)}", f"{sorted(found)}")
        for name, value in {"parameters": new, **found}.items():
            claim(
                (getattr(value, "shape", None), getattr(value, "dtype", None)) == (parameter.shape, parameter.dtype),
                f"{name} that update returns",
                f"{parameter.dtype} of shape {parameter.shape}, as it was given",
                f"{getattr(value, 'dtype', type(value).__name__)} of shape {np.shape(value)}",
            )
        return new, {name: found[name] for name in slots}

    def after(
        self, steps: int, run: Callable[..., Any], parameter: Any = None, slots: Any = None, begun: int = 0
    ) -> tuple[Any, Any]:
        """Parameter and slots after some steps, from the start or from where they have come to."""
        parameter, slots = (self.start, self.slots) if parameter is None else (parameter, slots)
        for count in range(begun + 1, begun + steps + 1):
            parameter, slots = run(parameter, slots, float(count), self.settings)
        return parameter, slots

    def height(self, parameter: Any) -> float:
        return float(np.sum(self.scales * parameter.astype(np.float64) ** 2))


def _written_and_read(state: tuple[Any, Any]) -> tuple[Any, Any]:
    """As a checkpoint keeps them: bytes of arrays."""
    file = BytesIO()
    parameter, slots = state
    np.savez(file, parameter, *slots.values())
    file.seek(0)
    with np.load(file) as read:
        arrays = [read[name] for name in read.files]
    return arrays[0], dict(zip(slots, arrays[1:], strict=True))


def _same(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    pairs = [(one[0], other[0]), *((one[1][name], other[1][name]) for name in one[1])]
    return all(first.tobytes() == second.tobytes() for first, second in pairs)


def _check_improvement(subject: Subject[Any], descent: _Descent, parameter: Any, what: str) -> None:
    check_finite(subject, f"parameters after {what}", parameter)
    before, after = descent.height(descent.start), descent.height(parameter)
    subject.claim(after < before, f"a quadratic after {what}", f"less than {before:.6g}", f"{after:.6g}")


def _check_standing(subject: Subject[Any], descent: _Descent) -> None:
    """At a learning rate of zero, where it has one; and on flat ground it makes no NaN."""
    run = descent.routine.on()
    if "learning_rate" in descent.settings:
        settings = {**descent.settings, "learning_rate": 0.0}
        new, _ = run(descent.start, descent.slots, 1.0, settings)
        subject.claim(
            np.array_equal(new, descent.start),
            "a step at a learning rate of zero",
            f"parameters as they were: {descent.start.tolist()}",
            f"{new.tolist()}",
        )
    flat, _ = run(np.zeros_like(descent.start), descent.slots, 1.0, descent.settings)
    check_finite(subject, "parameters after a step with a gradient of zeros", flat)


def _check_settings(subject: Subject[Any]) -> None:
    """Only floats are placeholders of a step: a number that was given without a fraction would be no hyperparameter."""
    for field in attrs.fields(type(subject.component)):
        value = getattr(subject.component, field.name)
        subject.claim(
            type(value) is not int or field.type not in (float, "float"),
            f"setting {field.name!r}",
            "a float, which can be changed while a run goes on: a converter makes it one",
            repr(value),
        )
