"""Web pages, against the texts that they are made of."""

import sys
from contextlib import suppress
from html import escape

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_data import HTML, Memory

import sigma_core as sigma
from sigma_core.extend import DataError, LogRecorded, joined_sections

QUOTES = """
<!doctype html><title>Quotes</title><style>p { color: red }</style>
<div class="quote" id="first"><p>One<br>two <b>th</b>ree<script>four()</script></p>
  <small>Ann</small> <a href="/ann">about</a></div>
<div class="quote"><p>Five<ul><li>six<li>seven</ul><small>Bob</small> <a href="/bob">about</a></div>
"""


def read(*pages, sections="p", **settings):
    sections = {"inputs": sections} if isinstance(sections, str) else sections
    content = "".join(pages) if pages and isinstance(pages[0], str) else b"".join(pages)
    return HTML(Memory(content), sections, **settings).extract()


def texts(*pages, **settings):
    return read(*pages, **settings)["inputs"].tolist()


def test_sections_are_what_selectors_find_in_each_element():
    """Texts as they are read, and attributes, of what is in the element and of itself."""
    sections = {"inputs": "p", "targets": "small", "links": "a[href]@href", "ids": "@ID", "all": ":scope"}
    made = read(QUOTES, sections=sections, each="div.quote", missing="empty")
    assert {name: array.tolist() for name, array in made.items()} == {
        "inputs": ["One two three", "Five"],
        "targets": ["Ann", "Bob"],
        "links": ["/ann", "/bob"],
        "ids": ["first", ""],
        "all": ["One two three Ann about", "Five six seven Bob about"],
    }


def test_without_elements_a_page_is_a_record(tmp_path):
    """Pages come in the order of their names."""
    for number in range(3):
        (tmp_path / f"{number}.html").write_text(f"<title>Page {number}</title><p>text {number}")
    made = HTML(f"{tmp_path}/*.html", {"inputs": "body", "titles": "title"}).extract()
    assert made["inputs"].tolist() == ["text 0", "text 1", "text 2"]
    assert made["titles"].tolist() == ["Page 0", "Page 1", "Page 2"]


def test_an_element_is_not_inside_of_itself():
    """Though its parser finds it there; what a selector names may stand outside."""
    assert texts("<div><div>in</div></div>", sections="div", each="body > div") == ["in"]
    assert texts("<main><ul><li>a</ul></main>", sections="main li", each="ul") == ["a"]
    assert texts("<html lang=en><p>a", sections="html@lang") == ["en"]


def test_an_element_is_found_once():
    """By however many selectors of a list."""
    page = "<div><p class=a>a</p></div><div><p>b</p></div>"
    assert texts(page, sections="p, .a", each="div") == ["a", "b"]
    assert texts(page, sections=":scope", each="p, .a, div p") == ["a", "b"]


def test_scripts_are_read_where_they_are_asked_for():
    """As data for them is."""
    assert texts('<p>a<script>{"b": 1}</script>', sections="script") == ['{"b": 1}']
    assert texts("<p>a<!-- b --><template>c</template><svg><path /></svg>d") == ["a d"]


def test_fields_that_are_found_more_than_once():
    """The first of them, or all; blank ones are none."""
    page = "<p>one<p> <p>two"
    assert texts(page, several="first") == ["one"]
    assert texts(page, several="join") == ["one two"]
    assert texts("<p>one<p><br>") == ["one"]


def test_records_that_lack_a_field_may_be_left_out(environment):
    """And are counted; so may pages without records be."""
    log = environment.bus.subscribe("test", [LogRecorded])
    page = "<li><p>a</p><i>1</i></li><li><p>b</p></li><li><p></p><i>3</i></li>"
    made = HTML(Memory(page), {"inputs": "p", "targets": "i"}, each="li", missing="drop").extract(environment)
    assert {name: array.tolist() for name, array in made.items()} == {"inputs": ["a"], "targets": ["1"]}
    (entry,) = log.drain()
    assert (entry.level, entry.text, dict(entry.fields)) == (
        "warning",
        "records that lack a field left out",
        {"source": "memory", "records": 2},
    )
    assert read(page, sections={"inputs": "p", "targets": "i"}, each="li", missing="empty")["targets"].tolist() == [
        "1",
        "",
        "3",
    ]


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=9)


