"""What a word is, wherever texts are cut into them."""

import re

# Runs of letters, digits and underscores, or single marks of punctuation.
_WORD = re.compile(r"\w+|[^\w\s]")


def words(text: str) -> list[str]:
    """The words of a text, in order."""
    return _WORD.findall(text)
