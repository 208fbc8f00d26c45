"""A function of one's own as an activation."""

import numpy as np
import pytest
from sigma_nn import Custom, ElementWise

from sigma_core import testing
from sigma_core.extend import ShapeError
from sigma_core.testing import ComponentRegistry, Composer, check_grads

X = np.random.default_rng(3).normal(size=(3, 4))


def mish(x):
    """Misra 2019."""
    return x * np.tanh(np.logaddexp(x, 0))


def test_values_and_derivatives_are_those_of_the_function(run, torch, derive):
    """It is traced as the code of a layer is."""
    x = torch.tensor(X, requires_grad=True)
    expected = torch.nn.functional.mish(x)
    expected.sum().backward()
    np.testing.assert_allclose(run(Custom(mish), X), expected.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(derive(Custom(mish), X)[0], x.grad.numpy(), rtol=1e-12)
    check_grads(Custom(lambda x: x**2), [X])


def test_a_recipe_names_the_place_of_the_function():
    """Read and written."""
    composer = Composer(ComponentRegistry())
    table = {"use": "custom", "function": f"{__name__}:mish"}
    assert composer.table(Custom(mish)) == table
    assert composer.build("activations", table) == Custom(mish)
    layer = composer.build("layers", ElementWise(Custom(mish)))
    assert composer.table(layer) == {"use": "element_wise", "activation": table}


@pytest.mark.parametrize(
    ("function", "made"),
    [
        ("numpy:sum", "the function numpy:sum made float64 of shape () of float64 of shape (3, 4)"),
        (lambda x: x > 0, "made bool of shape (3, 4) of float64 of shape (3, 4)"),
        (print, "the function builtins:print made a NoneType of float64 of shape (3, 4)"),
    ],
)
def test_a_function_that_changes_more_than_the_elements_is_refused(function, made, run, capsys):
    """Shape and dtype are the inputs'."""
    with pytest.raises(ShapeError) as caught:
        run(Custom(function), X)
    first, *rest = testing.message(caught.value).splitlines()
    assert first.startswith("Custom: the function ")
    assert first.endswith(made)
    assert rest == [
        "  expected: the shape and the dtype of what it takes",
        "  to do:    compute each element of its own, by NumPy's functions and Python's numbers",
    ]
