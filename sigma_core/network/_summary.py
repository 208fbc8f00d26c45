"""A network as a table, for people."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from sigma_core.network._layer import Cost, Layer
from sigma_core.network._placing import PlacedLayer

if TYPE_CHECKING:
    from sigma_core.network._network import Network

_TEXTS = ("layer", "kind", "fed by", "output", "parameters of")
_NUMBERS = ("parameters", "memory", "operations")
# What a narrow table does without, in this order.
_DISPENSABLE = ("memory", "operations", "kind", "fed by", "parameters of")
_GAP = "  "


def summary(network: "Network", width: int | None = None) -> str:
    """The table of `Network.summary`."""
    rows = [_headings(), *_rows(network), _row("total", network.layers)]
    columns = [
        title for title in (*_TEXTS, *_NUMBERS) if title != "parameters of" or any(row[title] for row in rows[1:])
    ]
    left_out: list[str] = []
    for title in _DISPENSABLE:
        if width is None or _total(_widths(columns, rows, width)) <= width:
            break
        if title in columns:
            columns.remove(title)
            left_out.append(title)
    fixed = sum(spec.size for spec in network.parameters.values() if not spec.trainable)
    taken = size_text(network.size * network.dtype.itemsize)
    parts = [
        _table(rows, _widths(columns, rows, width)),
        "",
        f"{network.size - fixed:,} parameters are trained, {fixed:,} are not; they take {taken} as {network.dtype}.",
    ]
    if {"memory", "operations"} & set(columns):
        parts.append("Memory and operations are those of a record, in a forward pass.")
    if left_out:
        parts.append(f"Left out for want of room: {', '.join(left_out)}.")
    return "\n".join(parts)


def shape_text(placed: PlacedLayer[Layer]) -> str:
    """What comes out, with the batch axis."""
    return "scalar" if isinstance(placed.layer, Cost) else batch_text(placed.shape)


def batch_text(shape: Sequence[int]) -> str:
    """The shape of a record, with the batch axis before it."""
    return str(("batch", *shape)).replace("'", "")


def size_text(count: int) -> str:
    """Bytes, in the largest unit of which there is one."""
    amount, unit = float(count), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.0f} {unit}" if unit == "B" else f"{amount:,.1f} {unit}"


# A cell is what may stand in lines of its own, where there is little room.
_Row = Mapping[str, tuple[str, ...]]


def _headings() -> _Row:
    return {title: (title,) for title in (*_TEXTS, *_NUMBERS)}


def _row(name: str, layers: Sequence[PlacedLayer[Layer]], **texts: str | tuple[str, ...]) -> _Row:
    """A layer, or several with what they take together."""
    cells: dict[str, str | tuple[str, ...]] = {
        **dict.fromkeys(_TEXTS, ()),
        "layer": name,
        "parameters": f"{sum(placed.size for placed in layers):,}",
        "memory": size_text(sum(placed.memory for placed in layers)),
        "operations": f"{sum(placed.operations for placed in layers):,}",
    }
    cells |= {title.replace("_", " "): text for title, text in texts.items()}
    return {title: (cell,) if isinstance(cell, str) else cell for title, cell in cells.items()}


def _rows(network: "Network") -> Iterator[_Row]:
    """Each block before its layers, which are indented."""
    blocks: dict[str, list[PlacedLayer[Layer]]] = {}
    for placed in network:
        for block in blocks_of(placed.name):
            blocks.setdefault(block, []).append(placed)
    for placed in network:
        around = blocks_of(placed.name)
        for block in around:
            if blocks[block][0] is placed:
                inside = {each.name for each in blocks[block]}
                fed = dict.fromkeys(name for each in blocks[block] for name in each.inputs if name not in inside)
                last = blocks[block][-1]
                yield _row(
                    _indented(block),
                    blocks[block],
                    kind="block",
                    fed_by=tuple(fed),
                    output=shape_text(last),
                )
        yield _row(
            _indented(placed.name),
            [placed],
            kind=type(placed.layer).__name__,
            fed_by=(*placed.inputs, *(f"section {name}" for name in placed.layer.sections)),
            output=shape_text(placed),
            parameters_of=(*((placed.shares,) if placed.shares else ()), *placed.borrows),
        )


def blocks_of(name: str) -> list[str]:
    """Names of the blocks in which a layer lies, the outermost first."""
    parts = name.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _indented(name: str) -> str:
    return "  " * name.count(".") + name.rpartition(".")[2]


def _widths(columns: Sequence[str], rows: Sequence[_Row], width: int | None) -> dict[str, int]:
    """The width of each column; those of names give way where all are too wide together."""
    widths = {title: max(len(", ".join(row[title])) for row in rows) for title in columns}
    for title in ("fed by", "parameters of"):
        if width is not None and title in widths:
            least = max(len(line) for row in rows for line in _folded(row[title], 0))
            widths[title] = max(least, widths[title] - max(0, _total(widths) - width))
    return widths


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _folded(parts: Sequence[str], width: int) -> list[str]:
    """Lines of names; each holds one at least."""
    *first, last = parts or ("",)
    lines: list[str] = []
    for part in (*(f"{name}," for name in first), last):
        if lines and len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _table(rows: Sequence[_Row], widths: Mapping[str, int]) -> str:
    lines = []
    for row in rows:
        for cells in zip_longest(*(_folded(row[title], width) for title, width in widths.items()), fillvalue=""):
            padded = (
                cell.ljust(width) if title in _TEXTS else cell.rjust(width)
                for cell, (title, width) in zip(cells, widths.items(), strict=True)
            )
            lines.append(_GAP.join(padded).rstrip())
    return "\n".join(lines)
