"""Logs: structlog entries are events."""

import subprocess
import sys

import structlog

from sigma_core.events import Bus, LogRecorded, make_logger


def recorded(use, **options):
    bus = Bus()
    subscription = bus.subscribe("logs", [LogRecorded])
    use(make_logger(bus, time=lambda: 5.0, **options))
    return subscription.drain()


def test_an_entry_is_an_event():
    """Level, text, fields, time and logger are data."""
    (event,) = recorded(lambda log: log.bind(run="digits-1").warning("plugin rejected", plugin="bad"))
    fields = {"run": "digits-1", "plugin": "bad"}
    assert event == LogRecorded(level="warning", text="plugin rejected", fields=fields, time=5.0, logger="sigma")


def test_levels_below_are_not_recorded():
    """The level is chosen when the logger is made."""

    def use(log):
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(log, level)(level)

    assert [event.text for event in recorded(use, level="error")] == ["error", "critical"]
    assert [event.level for event in recorded(use, level="debug", name="data")] == [
        "debug", "info", "warning", "error", "critical",
    ]  # fmt: skip


def test_exceptions_are_text():
    """An exception is told with its traceback, as text that can be stored."""

    def use(log):
        try:
            int("bad")
        except ValueError:
            log.exception("it failed")

    (event,) = recorded(use)
    assert event.level == "error"
    assert event.fields["exception"].splitlines()[-1] == "ValueError: invalid literal for int() with base 10: 'bad'"


def test_context_variables_are_merged():
    """What is bound to the context is in every entry."""
    with structlog.contextvars.bound_contextvars(trainer="first"):
        (event,) = recorded(lambda log: log.info("hello"))
    assert event.fields == {"trainer": "first"}


def test_nothing_is_printed_and_nothing_is_configured(capsys):
    """The logger is the environment's own; structlog's defaults stay untouched."""
    recorded(lambda log: log.info("hello"))
    assert capsys.readouterr() == ("", "")
    assert not structlog.is_configured()


def test_structlog_and_sqlite_are_imported_on_first_use():
    """Importing events and hooks stays light."""
    code = "import sys, sigma_core.events, sigma_core.hooks; print({'structlog', 'sqlite3'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
