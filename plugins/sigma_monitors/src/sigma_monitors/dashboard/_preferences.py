"""What somebody has chosen for themselves: kept by their browser, in a cookie that only the pages read."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from attrs import asdict, define, field

from sigma_monitors.dashboard._language import NAMES, preferred

COOKIE = "sigma_preferences"
THEMES = ("auto", "light", "dark")
_LONGEST = 3500


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)][:64] if isinstance(value, list) else []


@define
class Preferences:
    """Language, theme, and the layout: which panels are hidden, and the order of tabs and panels."""

    language: str = "en"
    theme: str = "auto"
    hidden: list[str] = field(factory=list)
    """Panels that are not shown, by name."""
    order: list[str] = field(factory=list)
    """Panels and tabs in the order in which they are wanted; all others follow in theirs."""
    charts: dict[str, list[str]] = field(factory=dict)
    """What charts show, by the title of each; as they choose themselves where there is nothing."""

    @classmethod
    def read(cls, cookies: Mapping[str, str], accepted: str = "") -> "Preferences":
        """Out of the cookies of a request; what is missing or nonsense is as for a newcomer."""
        try:
            said: Any = json.loads(unquote(cookies.get(COOKIE, "")))
        except (ValueError, RecursionError):
            said = None
        found = cls(language=preferred(accepted))
        if not isinstance(said, dict):
            return found
        # Lists, because anything may stand there, also what cannot be looked up in a dictionary.
        if said.get("language") in list(NAMES):
            found.language = said["language"]
        if said.get("theme") in THEMES:
            found.theme = said["theme"]
        found.hidden, found.order = _texts(said.get("hidden")), _texts(said.get("order"))
        charts = said.get("charts")
        if isinstance(charts, dict):
            found.charts = {str(name): _texts(shown) for name, shown in list(charts.items())[:32]}
        return found

    def script(self) -> str:
        """JavaScript that has the browser keep it, for a year."""
        # Of more than a cookie holds, what is dearest is kept.
        for left_out in ((), ("charts",), ("charts", "hidden", "order")):
            kept = {name: value for name, value in asdict(self).items() if name not in left_out}
            text = quote(json.dumps(kept, separators=(",", ":")), safe="")
            if len(text) <= _LONGEST:
                break
        return f'document.cookie = "{COOKIE}={text}; path=/; max-age=31536000; samesite=strict"'

    def ordered(self, names: list[str]) -> list[str]:
        """The names, those first that were put in an order."""
        ranks = {name: rank for rank, name in enumerate(self.order)}
        return sorted(names, key=lambda name: ranks.get(name, len(ranks)))
