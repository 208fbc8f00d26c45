"""What the text forms of triggers and criteria have in common."""

import re

import pytest

from sigma_core.errors import ExpressionError
from sigma_core.expressions import Reader


class Sum(Reader):
    """`2 apples and 3 pears`."""

    subject = "sum"
    pattern = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>[a-z]+)|(?P<mark>\S))")

    def _words(self):
        return ("and", "apples", "pears")

    def parse(self):
        total = 0
        while True:
            if self._next.kind != "number":
                raise self._fault("a number")
            total += self._take().number
            if not (self._accept("apples") or self._accept("pears")):
                raise self._fault("apples or pears")
            if self._next.kind == "end":
                return total
            if not self._accept("and"):
                raise self._fault("and")


def test_tokens_are_read_from_left_to_right():
    """Numbers as they are written, whole or not; spaces mean nothing."""
    assert Sum("2 apples and 3 pears").parse() == 5
    assert Sum(" 2.5apples ").parse() == 2.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2", "sum: the text ends here\n    2\n     ^\n  expected: apples or pears"),
        (
            "2 peers",
            "sum: 'peers' does not fit here\n    2 peers\n      ^\n  expected: apples or pears (nearest: pears)",
        ),
        ("2 and", "sum: 'and' does not fit here\n    2 and\n      ^\n  expected: apples or pears"),
        ("2 pears,", "sum: ',' does not fit here\n    2 pears,\n           ^\n  expected: and"),
    ],
)
def test_a_fault_is_shown_where_it_stands(text, message):
    """With the nearest word where one is misspelt, and without where it is only out of place."""
    with pytest.raises(ExpressionError) as caught:
        Sum(text).parse()
    assert str(caught.value) == message
