"""Where a panel stands on a page: it may be anybody's, so whatever it does, the page goes on without it."""

import asyncio
import inspect
import time

from attrs import define, field
from nicegui import ui

from sigma_monitors.dashboard._language import Language
from sigma_monitors.dashboard._look import named
from sigma_monitors.dashboard._panel import Panel, Update, View
from sigma_monitors.dashboard._recording import Recording

PATIENCE = 10.0
"""Seconds that a panel may take at a time: meanwhile its page waits, and all others if it does not await."""


@define(eq=False)
class Place:
    """A panel and its card; it is built when it is first seen."""

    name: str
    kind: type[Panel]
    say: Language
    card: ui.element = field(init=False)
    _panel: Panel | None = field(default=None, init=False)
    _is_built: bool = field(default=False, init=False)
    _has_failed: bool = field(default=False, init=False)
    _updates: list[Update] = field(factory=list, init=False)

    def stand(self) -> None:
        """Take a place where the cursor is, unseen until it is asked for."""
        self.card = ui.element("section").classes("sigma-bare" if self.kind.bare else "sigma-card")
        if self.kind.wide:
            self.card.classes("sigma-wide")
        named(self.card, self.say(self.kind.title)).props["data-panel"] = self.name
        self.card.set_visibility(False)

    def fits(self, recording: Recording) -> bool:
        """Whether it is to be seen: a panel that has failed is, to say so."""
        if self._has_failed:
            return True
        try:
            if self._panel is None:
                self._panel = self.kind()
            return bool(self._panel.fits(recording))
        except Exception as error:  # noqa: BLE001  # a panel may be anybody's
            self._fail(f"{type(error).__name__}: {error}")
            return True

    async def update(self, view: View) -> None:
        """Build it, or bring it up to date."""
        if self._has_failed:
            return
        begin = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._drawn(view)
        except TimeoutError:
            self._fail(self.say("it takes too long"))
        except Exception as error:  # noqa: BLE001  # a panel may be anybody's
            self._fail(f"{type(error).__name__}: {error}")
        else:
            # What does not await cannot be ended, but it need not be called again.
            if time.monotonic() - begin > PATIENCE:
                self._fail(self.say("it takes too long"))
        finally:
            view.take()

    async def _drawn(self, view: View) -> None:
        assert self._panel is not None  # noqa: S101  # `fits` has made it
        if not self._is_built:
            self._is_built = True
            with self.card:
                self._panel.build(view)
            self._updates = view.take()
        for update in self._updates:
            with self.card:
                await called(update)

    def _fail(self, reason: str) -> None:
        self._has_failed, self._updates = True, []
        self.card.clear()
        # One that stands without a card needs one now.
        self.card.classes(remove="sigma-bare", add="sigma-card")
        with self.card:
            ui.label(self.say(self.kind.title)).classes("sigma-card-title")
            ui.label(self.say("This panel failed: {error}", error=reason)).classes("sigma-problem")


async def called(update: Update) -> None:
    """Call what may be a coroutine function."""
    found = update()
    if inspect.isawaitable(found):
        await found
