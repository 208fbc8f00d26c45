"""A page of the web: its encoding, its elements, and what is to be read in them."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import Any

from sigma_core.extend import DataError
from sigma_data.extractors._encoding import decoded, is_encoding
from sigma_data.extractors._nesting import DEEPEST, elements, is_too_deep
from sigma_data.extractors._optional import optional

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_DECLARED = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
# Where a declaration has to stand, with room to spare.
_HEAD = 4096
# Names that mean more on the web than they say; a declaration that can be read is not in UTF-16.
_MEANT = {
    **dict.fromkeys(("ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin1", "latin-1"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("iso-8859-11", "tis-620"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be"), "utf-8"),
    "big5": "big5hkscs",
    "x-sjis": "cp932",
}

# Elements that stand in a line of text; all others are set apart from what is around them.
_INLINE = elements(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rb rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr"
)
_UNSEEN = elements("script style template")


def parsed(content: bytes, encoding: str | None, where: str) -> Any:
    """The root of a page's elements; raises `DataError` for what is no page."""
    if not content.strip():
        raise DataError(where, "it is empty", "a web page", "fetch it again, or leave it out")
    page = _text(content, encoding or _encoding(content, where), where)
    if is_too_deep(page):
        raise DataError(
            where, "its elements lie too deep in each other", f"at most {DEEPEST} deep", "leave this page out"
        )
    return _lexbor(where).LexborHTMLParser(page).root


def check_selector(selector: str, where: str) -> None:
    """Raise `DataError` for what is no selector of CSS, as far as the parser knows them."""
    lexbor = _lexbor(where)
    try:
        lexbor.LexborHTMLParser("<p>").root.css(selector)
    except lexbor.SelectolaxError as error:
        raise DataError(
            where,
            f"{selector!r} is no CSS selector that selectolax knows",
            "one such as div.quote, or h1 > a@href for an attribute",
            "mend the selector",
        ) from error


def found_by(selector: str, node: Any) -> list[Any]:
    """The elements within another that a selector finds, each once, without the other itself unless it is the page."""
    found = {one.mem_id: one for one in node.css(selector)}
    if node.tag != "html":
        found.pop(node.mem_id, None)
    return list(found.values())


def text_of(node: Any) -> str:
    """What stands in an element, as it is read: without scripts and styles, with a space where lines or blocks end."""
    return " ".join("".join(_pieces(node)).split())


def _pieces(node: Any) -> Iterator[str]:
    waiting = [*node.iter(include_text=True)][::-1]
    while waiting:
        one = waiting.pop()
        tag = " " if one is None else one.tag or "-"
        if tag == "-text":
            yield one.text_content
        elif tag == " ":
            yield tag
        elif not tag.startswith("-") and tag not in _UNSEEN:
            if tag not in _INLINE:
                yield " "
                waiting.append(None)
            waiting.extend([*one.iter(include_text=True)][::-1])


def _lexbor(where: str) -> Any:
    return optional("selectolax.lexbor", "selectolax", "html", where)


def _text(content: bytes, encoding: str, where: str) -> str:
    if b"\0" in content and not codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        raise DataError(
            where, "it is no web page, but binary", "HTML", 'leave it out, or set encoding = "utf-16" if it is in that'
        )
    return "".join(decoded(io.BytesIO(content), encoding, where)).removeprefix("\ufeff")


def _encoding(content: bytes, where: str) -> str:
    """Of its byte order mark, else what it declares, else UTF-8."""
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return name
    declared = _DECLARED.search(_COMMENT.sub(b"", content[:_HEAD]))
    if declared is None:
        return "utf-8"
    name = declared[1].decode("latin-1").lower()
    name = _MEANT.get(name, name)
    if not is_encoding(name):
        raise DataError(
            where,
            f"it declares the encoding {name!r}",
            "one that Python knows",
            'name its encoding, such as encoding = "utf-8"',
        )
    return name
