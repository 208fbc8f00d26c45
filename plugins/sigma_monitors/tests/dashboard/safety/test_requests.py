"""Requests over a real socket: what passes the guard, and what does not."""

import socket

import pytest

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
REBOUND = [
    "attacker.example",
    "attacker.example:{port}",
    "127.0.0.1.attacker.example:{port}",
    "localhost.attacker.example",
    "127.0.0.1@attacker.example",
    "attacker.example#127.0.0.1",
    "localhost.:{port}",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "0x7f000001:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "[::]:{port}",
    "192.168.0.1:{port}",
]


def test_a_session_is_needed_for_everything(served):
    """Pages, what they are made of, sockets by polling, downloads, and whatever else."""
    paths = ["/", "/run/digits", "/_nicegui/3.0/static/nicegui.js", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"]
    for path in [*paths, "/download/digits.zip", "/favicon.ico", "/login/", "/logout", "/%2e%2e/login", "//login"]:
        for method in METHODS:
            assert served.ask(method, path).status == 401, (method, path)
    assert served.app.requests == []


def test_with_a_session_all_methods_reach_the_application(served):
    cookie = served.enter()
    for method in METHODS:
        assert served.ask(method, "/run/digits", Cookie=cookie, Origin=f"http://{served.host}").status == 200
    assert [scope["method"] for scope in served.app.requests] == METHODS


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW", "get"])
def test_other_methods_are_refused(served, method):
    target = served.host if method == "CONNECT" else "/"
    answer = served.raw(
        f"{method} {target} HTTP/1.1\r\nHost: {served.host}\r\nCookie: {served.enter()}\r\n\r\n".encode()
    )
    assert answer.status in (400, 405)
    assert served.app.requests == []


def test_a_request_for_the_headers_alone_gets_no_body(served):
    """Else what follows on the connection would be taken for the next answer."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(f"HEAD / HTTP/1.1\r\nHost: {served.host}\r\nConnection: close\r\n\r\n".encode())
        said = b"".join(iter(lambda: connection.recv(4096), b""))
    assert said.partition(b"\r\n")[0] == b"HTTP/1.1 401 Unauthorized"
    assert said.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("host", REBOUND)
def test_a_rebound_name_reaches_nothing(served, host):
    """The name of an attacker may lead to this address; the browser then sends what it knows of that name."""
    named = host.format(port=served.port)
    answer = served.ask(host=named, Cookie=served.enter(), Origin=f"http://{named}", Sec_Fetch_Site="same-origin")
    assert answer.status in (400, 421)
    assert named.encode() not in answer.body
    assert served.app.requests == []


def test_a_rebound_name_cannot_even_try_a_secret(served):
    answer = served.form(secret=served.safety.token, Host="attacker.example")
    assert answer.status == 421
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "head",
    ["", "Host: \r\n", "Host: {host}\r\nHost: {host}\r\n", "Host: {host}\r\nHost: attacker.example\r\n"],
    ids=["none", "empty", "two", "another"],
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_request_names_one_host(served, head, version):
    cookie = f"Cookie: {served.enter()}\r\n"
    assert served.raw(f"GET / HTTP/{version}\r\n{head.format(host=served.host)}{cookie}\r\n".encode()).status == 400
    assert served.app.requests == []


def test_the_names_of_this_machine_are_its_own(served):
    for name in (f"localhost:{served.port}", f"LOCALHOST:{served.port}", f"[::1]:{served.port}"):
        assert served.ask(host=name, Accept="text/html").status == 401


@pytest.mark.parametrize("target", ["http://attacker.example/", "http://{host}/", "attacker.example", "*", "\\", "@a/"])
def test_a_target_that_is_no_path_is_refused(served, target):
    request = (
        f"GET {target.format(host=served.host)} HTTP/1.1\r\nHost: {served.host}\r\nCookie: {served.enter()}\r\n\r\n"
    )
    assert served.raw(request.encode()).status == 400
    assert served.app.requests == []


FOREIGN = [
    "http://attacker.example",
    "http://{host}.attacker.example",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost:{port}",
    "https://{host}",
    "file://",
    "null",
    "",
    "http://{host}/",
    "http://{host}, http://attacker.example",
    "http://user@{host}",
]


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_page_of_another_origin_reaches_nothing(served, method, origin):
    """Not even one of another port of this machine, which is the same site to a cookie."""
    named = origin.format(host=served.host, port=served.port)
    answer = served.ask(method, "/", Cookie=served.enter(), Origin=named)
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert served.app.requests == []


def test_two_origins_are_none(served):
    own = f"Origin: http://{served.host}\r\n"
    head = f"Host: {served.host}\r\nCookie: {served.enter()}\r\nContent-Length: 0\r\n{own}{own}"
    assert served.raw(f"POST / HTTP/1.1\r\n{head}\r\n".encode()).status == 403


def test_a_form_without_referrer_is_trusted_by_the_word_of_the_browser_alone(served):
    cookie = served.enter()
    assert served.ask("POST", Cookie=cookie, Origin="null").status == 403
    assert served.ask("POST", Cookie=cookie, Origin="null", Sec_Fetch_Site="cross-site").status == 403
    assert served.ask("POST", Cookie=cookie, Origin="null", Sec_Fetch_Site="same-origin").status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "other"])
@pytest.mark.parametrize(
    ("mode", "destination"),
    [("no-cors", "script"), ("no-cors", "image"), ("navigate", "iframe"), ("navigate", "object"), ("cors", "empty")],
)
def test_nothing_is_embedded_by_others(served, site, mode, destination):
    headers = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": destination}
    assert served.ask(Cookie=served.enter(), **headers).status == 403
    assert served.app.requests == []


def test_links_to_pages_are_followed_from_anywhere(served):
    """But what writes is not."""
    headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    cookie = served.enter()
    assert served.ask(Cookie=cookie, **headers).status == 200
    assert served.ask("POST", Cookie=cookie, **headers).status == 403
    assert len(served.app.requests) == 1


def test_a_link_of_another_site_goes_by_a_page_that_sends_the_cookie(served):
    """A browser keeps a strict cookie to itself when it follows such a link; a page of this site may ask again."""
    headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    answer = served.ask(path="/run/%22%3E%3Cscript%3E?x=%22%3E%3Cb%3E", **headers)
    assert answer.status == 200
    assert b'content="0;url=/run/%22%3E%3Cscript%3E?x=%22%3E%3Cb%3E"' in answer.body
    headers["Sec_Fetch_Site"] = "same-origin"
    assert served.ask(path="/run/digits", Accept="text/html", **headers).status == 401


def test_what_only_a_proxy_may_say_is_not_passed_on(served):
    """NiceGUI would write the prefix into its pages."""
    said = {"X_Forwarded_Prefix": '"><script>', "X_Forwarded_For": "10.0.0.1", "Forwarded": "for=10.0.0.1"}
    served.ask(Cookie=served.enter(), X_Real_IP="10.0.0.1", X_Forwarded_Host="a", X_Forwarded_Proto="https", **said)
    (scope,) = served.app.requests
    assert sorted(key for key, _ in scope["headers"]) == [b"connection", b"cookie", b"host"]
    assert scope["scheme"] == "http"


BODY = b"0\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"
AMBIGUOUS = [
    "Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nContent-Length: {length}\r\n",
    "Content-Length: 5, {length}\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 0x5\r\n",
    "Content-Length : 5\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "X: a\rContent-Length: 5\r\n",
    "X: a\0b\r\nContent-Length: 5\r\n",
]


@pytest.mark.parametrize("head", AMBIGUOUS)
def test_a_body_has_one_length(served, head):
    """What a proxy before it may read otherwise is refused, and nothing behind it is read as a request."""
    cookie = served.enter()
    hidden = SMUGGLED.replace(b"{host}", served.host.encode()).replace(b"{cookie}", cookie.encode())
    own = f"Host: {served.host}\r\nCookie: {cookie}\r\nOrigin: http://{served.host}\r\n"
    head = head.format(length=len(BODY + hidden))
    answer = served.raw(f"POST / HTTP/1.1\r\n{own}{head}\r\n".encode() + BODY + hidden, closes=True)
    assert answer.status in (400, 501)
    assert served.app.requests == []


def test_a_body_that_is_said_to_be_too_large_is_not_read(serve):
    served = serve(largest_body=1000)
    cookie = served.enter()
    head = f"Host: {served.host}\r\nCookie: {cookie}\r\nContent-Length: 1001\r\n\r\n"
    assert served.raw(f"POST / HTTP/1.1\r\n{head}".encode()).status == 413
    assert served.app.requests == []
    assert served.ask("POST", body=b"x" * 1000, Cookie=cookie).status == 200


def test_a_body_that_turns_out_too_large_is_cut_off(serve):
    """The application is told that the client has gone, and gets no word in."""
    served = serve(largest_body=1000)
    head = f"Host: {served.host}\r\nCookie: {served.enter()}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"1f4\r\n" + b"x" * 500 + b"\r\n"
    answer = served.raw(f"POST / HTTP/1.1\r\n{head}".encode() + chunks * 3 + b"0\r\n\r\n")
    assert (answer.status, answer.body) == (413, b"That is too large.\n")


def test_headers_without_end_are_refused(served):
    """Before the guard is asked, by the server as it is set."""
    answer = served.raw(f"GET / HTTP/1.1\r\nHost: {served.host}\r\nCookie: {'a' * 70000}".encode())
    assert answer.status == 400


@pytest.mark.parametrize("name", ["Sec-Fetch-Site: same-origin", "X-Requested-With: a"])
def test_a_page_without_session_says_nothing_of_runs(served, name):
    answer = served.ask(path="/run/secret-name", Accept="text/html")
    assert answer.status == 401
    assert b"<script" not in answer.body
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_answers_keep_browsers_careful(serve):
    """Those of the application, which are shown in pages, and those of the guard."""
    served = serve()
    served.app.headers = (
        (b"Access-Control-Allow-Origin", b"*"),
        (b"access-control-allow-credentials", b"true"),
        (b"Cache-Control", b"public, max-age=100"),
        (b"Content-Type", b"text/html"),
    )
    answer = served.ask(path="/download/x", Cookie=served.enter())
    assert answer.headers.get_all("Cache-Control") == ["no-store"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Server" not in answer.headers
    assert "script-src-attr 'none'" in answer.headers["Content-Security-Policy"]
    for each in (answer, served.ask(), served.ask(Accept="text/html"), served.ask(host="attacker.example")):
        assert each.headers["X-Content-Type-Options"] == "nosniff"
        assert each.headers["X-Frame-Options"] == "DENY"
        assert each.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert each.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in each.headers["Content-Security-Policy"]
        assert each.headers.get_all("Cache-Control") == ["no-store"]
        assert len(each.headers.get_all("Content-Security-Policy")) == 1
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_scripts_of_the_library_are_kept_by_the_browser_alone(serve):
    """They have its version in their path, and no proxy needs them."""
    served = serve()
    served.app.headers = ((b"Cache-Control", b"public, max-age=100"),)
    answer = served.ask(path="/_nicegui/3.0/static/nicegui.js", Cookie=served.enter())
    assert answer.headers.get_all("Cache-Control") == ["private, max-age=100"]


@pytest.mark.parametrize(
    "path", ["/_nicegui/auto/static/x", "/_nicegui/3.0/dynamic_resources/x", "/_nicegui_ws/x", "/x"]
)
def test_what_is_made_for_somebody_is_kept_nowhere(serve, path):
    """Downloads are given out by paths of the library, too."""
    served = serve()
    served.app.headers = ((b"Cache-Control", b"public, max-age=100"),)
    assert served.ask(path=path, Cookie=served.enter()).headers.get_all("Cache-Control") == ["no-store"]
