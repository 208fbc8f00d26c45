"""The contract of a panel, and what it is given to draw with."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar

from attrs import define, field

from sigma_core.extend import SigmaError, send_command
from sigma_monitors.dashboard._asking import Networks
from sigma_monitors.dashboard._language import Language
from sigma_monitors.dashboard._preferences import Preferences
from sigma_monitors.dashboard._recording import Recording

_COMMANDS = ThreadPoolExecutor(32, "sigma dashboard command")
"""Threads of their own: a run that does not answer must not keep those that read waiting."""

Update = Callable[[], Awaitable[None] | None]


@define(eq=False)
class View:
    """A page of one person on one run, as a panel sees it."""

    recording: Recording
    say: Language
    preferences: Preferences
    networks: Networks
    """What networks of runs say, and what is installed."""
    _updates: list[Update] = field(factory=list, init=False)
    _notify: Callable[[str, str], None] = lambda text, kind: None  # noqa: ARG005
    _remember: Callable[[], None] = lambda: None

    def on_change(self, update: Update) -> None:
        """Have something called whenever the run has changed while the panel can be seen, and once at its start."""
        self._updates.append(update)

    def take(self) -> list[Update]:
        """What was given to `on_change` since the last call; for the page."""
        taken, self._updates = self._updates, []
        return taken

    async def send(self, command: str, **values: Any) -> Any:
        """Send a command to the run and give its result; raises the SigmaError for which it was refused.

        It waits in a thread of its own, so the page goes on meanwhile.
        """
        answer = await self.quietly({"command": command, **values})
        return answer["result"]

    async def attempt(self, command: str, **values: Any) -> bool:
        """Send a command; a refusal is told on the page. Whether it was applied."""
        try:
            await self.send(command, **values)
        except SigmaError as error:
            self.tell(str(error), "negative")
            return False
        return True

    async def quietly(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Send a command as it is; its whole answer."""
        work = partial(send_command, self.recording.directory, command)
        return await asyncio.get_running_loop().run_in_executor(_COMMANDS, work)

    async def save(self, name: str) -> bool:
        """Have the run write a checkpoint of this name, and tell where. Whether it was written."""
        path = self.recording.directory.absolute() / "checkpoints" / name
        is_saved = await self.attempt("save", path=str(path))
        if is_saved:
            self.tell(self.say("Saved as {path}", path=path), "positive")
        return is_saved

    def tell(self, text: str, kind: str = "info") -> None:
        """Tell something in a corner of the page; `kind` is "info", "positive", "warning" or "negative"."""
        self._notify(text, kind)

    def remember(self) -> None:
        """Have the browser keep the preferences as they are now."""
        self._remember()


class Panel(ABC):
    """A part of the page of a run, in one of its tabs. Made anew for each page; `build` draws it with NiceGUI.

    Whatever it raises is told in its place, and the rest of the page goes on.
    """

    title: ClassVar[str]
    """In English; other languages translate it."""
    tab: ClassVar[str] = "Overview"
    """The tab it stands in: Overview, Steer, Inside, Network, Data, Log, Recipe, or one of its own."""
    icon: ClassVar[str] = "widgets"
    """A name of Material Icons, for a tab of its own."""
    wide: ClassVar[bool] = False
    """Whether it takes the whole width of a page."""
    bare: ClassVar[bool] = False
    """Whether it stands without a card around it."""
    rank: ClassVar[int] = 100
    """Panels of lower rank come first, until somebody moves them."""

    def fits(self, run: Recording) -> bool:  # most fit every run
        """Whether it has something to show of this run; asked again whenever the run has changed."""
        return True

    @abstractmethod
    def build(self, view: View) -> None:
        """Draw it, into the card that is open, and say with `view.on_change` how it is kept up to date."""
