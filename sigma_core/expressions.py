"""Short texts that stand for objects, as "every 10 iterations" for a trigger: their tokens, and how they are read."""

import re
from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from attrs import frozen

from sigma_core.errors import ExpressionError, nearest_hint


@frozen
class Token:
    """A piece of a text; `kind` is the group of the pattern that found it, or `end` behind the last one."""

    kind: str
    text: str
    column: int

    @property
    def number(self) -> int | float:
        """The number that the text is; whole numbers are integers."""
        return int(self.text) if re.fullmatch(r"[+-]?\d+", self.text) else float(self.text)


class Reader:
    """Reads tokens from left to right; a grammar derives from it, with one method for each of its rules."""

    subject: ClassVar[str]
    """What the text stands for, as faults name it."""
    pattern: ClassVar[re.Pattern[str]]
    """Finds the next token; `number` and `word` among its groups are the kinds that mean something here."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [
            Token(str(match.lastgroup), match[str(match.lastgroup)], match.start(str(match.lastgroup)))
            for match in self.pattern.finditer(text)
        ]
        self._tokens.append(Token("end", "", len(text.rstrip())))
        self._position = 0

    @abstractmethod
    def _words(self) -> Iterable[str]:
        """The words that the grammar knows, of which a fault names the nearest."""

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._next
        self._position += 1
        return token

    def _accept(self, text: str) -> bool:
        """Take the next token if it reads so; whether it did."""
        is_next = self._next.text == text and self._next.kind != "end"
        self._position += is_next
        return is_next

    def _fault(self, expected: str, token: Token | None = None) -> ExpressionError:
        """That the token, or else the next one, does not fit."""
        at = self._next if token is None else token
        words = tuple(self._words()) if at.kind == "word" else ()
        # That a word is known, and yet not here, is no matter of spelling.
        hint = "" if at.text in words else nearest_hint(at.text, words)
        return ExpressionError(
            where=self.subject,
            found="the text ends here" if at.kind == "end" else f"{at.text!r} does not fit here",
            expected=expected + hint,
            text=self._text,
            column=at.column,
        )
