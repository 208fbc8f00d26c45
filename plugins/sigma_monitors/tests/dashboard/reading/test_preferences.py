"""What somebody has chosen, as their browser gives it back: a cookie that may hold anything."""

import json
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard._language import NAMES
from sigma_monitors.dashboard._preferences import COOKIE, THEMES, Preferences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
FIELDS = st.sampled_from(["language", "theme", "hidden", "order", "charts"])


def are_texts(value):
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def check(found):
    assert found.language in NAMES
    assert found.theme in THEMES
    assert are_texts(found.hidden)
    assert are_texts(found.order)
    assert all(isinstance(name, str) and are_texts(shown) for name, shown in found.charts.items())
    # It can be kept, and its text cannot leave the string it stands in.
    script = found.script()
    assert script.startswith(f'document.cookie = "{COOKIE}=')
    assert script.count('"') == 2
    assert len(script) < 3700
    assert found.ordered(["b", "a"]) in (["b", "a"], ["a", "b"])


@given(st.text(), st.text())
def test_a_cookie_of_any_text_is_that_of_a_newcomer(cookie, accepted):
    check(Preferences.read({COOKIE: cookie}, accepted))


@given(st.dictionaries(FIELDS, JSON) | JSON)
def test_a_cookie_of_any_json_is_read_as_far_as_it_makes_sense(said):
    check(Preferences.read({COOKIE: quote(json.dumps(said))}))


@pytest.mark.parametrize("cookie", ["[" * 100_000, '{"a":' * 100_000, "9" * 100_000, "%ff%00", '"\\ud800"'])
def test_a_cookie_made_to_break_the_reader_does_not(cookie):
    check(Preferences.read({COOKIE: cookie}))


@given(
    st.builds(
        Preferences,
        language=st.sampled_from(sorted(NAMES)),
        theme=st.sampled_from(THEMES),
        hidden=st.lists(st.text(max_size=8), max_size=5),
        order=st.lists(st.text(max_size=8), max_size=5),
        charts=st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=3), max_size=3),
    )
)
def test_what_is_kept_is_read_again(preferences):
    kept = preferences.script().partition("=")[2].partition("=")[2].partition(";")[0]
    assert Preferences.read({COOKIE: kept}, "de") == preferences


def test_of_more_than_a_cookie_holds_what_is_dearest_is_kept():
    names = [f"training.measure_{number}" for number in range(300)]
    many = Preferences("de", "dark", hidden=["log"], order=["scores"], charts={"Loss": names})
    kept = many.script().partition(f"{COOKIE}=")[2].partition(";")[0]
    assert Preferences.read({COOKIE: kept}) == Preferences("de", "dark", hidden=["log"], order=["scores"])
    more = Preferences("de", "dark", hidden=names)
    kept = more.script().partition(f"{COOKIE}=")[2].partition(";")[0]
    assert json.loads(unquote(kept)) == {"language": "de", "theme": "dark"}


def test_an_order_puts_first_what_it_names_and_leaves_the_rest():
    assert Preferences(order=["c", "gone", "a"]).ordered(["a", "b", "c", "d"]) == ["c", "a", "b", "d"]
