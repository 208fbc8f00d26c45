"""Dotted identifiers and the patterns that find them.

An identifier is a path of words, such as `network.layers.dense_1.weights`. In a pattern, a segment is

| segment   | stands for                                                          |
|-----------|---------------------------------------------------------------------|
| `weights` | itself                                                              |
| `dense_*` | any one segment so spelt; each `*` is any text, also none           |
| `<tag>`   | any one segment at which something carries the tag                  |
| `*`       | any one segment                                                     |
| `**`      | any number of segments, also none                                   |

Of several patterns the most specific one counts: the one with more literal segments; then with more partial wildcards,
more tags, more `*`, fewer `**`; then with more letters in its partial wildcards; among equals the later one.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from attrs import frozen

from sigma_core.errors import IdentifierError, UnknownIdentifierError, listed, nearest_hint

Tags = Mapping[str, Collection[str]] | Collection[str]
"""Tags by identifier, whole or the first segments of one; or those of the identifier in question as a whole."""

SEGMENT = re.compile(r"(?P<literal>[\w-]+)|(?P<deep>\*\*)|(?P<any>\*)|<(?P<tag>[\w-]+)>|(?P<partial>[\w*-]+)")
# Where a word of a class's name ends: before a capital, but not inside a row of them, as in LSTMCell.
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
WORDS = "words of letters, digits, '_' and '-', joined by dots"


def snake_case(name: str) -> str:
    """A class's name as identifiers write it: "SoftmaxCrossEntropy" -> "softmax_cross_entropy"."""
    return _BOUNDARY.sub("_", name).lower()


@frozen
class Pattern:
    """A pattern, taken apart; `rank` orders patterns, the more specific the greater."""

    text: str
    segments: tuple["Segment", ...]
    rank: tuple[int, ...]

    def matches(self, identifier: str, tags: Tags = ()) -> bool:
        """Whether the identifier is one that the pattern means."""
        words = identifier.split(".")
        # The positions in the pattern that can be reached after each word, as in a small automaton.
        reached = self._onward({0})
        for count, word in enumerate(words, 1):
            carried = _carried(words, count, tags)
            reached = self._onward(
                {
                    position if segment.kind == "deep" else position + 1
                    for position in reached
                    if position < len(self.segments)
                    for segment in (self.segments[position],)
                    if segment.takes(word, carried)
                }
            )
        return len(self.segments) in reached

    def _onward(self, positions: set[int]) -> set[int]:
        """Positions, and those behind a `**`, which may stand for nothing."""
        for position, segment in enumerate(self.segments):
            if position in positions and segment.kind == "deep":
                positions.add(position + 1)
        return positions


@frozen
class Segment:
    """One segment of a pattern."""

    kind: str
    text: str

    def takes(self, word: str, tags: Collection[str]) -> bool:
        """Whether it can stand for a word at which these tags are carried."""
        if self.kind == "literal":
            return word == self.text
        if self.kind == "tag":
            return self.text in tags
        if self.kind == "partial":
            return re.fullmatch(re.escape(self.text).replace(r"\*", ".*"), word) is not None
        return True


def _carried(words: list[str], count: int, tags: Tags) -> Collection[str]:
    """The tags at one word of an identifier."""
    if isinstance(tags, Mapping):
        return tags.get(".".join(words[:count]), ())
    return tags


def parse(pattern: str) -> Pattern:
    """A pattern from its text; raises `IdentifierError` if it is malformed."""
    if not isinstance(pattern, str):
        raise IdentifierError(f"pattern {pattern!r}", f"it is a {type(pattern).__name__}", "one pattern, as a text")
    return _parsed(pattern)


@lru_cache(maxsize=1024)
def _parsed(pattern: str) -> Pattern:
    segments = []
    for number, text in enumerate(pattern.split("."), 1):
        found = SEGMENT.fullmatch(text)
        if found is None or (found.lastgroup == "partial" and "**" in text):
            what = f"segment {number}, '{text}', is malformed" if text else f"segment {number} is empty"
            raise IdentifierError(f"pattern '{pattern}'", what, f"{WORDS}; '*', '**', '<tag>' or a word with '*'")
        segments.append(Segment(str(found.lastgroup), found[str(found.lastgroup)]))
    count = {
        kind: sum(segment.kind == kind for segment in segments) for kind in ("literal", "partial", "tag", "any", "deep")
    }
    letters = sum(len(segment.text.replace("*", "")) for segment in segments if segment.kind == "partial")
    rank = (count["literal"], count["partial"], count["tag"], count["any"], -count["deep"], letters)
    return Pattern(pattern, tuple(segments), rank)


def words_of(identifier: str) -> list[str]:
    """The words of an identifier; raises `IdentifierError` if it is malformed."""
    words = identifier.split(".") if isinstance(identifier, str) else []
    if not words or not all(re.fullmatch(r"[\w-]+", word) for word in words):
        raise IdentifierError(f"identifier {identifier!r}", "it is malformed", WORDS)
    return words


def matches(pattern: str, identifier: str, tags: Tags = ()) -> bool:
    """Whether an identifier is one that a pattern means; raises `IdentifierError` for a malformed pattern."""
    return parse(pattern).matches(identifier, tags)


def specificity(pattern: str) -> tuple[int, ...]:
    """A sort key: the more specific a pattern, the greater; the order is told at the top of this module."""
    return parse(pattern).rank


def most_specific(patterns: Iterable[str], identifier: str, tags: Tags = ()) -> str | None:
    """The most specific of the patterns that mean an identifier, or None if none does."""
    fitting = [pattern for pattern in patterns if matches(pattern, identifier, tags)]
    # `max` keeps the first of equals; the later one is to count.
    return max(reversed(fitting), key=specificity, default=None)


class Resolver:
    """Finds identifiers in a fixed set, and remembers what each pattern found."""

    def __init__(self, identifiers: Iterable[str], tags: Mapping[str, Collection[str]] | None = None) -> None:
        self.identifiers = tuple(identifiers)
        self.tags = dict(tags or {})
        self._found: dict[str, tuple[str, ...]] = {}

    def find(self, pattern: str) -> tuple[str, ...]:
        """The identifiers that a pattern means, in their order; none is no error."""
        if pattern not in self._found:
            parsed = parse(pattern)
            self._found[pattern] = tuple(name for name in self.identifiers if parsed.matches(name, self.tags))
        return self._found[pattern]

    def resolve(self, pattern: str) -> tuple[str, ...]:
        """As `find`, but a pattern that means nothing raises `UnknownIdentifierError` with the nearest identifier."""
        found = self.find(pattern)
        if not found:
            raise unknown(pattern, self.identifiers, f"pattern '{pattern}'")
        return found

    def most_specific(self, patterns: Iterable[str], identifier: str) -> str | None:
        """The most specific of the patterns that mean an identifier, or None if none does."""
        return most_specific(patterns, identifier, self.tags)


def resolve(pattern: str, identifiers: Iterable[str], tags: Mapping[str, Collection[str]] | None = None) -> list[str]:
    """The identifiers that a pattern means, in their order; raises `UnknownIdentifierError` if there are none."""
    return list(Resolver(identifiers, tags).resolve(pattern))


def unknown(text: str, identifiers: Iterable[str], where: str) -> UnknownIdentifierError:
    """The error for an identifier or pattern that means nothing; all of few identifiers are named, or the nearest."""
    names = list(identifiers)
    few = len(names) <= 12
    expected = listed(names, text) if few else f"one of {len(names)} identifiers{nearest_hint(text, names)}"
    return UnknownIdentifierError(where, "there is nothing of that name", expected)
