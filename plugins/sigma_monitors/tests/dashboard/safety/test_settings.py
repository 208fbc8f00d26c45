"""What a guard is made of: secrets, names, and the languages of its page."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard._attempts import Attempts
from sigma_monitors.dashboard._hosts import Host, hosts_of, is_loopback
from sigma_monitors.dashboard._login_page import POLICY, STYLE, language_of, login_page
from sigma_monitors.dashboard._safety import PASSWORD_VARIABLE, Safety, taken_password

from sigma_core.extend import SettingError


@pytest.mark.parametrize(
    ("settings", "found", "expected", "remedy"),
    [
        ({}, "there is neither a token nor a password", "one of them", "give a password"),
        ({"password": ""}, "the password has 0 characters", "at least 8", "give one that is hard to guess"),
        ({"password": "1234567"}, "the password has 7 characters", "at least 8", "give one that is hard to guess"),
        ({"token": "x" * 31}, "the token has 31 characters", "at least 32", "give one that is hard to guess"),
        ({"token": "x" * 32, "key": b"x" * 15}, "the key has 15 bytes", "at least 16", "use session_key()"),
    ],
)
def test_what_can_be_guessed_is_refused(settings, found, expected, remedy):
    told = f"safety of the dashboard: {found}\n  expected: {expected}\n  to do:    {remedy}"
    with pytest.raises(SettingError, match=f"^{re.escape(told)}$"):
        Safety(allowed_hosts=["localhost"], **settings)


def test_a_server_gets_a_token_of_its_own_unless_there_is_a_password():
    first, second = (Safety.at("127.0.0.1", key=b"k" * 32) for _ in range(2))
    assert first.token != second.token
    assert len(first.token) == 43
    assert first.allowed_hosts == {"localhost", "127.0.0.1", "[::1]"}
    other = Safety.at("0.0.0.0", names=["Sigma.example"], password="long enough", key=b"k" * 32)
    assert (other.token, other.password) == (None, "long enough")
    assert "sigma.example" in other.allowed_hosts


def test_no_secret_is_shown():
    """Where a guard is printed, such as in a report of an error."""
    shown = repr(Safety(allowed_hosts=[], token="t" * 32, password="p" * 20, key=b"k" * 32))
    assert not re.search("ttt|ppp|kkk", shown)


def test_a_password_is_taken_out_of_the_environment():
    environ = {PASSWORD_VARIABLE: "long enough", "HOME": "/"}
    assert taken_password(environ) == "long enough"
    assert environ == {"HOME": "/"}
    assert taken_password(environ) is None
    assert taken_password({PASSWORD_VARIABLE: ""}) is None


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_what_only_this_machine_reaches(host):
    assert is_loopback(host)
    assert hosts_of(host) >= {"localhost", "127.0.0.1", "[::1]"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "10.0.0.1", "sigma.example", "", "localhost.x"])
def test_what_others_reach(host):
    assert not is_loopback(host)


def named(text):
    return Host.of({"headers": [(b"host", text.encode("latin-1"))]})


@pytest.mark.parametrize(
    ("bound", "host", "is_own"),
    [
        ("0.0.0.0", "192.168.0.7:8050", True),
        ("0.0.0.0", "[fe80::1]:8050", True),
        ("::", "127.0.0.1", True),
        ("0.0.0.0", "localhost:1", True),
        ("0.0.0.0", "attacker.example", False),
        ("0.0.0.0", "192.168.0.7.attacker.example", False),
        ("192.168.0.7", "192.168.0.7:8050", True),
        ("192.168.0.7", "192.168.0.8:8050", False),
        ("192.168.0.7", "localhost", False),
        ("127.0.0.1", "192.168.0.7", False),
        ("127.0.0.2", "127.0.0.2", True),
        ("::1", "[0:0:0:0:0:0:0:1]", True),
        ("Sigma.Example", "sigma.example", True),
        ("Sigma.Example", "www.sigma.example", False),
    ],
)
def test_a_server_answers_to_its_names(bound, host, is_own):
    """One that listens everywhere, to any address too: an address cannot be made to lead elsewhere, as a name can."""
    assert named(host).is_one_of(hosts_of(bound)) == is_own


@pytest.mark.parametrize("text", ["", ":80", "a b", "a/b", "a:b", "a:123456", "[a", "a]", "ä", "a\n", "a:80\n", "u@a"])
def test_what_is_no_host(text):
    assert named(text) is None


@given(text=st.binary(max_size=40))
def test_any_bytes_can_be_a_host(text):
    """And only the three of this machine are its names."""
    host = Host.of({"headers": [(b"host", text)]})
    assert host is None or host.is_one_of(hosts_of("localhost")) == (host.name in ("localhost", "127.0.0.1", "[::1]"))


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("others", "own"),
    [
        (["10.0.0.1"], "10.0.0.1"),
        (["::ffff:10.0.0.1"], "10.0.0.1"),
        ([f"2001:db8:1:2::{number}" for number in range(10)], "2001:db8:1:2:ffff::1"),
        (["fe80::1%eth0"], "fe80::2%eth1"),
        ([""], ""),
    ],
)
def test_who_counts_as_one(others, own):
    """Of IPv6 anybody has as many addresses as they like."""
    attempts = Attempts(Clock())
    for number in range(10):
        assert attempts.wait(own) == 0
        attempts.failed(others[number % len(others)])
    assert attempts.wait(own) == 300
    assert attempts.wait("10.9.9.9") == attempts.wait("2001:db8:1:3::1") == 0


def test_all_together_are_limited():
    """Someone with many addresses is no better off, and the list of failures stays short."""
    clock = Clock()
    attempts = Attempts(clock)
    for number in range(100):
        assert attempts.wait(f"10.0.0.{number}") == 0
        attempts.failed(f"10.0.0.{number}")
        clock.now += 1
    assert attempts.wait("10.0.1.1") == 200
    clock.now += 200
    assert attempts.wait("10.0.1.1") == 0
    clock.now += 1000
    assert attempts.wait("10.0.1.1") == 0
    assert len(attempts._failures) == 0


def test_whoever_is_in_has_no_failures():
    attempts = Attempts(Clock())
    for _ in range(9):
        attempts.failed("10.0.0.1")
    attempts.failed("10.0.0.2")
    attempts.succeeded("10.0.0.1")
    assert [address for _, address in attempts._failures] == ["10.0.0.2"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("fr,de;q=0.5,en;q=0.4", "de"),
        ("fr", "en"),
        ("*", "en"),
        ("en;q=0,de;q=0.1", "de"),
        ("de;q=0", "en"),
        ("de;q=nan,de;q=inf,de;q=x,de;q=9", "en"),
        (",;,=,de", "de"),
        ("x" * 5000 + ",de", "en"),
    ],
)
def test_the_page_speaks_the_language_of_the_browser(accepted, language):
    assert language_of(accepted) == language


def test_the_page_has_its_words_in_german():
    page = login_page("de", "/", asks_password=True, was_wrong=True)
    assert '<html lang="de">' in page
    assert "Das Passwort ist nicht richtig." in page
    assert "Zu viele Fehlversuche. Bitte in 7 Sekunden" in login_page("de", "/", asks_password=False, seconds=7)


def test_nothing_breaks_out_of_the_page():
    page = login_page("en", '"><script>alert(1)</script>', asks_password=True)
    assert 'value="&quot;&gt;&lt;script&gt;' in page
    assert "<script" not in page


def test_the_page_runs_no_script_and_loads_nothing():
    """Its one style is known by its hash."""
    assert f"<style>{STYLE}</style>" in login_page("en", "/", asks_password=True)
    assert POLICY.startswith("default-src 'none';")
    assert "unsafe" not in POLICY
