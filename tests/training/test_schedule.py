"""Lengths of time, and where a run stands."""

import pytest

from sigma_core.extend import Position, SettingError, check_span


@pytest.mark.parametrize(
    ("span", "iterations"),
    [
        ("1 iteration", 1),
        ("500 iterations", 500),
        ("2.5 epochs", 62.5),
        ("1e1 epochs", 250),
        (" 1 run ", 100),
        # 0.07 * 100 and 0.14 * 100 are a little more than whole in binary.
        ("0.07 run", 7),
        ("0.14 run", 14),
    ],
)
def test_a_span_in_iterations(span, iterations):
    """Exact where it is whole."""
    assert Position(3, 25, 100).iterations_of(span) == iterations
    assert check_span(span) == span


@pytest.mark.parametrize(
    "text", ["", "10", "epochs", "0 epochs", "-1 epochs", "1 hour", "1 run 2", "1e400 epochs", 10, None]
)
def test_what_is_no_span(text):
    """Neither where it is set nor where it is used."""
    expected = (
        f"span: {text!r}\n"
        "  expected: a number above 0 with iterations, epochs or run\n"
        '  to do:    write "10 epochs", "500 iterations" or "0.3 run"'
    )
    for use in (check_span, Position(0, 10).iterations_of):
        with pytest.raises(SettingError) as caught:
            use(text)
        assert str(caught.value) == expected


def test_a_part_of_a_run_of_unknown_length():
    """Nobody knows when it would be over."""
    with pytest.raises(SettingError) as caught:
        Position(0, 10).iterations_of("0.5 run")
    assert str(caught.value) == (
        "span: '0.5 run' of a run whose length is not known\n"
        "  expected: a criterion that ends the run after some epochs or iterations\n"
        '  to do:    stop after "20 epochs", say, or count the span in epochs or iterations'
    )
