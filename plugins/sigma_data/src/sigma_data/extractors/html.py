"""Web pages: texts and attributes of the elements that CSS selectors find."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from attrs import Attribute, define, field, frozen
from attrs.validators import optional

from sigma_core.extend import DataError, Extractor, Sections, Source, component, fields
from sigma_data.extractors._encoding import check_encoding
from sigma_data.extractors._page import check_selector, found_by, parsed, text_of
from sigma_data.extractors._text_blocks import in_blocks
from sigma_data.sources import as_source

# The element itself.
_SCOPE = ":scope"
# `a[href]@href`: a selector, and an attribute of what it finds.
_FIELD = re.compile(r"(?P<selector>.*?)(?:@(?P<attribute>[\w:.-]+))?", re.DOTALL)
# Records of a block, where nobody says how many.
_NATURAL = 1 << 12


@frozen
class HTML(Extractor):
    """Texts of web pages, found by CSS selectors: `HTML("quotes/*.html", {"inputs": "p", "targets": "small"})`.

    Every section is an array of texts, (records,), in which whitespace is one space, and lines and blocks are set
    apart; scripts and styles are left out. Needs selectolax. Raises `DataError` with the page for one that is empty,
    binary, not in its encoding or nested too deep; with the record for a field that is missing or found more than
    once, and where there is no record at all.
    """

    source: Source = component("sources", converter=as_source, text=as_source)
    sections: Mapping[str, str] = field(hash=False)
    """A selector for each section; `a@href` is an attribute, `:scope` the record's element, `@href` its attribute."""
    each: str | None = field(default=None)
    """The elements that are a record each, in which the sections are looked for; without it, every page is one."""
    missing: Literal["error", "drop", "empty"] = fields.choice("error", "drop", "empty", default="error")
    """What becomes of a record in which a field is not found or blank: an error, it is left out, or an empty text."""
    several: Literal["error", "first", "join"] = fields.choice("error", "first", "join", default="error")
    """What becomes of a field that is found more than once: an error, the first one, or all, a space between them."""
    encoding: str | None = field(default=None, validator=optional(check_encoding))
    """Of all pages; without it, of their byte order mark or what they declare, else UTF-8."""

    @sections.validator
    def _check_sections(self, attribute: "Attribute[Any]", value: Any) -> None:
        is_table = isinstance(value, Mapping) and len(value) > 0
        if not is_table or not all(isinstance(text, str) and text.strip() for text in (*value, *value.values())):
            raise fields.refusal(self, attribute, value, 'selectors by section, such as { inputs = "p.quote" }')

    @each.validator
    def _check_each(self, attribute: "Attribute[Any]", value: Any) -> None:
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise fields.refusal(self, attribute, value, "a selector, such as div.quote")

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """An array of texts for each section, of shape (records,)."""
        wanted = self._wanted()
        counts = _Counts()
        found = self._records(wanted, environment, counts)
        for block in in_blocks(found, records or _NATURAL, lambda record: sum(map(len, record))):
            yield {one.section: np.array(column) for one, column in zip(wanted, zip(*block, strict=True), strict=True)}
        if not counts.kept:
            raise DataError(
                self.source.describe(),
                f"there are no records in it: {_number(counts.pages, 'page was', 'pages were')} read, "
                f"{_number(counts.dropped, 'element lacks', 'elements lack')} a section",
                "a record with a text for each section",
                "look at a page and mend the selectors",
            )
        log = getattr(environment, "log", None)
        if counts.dropped and log is not None:
            log.warning("records that lack a field left out", source=self.source.describe(), records=counts.dropped)

    def _wanted(self) -> list["_Field"]:
        if self.each is not None:
            check_selector(self.each, "extractor html, each")
        made = []
        for section, text in self.sections.items():
            match = _FIELD.fullmatch(text.strip())
            selector = match["selector"].strip() or _SCOPE
            if selector != _SCOPE:
                check_selector(selector, f"extractor html, section {section!r}")
            made.append(_Field(section, text, selector, match["attribute"]))
        return made

    def _records(self, wanted: list["_Field"], environment: Any, counts: "_Counts") -> Iterator[tuple[str, ...]]:
        for part in self.source.parts(environment):
            where = part.describe()
            with part.open(environment) as stream:
                root = parsed(stream.read(), self.encoding, where)
            counts.pages += 1
            for number, node in enumerate(self._nodes(root, where)):
                place = where if self.each is None else f"{where}, record {number}"
                record = tuple(self._text(one, node, place) for one in wanted)
                if self.missing == "drop" and not all(record):
                    counts.dropped += 1
                    continue
                counts.kept += 1
                yield record

    def _nodes(self, root: Any, where: str) -> list[Any]:
        """The elements of a page that are a record each."""
        found = [root] if self.each is None else found_by(self.each, root)
        if not found and self.missing == "error":
            raise DataError(
                where,
                f"{self.each!r} finds nothing",
                "an element for each record",
                'mend the selector, or leave such pages out with missing = "drop"',
            )
        return found

    def _text(self, one: "_Field", node: Any, where: str) -> str:
        """What a record has for a field; an empty text for nothing."""
        texts = [text for text in one.texts(node) if text]
        if not texts and self.missing == "error":
            raise DataError(
                where,
                f"there is no {one.section}: {one.written!r} finds nothing, or what is blank",
                "a text for each section",
                'mend the selector, or set missing = "drop" or "empty"',
            )
        if len(texts) > 1 and self.several == "error":
            raise DataError(
                where,
                f"{one.written!r} finds {len(texts)} texts for {one.section}",
                "one text for each section",
                'mend the selector, or set several = "first" or "join"',
            )
        return " ".join(texts if self.several == "join" else texts[:1])


@frozen
class _Field:
    """What a section is read from."""

    section: str
    written: str
    selector: str
    attribute: str | None

    def texts(self, node: Any) -> Iterator[str]:
        for found in [node] if self.selector == _SCOPE else found_by(self.selector, node):
            if self.attribute is None:
                yield text_of(found)
            else:
                yield (found.attributes.get(self.attribute.lower()) or "").strip()


@define
class _Counts:
    pages: int = 0
    kept: int = 0
    dropped: int = 0


def _number(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
