"""The way in: a token of a URL, a password of a form, and what they are exchanged for."""

import hmac
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import pytest

PAGE = {"Accept": "text/html"}


def test_a_token_is_exchanged_for_a_cookie_and_leaves_the_url(served):
    token = served.safety.token
    answer = served.ask(path=f"/run/digits?tab=curves&token={token}&point=3", **PAGE)
    assert answer.status == 303
    assert answer.headers["Location"] == "/run/digits?tab=curves&point=3"
    assert answer.body == b""
    (cookie,) = answer.headers.get_all("Set-Cookie")
    assert token not in cookie
    assert cookie.endswith("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict")
    assert served.ask(path="/run/digits", Cookie=answer.cookie).status == 200


def test_the_address_that_is_opened_leads_in(served):
    address = urlsplit(served.safety.address(f"http://{served.host}/"))
    assert address.netloc == served.host
    assert served.ask(path=f"{address.path}?{address.query}").headers["Location"] == "/"


def test_with_a_password_there_is_nothing_secret_in_the_address(with_password):
    assert with_password.safety.address("http://127.0.0.1:8050") == "http://127.0.0.1:8050"
    assert with_password.ask(path=f"/?token={quote(with_password.safety.password)}", **PAGE).status == 401


def test_a_token_that_is_used_again_begins_a_session_of_its_own(served):
    """In another browser, as long as the dashboard runs."""
    first, second = served.enter(), served.enter()
    assert first != second
    served.ask("POST", "/logout", Cookie=first, Origin=f"http://{served.host}")
    assert served.ask(Cookie=first).status == 401
    assert served.ask(Cookie=second).status == 200


def test_within_a_session_a_token_only_leaves_the_url(served):
    """An address of yesterday, with the token of another start, still leads to its page."""
    answer = served.ask(path="/run/digits?token=wrong", Cookie=served.enter())
    assert (answer.status, answer.headers["Location"]) == (303, "/run/digits")
    assert "Set-Cookie" not in answer.headers


def test_a_password_opens_a_session(with_password):
    answer = with_password.form(secret=with_password.safety.password, target="/run/digits?tab=curves")
    assert (answer.status, answer.headers["Location"]) == (303, "/run/digits?tab=curves")
    assert with_password.ask(path="/login", Cookie=answer.cookie).headers["Location"] == "/"
    assert with_password.ask(path="/run/digits", Cookie=answer.cookie).status == 200


def test_a_password_may_be_typed_on_any_keyboard(serve):
    """With one character for a letter and its marks, or with two."""
    served = serve(password="Grüße über alles")
    assert served.form(secret="Gru\u0308ße u\u0308ber alles").status == 303


@pytest.mark.parametrize(
    "change",
    [
        lambda secret: "",
        lambda secret: secret[:-1],
        lambda secret: secret + "x",
        lambda secret: secret.upper(),
        lambda secret: secret + "\0",
        lambda secret: "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_wrong_secret_opens_nothing(served, with_password, change):
    for server in (served, with_password):
        secret = change(server.safety.token or server.safety.password)
        answer = server.form(secret=secret)
        assert answer.status in (400, 401)
        assert "Set-Cookie" not in answer.headers
    assert served.ask(path=f"/?token={quote(change(served.safety.token))}", **PAGE).status == 401


def test_secrets_are_compared_in_constant_time(served, with_password, monkeypatch):
    """By the function made for it, with values of one length, for the token and the password alike."""
    compared = []

    def spy(first, second, compare=hmac.compare_digest):
        compared.append((len(first), len(second)))
        return compare(first, second)

    monkeypatch.setattr("sigma_monitors.dashboard._safety.hmac.compare_digest", spy)
    assert served.form(secret="wrong").status == 401
    assert served.form(secret=served.safety.token).status == 303
    assert with_password.form(secret="x" * 1000).status == 401
    assert (32, 32) in compared
    # Signatures of cookies are compared by it too.
    cookie = served.enter()
    compared.clear()
    assert served.ask(Cookie=cookie).status == 200
    assert compared == [(32, 32)]


def test_a_password_is_not_guessed_fast(with_password, clock):
    """Ten failures, and an address has to wait, even with the right one; nobody else has."""
    for _ in range(10):
        assert with_password.form(secret="wrong").status == 401
    clock.now += 100
    answer = with_password.form(secret=with_password.safety.password)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "200")
    assert b"Too many failures. Try again in 200 seconds." in answer.body
    assert "Set-Cookie" not in answer.headers
    clock.now += 199.5
    assert with_password.form(secret="wrong").headers["Retry-After"] == "1"
    clock.now += 0.5
    assert with_password.form(secret=with_password.safety.password).status == 303


def test_guesses_at_once_are_counted_one_by_one(with_password):
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: with_password.form(secret=f"guess {number}").status, range(40)))
    assert sorted(statuses) == [401] * 10 + [429] * 30