@given(st.lists(WORDS, min_size=1, max_size=9), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]), st.integers(1, 5))
def test_texts_come_back_whatever_is_in_them(words, encoding, records):
    """In encodings with a mark or declared, however many at a time."""
    declared = '<meta charset="utf-8">' if encoding == "utf-8" else ""
    page = declared + "".join(f"<p class='a b'>{escape(word)}" for word in words)
    blocks = list(HTML(Memory(page.encode(encoding)), {"inputs": ":scope"}, each="p.a").blocks(records=records))
    assert joined_sections(blocks)["inputs"].tolist() == [" ".join(word.split()) for word in words]
    assert max(len(block["inputs"]) for block in blocks) <= records


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("<p>“ä”".encode(), {}),
        ("<meta charset=iso-8859-1><p>“ä”".encode("cp1252"), {}),
        ("<!-- <meta charset=koi8-r> --><meta charset='Windows-1252'><p>“ä”".encode("cp1252"), {}),
        ('<meta http-equiv=x content="text/html; charset=ascii"><p>“ä”'.encode("cp1252"), {}),
        ("<meta charset=utf-16><p>“ä”".encode(), {}),
        ("<meta charset=utf-8><p>“ä”".encode("cp1252"), {"encoding": "cp1252"}),
        ("<p>“ä”".encode("utf-16-be"), {"encoding": "utf-16-be"}),
        ("\ufeff<p>“ä”".encode(), {"encoding": "utf-8"}),
    ],
)
def test_encodings_are_those_of_browsers(content, settings):
    """Given, marked or declared; old names mean what they mean on the web."""
    assert texts(content, **settings) == ["“ä”"]


@pytest.mark.parametrize(
    "page",
    [
        "<svg>" + "<path d='m' />" * 1_500 + "</svg>",
        "<p>a<li>b<br><img src=x>" * 500,
        "<div><span></div>" * 1_500,
        "<!-- " + "<div>" * 1_500 + " -->",
        "<script>" + "<div>" * 1_500 + "</script>",
        "<table>" + "<tr><td><font size=1>a<td>b" * 1_500 + "</table>",
        "<ul>" + "<li>a<div>b" * 1_500,
        "<dl>" + "<dt>a<span>b<dd>c" * 1_500,
        "<select>" + "<option>a" * 1_500 + "</select>",
        "<table>" + "<tr><td><div>a" * 1_500 + "</table>",
        "<div>" * 900 + "<b>a</b>" * 900 + "</div>" * 900,
    ],
)
def test_pages_with_many_elements_are_not_deep(page):
    """As long as they do not lie in each other."""
    assert texts(page + "<h1>end", sections="h1") == ["end"]


DEEP = {
    "elements": "<div>" * 200_000,
    "end tags of others": "<div></p></x>" * 5_000,
    "end tags that close nothing": "<div><table><tr><td></div></table>" * 5_000,
    "items that do not end each other": "<li><dd>" * 5_000,
    "options that do not": "<option><span>" * 5_000,
    "formatting that goes on": "".join(f"<div><b id={number}></div>" for number in range(5_000)),
}


@pytest.mark.parametrize("page", DEEP.values(), ids=DEEP)
def test_pages_that_are_deep_are_refused_before_they_are_parsed(page, refused):
    """A parser would take minutes."""
    assert refused(texts, page) == (
        "DataError",
        (
            "memory: its elements lie too deep in each other\n"
            "  expected: at most 1000 deep\n"
            "  to do:    leave this page out"
        ),
    )


