"""How much memory there is for data: what the system, or the container that the process is in, has left."""

import os
from contextlib import suppress
from pathlib import Path

# Where no way of asking works: enough for whatever is called small.
_UNKNOWN = 2 << 30
_CONTAINER = Path("/sys/fs/cgroup")


def free_memory() -> int:
    """Bytes that can be taken without anybody being short of them, as far as the system tells."""
    return min(_of_the_system(), _of_the_container())


def _of_the_system() -> int:
    with suppress(OSError, ValueError, StopIteration):
        # Linux counts what it would give back of its caches, too.
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))) << 10
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _UNKNOWN


def _of_the_container(folder: Path = _CONTAINER) -> int:
    """What a control group (version 2) leaves, files that it caches not counted; without a limit, no less than all."""
    with suppress(OSError, ValueError, StopIteration):
        limit = int((folder / "memory.max").read_text("ascii"))
        used = int((folder / "memory.current").read_text("ascii"))
        lines = (folder / "memory.stat").read_text("ascii").splitlines()
        cached = int(next(line.split()[1] for line in lines if line.startswith("inactive_file ")))
        return max(limit - used + cached, 0)
    return 1 << 62