def test_no_one_can_choose_the_address_that_is_counted(with_password):
    for number in range(10):
        with_password.form(
            secret="wrong", **{"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.0.1.{number}"}
        )
    assert with_password.form(secret="wrong", **{"X-Forwarded-For": "10.0.0.99"}).status == 429


def test_sessions_go_on_while_nobody_new_is_heard(with_password):
    cookie = with_password.enter()
    for _ in range(20):
        with_password.form(secret="wrong")
    assert with_password.ask(Cookie=cookie).status == 200


def test_failures_of_others_do_not_shut_out_the_owner_of_a_token(served):
    """No amount of guesses finds it, so it is always heard; guesses are turned away."""
    statuses = [served.ask(path=f"/?token=guess{number}", **PAGE).status for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert served.ask("HEAD", "/?token=guess", **PAGE).headers["Retry-After"]
    assert served.ask(path=f"/?token={served.safety.token}").status == 303


TARGETS = [
    ("/run/digits?tab=a b", "/run/digits?tab=a%20b"),
    ("http://attacker.example/", "/http://attacker.example/"),
    ("//attacker.example", "/attacker.example"),
    ("///attacker.example", "/attacker.example"),
    ("\\\\attacker.example", "/%5C%5Cattacker.example"),
    ("/\\attacker.example", "/%5Cattacker.example"),
    ("/\t/attacker.example", "/%09/attacker.example"),
    ("\n//attacker.example", "/%0A//attacker.example"),
    ("javascript:alert(1)", "/javascript:alert(1)"),
    ("/a\r\nSet-Cookie: x=y", "/a%0D%0ASet-Cookie:%20x=y"),
    ("/a?b\r\nSet-Cookie: x=y", "/a?b%0D%0ASet-Cookie:%20x=y"),
    ("/ä?ö", "/%C3%A4?%C3%B6"),
    ("/#//attacker.example", "/%23//attacker.example"),
    ("", "/"),
    ("?x", "/?x"),
]


@pytest.mark.parametrize(("target", "location"), TARGETS)
def test_a_form_leads_to_this_server_only(served, target, location):
    answer = served.form(secret=served.safety.token, target=target)
    assert answer.headers.get_all("Location") == [location]
    assert len(answer.headers.get_all("Set-Cookie")) == 1


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("//attacker.example/", "/attacker.example/"),
        ("/%2F/attacker.example", "/attacker.example"),
        ("/\\attacker.example", "/%5Cattacker.example"),
        ("/%5Cattacker.example", "/%5Cattacker.example"),
        ("/%0d%0aSet-Cookie:%20x=y", "/%0D%0ASet-Cookie%3A%20x%3Dy"),
        ("/login", "/"),
        ("/logout", "/"),
    ],
)
def test_a_token_leads_to_this_server_only(served, path, location):
    answer = served.ask(path=f"{path}?token={served.safety.token}&a=%0d%0aX:y", **PAGE)
    assert answer.headers.get_all("Location") == [location + ("" if location == "/" else "?a=%0D%0AX%3Ay")]
    assert "X" not in answer.headers
    assert len(answer.headers.get_all("Set-Cookie")) == 1


@pytest.mark.parametrize(
    "body", [b"", b"target=/", b"secret", b"\xff\xfe", b"secret=%FF", b"&".join([b"secret=a"] * 9), b'{"secret": "a"}']
)
def test_what_is_no_form_with_a_secret_is_refused(served, body):
    assert served.ask("POST", "/login", body, Origin=f"http://{served.host}").status == 400


def test_a_form_is_short(served):
    body = b"secret=" + b"x" * 8200
    assert served.ask("POST", "/login", body, Origin=f"http://{served.host}").status == 413
    assert served.safety.attempts.wait("127.0.0.1") == 0


def test_a_form_of_another_page_is_refused_and_counts_for_nothing(with_password):
    """Or any page could shut its visitor out."""
    for _ in range(11):
        assert with_password.form(secret="wrong", Origin="http://attacker.example").status == 403
    assert with_password.form(secret=with_password.safety.password).status == 303


def test_a_form_that_breaks_off_opens_nothing(with_password):
    head = f"Host: {with_password.host}\r\nOrigin: http://{with_password.host}\r\nContent-Length: 100\r\n\r\nsecret=a"
    with pytest.raises(ConnectionError):
        with_password.raw(f"POST /login HTTP/1.1\r\n{head}".encode(), closes=True)
    assert with_password.ask().status == 401


@pytest.mark.parametrize("count", [101, 5000])
def test_a_query_of_any_length_is_answered(served, count):
    answer = served.ask(path="/?" + "a&" * count + f"token={served.safety.token}", **PAGE)
    assert answer.status == 401
