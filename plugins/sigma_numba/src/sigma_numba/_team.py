"""The team: one set of threads for the matrix library's products and for compiled kernels.

OpenBLAS keeps threads that spin while they wait, and whatever else wants their cores meanwhile loses them: parallel
loops beside it were seen 10 to 30 times slower than serial ones. So there are no other threads here: OpenBLAS is told,
by its own `openblas_set_threads_callback_function`, to hand its jobs to the team, and kernels are handed to the same
team. Where NumPy's library is not an OpenBLAS with threads, kernels run on the calling thread alone.
"""

import atexit
import ctypes
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from attrs import define, field, frozen

from sigma_numba._machine import machine

SPINS = 2_000
"""Looks that whoever waits takes before others may have the core: 50 microseconds or so."""
CEDES = 4_000
"""Looks that a worker takes before it sleeps: about a millisecond."""
MOST = 64
"""Threads that the program has words for."""
LINE = 64

_X86 = ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()")
_ARM = ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)")
_PAUSES = {"x86_64": _X86, "amd64": _X86, "aarch64": _ARM, "arm64": _ARM}


@frozen
class Library:
    """NumPy's OpenBLAS."""

    threads: int
    redirect: Callable[[Any], None]
    """Takes the address of a function to which all jobs are handed from then on; None for its own threads again."""


@define(eq=False)
class Team:
    """As many threads as the matrix library uses, the calling one among them; one team per process."""

    engine: Any = field(repr=False)
    library: Library | None = field(repr=False)
    size: int = 1
    threads: list[Thread] = field(factory=list, repr=False)
    launchers: dict[str, Any] = field(init=False, repr=False)
    """By kind of work, `range` or `each`: a function of the address of a description of the work."""

    @launchers.default
    def _launchers(self) -> dict[str, Any]:
        prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
        return {kind: prototype(self.engine.get_function_address(f"launch_{kind}")) for kind in ("range", "each")}

    def grow(self, size: int) -> None:
        """Start workers until there are so many threads; the matrix library hands its jobs to them from then on."""
        work = ctypes.CFUNCTYPE(None, ctypes.c_int64)(self.engine.get_function_address("work"))
        self._word("stopping").value = 0
        for worker in range(self.size, size):
            thread = Thread(target=work, args=(worker,), name=f"sigma-numba-{worker}", daemon=True)
            thread.start()
            self.threads.append(thread)
        self.size = max(size, self.size)
        self._word("size").value = self.size
        self._redirect(self.engine.get_function_address("share"))

    def stop(self) -> None:
        """Give the matrix library its own threads back and end the workers; kernels run on the calling thread then."""
        self._redirect(None)
        self._word("size").value = 1
        self._word("stopping").value = 1
        for thread in self.threads:
            thread.join()
        self.threads.clear()
        self.size = 1

    def forget(self) -> None:
        """Begin anew in a forked process, which has no threads but the one that forked."""
        self._redirect(None)
        for name in ("posted", "finished"):
            ctypes.memset(self.engine.get_global_value_address(name), 0, LINE * MOST)
        for name in ("turn", "lock", "stopping", "apart"):
            self._word(name).value = 0
        self._word("size").value = 1
        self.threads.clear()
        self.size = 1

    @contextmanager
    def apart(self) -> Iterator[None]:
        """In which each thread that calls a kernel runs all of it: where several do, nobody waits for another's."""
        word = self._word("apart")
        with _lock:
            word.value += 1
        try:
            yield
        finally:
            with _lock:
                word.value -= 1

    def _redirect(self, address: int | None) -> None:
        if self.library is not None:
            self.library.redirect(address)

    def _word(self, name: str) -> ctypes.c_int64:
        return ctypes.c_int64.from_address(self.engine.get_global_value_address(name))


_known: Team | None = None
_lock = Lock()


def team() -> Team:
    """The team of this process, of one thread where the matrix library's are not to be had."""
    global _known  # noqa: PLW0603  # threads and the matrix library belong to the process, not to a program
    with _lock:
        if _known is None:
            _known = Team(_engine(), find_library())
            atexit.register(_known.stop)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=_known.forget)
        # The library waits for jobs that nobody takes, so there is a thread for each that it may use.
        wanted = 1 if _known.library is None else min(_known.library.threads, MOST)
        if _known.size < wanted:
            _known.grow(wanted)
        return _known


def source() -> str:
    """The team's program in LLVM's language, for this processor."""
    declaration, pause = _PAUSES.get(platform.machine().lower(), ("", ""))
    words = {"declaration": declaration, "pause": pause, "spins": str(SPINS), "cedes": str(CEDES)}
    text = (files(__package__) / "team.ll").read_text("utf-8")
    for name, word in words.items():
        text = text.replace(f"{{{{{name}}}}}", word)
    return text


def find_library() -> Library | None:
    """NumPy's matrix library, if it is an OpenBLAS that can be told who does its jobs."""
    from threadpoolctl import ThreadpoolController

    known = [each for each in ThreadpoolController().lib_controllers if each.internal_api == "openblas"]
    site = Path(np.__file__).parent.parent
    for each in [each for each in known if "numpy" in str(Path(each.filepath).parent.name)] or [
        each for each in known if not Path(each.filepath).is_relative_to(site)
    ]:
        redirect = _redirection(each.dynlib)
        if each.info().get("threading_layer") == "pthreads" and redirect is not None:
            return Library(each.num_threads, redirect)
    return None


def _redirection(library: ctypes.CDLL) -> Callable[[Any], None] | None:
    for prefix in ("", "scipy_"):
        for suffix in ("", "64_", "_64"):
            function = getattr(library, f"{prefix}openblas_set_threads_callback_function{suffix}", None)
            if function is not None:
                function.argtypes, function.restype = [ctypes.c_void_p], None
                return function
    return None


def _engine() -> Any:
    target = machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(source()), target)
    engine.finalize_object()
    for name, function in _system().items():
        address = ctypes.cast(function, ctypes.c_void_p).value
        ctypes.c_void_p.from_address(engine.get_global_value_address(name)).value = address
    return engine


def _system() -> dict[str, Any]:
    """To sleep for so many microseconds - milliseconds on Windows - and to let another thread have the core."""
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        return {"sleep": kernel.Sleep, "yield": kernel.SwitchToThread}
    library = ctypes.CDLL(None)
    return {"sleep": library.usleep, "yield": library.sched_yield}
