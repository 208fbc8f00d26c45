"""Patterns of identifiers, against a twin that tries everything."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import IdentifierError, UnknownIdentifierError
from sigma_core.registry import Resolver, matches, most_specific, resolve, snake_case, specificity

WORDS = ["a", "b", "ab", "ba", "a_1"]
SEGMENTS = [*WORDS, "*", "**", "a*", "*a", "*_*", "<t>", "<u>"]
identifiers = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(".".join)
patterns = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=5).map(".".join)


def twin(pattern, words, tags, before=()):
    """Whether a list of segments stands for a list of words, by trying every way."""
    if not pattern:
        return not words
    head, *rest = pattern
    if head == "**":
        return any(twin(rest, words[n:], tags, (*before, *words[:n])) for n in range(len(words) + 1))
    if not words:
        return False
    here = (*before, words[0])
    if head.startswith("<"):
        fits = head[1:-1] in tags.get(".".join(here), ())
    else:
        fits = re.fullmatch("".join(".*" if letter == "*" else letter for letter in head), words[0]) is not None
    return fits and twin(rest, words[1:], tags, here)


@given(patterns, identifiers, st.data())
def test_patterns_mean_what_the_twin_says(pattern, identifier, data):
    """For all mixtures of words, wildcards and tags."""
    words = identifier.split(".")
    places = [".".join(words[:count]) for count in range(1, len(words) + 1)]
    tags = data.draw(st.dictionaries(st.sampled_from(places), st.frozensets(st.sampled_from("tu"))))
    assert matches(pattern, identifier, tags) == twin(pattern.split("."), words, tags)


@pytest.mark.parametrize(
    ("pattern", "identifier", "expected"),
    [
        ("network.layers.dense_1.weights", "network.layers.dense_1.weights", True),
        ("network.layers.dense_1", "network.layers.dense_1.weights", False),
        ("network.layers.*.weights", "network.layers.dense_1.weights", True),
        ("network.*.weights", "network.layers.dense_1.weights", False),
        ("network.layers.dense_*.weights", "network.layers.dense_1.weights", True),
        ("network.layers.*_1.weights", "network.layers.dense_1.weights", True),
        ("network.layers.d*_*.weights", "network.layers.dense_.weights", True),
        ("**.weights", "network.layers.dense_1.weights", True),
        ("**.weights", "weights", True),
        ("network.**", "network", True),
        ("**", "network.layers", True),
        ("a.**.b.**.c", "a.b.c", True),
        ("a.**.b.**.c", "a.x.b.y.z.c", True),
        ("a.**.b.**.c", "a.x.y.c", False),
        ("dense-1", "dense_1", False),
    ],
)
def test_wildcards_stand_for_segments(pattern, identifier, expected):
    """A pattern means whole identifiers."""
    assert matches(pattern, identifier) is expected


def test_a_tag_is_of_whatever_stands_at_its_place():
    """Of a layer, of a parameter."""
    tags = {"network.layers.lstm_1": ["recurrent"], "network.layers.lstm_1.bias": {"bias"}}
    for pattern in ("network.layers.<recurrent>.bias", "network.**.<bias>", "**.<recurrent>.<bias>"):
        assert matches(pattern, "network.layers.lstm_1.bias", tags)
    assert not matches("network.layers.<recurrent>.bias", "network.layers.dense_1.bias", tags)
    assert not matches("network.layers.<bias>.bias", "network.layers.lstm_1.bias", tags)


def test_tags_of_an_identifier_as_a_whole_are_carried_at_any_of_its_places():
    """A caller that knows no more than the tags of one parameter can hand these over."""
    assert matches("network.<recurrent>.bias", "network.lstm_1.bias", {"recurrent"})
    assert matches("network.**.<bias>", "network.lstm_1.bias", ("bias",))
    assert not matches("network.<dense>.bias", "network.lstm_1.bias", {"recurrent"})


def test_the_more_specific_pattern_is_greater():
    """Literals first, then partial wildcards, tags, stars, and double stars last; longer wins."""
    ascending = [
        "**",
        "**.*",
        "*",
        "*.*",
        "<t>",
        "<t>.*",
        "a*",
        "ab*",
        "a*.**.*",
        "a*.*",
        "**.w",
        "w",
        "*.w",
        "<t>.w",
        "d*.w",
        "dense_*.w",
        "a.w",
        "a.b.w",
    ]
    assert sorted([*ascending[9:], *ascending[:9]], key=specificity) == ascending


def test_the_most_specific_of_the_fitting_patterns_is_chosen():
    """Among equals the later one; none if none fits."""
    patterns = ["**", "network.*.weights", "network.dense_*.weights", "other.dense_1.weights", "network.*.bias"]
    assert most_specific(patterns, "network.dense_1.weights") == "network.dense_*.weights"
    assert most_specific(["a.*.c", "a.b.*", "*.b.c"], "a.b.c") == "*.b.c"
    assert most_specific(["a", "b"], "c") is None
    assert most_specific(["*.*", "network.<t>"], "network.x", {"network.x": "t"}) == "network.<t>"


@given(st.lists(patterns), identifiers)
def test_what_is_chosen_fits_and_nothing_that_fits_is_more_specific(choices, identifier):
    """By the order of `specificity`."""
    fitting = [pattern for pattern in choices if matches(pattern, identifier)]
    chosen = most_specific(choices, identifier)
    assert (chosen in fitting) is bool(fitting)
    assert all(specificity(pattern) <= specificity(chosen) for pattern in fitting)


def test_a_resolver_finds_identifiers_in_their_order():
    """Whatever the pattern, and as often as it is asked."""
    resolver = Resolver(["b.w", "a.w", "a.v"], {"a": ["t"]})
    for _ in range(2):
        assert resolver.resolve("*.w") == ("b.w", "a.w")
        assert resolver.resolve("<t>.*") == ("a.w", "a.v")
        assert resolver.find("c.*") == ()
    assert resolver.most_specific(["*.w", "<t>.w"], "a.w") == "<t>.w"
    assert resolve("**", ["x", "y.z"]) == ["x", "y.z"]


def test_a_pattern_that_means_nothing_names_the_nearest():
    """All identifiers if there are few, or else their number."""
    with pytest.raises(UnknownIdentifierError) as caught:
        resolve("network.dense_1.weigths", ["network.dense_1.weights", "network.dense_1.bias"])
    assert str(caught.value) == (
        "pattern 'network.dense_1.weigths': there is nothing of that name\n"
        "  expected: network.dense_1.bias, network.dense_1.weights (nearest: network.dense_1.weights)"
    )
    many = [f"layers.dense_{number}.bias" for number in range(20)]
    with pytest.raises(UnknownIdentifierError) as caught:
        Resolver(many).resolve("layers.dense_7.bais")
    assert str(caught.value).endswith("\n  expected: one of 20 identifiers (nearest: layers.dense_7.bias)")
    with pytest.raises(UnknownIdentifierError) as caught:
        Resolver(many).resolve("zzz")
    assert str(caught.value).endswith("\n  expected: one of 20 identifiers")


ALLOWED = "words of letters, digits, '_' and '-', joined by dots; '*', '**', '<tag>' or a word with '*'"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", "segment 1 is empty"),
        ("a..b", "segment 2 is empty"),
        ("a.b.", "segment 3 is empty"),
        ("a.b**", "segment 2, 'b**', is malformed"),
        ("***", "segment 1, '***', is malformed"),
        ("<>", "segment 1, '<>', is malformed"),
        ("a.<t", "segment 2, '<t', is malformed"),
        ("<t>x", "segment 1, '<t>x', is malformed"),
        ("a b", "segment 1, 'a b', is malformed"),
        ("a.[x]", "segment 2, '[x]', is malformed"),
    ],
)
def test_a_malformed_pattern_is_refused(pattern, found):
    """With the number of the segment."""
    for use in (lambda: matches(pattern, "a"), lambda: specificity(pattern), lambda: Resolver(["a"]).find(pattern)):
        with pytest.raises(IdentifierError) as caught:
            use()
        assert str(caught.value) == f"pattern '{pattern}': {found}\n  expected: {ALLOWED}"


@pytest.mark.parametrize(("pattern", "kind"), [(3, "int"), (["a"], "list"), (None, "NoneType")])
def test_a_pattern_is_a_text(pattern, kind):
    """Also where what was given could not be remembered."""
    for use in (lambda: matches(pattern, "a"), lambda: specificity(pattern)):
        with pytest.raises(IdentifierError) as caught:
            use()
        assert str(caught.value) == f"pattern {pattern}: it is a {kind}\n  expected: one pattern, as a text"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SoftmaxCrossEntropy", "softmax_cross_entropy"),
        ("LSTMCell", "lstm_cell"),
        ("HalveOnPlateau2D", "halve_on_plateau2_d"),
    ],
)
def test_the_name_of_a_class_in_identifiers(name, expected):
    """Its words in small letters, joined by underscores; a row of capitals is one word."""
    assert snake_case(name) == expected