FAULTS = {
    "empty": (
        lambda: texts(" \n"),
        "memory: it is empty\n  expected: a web page\n  to do:    fetch it again, or leave it out",
    ),
    "binary": (
        lambda: texts(b"\x89PNG\r\n\0\0\0"),
        (
            "memory: it is no web page, but binary\n"
            "  expected: HTML\n"
            '  to do:    leave it out, or set encoding = "utf-16" if it is in that'
        ),
    ),
    "another encoding": (
        lambda: texts("<p>a\n<p>ä".encode("latin-1")),
        (
            "memory, line 2: it is no utf-8: unexpected end of data\n"
            "  expected: text in utf-8\n"
            '  to do:    name its encoding, such as encoding = "latin-1"'
        ),
    ),
    "an encoding that does not know where it is": (
        lambda: texts(b"<p>", encoding="utf-16"),
        (
            "memory, line 1: it is no utf-16: UTF-16 stream does not start with BOM\n"
            "  expected: text in utf-16\n"
            '  to do:    name its encoding, such as encoding = "latin-1"'
        ),
    ),
    "an encoding that there is not": (
        lambda: texts("<meta charset=klingon><p>a"),
        (
            "memory: it declares the encoding 'klingon'\n"
            "  expected: one that Python knows\n"
            '  to do:    name its encoding, such as encoding = "utf-8"'
        ),
    ),
    "no selector": (
        lambda: texts("<p>a", sections="p..b"),
        (
            "extractor html, section 'inputs': 'p..b' is no CSS selector that selectolax knows\n"
            "  expected: one such as div.quote, or h1 > a@href for an attribute\n"
            "  to do:    mend the selector"
        ),
    ),
    "no selector of elements": (
        lambda: texts("<p>a", each=":scope"),
        (
            "extractor html, each: ':scope' is no CSS selector that selectolax knows\n"
            "  expected: one such as div.quote, or h1 > a@href for an attribute\n"
            "  to do:    mend the selector"
        ),
    ),
    "no element": (
        lambda: texts("<p>a", each="li"),
        (
            "memory: 'li' finds nothing\n"
            "  expected: an element for each record\n"
            '  to do:    mend the selector, or leave such pages out with missing = "drop"'
        ),
    ),
    "a field that is missing": (
        lambda: texts("<li><p>a</p></li><li>b</li>", each="li"),
        (
            "memory, record 1: there is no inputs: 'p' finds nothing, or what is blank\n"
            "  expected: a text for each section\n"
            '  to do:    mend the selector, or set missing = "drop" or "empty"'
        ),
    ),
    "an attribute that is missing": (
        lambda: texts("<a>b</a>", sections="a@href"),
        (
            "memory: there is no inputs: 'a@href' finds nothing, or what is blank\n"
            "  expected: a text for each section\n"
            '  to do:    mend the selector, or set missing = "drop" or "empty"'
        ),
    ),
    "a field that is found twice": (
        lambda: texts("<p>a<p>b"),
        (
            "memory: 'p' finds 2 texts for inputs\n"
            "  expected: one text for each section\n"
            '  to do:    mend the selector, or set several = "first" or "join"'
        ),
    ),
    "no record at all": (
        lambda: texts("<li></li><li><p></p></li>", each="li", missing="drop"),
        (
            "memory: there are no records in it: 1 page was read, 2 elements lack a section\n"
            "  expected: a record with a text for each section\n"
            "  to do:    look at a page and mend the selectors"
        ),
    ),
}


@pytest.mark.parametrize(("action", "message"), FAULTS.values(), ids=FAULTS)
def test_pages_that_do_not_do_are_refused(action, message, refused):
    """With the page, and the record."""
    assert refused(action) == ("DataError", message)


@given(st.binary(max_size=40), st.sampled_from(["", "<p>", "<meta charset=shift_jis><p>", "\ufeff"]))
def test_any_bytes_are_a_page_or_a_data_error(content, before):
    """Never another error."""
    with suppress(DataError):
        texts(before.encode() + content, missing="empty", several="join")


