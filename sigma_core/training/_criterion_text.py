"""The text form of criteria.

    criterion = both { "|" both }
    both      = single { "&" single }
    single    = "~" single | "(" criterion ")" | term
    term      = NUMBER NAME                               20 epochs
              | SCORE ( ">" | ">=" | "<" | "<=" ) NUMBER  validation.accuracy > 0.97
              | SCORE NAME { NUMBER | WORD }              validation.loss plateau 5
              | NAME                                      a criterion without settings

NAME is any registered criterion, which takes what stands around it as its settings, in their order; a comparison is the
criterion `threshold`. So a plugin's criterion is written like any other, and needs nothing here.
"""

import re
from collections.abc import Iterable

from sigma_core.errors import ComponentError, ExpressionError, FaultsError, SigmaError, UserError, listed
from sigma_core.expressions import Reader, Token
from sigma_core.registry import Composer, Fault
from sigma_core.training._criterion import AllOf, AnyOf, Criterion, Not

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w))"
    r"|(?P<word>[A-Za-z_]\w*(?:\.\w+)*)|(?P<comparison>[<>]=?)|(?P<mark>\S))"
)
_THRESHOLD = "threshold"
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

    def _words(self) -> Iterable[str]:
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
            criterion = self._either()
            if not self._accept(")"):
                raise self._fault("|, & or a closing parenthesis")
            return criterion
        return self._term()

    def _term(self) -> Criterion | None:
        first = self._next
        if first.kind not in ("number", "word"):
            raise self._fault(f"a criterion, {_FORM}")
        self._take()
        if self._next.kind == "comparison":
            comparison = self._take()
            if self._next.kind != "number":
                raise self._fault("a number to compare with")
            return self._made(comparison, _THRESHOLD, [first, comparison, self._take()])
        if self._next.kind == "word":
            named = self._take()
            settings = [first]
            while first.kind == "word" and self._next.kind in ("number", "word"):
                settings.append(self._take())
            return self._made(named, named.text, settings)
        if first.kind == "word" and "." not in first.text:
            return self._made(first, first.text, [])
        raise self._fault(
            self._names() if first.kind == "number" else f"a comparison with a number, or {self._names()}"
        )

    def _names(self) -> str:
        return f"one of {listed(self._words())}"

    def _made(self, named: Token, name: str, given: list[Token]) -> Criterion | None:
        """The criterion of that name, with settings in the order of its own; None, and its fault noted, without one."""
        try:
            known = [setting.name for setting in self._composer.describe("criteria", name).settings]
        except ComponentError as error:
            self._faults.append(self._refused(error, named))
            return None
        if len(given) > len(known):
            takes = f"takes {', '.join(known)}" if known else "takes no settings"
            raise self._fault(f"|, & or the end: {name} {takes}", given[len(known)])
        settings = dict(zip(known, given, strict=False))
        table = {"use": name, **{key: _value(token) for key, token in settings.items()}}
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


def _value(token: Token) -> int | float | str:
    """What a setting is given: a number where the text is one."""
    return token.number if token.kind == "number" else token.text
