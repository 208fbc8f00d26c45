"""Websockets over a real socket."""

import pytest
from sigma_monitors.dashboard._hosts import Host
from websockets.exceptions import ConnectionClosedError, InvalidStatus


def test_a_socket_opens_with_a_session(served):
    with served.socket(served.enter()) as socket:
        socket.send("hello")
        assert socket.recv(timeout=20) == "echo hello"


def refused(served, **request):
    with pytest.raises(InvalidStatus) as caught, served.socket(**request):
        pass
    assert served.app.sockets == []
    return caught.value.response.status_code


def test_a_socket_without_a_session_is_refused(served):
    assert refused(served) == 403
    assert refused(served, cookie=f"sigma-dashboard-{served.port}=a.b.c") == 403
    assert refused(served, path=f"/?token={served.safety.token}") == 403


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://attacker.example", "http://127.0.0.1:1", "https://{host}", "http://{host}.attacker.example"],
)
def test_a_socket_of_another_page_is_refused(served, origin):
    """Browsers send cookies with it, and let any page open it: only the origin tells."""
    named = origin and origin.format(host=served.host)
    assert refused(served, cookie=served.enter(), origin=named) == 403


@pytest.mark.parametrize("host", ["attacker.example", "0.0.0.0"])
def test_a_socket_of_a_rebound_name_is_refused(served, host):
    assert refused(served, cookie=served.enter(), host=f"{host}:{served.port}") == 403


def test_a_socket_closes_when_its_session_ends(served, clock):
    """With the next message, and sockets of NiceGUI say something every few seconds."""
    with served.socket(served.enter()) as socket:
        socket.send("hello")
        assert socket.recv(timeout=20) == "echo hello"
        clock.now += 8 * 24 * 3600
        socket.send("still there")
        with pytest.raises(ConnectionClosedError, match="1008"):
            socket.recv(timeout=20)


def test_a_socket_closes_when_its_session_is_given_back(served):
    cookie = served.enter()
    with served.socket(cookie) as socket:
        socket.send("hello")
        assert socket.recv(timeout=20) == "echo hello"
        served.ask("POST", "/logout", Cookie=cookie, Origin=f"http://{served.host}")
        socket.send("still there")
        with pytest.raises(ConnectionClosedError, match="1008"):
            socket.recv(timeout=20)


def test_nothing_is_sent_after_the_end_of_a_session(served):
    """Also of what was asked before."""
    cookie = served.enter()
    with served.socket(cookie) as socket:
        socket.send("hello")
        assert socket.recv(timeout=20) == "echo hello"
        session = served.safety.sessions.of(served.app.sockets[0])
        socket.send("later")
        served.safety.sessions.end(session, Host("127.0.0.1", str(served.port)))
        with pytest.raises(ConnectionClosedError, match="1008"):
            socket.recv(timeout=20)
