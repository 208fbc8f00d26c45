"""Steps of a check: each with a headline and a duration, all of them run, one verdict."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):  # noqa: N818  # the outcome of a step, told to people
    """A step found something wrong; the message says what."""


class Steps:
    """Runs steps one after the other, whatever becomes of them, and reports at the end."""

    def __init__(self) -> None:
        self._outcomes: list[tuple[str, float, str]] = []

    def run(self, name: str, action: Callable[[], None]) -> bool:
        """Run an action under a headline; it fails by raising `Failed`. Whether it passed."""
        _say(f"\n=== {name}")
        started = time.perf_counter()
        fault = ""
        try:
            action()
        except Failed as error:
            fault = str(error)
        seconds = time.perf_counter() - started
        self._outcomes.append((name, seconds, fault))
        _say(f"--- {name}: {'FAILED: ' + fault if fault else 'good'} ({seconds:.1f} s)")
        return not fault

    def close(self) -> int:
        """Print every step with its outcome; the exit code, 1 if any failed."""
        width = max((len(name) for name, _, _ in self._outcomes), default=0)
        _say("\n=== outcome")
        for name, seconds, fault in self._outcomes:
            _say(f"{name:<{width}}  {seconds:7.1f} s  {'FAILED: ' + fault.splitlines()[0] if fault else 'good'}")
        return int(any(fault for _, _, fault in self._outcomes))


def command(*words: str | Path, directory: Path = ROOT) -> None:
    """Run a command that prints for itself; raises `Failed` with its exit code if that is not 0."""
    code = subprocess.run([str(word) for word in words], cwd=directory, check=False).returncode
    if code:
        raise Failed(f"{Path(words[0]).name} ended with {code}")


def output(*words: str | Path, directory: Path = ROOT) -> str:
    """What a command prints; raises `Failed` with what it said if its exit code is not 0."""
    done = subprocess.run(
        [str(word) for word in words], cwd=directory, check=False, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise Failed(f"{' '.join(str(word) for word in words)} ended with {done.returncode}:\n{said}")
    return done.stdout


def _say(line: str) -> None:
    # Flushed, because the commands between write to the same place by themselves.
    print(line, flush=True)


def installed(program: str) -> Path:
    """A program of the environment that runs this; raises `Failed` where it is missing."""
    folder = Path(sys.executable).parent
    for name in (program, f"{program}.exe"):
        if (folder / name).is_file():
            return folder / name
    raise Failed(f"{program} is not installed beside {sys.executable}; run this with `uv run`")


def only(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The names asked for, or all that are known when none is."""
    return [name for name in known if name in names] if names else list(known)
