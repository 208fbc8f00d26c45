"""Errors name the line of source that led to them."""

import inspect
import os
import subprocess
import sys
import traceback

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import DerivativeError, ShapeError, TraceError
from sigma_core.graph import grad, line_of, placeholder, scope, trace

X = placeholder((2, 3), np.float32, "x")


def line(of, text):
    """The line with that text, as it is named."""
    source, start = inspect.getsourcelines(of)
    number = start + next(number for number, each in enumerate(source) if each.strip() == text)
    return f"{os.path.relpath(__file__)}:{number}: {text}"


def inner(x):
    return x + np.ones(2)


def test_a_fault_while_recording_names_the_line():
    """Behind the layer, however deep in NumPy and Sigma it was found."""
    with scope("layers.dense_1"), pytest.raises(ShapeError) as caught:
        trace(inner, np.ones((2, 3)))
    assert caught.value.line == line(inner, "return x + np.ones(2)")
    assert str(caught.value) == (
        "layers.dense_1: shapes (2, 3) and (2,) do not broadcast\n"
        f"  at:       {caught.value.line}\n"
        "  expected: equal sizes, or 1, in each axis counted from the last\n"
        "  to do:    reshape one of them"
    )
    assert testing.message(caught.value) == str(caught.value).replace(f"  at:       {caught.value.line}\n", "")


def branching(x):
    if x > 0:
        return x
    return -x


def test_what_cannot_be_traced_names_the_line():
    """The innermost one outside of Sigma."""
    with pytest.raises(TraceError) as caught:
        grad(branching)(1.0)
    assert caught.value.line == line(branching, "if x > 0:")


def test_what_has_no_derivative_names_the_line():
    """Where it was asked for."""
    with pytest.raises(DerivativeError) as caught:
        grad(np.exp)(np.ones(2))
    assert caught.value.line == line(test_what_has_no_derivative_names_the_line, "grad(np.exp)(np.ones(2))")


def test_an_error_that_is_no_fault_of_a_line_names_none():
    """The message has its parts only."""
    assert ShapeError("here", "this", "that").line == ""
    assert str(ShapeError("here", "this", "that")) == "here: this\n  expected: that"
    assert testing.message(ShapeError("here", "this")) == "here: this"


def test_a_command_without_a_source_names_no_line():
    """A script that pip makes has no ending; text given to Python has no lines to show."""
    code = "import numpy as np, sigma_core as sigma; sigma.grad(lambda x: np.exp(x))(np.ones(2))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    # From Python 3.13 on it keeps them.
    line = f"  at:       <string>:1: {code}\n" if sys.version_info >= (3, 13) else ""
    assert f"a gradient of shape (2,) was asked for\n{line}  expected" in done.stderr


def test_the_line_of_a_traceback_is_the_innermost_outside_of_the_library():
    """For errors that others raise."""
    with pytest.raises(ValueError, match="could not broadcast") as caught:
        np.copyto(np.ones(2), np.ones(3))
    steps = reversed(list(traceback.walk_tb(caught.value.__traceback__)))
    assert line_of(steps).endswith("np.copyto(np.ones(2), np.ones(3))")
    assert line_of([]) == ""