def test_a_missing_library_is_told_with_the_command(monkeypatch, refused):
    """That installs it."""
    monkeypatch.setitem(sys.modules, "selectolax.lexbor", None)
    assert refused(texts, "<p>a") == (
        "PluginUnavailableError",
        (
            "extractor html, section 'inputs': it takes selectolax to read it, which is not installed\n"
            "  expected: the optional dependency sigma-data[html]\n"
            "  to do:    pip install 'sigma-data[html]'"
        ),
    )


SELECTORS = 'selectors by section, such as { inputs = "p.quote" }'


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"sections": {}}, f"HTML.sections: {{}}\n  expected: {SELECTORS}"),
        ({"sections": {"inputs": " "}}, f"HTML.sections: {{'inputs': ' '}}\n  expected: {SELECTORS}"),
        ({"each": ""}, "HTML.each: ''\n  expected: a selector, such as div.quote"),
        ({"encoding": "utf-9"}, "HTML.encoding: 'utf-9'\n  expected: an encoding, such as utf-8, utf-16 or latin-1"),
        ({"encoding": "hex"}, "HTML.encoding: 'hex'\n  expected: an encoding, such as utf-8, utf-16 or latin-1"),
        ({"missing": "keep"}, "HTML.missing: 'keep'\n  expected: one of 'error', 'drop', 'empty'"),
        ({"several": "last"}, "HTML.several: 'last'\n  expected: one of 'error', 'first', 'join'"),
    ],
)
def test_settings_are_checked(settings, text, refused):
    """When the extractor is made."""
    assert refused(HTML, **{"source": "a.html", "sections": {"inputs": "p"}, **settings}) == ("SettingError", text)


def test_a_classifier_learns_from_pages_by_a_recipe(tmp_path, monkeypatch):
    """Who wrote a quote, by its words; what it learnt of the words serves predictions too."""
    random = np.random.default_rng(0)
    words = {"Ann": ["sea", "wind", "ship"], "Bob": ["bread", "oven", "salt"]}
    (tmp_path / "quotes").mkdir()
    for number in range(8):
        quotes = []
        for author in ("Ann", "Bob") * 4:
            text = " ".join(random.choice([*words[author], "the", "of"], random.integers(3, 9)))
            quotes.append(f"<div class=quote><p>{text} {words[author][0]}<br>.</p><small>{author}</small></div>")
        (tmp_path / "quotes" / f"{number}.html").write_text("<!doctype html><h1>Quotes</h1>" + "".join(quotes))
    monkeypatch.chdir(tmp_path)
    recipe = sigma.Recipe.parse(
        """
        seed = 1
        stop = "6 epochs"
        batch_size = 8
        optimiser = { use = "adam", learning_rate = 0.05 }
        network = [
          { use = "input", shape = [12], dtype = "integer" },
          { use = "embedding", vocabulary = 10, size = 8 },
          { use = "global_average_pooling", mask = "mask" },
          { use = "dense", size = 2 },
          { use = "softmax_cross_entropy" },
        ]
        [dataset]
        use = "extracted"
        split = [0.75, 0.25]
        [dataset.extractor]
        use = "html"
        source = "quotes/*.html"
        each = "div.quote"
        sections = { inputs = "p", targets = "small" }
        [dataset.preprocess]
        inputs = ["tokens"]
        "*" = [{ use = "vocabulary", sections = ["inputs"], unknown = true }, { use = "pad", length = 12 }]
        targets = ["categories"]
        """
    )
    trainer = sigma.Trainer.from_recipe(recipe)
    trainer.run()
    assert trainer.scores["validation.accuracy"] == 1
    predicted = trainer.predict({"inputs": np.array(["salt and bread", "a ship of the sea"])})
    assert predicted.argmax(axis=-1).tolist() == [1, 0]
