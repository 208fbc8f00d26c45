"""`sigma dashboard`: what it is given, what it says, and that it serves."""

import errno
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import pytest
from sigma_monitors.dashboard import _command

from sigma_core.cli import main
from sigma_core.extend import PluginUnavailableError, SettingError


@pytest.fixture
def dashboard(capsys, monkeypatch, tmp_path):
    """Runs the command in a folder of its own, of what it refuses; its exit code and what it wrote to stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(["dashboard", *arguments])
        return caught.value.code, capsys.readouterr().err

    return run


@pytest.fixture
def server(tmp_path):
    """Starts a dashboard in a process of its own; gives the process and the address that it prints."""
    started = []

    def start(folder, *options):
        environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "sigma_core", "dashboard", str(folder), "--port", "0", "--no-open", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        started.append(process)
        said = process.stdout.readline() + process.stdout.readline()
        return process, re.search(r"http://\S+", said).group()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def browser():
    """Keeps cookies, as a browser does."""
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({}))


def visited(opener, address):
    request = urllib.request.Request(address, headers={"Accept": "text/html"})  # noqa: S310 - a server of ours
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.url, error.read().decode()


def test_a_file_in_place_of_runs_is_refused(dashboard, tmp_path):
    (tmp_path / "notes.txt").write_text("", "utf-8")
    code, said = dashboard("notes.txt")
    assert code == 2, said
    assert said == (
        "error: runs 'notes.txt': it is a file\n"
        "  expected: a folder of runs, or the directory of one\n"
        "  to do:    name the folder\n"
    )


def test_a_port_in_use_is_told(dashboard):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = dashboard("--port", str(port))
    assert code == 2, said
    assert said == (
        f"error: --host 127.0.0.1, port {port}: cannot be listened at: {os.strerror(errno.EADDRINUSE)}\n"
        "  expected: an address of this machine, and a port that is free\n"
        "  to do:    give --port 0, which takes any that is free\n"
    )


def test_usual_ports_that_others_have_are_passed_over(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(_command, "PORT", port)
        with _command._listening("127.0.0.1", None) as found:
            assert port < found.getsockname()[1] < port + 20


def test_an_address_that_is_none_is_told(dashboard):
    code, said = dashboard("--host", "not-an-address.invalid")
    assert code == 2, said
    assert re.fullmatch(
        r"error: --host not-an-address\.invalid: it is no address: .+\n"
        r"  expected: an address of this machine\n"
        r"  to do:    use 127\.0\.0\.1\n",
        said,
    )


def test_a_missing_extra_is_told(monkeypatch):
    monkeypatch.setattr(
        _command, "find_spec", lambda name: None if name == "nicegui" else importlib.util.find_spec(name)
    )
    with pytest.raises(
        PluginUnavailableError,
        match=re.escape(
            "sigma dashboard: nicegui is not installed\n"
            "  expected: the extra 'dashboard' of sigma-monitors\n"
            '  to do:    pip install "sigma-monitors[dashboard]"'
        ),
    ):
        _command.check_installed("nicegui", "dashboard")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_a_window_without_a_display_is_told(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(
        SettingError,
        match=re.escape(
            "--native: there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set\n"
            "  expected: a desktop to open a window on\n"
            "  to do:    leave --native out, and open the address that is printed in a browser"
        ),
    ):
        _command._check_display()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system has windows")
@pytest.mark.skipif(
    any(importlib.util.find_spec(name) for name in ("gi", "qtpy")), reason="there is a library of windows here"
)
def test_a_window_that_cannot_be_opened_is_told(tmp_path):
    command = [sys.executable, "-m", "sigma_core", "dashboard", str(tmp_path), "--native", "--port", "0"]
    environment = {**os.environ, "DISPLAY": ":98765", "XDG_STATE_HOME": str(tmp_path / "state")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --native: no window can be opened: ")
    assert done.stderr.endswith(
        "\n  expected: GTK or Qt with their web views on Linux, WebView2 on Windows\n"
        '  to do:    on Linux pip install "pywebview[qt]"; or leave --native out, and use the browser\n'
        "  (--traceback shows where)\n"
    )


def test_pages_are_served_to_who_has_the_token_and_to_nobody_else(server, tmp_path):
    _, address = server(tmp_path / "runs")
    base = address.partition("?")[0]
    assert visited(browser(), base)[0] == 401
    opener = browser()
    status, place, text = visited(opener, address)
    assert (status, place) == (200, base)
    assert "<title>" in text
    # The session goes on without the token, and a run that is not there is a page that says so.
    assert visited(opener, f"{base}run/none")[0] == 200
    assert visited(opener, f"{base}compare?runs=a,b")[0] == 200


def test_it_ends_when_it_is_told_to(server, tmp_path):
    process, _ = server(tmp_path / "runs")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)


def test_one_that_is_attached_ends_with_its_input(server, tmp_path):
    process, _ = server(tmp_path / "runs", "--attached")
    process.communicate("", timeout=60)
    assert process.returncode == 0
