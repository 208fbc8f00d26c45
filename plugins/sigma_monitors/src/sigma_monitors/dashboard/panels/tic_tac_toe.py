"""Tic-tac-toe against a network that has learnt its moves."""

import asyncio
from typing import Any, ClassVar

import numpy as np
from nicegui import background_tasks, ui

from sigma_core.extend import SigmaError
from sigma_monitors.dashboard._asking import Classifier
from sigma_monitors.dashboard._look import headed, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._game import MARKS, Board, choose


class TicTacToe(Panel):
    """Play against the network, and see what it thinks of its moves."""

    title: ClassVar[str] = "Tic-tac-toe"
    tab: ClassVar[str] = "Try"
    icon: ClassVar[str] = "sports_esports"
    rank: ClassVar[int] = 10

    def fits(self, run: Recording) -> bool:
        network = Classifier.of(run.described)
        return network is not None and network.shape in ((27,), (3, 3, 3)) and len(network.classes) == 9

    def build(self, view: View) -> None:
        self._view = view
        network = Classifier.of(view.recording.described)
        assert network is not None  # noqa: S101  # it fits
        self._network = network
        self._board = Board()
        self._person = 0
        self._game = 0
        self._is_thinking = False
        self._thoughts: np.ndarray | None = None
        self._tally = [0, 0, 0]
        say = view.say
        with headed(say(self.title)):
            self._score = ui.label().classes("sigma-dim")
        with ui.element("div").classes("sigma-game"):
            with ui.element("div").classes("sigma-board").props("role=group"):
                self._cells = [_Cell(view, place, self._mark) for place in range(9)]
            with ui.element("div").classes("sigma-game-side"):
                self._told = ui.label().classes("sigma-game-told").props("aria-live=polite")
                self._note = ui.label().classes("sigma-dim sigma-game-note")
                ui.button(say("New game: you begin"), icon="person", on_click=lambda: self._begin(0)).props(
                    'outline dense align=left padding="4px 10px"'
                )
                ui.button(say("New game: the network begins"), icon="smart_toy", on_click=lambda: self._begin(1)).props(
                    'outline dense align=left padding="4px 10px"'
                )
                self._shows = ui.switch(say("Show what it thinks"), value=True, on_change=lambda _: self._show())
                self._shows.props("dense")
        self._begin(0)

    def _begin(self, person: int) -> None:
        self._board, self._person, self._thoughts = Board(), person, None
        self._game += 1
        self._is_thinking = False
        self._note.set_text("")
        self._go_on()

    def _mark(self, place: int) -> None:
        if self._is_thinking or self._board.is_over or self._board.turn != self._person:
            return
        if place in self._board.free:
            self._board = self._board.marked(place)
            self._go_on()

    def _go_on(self) -> None:
        board = self._board
        if board.is_over:
            self._tally[2 if board.winner is None else 0 if board.winner == self._person else 1] += 1
        elif board.turn != self._person:
            self._is_thinking = True
            background_tasks.create(self._think(self._game), name="tic-tac-toe")
        self._show()

    async def _think(self, game: int) -> None:
        """Let the network move; a run that goes on may take its time."""
        view, board = self._view, self._board
        record = board.record()
        try:
            shares = await asyncio.to_thread(view.networks.probabilities, view.recording, self._network, record)
        except SigmaError as error:
            if game == self._game:
                self._is_thinking = False
                self._told.set_text(str(error).splitlines()[0])
            return
        # Somebody may have begun another game meanwhile.
        if game != self._game:
            return
        choice = choose(shares.tolist(), board)
        self._thoughts = shares
        self._is_thinking = False
        self._board = board.marked(choice.place)
        if choice.forbidden is not None:
            text = view.say("It would have liked cell {cell} best, which is taken.", cell=choice.forbidden + 1)
        elif choice.wasted >= 0.005:
            text = view.say(
                "{share} of its thoughts were on cells that are taken.", share=_percent(choice.wasted, view)
            )
        else:
            text = ""
        self._note.set_text(text)
        self._go_on()

    def _show(self) -> None:
        say, board = self._view.say, self._board
        for place, cell in enumerate(self._cells):
            mark = board.cells[place]
            thought = None if self._thoughts is None or not self._shows.value else float(self._thoughts[place])
            is_free = mark is None and not board.is_over and board.turn == self._person and not self._is_thinking
            text = "" if mark is None else MARKS[mark]
            kind = "own" if mark == self._person else "other"
            if board.line is not None and place in board.line:
                kind = "won"
            name = say("cell {cell}: {mark}", cell=place + 1, mark=text or say("free"))
            named(cell.button, name)
            cell.show(text, kind, thought, is_free=is_free)
        if board.winner is not None:
            is_won = board.winner == self._person
            self._told.set_text(say("You have won.") if is_won else say("The network has won."))
        elif board.is_over:
            self._told.set_text(say("A draw."))
        else:
            self._told.set_text(say("It is your turn.") if board.turn == self._person else say("It thinks ..."))
        won, lost, drawn = self._tally
        text = say("won {won}, lost {lost}, drawn {drawn}", won=won, lost=lost, drawn=drawn)
        self._score.set_text(text)


class _Cell:
    """A cell of the board, and how likely a move there was to the network."""

    def __init__(self, view: View, place: int, mark: Any) -> None:
        self._view = view
        with ui.button(on_click=lambda: mark(place)).props("flat no-caps").classes("sigma-cell") as self.button:
            self._heat = ui.element("div").classes("sigma-cell-heat")
            self._mark = ui.label()
            self._share = ui.label().classes("sigma-cell-share")

    def show(self, mark: str, kind: str, thought: float | None, *, is_free: bool) -> None:
        """How it stands; `kind` is "own", "other" or "won"."""
        self._mark.set_text(mark)
        self._mark.classes(replace=f"sigma-cell-mark sigma-cell-{kind}")
        self._share.set_text("" if thought is None else _percent(thought, self._view))
        part = 0.0 if thought is None or not np.isfinite(thought) else min(1.0, max(0.0, thought))
        self._heat.style(f"opacity: {0.75 * part:.3f}")
        self.button.classes(replace="sigma-cell sigma-cell-line" if kind == "won" else "sigma-cell")
        self.button.set_enabled(is_free)


def _percent(share: float, view: View) -> str:
    return "?" if not np.isfinite(share) else f"{view.say.number(round(100 * share))} %"
