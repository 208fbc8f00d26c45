"""On which line of a TOML document each value stands.

`tomllib` keeps no positions. This walks a document that `tomllib` has accepted, so it need not check anything, and
notes where each key, element of an array and table begins.
"""

from collections.abc import Mapping

Place = tuple[str | int, ...]

_BLANK = " \t\r\n"
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def lines_of(text: str) -> dict[Place, int]:
    """The line, counted from 1, of every place such as `("network", 1, "size")`; `text` must be valid TOML."""
    walk = _Walk(text)
    walk.document()
    return walk.lines


def line_at(lines: Mapping[Place, int], place: Place) -> int | None:
    """The line of a place, or of the innermost place around it that stands in the document."""
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return None


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.lines: dict[Place, int] = {}
        # How many elements each array of tables, written [[so]], has had so far.
        self.elements: dict[Place, int] = {}

    def document(self) -> None:
        prefix: Place = ()
        self.skip()
        while self.position < len(self.text):
            if self.text.startswith("[[", self.position):
                prefix = self.header(2)
                count = self.elements.get(prefix, 0)
                self.elements[prefix] = count + 1
                prefix = (*prefix, count)
                self.lines[prefix] = self.line()
            elif self.text[self.position] == "[":
                prefix = self.header(1)
            else:
                self.pair(prefix)
            self.skip()

    def line(self) -> int:
        return self.text.count("\n", 0, self.position) + 1

    def skip(self) -> None:
        """Over white space, line ends and comments."""
        while self.position < len(self.text):
            if self.text[self.position] == "#":
                end = self.text.find("\n", self.position)
                self.position = len(self.text) if end < 0 else end
            elif self.text[self.position] in _BLANK:
                self.position += 1
            else:
                return

    def header(self, brackets: int) -> Place:
        self.position += brackets
        keys = self.key()
        self.position += brackets
        # A name under an array of tables means its newest element.
        place: Place = ()
        for number, key in enumerate(keys):
            place = (*place, key)
            # Tables that only a deeper header names begin there, too.
            self.lines.setdefault(place, self.line())
            if place in self.elements and number < len(keys) - 1:
                place = (*place, self.elements[place] - 1)
        return place

    def pair(self, prefix: Place) -> None:
        start = self.line()
        place = prefix
        for key in self.key():
            place = (*place, key)
            self.lines.setdefault(place, start)
        self.position += 1  # the sign of equality
        self.skip()
        self.value(place)

    def key(self) -> list[str]:
        """A dotted key, up to what follows it."""
        parts = []
        while True:
            self.skip()
            if self.text[self.position] in "\"'":
                parts.append(self.string())
            else:
                start = self.position
                while self.text[self.position].isalnum() or self.text[self.position] in "_-":
                    self.position += 1
                parts.append(self.text[start : self.position])
            self.skip()
            if self.text[self.position] != ".":
                return parts
            self.position += 1

    def value(self, place: Place) -> None:
        first = self.text[self.position]
        if first in "\"'":
            self.string()
        elif first == "[":
            self.array(place)
        elif first == "{":
            self.inline_table(place)
        else:
            while self.position < len(self.text) and self.text[self.position] not in ",]}\n#":
                self.position += 1

    def array(self, place: Place) -> None:
        self.position += 1
        index = 0
        self.skip()
        while self.text[self.position] != "]":
            self.lines[(*place, index)] = self.line()
            self.value((*place, index))
            index += 1
            self.separator()
        self.position += 1

    def inline_table(self, place: Place) -> None:
        self.position += 1
        self.skip()
        while self.text[self.position] != "}":
            self.pair(place)
            self.separator()
        self.position += 1

    def separator(self) -> None:
        self.skip()
        if self.text[self.position] == ",":
            self.position += 1
            self.skip()

    def string(self) -> str:
        """Over a string of any of the four kinds; its text, which matters where it is a key."""
        quote = self.text[self.position]
        fence = quote * 3 if self.text.startswith(quote * 3, self.position) else quote
        self.position += len(fence)
        start = self.position
        while not self.text.startswith(fence, self.position):
            self.position += 2 if quote == '"' and self.text[self.position] == "\\" else 1
        body = self.text[start : self.position]
        self.position += len(fence)
        # A string of three quotes may end in up to two more of them.
        while len(fence) > 1 and self.text.startswith(quote, self.position):
            self.position += 1
        return body if quote == "'" else _unescaped(body)


def _unescaped(body: str) -> str:
    if "\\" not in body:
        return body
    text, position = "", 0
    while position < len(body):
        if body[position] != "\\":
            text, position = text + body[position], position + 1
            continue
        mark = body[position + 1]
        digits = {"u": 4, "U": 8, "x": 2}.get(mark, 0)
        text += chr(int(body[position + 2 : position + 2 + digits], 16)) if digits else _ESCAPES.get(mark, "")
        position += 2 + digits
    return text
