"""Keys of a recipe whose values are refused for what they mean."""

import pytest

import sigma_core as sigma
from sigma_core.errors import SettingError


@pytest.mark.parametrize("name", ["../up", "a/b", "c:d", "..", "a\\b"])
def test_a_name_leads_nowhere(name):
    """The folder of a run is called after it, inside the folder of runs."""
    with pytest.raises(SettingError) as caught:
        sigma.Trainer("flatten", "digits", "adam", "1 epochs", name=name)

    assert str(caught.value) == (
        f"name: {name!r}\n  expected: a name without / \\ and :\n  to do:    name the folder with --directory instead"
    )


def test_a_number_is_no_criterion():
    """The unit is missing; the usual meaning is offered."""
    with pytest.raises(SettingError) as caught:
        sigma.Trainer("flatten", "digits", "adam", 20)

    assert str(caught.value) == (
        'stop: 20\n  expected: a criterion, such as "20 epochs"\n  to do:    write "20 epochs", if that is meant'
    )


def test_metrics_have_names_of_their_own():
    """Two of one kind are told apart by the keys of a table."""
    with pytest.raises(SettingError) as caught:
        sigma.Trainer("flatten", "digits", "adam", "1 epochs", metrics=["accuracy", "accuracy"])

    assert str(caught.value) == (
        "metrics.1: there are two metrics 'accuracy'\n"
        "  expected: a name for each\n"
        '  to do:    give a table: { first = "accuracy", second = ... }'
    )
