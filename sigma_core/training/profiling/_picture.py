"""A profile as SVG: one bar, as long as the run, and a legend."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.training.profiling._profile import Profile, ProfileRow

_LEFT, _WIDTH, _BAR, _LINE = 16.0, 720.0, 44.0, 18.0
# Of plugins, in the order of their times; tones that differ for those who see no red or no green, too.
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
_SHORTEST = 0.003
"""The share below which a piece is too short to be seen and told in the legend alone as part of the others."""
_STYLE = """\
<style>
.sigma-profile text { font: 12px Helvetica, Arial, sans-serif; fill: #222222 }
.sigma-profile .name { font-weight: bold }
.sigma-profile .number { text-anchor: end }
.sigma-profile rect.piece { stroke: #ffffff }
</style>"""


def as_svg(profile: "Profile") -> str:
    """Pieces as long as their share of the wall time, coloured by plugin; each says what it is when pointed at."""
    told = f"{profile.run}: where {profile.seconds:.3f} s and {profile.iterations} iterations went"
    parts = [f'<text class="name" x="{_LEFT:.0f}" y="26">{escape(told)}</text>', *_bar(profile, 40.0)]
    y = 40.0 + _BAR + 28.0
    for number, (plugin, seconds) in enumerate(profile.plugins.items()):
        parts += _legend(profile, "name", plugin, seconds, y)
        y += _LINE
        for row, tone in _toned(profile, plugin):
            if profile.share(row.seconds) >= _SHORTEST:
                parts.append(_swatch(number, tone, y))
                parts += _legend(profile, "row", _title(row), row.seconds, y)
                y += _LINE
        y += _LINE / 2
    size = f'width="{_WIDTH + 2 * _LEFT:.0f}" height="{y:.0f}" viewBox="0 0 {_WIDTH + 2 * _LEFT:.0f} {y:.0f}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sigma-profile" {size}>',
        f"<title>{escape(told)}</title>",
        _STYLE,
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    return "\n".join([*head, *parts, "</svg>\n"])


def _bar(profile: "Profile", top: float) -> Iterator[str]:
    left = _LEFT
    for number, plugin in enumerate(profile.plugins):
        for row, tone in _toned(profile, plugin):
            width = _WIDTH * profile.share(row.seconds)
            about = escape(f"{plugin}, {_title(row)}: {_numbers(profile, row.seconds)}")
            place = f'x="{left:.2f}" y="{top:.0f}" width="{width:.2f}" height="{_BAR:.0f}"'
            yield f'<rect class="piece" {place} {_fill(number, tone)}><title>{about}</title></rect>'
            left += width


def _toned(profile: "Profile", plugin: str) -> list[tuple["ProfileRow", float]]:
    """The rows of a plugin, each a little lighter than the one before it."""
    rows = [row for row in profile.rows if row.plugin == plugin]
    return [(row, max(0.25, 1.0 - 0.15 * number)) for number, row in enumerate(rows)]


def _legend(profile: "Profile", kind: str, title: str, seconds: float, y: float) -> Iterator[str]:
    indent = _LEFT if kind == "name" else _LEFT + 20
    yield f'<text class="{kind}" x="{indent:.0f}" y="{y:.0f}">{escape(title)}</text>'
    yield f'<text class="number" x="{_LEFT + _WIDTH:.0f}" y="{y:.0f}">{_numbers(profile, seconds)}</text>'


def _swatch(number: int, tone: float, y: float) -> str:
    return f'<rect x="{_LEFT:.0f}" y="{y - 10:.0f}" width="12" height="12" {_fill(number, tone)}/>'


def _fill(number: int, tone: float) -> str:
    return f'fill="{_COLOURS[number % len(_COLOURS)]}" fill-opacity="{tone:.2f}"'


def _title(row: "ProfileRow") -> str:
    return f"{row.name}, {row.event.removeprefix('sigma_')}" if row.event else row.name


def _numbers(profile: "Profile", seconds: float) -> str:
    return f"{1e3 * seconds:.2f} ms, {100 * profile.share(seconds):.1f} %"
