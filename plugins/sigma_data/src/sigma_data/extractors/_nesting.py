"""How deep elements lie in each other, before a page is parsed: the time of parsers grows with the square of that."""

import re
from collections import Counter

DEEPEST = 1000

# A comment, an element whose content is no markup, or a tag. What does not end goes on to the end of the page.
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>]).*?(?:</(?P=raw)|\Z)"
    r"|<(?P<end>/?)(?P<name>[a-z][^\s/>]*)(?P<rest>[^>]*)",
    re.IGNORECASE | re.DOTALL,
)


def elements(names: str) -> frozenset[str]:
    """A set of the names of elements."""
    return frozenset(names.split())


# Elements without content, and those that end where the next of their kind begins, wherever that is.
_SHALLOW = elements(
    "area base br col embed frame hr img input link meta param source track wbr "
    "a body caption colgroup head html nobr p tbody td tfoot th thead tr"
)
# Those that end there unless other elements than these lie between.
_ENDED_BY = {"li": elements("li"), "dd": elements("dd dt"), "dt": elements("dd dt"), "option": elements("option")}
_BETWEEN = elements("abbr address bdi bdo cite data del dfn div ins kbd label mark q samp span sub sup time var")
# They go on in the elements behind the one in which they began, until they are closed or a cell ends.
_FORMATTING = elements("b big code em font i s small strike strong tt u")
_CELLS = elements("caption td th")
# An end tag closes nothing beyond them.
_BARRIERS = elements("applet marquee object table template")
# What is in a cell ends with it, but for cells within these.
_TABLES = elements("table template")
_FOREIGN = elements("math svg")


def is_too_deep(page: str) -> bool:
    """Whether elements lie more than `DEEPEST` deep in each other, about as a parser will have them."""
    if page.count("<") <= DEEPEST:
        return False
    opened: list[str] = []
    formatting: Counter[str] = Counter()
    for tag in _MARKUP.finditer(page):
        name = (tag["name"] or "").lower()
        if name in _CELLS and "table" in opened:
            formatting.clear()
            _close_cell(opened)
        if not name or name in _SHALLOW:
            continue
        if name in _FORMATTING:
            formatting[name] = max(formatting[name] + (-1 if tag["end"] else 1), 0)
        elif tag["end"]:
            _close(opened, name)
        elif not (tag["rest"].endswith("/") and not _FOREIGN.isdisjoint(opened)):
            _close_alike(opened, name)
            opened.append(name)
        if len(opened) + formatting.total() > DEEPEST:
            return True
    return False


def _close(opened: list[str], name: str) -> None:
    for place in range(len(opened) - 1, -1, -1):
        if opened[place] == name:
            del opened[place:]
            return
        if opened[place] in _BARRIERS:
            return


def _close_alike(opened: list[str], name: str) -> None:
    alike = _ENDED_BY.get(name, frozenset())
    for place in range(len(opened) - 1, -1, -1) if alike else ():
        if opened[place] in alike:
            del opened[place:]
            return
        if name == "option" or opened[place] not in _BETWEEN:
            return


def _close_cell(opened: list[str]) -> None:
    while opened[-1] not in _TABLES:
        opened.pop()
