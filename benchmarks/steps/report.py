"""Rows, tables and the machine."""

import os
import platform
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from steps.contenders import PEERS
from steps.measuring import CaseResult

Row = dict[str, Any]

COLUMNS: Sequence[tuple[str, str]] = (
    ("case", "case"),
    ("contender", "contender"),
    ("step us", "step"),
    ("quartiles", "quartiles"),
    ("x PyTorch", "pytorch"),
    ("x JAX", "jax"),
    ("x best peer", "best"),
    ("x products", "products"),
    ("peak MB", "memory"),
    ("compile s", "compile"),
    ("cached s", "cached"),
)
"""Heading and cell."""


def rows_of(case: str, result: CaseResult) -> list[Row]:
    """A row per contender.

    `ratio` is that to the best of the peers; `ratios` are those to each peer and to the products, as quartiles over
    the rounds: first, median, third.
    """
    medians = {name: statistics.median(found.seconds) for name, found in result.measured.items()}
    best = min((name for name in PEERS if name in medians), key=medians.__getitem__, default=None)
    rows = []
    for name, found in result.measured.items():
        ratios = {
            base: quartiles(
                [own / other for own, other in zip(found.seconds, result.measured[base].seconds, strict=True)]
            )
            for base in (*PEERS, "products")
            if base in medians
        }
        rows.append(
            {
                "case": case,
                "contender": name,
                "median_seconds": medians[name],
                "quartiles_seconds": quartiles(found.seconds),
                "best_peer": best,
                "ratio": ratios[best][1] if best else None,
                "ratios": ratios,
                "peak_memory_bytes": found.memory,
                "compile_seconds": found.compile_seconds,
                "cached_compile_seconds": found.cached_compile_seconds,
            }
        )
    return rows


def quartiles(values: Sequence[float]) -> list[float]:
    """First quartile, median, third quartile."""
    return statistics.quantiles(values, method="inclusive") if len(values) > 1 else [values[0]] * 3


def table(rows: Sequence[Row], *, markdown: bool) -> str:
    """The rows in columns."""
    lines = [[heading for heading, _ in COLUMNS], *([_cells(row)[name] for _, name in COLUMNS] for row in rows)]
    if markdown:
        lines.insert(1, ["---"] * len(COLUMNS))
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number < 2 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> dict[str, str]:
    low, _, high = (f"{value * 1e6:,.0f}" for value in row["quartiles_seconds"])
    ratios = row["ratios"]
    cached = row["cached_compile_seconds"]
    return {
        "case": row["case"],
        "contender": row["contender"],
        "step": f"{row['median_seconds'] * 1e6:,.0f}",
        "quartiles": f"{low} - {high}",
        **{name: _ratio(ratios.get(name)) for name in ("pytorch", "jax", "products")},
        "best": _ratio(ratios.get(row["best_peer"])),
        "memory": f"{row['peak_memory_bytes'] / 1e6:,.0f}",
        "compile": f"{row['compile_seconds']:.2f}" if row["compile_seconds"] else "",
        "cached": "" if cached is None else f"{cached:.2f}",
    }


def _ratio(spread: Sequence[float] | None) -> str:
    """The median and how far the quartiles lie apart."""
    return f"{spread[1]:.2f} ({spread[0]:.2f} - {spread[2]:.2f})" if spread else ""


def machine(cores: int, versions: Mapping[str, str]) -> str:
    """Processor, cores and the versions of what did the work."""
    described = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*:\s*(.*)", described)
    parts = [
        f"{cores} of {os.cpu_count()} cores of {model[1] if model else platform.machine()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version}" for name, version in sorted(versions.items())),
    ]
    return f"{', '.join(parts)}; {cores} threads each"
