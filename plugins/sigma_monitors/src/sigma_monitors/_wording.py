"""How numbers, durations and notices read; plain ASCII, because a console's encoding may know no more."""

from typing import Any

from sigma_core.extend import LogRecorded, Progress, RunInfo

_SHOWN_LEVELS = ("warning", "error", "critical")
_WIDEST_TABLE = 20  # more columns are no easier to read


def number(value: float) -> str:
    """A score with four significant digits, trailing zeros kept so that columns hold still."""
    return f"{value:#.4g}".rstrip(".")


def table(array: list[Any]) -> str:
    """Nested lists of numbers in rows of aligned columns, such as a confusion matrix; what is large, by its shape."""
    shape, inner = [], array
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if len(shape) > 2 or not all(0 < size <= _WIDEST_TABLE for size in shape):
        return f"{' x '.join(map(str, shape))} numbers"
    cells = [[f"{value:.6g}" for value in row] for row in (array if len(shape) == 2 else [array])]
    width = max(len(cell) for row in cells for cell in row)
    return "\n".join("  ".join(cell.rjust(width) for cell in row) for row in cells)


def duration(seconds: float) -> str:
    """`4.2 s`, `1:05` (minutes), `2:00:05` (hours) or `3 d 2:00:05`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    if not hours:
        return f"{minute}:{second:02}"
    days, hour = divmod(hours, 24)
    clock = f"{hour}:{minute:02}:{second:02}"
    return f"{days} d {clock}" if days else clock


def pace(rate: float) -> str:
    """Iterations per second, or seconds per iteration when there are less than one."""
    return f"{rate:,.1f}/s" if rate >= 1 else f"{1 / rate:,.1f} s each"


def counted(done: int, total: int | None) -> str:
    """`3`, of a total that is known `3/12`."""
    return f"{done:,}" if total is None else f"{min(done, total):,}/{total:,}"


def inside_epoch(run: RunInfo, progress: Progress) -> int:
    """Iterations of the epoch that runs; of the run, where the length of an epoch is not known."""
    length = run.iterations_per_epoch
    return progress.iteration - (0 if length is None else length * max(0, progress.epoch - 1))


def amount(done: int, total: int | None, unit: str) -> str:
    """`3/12 records`; bytes in the unit that suits them, of 1000 each: `3.1/12.3 MB`."""
    if unit == "bytes":
        scale, unit = _scale(done if total is None else total)
        counts = [f"{count / scale:.{0 if scale == 1 else 1}f}" for count in (done, total) if count is not None]
    else:
        counts = [f"{count:,}" for count in (done, total) if count is not None]
    return f"{'/'.join(counts)} {unit}".rstrip()


def _scale(count: int) -> tuple[int, str]:
    for power, unit in enumerate(("bytes", "kB", "MB", "GB")):
        if count < 1000 ** (power + 1):
            return 1000**power, unit
    return 1000**4, "TB"


def notice(event: LogRecorded) -> str | None:
    """A warning or worse in one line, `warning: text field=value`; None for what only a log file wants."""
    if event.level not in _SHOWN_LEVELS:
        return None
    fields = "".join(f" {name}={value}" for name, value in event.fields.items())
    return f"{event.level}: {event.text}{fields}"


def printable(text: str, encoding: str) -> str:
    """A text with escapes for what an encoding lacks: a run or a score may have any name."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def headline(run: RunInfo) -> str:
    """What is about to run: its name, size, length and directory, as far as they are known."""
    parts = []
    if run.parameters:
        parts.append(_counted(run.parameters, "parameter"))
    if run.backend:
        parts.append(f"backend {run.backend}")
    if run.epochs is not None:
        parts.append(f"at most {_counted(run.epochs, 'epoch')}")
    if run.iterations_per_epoch is not None:
        parts.append(f"{_counted(run.iterations_per_epoch, 'iteration')} an epoch")
    if run.directory is not None:
        parts.append(f"in {run.directory}")
    return f"{run.name}: {', '.join(parts)}" if parts else run.name
