"""What holds for components of every kind, seen on activations."""

import numpy as np
import pytest
from attrs import define, field, frozen
from sigma_nn import Dense, Tanh

from sigma_core.extend import Activation
from sigma_core.testing import check_activation, check_layer

QUICK = {"backends": ["numpy"], "dtypes": ["float64"]}


@frozen
class Good(Activation):
    """The tangent, slower. Of any shape, (batch, ...)."""

    slope: float = 0.5

    def __call__(self, inputs):
        return np.tanh(self.slope * inputs)


def test_a_component_that_keeps_the_contract_passes():
    """Registered or not, on every backend, without anything else."""
    check_activation(Good(0.3))
    check_activation(Tanh())


def test_it_is_of_the_class_of_its_kind(caught):
    """And an object."""
    assert caught(check_activation, Dense(3)) == (
        f"Dense, class\n  expected: an object of a class that derives from Activation\n  found:    {Dense(3)!r}"
    )


def test_what_its_settings_name_is_built(caught):
    """So they must name something."""
    assert caught(check_layer, Dense(3, "tang")) == (
        "Dense, building what its settings name\n"
        "  expected: that it runs\n"
        "  found:    UnknownComponentError: activations 'tang': there is no such activation\n"
        "  expected: custom, elu, gelu, leaky_relu, none, relu, sigmoid, silu, softmax, softplus, tanh (nearest: tanh)"
    )


def test_it_is_an_attrs_class(caught):
    """Whose fields are its settings."""

    class Plain(Activation):
        """The same, (batch, ...)."""

        def __call__(self, inputs):
            return inputs

    assert caught(check_activation, Plain()) == (
        "Plain, class\n  expected: an attrs class, whose fields are its settings\n  found:    another class"
    )


def test_it_is_frozen(caught):
    """Equal settings make equal components as long as nobody changes them."""

    @define(hash=True)
    class Soft(Activation):
        """The same, (batch, ...)."""

        size: int = 1

        def __call__(self, inputs):
            return inputs

    assert caught(check_activation, Soft()) == (
        "Soft, frozen\n  expected: a class decorated with attrs.frozen\n  found:    its field 'size' can be set"
    )


def test_it_equals_its_like(caught):
    """By its settings."""

    @frozen(eq=False)
    class Alone(Activation):
        """The same, (batch, ...)."""

        def __call__(self, inputs):
            return inputs

    assert caught(check_activation, Alone()) == (
        "Alone, equality\n  expected: that it equals a copy of itself\n  found:    they are not equal"
    )


def test_it_has_a_hash(caught):
    """Lists have none."""

    @frozen
    class Listed(Good):
        """The same, (batch, ...)."""

        slopes: list = field(factory=list)

    assert caught(check_activation, Listed()) == (
        "Listed, hash\n"
        "  expected: that it has one, of fields that are hashable\n"
        "  found:    TypeError: unhashable type: 'list'"
    )


def sentences():
    @frozen
    class Silent(Good):
        pass

    @frozen
    class Mumbling(Good):
        """the same"""

    return [(Silent, "no docstring"), (Mumbling, "'the same'")]


@pytest.mark.parametrize(("silent", "found"), sentences())
def test_its_class_is_documented(silent, found, caught):
    """By a sentence of its own."""
    assert caught(check_activation, silent()) == (
        f"{silent.__name__}, documentation of the class\n"
        "  expected: a docstring that begins with a sentence\n"
        f"  found:    {found}"
    )


def test_its_methods_are_documented(caught):
    """Those that are public, properties too."""

    @frozen
    class Sloped(Good):
        """The same, (batch, ...)."""

        @property
        def steepest(self):
            return self.slope

    assert caught(check_activation, Sloped()) == (
        "Sloped, documentation of steepest\n  expected: a docstring\n  found:    none"
    )


def test_shapes_are_documented(caught):
    """Where arrays go in and out."""

    @frozen
    class Shapeless(Good):
        """The same."""

    assert caught(check_activation, Shapeless()) == (
        "Shapeless, documentation of shapes\n"
        "  expected: shapes such as (batch, features) in the docstring of the class or of __call__\n"
        "  found:    no word of the batch"
    )


def test_a_recipe_builds_it_again(caught):
    """From what its fields hold."""

    @frozen
    class Doubling(Good):
        """The same, (batch, ...)."""

        slope: float = field(default=1.0, converter=lambda slope: 2 * slope)

    assert caught(check_activation, Doubling(3.0)).endswith(
        "Doubling, recipe {'use': 'checked_doubling', 'slope': 6.0}\n"
        f"  expected: {Doubling(3.0)!r}, from which it was written\n"
        f"  found:    {Doubling(6.0)!r}"
    )


def test_a_recipe_can_hold_it(caught):
    """What refuses its own settings cannot be written."""

    @frozen
    class Refusing(Good):
        """The same, (batch, ...)."""

        slope: float = field(default=None, converter=lambda slope: 2.0 if slope is None else int("no"))

    assert caught(check_activation, Refusing()) == (
        "Refusing, recipe {'use': 'checked_refusing', 'slope': 2.0}\n"
        "  expected: that it builds a component\n"
        "  found:    SettingError: activations 'checked_refusing' (registered in this process): "
        "invalid literal for int() with base 10: 'no'"
    )


def test_a_setting_that_does_not_exist_is_refused(caught):
    """Not swallowed."""

    @frozen
    class Taking(Good):
        """The same, (batch, ...)."""

        no_such_setting: int = 1

    assert caught(check_activation, Taking()) == (
        "Taking, a setting that does not exist\n  expected: that it is refused\n  found:    it is taken"
    )


def test_a_recipe_can_write_its_settings(caught):
    """Plain ones."""

    @frozen
    class Complex(Good):
        """The same, (batch, ...)."""

        turn: complex = 1.0

    assert caught(check_activation, Complex(turn=1j)).startswith(
        "Complex, recipe\n"
        "  expected: settings that a recipe can write\n"
        "  found:    ComponentError: activations 'checked_complex' (registered in this process), turn: "
    )


def test_what_is_made_of_components_that_are_not_registered_is_checked_for_the_rest():
    """There is no recipe of it."""
    check_layer(Dense(3, activation=Good()), **QUICK)
