"""A contender as the parent sees it: a process that runs only while it has its turn."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).resolve().parent

REMOVED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Settings of some machines that halve OpenBLAS's speed."""


class ContenderError(Exception):
    """It is not installed, or does not work here."""


def environment(cores: int, cache: Path) -> dict[str, str]:
    """What every contender finds: as many threads as cores, no settings of the machine, an own compile cache."""
    kept = {name: value for name, value in os.environ.items() if name not in REMOVED}
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    return (
        kept
        | dict.fromkeys(threads, str(cores))
        | {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH")))),
            "JAX_PLATFORMS": "cpu",
            "SIGMA_CACHE": str(cache / "sigma"),
            "TORCHINDUCTOR_CACHE_DIR": str(cache / "inductor"),
        }
    )


class Child:
    """A process with one contender. Between its turns it is stopped, so that no thread of it can spin.

    Raises ContenderError, with the reason, where the contender cannot be built.
    """

    def __init__(self, case: str, name: str, surroundings: dict[str, str]) -> None:
        self.name = name
        # A file and not a pipe, which would be full some time.
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  # open as long as the process
        self.process = subprocess.Popen(  # noqa: S603  # this very interpreter
            [sys.executable, "-m", "steps.child", case, name],
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            encoding="utf-8",
        )
        try:
            built = self._read()
        except ContenderError:
            self.close()
            raise
        self.compile_seconds: float = built["compile_seconds"]
        self.versions: dict[str, str] = built["versions"]
        self._stop()

    def ask(self, do: str, **request: Any) -> Any:
        """Continue, have it do something, and stop it again; gives what it answers."""
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self.process.stdin.flush()
        answer = self._read()
        self._stop()
        (found,) = answer.values()
        return found

    def close(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.communicate()
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _stop(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        # Comes back when all of its threads stand still.
        os.waitpid(self.process.pid, os.WUNTRACED)

    def _read(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            self._said.seek(0)
            raise ContenderError(f"its process ended: {self._said.read().strip()[-300:]}")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise ContenderError(answer["failed"])
        return answer
