"""What the tests of the kit share."""

import re

import pytest


@pytest.fixture
def caught():
    """What a check says of a component that breaks a contract, without the lines of source, which move."""

    def caught(check, component, *arguments, **keywords):
        with pytest.raises(AssertionError) as raised:
            check(component, *arguments, **keywords)
        return re.sub(r"\n  at: .*", "", str(raised.value))

    return caught
