"""Cookies that are forged, swapped, old or given back, and sessions that outlive a restart."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner
from sigma_monitors.dashboard._hosts import Host
from sigma_monitors.dashboard._safety import Safety

DAY = 24 * 3600


def scope(cookie, host=b"localhost:8050"):
    return {"type": "http", "headers": [(b"host", host), (b"cookie", cookie)]}


def test_a_session_outlives_a_restart(serve, guard):
    """The key and the folder are the same, the token is another."""
    cookie = serve().enter()
    again = serve(token="another token of enough characters")
    name, _, value = cookie.partition("=")
    assert again.ask(Cookie=f"sigma-dashboard-{again.port}={value}").status == 200
    # Under the name of another port it is that of another dashboard.
    assert again.ask(Cookie=f"{name}={value}").status == 401


@pytest.mark.parametrize(
    "settings",
    [
        {"key": b"another key of enough characters"},
        {"audience": "/home/ada/other-runs"},
        {"password": "a password of its own"},
        {"password": "another of its own"},
    ],
    ids=["key", "folder", "password", "password-2"],
)
def test_a_session_of_another_dashboard_is_worth_nothing(serve, settings):
    """Of another user, of another folder, of one with a password, or of one whose password was changed."""
    theirs = serve(**settings)
    ours = serve(**({"password": "a password of ours"} if "password" in settings else {}))
    for first, second in ((theirs, ours), (ours, theirs)):
        value = first.enter().partition("=")[2]
        assert second.ask(Cookie=f"sigma-dashboard-{second.port}={value}").status == 401


def test_a_session_ends_with_its_age(served, clock):
    cookie = served.enter()
    clock.now += 7 * DAY - 1
    assert served.ask(Cookie=cookie).status == 200
    clock.now += 1
    assert served.ask(Cookie=cookie).status == 401


def test_a_session_of_the_future_is_none(served, clock):
    cookie = served.enter()
    clock.now -= 3600
    assert served.ask(Cookie=cookie).status == 401


def test_a_session_ends_when_it_is_given_back(served):
    """For whoever kept the cookie too."""
    cookie = served.enter()
    answer = served.ask("POST", "/logout", Cookie=cookie, Origin=f"http://{served.host}")
    assert (answer.status, answer.headers["Location"]) == (303, "/login")
    assert answer.headers["Set-Cookie"].startswith(f"sigma-dashboard-{served.port}=; Path=/; Max-Age=0;")
    assert served.ask(Cookie=cookie).status == 401


def test_a_session_that_was_given_back_cannot_be_written_otherwise(served):
    """The last character of a signature has bits that nobody reads."""
    cookie = served.enter()
    served.ask("POST", "/logout", Cookie=cookie, Origin=f"http://{served.host}")
    alphabet = string.ascii_letters + string.digits + "-_="
    for last in alphabet:
        assert served.ask(Cookie=cookie[:-1] + last).status == 401
        assert served.ask(Cookie=cookie + last).status == 401


def test_another_page_cannot_end_a_session(served):
    cookie = served.enter()
    assert served.ask("POST", "/logout", Cookie=cookie, Origin="http://attacker.example").status == 403
    served.ask("GET", "/logout", Cookie=cookie)
    assert served.ask(Cookie=cookie).status == 200


def test_no_bit_of_a_cookie_can_be_changed(served):
    name, _, value = served.enter().partition("=")
    body, _, signature = value.rpartition(".")
    for index in range(len(body)):
        changed = body[:index] + ("a" if body[index] != "a" else "b") + body[index + 1 :]
        assert served.ask(Cookie=f"{name}={changed}.{signature}").status == 401
    forged = [body, f"{body}.", f".{signature}", f"{body}.{'A' * len(signature)}", "." * 200, "", "a", f"x{value}"]
    for each in forged:
        assert served.ask(Cookie=f"{name}={each}").status == 401


def test_a_cookie_of_another_signer_is_worth_nothing(served):
    """With the key itself, or one that is empty, but not derived as it is."""
    for key in (served.safety.key, b"", b"secret-key"):
        value = TimestampSigner(key or "x", salt="itsdangerous.Signer").sign("session").decode()
        assert served.ask(Cookie=f"sigma-dashboard-{served.port}={value}").status == 401


def test_cookies_of_other_servers_of_the_machine_are_not_in_the_way(served):
    """They are sent to all of its ports, and can take the same name."""
    name, _, value = served.enter().partition("=")
    tossed = "; ".join(f"{name}=tossed{number}" for number in range(7))
    assert served.ask(Cookie=f"other={'x' * 4000}; {tossed}; {name}={value}").status == 200
    assert served.ask(Cookie=f"{name}={'x' * 30000}; {name}={value}").status == 200
    # As many as were tried, and no more.
    assert served.ask(Cookie=f"{tossed}; {name}=tossed; {name}={value}").status == 401


@given(cookie=st.binary(max_size=300))
def test_any_bytes_can_be_a_cookie(cookie):
    """And open nothing."""
    sessions = Safety(allowed_hosts=["localhost"], password="long enough").sessions
    assert sessions.of(scope(b"sigma-dashboard-8050=" + cookie)) is None
    assert sessions.of(scope(cookie)) is None


def test_over_tls_a_cookie_is_of_this_host_alone(guard, clock):
    sessions = guard(is_secure=True).sessions
    said = sessions.begin(Host("sigma.example", ""))
    assert said.startswith("__Host-sigma-dashboard-plain=")
    assert said.endswith("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure")
    cookie = said.partition(";")[0].encode()
    assert sessions.of(scope(cookie, b"sigma.example")).end == clock.now + 7 * DAY
    assert sessions.of(scope(cookie.replace(b"__Host-", b""), b"sigma.example")) is None


def test_sessions_that_ended_are_not_remembered_for_ever(guard, clock):
    sessions = guard().sessions
    host = Host("localhost", "8050")
    for _ in range(3):
        cookie = sessions.begin(host).partition(";")[0].encode()
        session = sessions.of(scope(cookie))
        sessions.end(session, host)
        assert len(sessions._ended) == 1
        clock.now += 8 * DAY


def test_a_session_has_a_name_that_nobody_guesses(guard):
    """16 random bytes; no two are alike."""
    host = Host("localhost", "8050")
    names = {guard().sessions.begin(host).partition("=")[2].partition(".")[0] for _ in range(100)}
    assert len(names) == 100
    assert {len(base64.urlsafe_b64decode(name + "==")) for name in names} == {16}
