"""The text form of criteria.

    criterion = both { "|" both }
    both      = single { "&" single }
    single    = "~" single | "(" criterion ")" [ NAME { NUMBER | WORD } ] | term
                                                          (training.loss < 0.1) repeat 3
    term      = NUMBER NAME                               20 epochs, 1 epoch
              | SCORE ( ">" | ">=" | "<" | "<=" ) NUMBER  validation.accuracy > 0.97
              | SCORE NAME { NUMBER | WORD }              validation.loss plateau 5
              | NAME                                      a criterion without settings

NAME is any registered criterion, which takes what stands around it as its settings, in their order; a comparison is the
criterion `threshold`. So a plugin's criterion is written like any other, and needs nothing here. The words `true` and
`false` are truth values.
"""

import re
from collections.abc import Collection
from typing import Any

from sigma_core.errors import ComponentError, ExpressionError, FaultsError, SigmaError, UserError, listed
from sigma_core.expressions import Reader, Token
from sigma_core.registry import Composer, Fault
from sigma_core.training._criterion import AllOf, AnyOf, Criterion, Not

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w))"
    r"|(?P<word>[A-Za-z_]\w*(?:\.\w+)*)|(?P<comparison>[<>]=?)|(?P<mark>\S))"
)
_THRESHOLD = "threshold"
_TRUTHS = {"true": True, "false": False}
_FORM = 'such as "20 epochs", "validation.accuracy > 0.97" or "validation.loss plateau 5", joined by |, & and ~'


def parse_criterion(text: str, composer: Composer) -> Criterion:
    """The criterion that a text describes: `20 epochs | validation.loss plateau 5`.

    Raises ExpressionError with the column of the fault: a criterion that is not installed, a setting that it does not
    take, a text that does not parse. Several are raised together as FaultsError. A criterion whose plugin fails raises
    that plugin's error.
    """
    return _Parser(text, composer).parse()


class _Parser(Reader):
    subject = "criterion"
    pattern = _TOKEN

    def __init__(self, text: str, composer: Composer) -> None:
        super().__init__(text)
        self._composer = composer
        self._faults: list[SigmaError] = []

    def _words(self) -> Collection[str]:
        return self._composer.registry.names("criteria")

    def parse(self) -> Criterion:
        criterion = None
        try:
            criterion = self._either()
            if self._next.kind != "end":
                raise self._fault("|, & or the end of the text")
        except ExpressionError as error:
            # What does not parse cannot be read on from; what is wrong before it is told as well.
            self._faults.append(error)
        if len(self._faults) > 1:
            raise FaultsError("criterion", f"{len(self._faults)} faults", faults=tuple(self._faults))
        if self._faults or criterion is None:
            raise self._faults[0]
        return criterion

    # A criterion that has a fault is None, and so is everything that it is part of.

    def _either(self) -> Criterion | None:
        parts = [self._both()]
        while self._accept("|"):
            parts.append(self._both())
        whole = [part for part in parts if part is not None]
        return parts[0] if len(parts) == 1 else AnyOf(whole) if len(whole) == len(parts) else None

    def _both(self) -> Criterion | None:
        parts = [self._single()]
        while self._accept("&"):
            parts.append(self._single())
        whole = [part for part in parts if part is not None]
        return parts[0] if len(parts) == 1 else AllOf(whole) if len(whole) == len(parts) else None

    def _single(self) -> Criterion | None:
        if self._accept("~"):
            part = self._single()
            return None if part is None else Not([part])
        if self._accept("("):
            return self._group()
        return self._term()

    def _group(self) -> Criterion | None:
        """What follows an opening parenthesis; a criterion named behind it has the group as its first setting."""
        opening = self._tokens[self._position - 1]
        criterion = self._either()
        if not self._accept(")"):
            raise self._fault("|, & or a closing parenthesis")
        if self._next.kind != "word" or self._next.text not in self._words():
            return criterion
        named = self._take()
        return self._made(named, named.text, [(opening, criterion), *self._behind()])

    def _behind(self) -> list[tuple[Token, Any]]:
        """The settings that stand behind a name."""
        settings = []
        while self._next.kind in ("number", "word"):
            settings.append(_setting(self._take()))
        return settings

    def _term(self) -> Criterion | None:
        first = self._next
        if first.kind not in ("number", "word"):
            raise self._fault(f"a criterion, {_FORM}")
        self._take()
        if self._next.kind == "comparison":
            comparison = self._take()
            if self._next.kind != "number":
                raise self._fault("a number to compare with")
            return self._made(comparison, _THRESHOLD, [*map(_setting, (first, comparison, self._take()))])
        if self._next.kind == "word":
            named = self._take()
            if first.kind == "number":
                name = self._plural(named.text) if first.number == 1 else named.text
                return self._made(named, name, [_setting(first)])
            return self._made(named, named.text, [_setting(first), *self._behind()])
        if first.kind == "word" and "." not in first.text:
            return self._made(first, first.text, [])
        raise self._fault(
            self._names() if first.kind == "number" else f"a comparison with a number, or {self._names()}"
        )

    def _names(self) -> str:
        return f"one of {listed(self._words())}"

    def _plural(self, name: str) -> str:
        """`epoch` for `epochs`, as one counts one."""
        known = self._words()
        return f"{name}s" if name not in known and f"{name}s" in known else name

    def _made(self, named: Token, name: str, given: list[tuple[Token, Any]]) -> Criterion | None:
        """The criterion of that name, with settings in the order of its own; None, and its fault noted, without one."""
        try:
            known = [setting.name for setting in self._composer.describe("criteria", name).settings]
        except ComponentError as error:
            self._faults.append(self._refused(error, named))
            return None
        if len(given) > len(known):
            takes = f"takes {', '.join(known)}" if known else "takes no settings"
            raise self._fault(f"|, & or the end: {name} {takes}", given[len(known)][0])
        if any(value is None for _, value in given):
            return None
        settings = dict(zip(known, (token for token, _ in given), strict=False))
        table = {"use": name, **dict(zip(known, (value for _, value in given), strict=False))}
        faults: list[Fault] = []
        criterion = self._composer.build("criteria", table, faults=faults)
        if faults:
            self._faults.append(self._first(faults, settings))
            return None
        if not isinstance(criterion, Criterion):
            raise ExpressionError(
                "criterion", f"{name!r} is no criterion", "a criterion", text=self._text, column=named.column
            )
        return criterion

    def _first(self, faults: list[Fault], settings: dict[str, Token]) -> SigmaError:
        """The fault that stands first in the text; what is missing is missing at the end of the term."""
        places = [settings.get(str(fault.place[0]), self._next) if fault.place else self._next for fault in faults]
        token, error = min(
            ((place, fault.error) for place, fault in zip(places, faults, strict=True)), key=lambda pair: pair[0].column
        )
        return self._refused(error, token) if isinstance(error, UserError) else error

    def _refused(self, error: SigmaError, token: Token) -> ExpressionError:
        return ExpressionError(
            error.where, error.found, error.expected, error.remedy, text=self._text, column=token.column
        )


def _setting(token: Token) -> tuple[Token, Any]:
    """A token, and what a setting is given for it: a number where the text is one."""
    if token.kind == "number":
        return token, token.number
    return token, _TRUTHS.get(token.text, token.text)
