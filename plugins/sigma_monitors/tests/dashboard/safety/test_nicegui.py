"""The library of the pages behind the guard: its pages, scripts and sockets need a session, and work with one."""

import json
import os
import re
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from websockets.exceptions import InvalidStatus

# NiceGUI has one application for each process, and keeps what it is told for ever.
SERVER = """
import os, socket
import uvicorn
from fastapi import FastAPI
from nicegui import app, ui
from sigma_monitors.dashboard._safety import SERVER, Safety

@ui.page("/")
def page():
    ui.button("Stop", on_click=lambda: print("clicked", flush=True))

application = FastAPI()
ui.run_with(application, show_welcome_message=False, reconnect_timeout=5)
guarded = Safety(allowed_hosts=["127.0.0.1"], token=os.environ["TOKEN"]).wrap(application)
server = uvicorn.Server(uvicorn.Config(guarded, log_level="warning", **SERVER))
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen(16)
app.on_startup(lambda: print(listening.getsockname()[1], flush=True))
server.run(sockets=[listening])
"""
TOKEN = "t" * 43
SOCKET = "/_nicegui_ws/socket.io/"
QUERY = {"EIO": "4", "implicit_handshake": "true", "next_message_id": "0", "tab_id": "tab", "document_id": "document"}


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    """A server of one page with a button."""
    folder = tmp_path_factory.mktemp("server")
    script = folder / "server.py"
    script.write_text(SERVER)
    environ = os.environ | {"TOKEN": TOKEN, "NICEGUI_STORAGE_PATH": str(folder)}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, cwd=folder) as running:
        yield running
        running.terminate()


@pytest.fixture(scope="module")
def dashboard(process, speaking_to):
    return speaking_to(int(process.stdout.readline()), TOKEN)


@pytest.fixture
def cookie(dashboard):
    return dashboard.ask(path=f"/?token={TOKEN}").cookie


@pytest.fixture
def page(dashboard, cookie):
    return dashboard.ask(Cookie=cookie).body.decode()


def address(page, transport):
    """Where the page opens its socket."""
    client = re.search(r"'client_id': '([^']+)'", page)[1]
    return f"{SOCKET}?" + urlencode(QUERY | {"transport": transport, "client_id": client})


def test_what_a_page_is_made_of_needs_the_session_too(dashboard, cookie, page):
    parts = re.findall(r'(?:src|href)="(/_nicegui/[^"]+)"|url\("(/_nicegui/[^"]+)"\)', page)
    paths = {script or style for script, style in parts}
    assert len(paths) > 5
    for path in paths:
        assert dashboard.ask(path=path).status == 401
        answer = dashboard.ask(path=path, Cookie=cookie)
        assert answer.status == 200
        assert answer.headers["Cache-Control"].startswith("private, max-age=")


def test_a_socket_by_polling_works_with_the_cookie_and_is_refused_without(dashboard, cookie, page):
    path = address(page, "polling")
    assert dashboard.ask(path=path).status == 401
    assert dashboard.ask(path=path, Cookie=cookie, Origin="http://attacker.example").status == 403
    answer = dashboard.ask(path=path, Cookie=cookie)
    assert answer.status == 200
    session = json.loads(answer.body[1:])["sid"]
    path += f"&sid={session}"
    # Whoever knows the name of the socket has no session of the guard.
    assert dashboard.ask("POST", path, b"40", Origin=f"http://{dashboard.host}").status == 401
    assert dashboard.ask("POST", path, b"40", Cookie=cookie, Origin="http://attacker.example").status == 403
    assert dashboard.ask("POST", path, b"40", Cookie=cookie, Origin=f"http://{dashboard.host}").body == b"OK"
    answer = dashboard.ask(path=path, Cookie=cookie)
    assert answer.body.startswith(b"40{")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_websocket_works_with_the_cookie_and_is_refused_without(dashboard, cookie, page, process):
    path = address(page, "websocket")
    for request in ({}, {"cookie": "sigma-dashboard=a.b.c"}, {"cookie": cookie, "origin": "http://attacker.example"}):
        with pytest.raises(InvalidStatus, match="HTTP 403"), dashboard.socket(path=path, **request):
            pass
    with dashboard.socket(path=path, cookie=cookie) as socket:
        assert socket.recv(timeout=20).startswith("0{")
        socket.send("40")
        assert socket.recv(timeout=20).startswith("40{")
        client = re.search("client_id=([^&]+)", path)[1]
        button, listener = re.search(r'"(\d+)":\{"tag":"q-btn".*?"listener_id":"([^"]+)"', page).groups()
        event = {"client_id": client, "id": int(button), "listener_id": listener, "args": ["{}"]}
        socket.send(f"42{json.dumps(['event', event])}")
        assert process.stdout.readline() == "clicked\n"


def test_the_prefix_of_a_proxy_does_not_get_into_pages(dashboard, cookie):
    answer = dashboard.ask(Cookie=cookie, X_Forwarded_Prefix="//attacker.example")
    assert b"attacker.example" not in answer.body


def test_a_page_that_is_missing_says_so_to_sessions_alone(dashboard, cookie):
    assert dashboard.ask(path="/missing").status == 401
    assert dashboard.ask(path="/missing", Cookie=cookie).status == 404
