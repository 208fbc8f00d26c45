"""The `sigma` command.

Exit codes: 0 done, 1 a failure, 2 a fault of the user's, 130 after Ctrl-C, 143 after SIGTERM.
"""

import errno
import io
import os
import sys
from collections.abc import Sequence
from json import JSONDecodeError
from tomllib import TOMLDecodeError

import click

from sigma_core.cli._commands import sigma
from sigma_core.cli._warnings import warnings_in_words
from sigma_core.errors import FaultsError, SigmaError

_TRACEBACK = "--traceback"
# What a system says of output that nobody reads any more; Windows has a number for it that may mean other things too.
_UNHEARD = (errno.EPIPE, errno.EINVAL) if os.name == "nt" else (errno.EPIPE,)
# Causes whose message says all; where the code of a plugin or a layer raised something else, the place helps.
_SAID_ALREADY = SigmaError | OSError | UnicodeDecodeError | TOMLDecodeError | JSONDecodeError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; errors are a message, or with --traceback a traceback too."""
    _settle(sys.stdout, sys.stderr)
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Wherever it stands, so that it can be put behind a command that has just failed.
    wants_traceback = _TRACEBACK in given
    with warnings_in_words():
        code = _exit_code([word for word in given if word != _TRACEBACK], wants_traceback=wants_traceback)
    sys.exit(code)


def _settle(*streams: object) -> None:
    """Give files and pipes UTF-8, as recipes are read; where a terminal lacks a character, show its escape.

    On Windows Python writes both in an old code page and fails at whatever that lacks.
    """
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            is_ours = not stream.isatty() and "PYTHONIOENCODING" not in os.environ
            stream.reconfigure(encoding="utf-8" if is_ours else None, errors="backslashreplace")


def _exit_code(arguments: list[str], *, wants_traceback: bool) -> int:
    try:
        result = sigma.main(arguments, prog_name="sigma", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except Exception as error:  # noqa: BLE001  # never a bare traceback
        if isinstance(error, OSError) and error.errno in _UNHEARD:
            # Whoever read our output has heard enough.
            sys.stderr.close()
            return 1
        _show(error, wants_traceback=wants_traceback)
        return _code_of(error)
    return result if isinstance(result, int) else 0


def _code_of(error: Exception) -> int:
    """A report of faults is the user's where any of them is; that a plugin fails is not."""
    if isinstance(error, FaultsError) and error.faults:
        return max(_code_of(fault) for fault in error.faults)
    return error.exit_code if isinstance(error, SigmaError) else 1


def _show(error: Exception, *, wants_traceback: bool) -> None:
    if wants_traceback:
        import traceback

        traceback.print_exception(error)
        return
    if isinstance(error, SigmaError):
        click.echo(f"error: {error}", err=True)
    else:
        click.echo(f"error: {type(error).__name__}: {error}", err=True)
        click.echo("  to do:    this should not happen; run again with --traceback and report it", err=True)
    for note in getattr(error, "__notes__", ()):
        click.echo(f"  {note}", err=True)
    if isinstance(error, SigmaError) and not isinstance(error.__cause__, _SAID_ALREADY | None):
        click.echo("  (--traceback shows where)", err=True)
