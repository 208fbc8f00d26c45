"""Files of the web, from a server of this test's own on the loopback address."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from attrs import evolve
from sigma_data import URL

from sigma_core.errors import DataError, SettingError
from sigma_core.extend import TaskProgressed
from sigma_core.testing import message

CONTENT = bytes(range(256)) * 1000
SUM = sha256(CONTENT).hexdigest()
QUICK = {"back_off": 0.0, "retries": 2}


def content(source, environment):
    with source.open(environment) as stream:
        return stream.read()


def test_a_file_is_fetched_once(environment, server, url, left):
    """Then it is there, whatever the server does."""
    assert not url.is_fetched(environment)
    assert content(url, environment) == content(url, environment) == CONTENT
    assert url.is_fetched(environment)
    assert server.asked == ["/a.bin"]
    assert left(environment) == ["content"]
    assert server.headers[0]["Accept-Encoding"] == "identity"


def test_it_can_be_kept_anywhere(tmp_path, environment, server, url, left):
    """In folders that are made for it."""
    kept = evolve(url, path=str(tmp_path / "data" / "b.bin"), sha256=SUM.upper())
    assert content(kept, environment) == CONTENT
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["b.bin"]
    assert left(environment) == []


def test_progress_is_a_task(environment, url):
    """In bytes, of what the server says that there will be."""
    heard = environment.bus.subscribe("test", [TaskProgressed])
    content(url, environment)
    events = heard.drain()
    assert [events[0].state, events[-1].state] == ["running", "done"]
    assert {event.name for event in events} == {"download of a.bin"}
    assert (events[-1].done, events[-1].total, events[-1].unit) == (len(CONTENT), len(CONTENT), "bytes")


def test_a_wrong_sum_is_refused(environment, server, url, refusal, told, left):
    """At once, and nothing is left."""
    other = evolve(url, sha256="0" * 64)
    assert refusal(other, environment) == told(other, f"its SHA-256 is {SUM}, not {'0' * 64}", environment)
    assert server.asked == ["/a.bin"]
    assert left(environment) == []


def test_another_file_in_its_place_is_never_overwritten(tmp_path, environment, url, refusal):
    """Each time it is told, and what is there stays."""
    (tmp_path / "mine.bin").write_bytes(b"mine")
    kept = evolve(url, path=str(tmp_path / "mine.bin"), sha256=SUM)
    digest = sha256(b"mine").hexdigest()
    for _ in range(2):
        assert refusal(kept, environment, DataError) == (
            f"url '{url.address}': the SHA-256 of '{tmp_path / 'mine.bin'}' is {digest}, not {SUM}\n"
            "  expected: the file that was asked for\n"
            "  to do:    remove it to have it fetched, or correct the sum"
        )
    assert (tmp_path / "mine.bin").read_bytes() == b"mine"


def test_the_right_file_in_its_place_is_taken(tmp_path, environment, server, url):
    """Nothing is asked of the server."""
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    assert content(evolve(url, path=str(tmp_path / "mine.bin"), sha256=SUM), environment) == CONTENT
    assert server.asked == []


def test_a_folder_in_its_place_is_told(tmp_path, environment, url, refusal):
    """It cannot be replaced."""
    kept = evolve(url, path=str(tmp_path))
    assert refusal(kept, environment, DataError) == (
        f"url '{url.address}': '{tmp_path}' is a folder\n  expected: the path of a file"
    )


@pytest.mark.parametrize(
    ("status", "reason", "times"),
    [
        (404, "404 Not Found", 1),
        (403, "403 Forbidden", 1),
        (500, "500 Internal Server Error", 3),
        (429, "429 Too Many Requests", 3),
    ],
)
def test_an_answer_that_is_no_file_is_told(environment, server, url, status, reason, times, refusal, told, left):
    """One that may be different in a moment is asked for again."""
    server.always["/a.bin"] = {"status": status}
    assert refusal(url, environment) == told(url, f"it answered {reason}", environment)
    assert len(server.asked) == times
    assert left(environment) == []


def test_a_server_that_says_nothing_at_all_is_given_up(environment, server, url, refusal):
    """As one that stalls later."""
    server.always["/a.bin"] = {"cut": 0, "stall": True}
    assert "no byte came for 0.05 seconds" in refusal(evolve(url, patience=0.05, retries=0), environment)


def test_a_length_that_is_a_lie_is_told(environment, server, url, refusal):
    """Where more is announced than comes."""
    server.always["/a.bin"] = {"length": len(CONTENT) + 10, "ranges": False}
    once = evolve(url, retries=0)
    assert refusal(once, environment).startswith(f"url '{url.address}': it broke off: IncompleteRead(")


def test_a_length_that_is_too_small_is_found_out_by_the_sum(environment, server, url, refusal, left):
    """Nothing else tells it."""
    server.always["/a.bin"] = {"length": 10}
    digest = sha256(CONTENT[:10]).hexdigest()
    assert f"its SHA-256 is {digest}, not {SUM}" in refusal(evolve(url, sha256=SUM), environment)
    assert left(environment) == []


def test_an_empty_file_is_told(environment, server, url, refusal, told):
    """There is nothing to read in it."""
    server.files["/a.bin"] = b" "
    server.always["/a.bin"] = {"length": 0}
    assert refusal(url, environment) == told(url, "it gave an empty file", environment)


def test_a_web_page_in_place_of_a_file_is_told(environment, server, url, refusal):
    """As where one has to log in; a page that was asked for is none of these."""
    page = {"headers": {"Content-Type": "text/html; charset=utf-8"}}
    server.always |= {"/a.bin": page, "/a.html": page, "/a": page}
    server.files |= {"/a.html": b"<p>", "/a": b"<p>"}
    assert refusal(url, environment) == (
        f"url '{url.address}': it gave a web page (Content-Type text/html), not a .bin file\n"
        "  expected: an address that gives the whole file\n"
        "  to do:    open the address in a browser: it may ask for a login, or have moved"
    )
    for name in ("a.html", "a"):
        assert content(URL(f"{server.address}/{name}"), environment) == b"<p>"


def test_redirects_are_followed(environment, server, url, refusal, told):
    """One that leads in a circle is told."""
    server.always["/old.bin"] = {"status": 302, "headers": {"Location": "/a.bin"}}
    server.always["/round.bin"] = {"status": 302, "headers": {"Location": "/round.bin"}}
    server.always["/away.bin"] = {"status": 302, "headers": {"Location": "ftp://127.0.0.1/a.bin"}}
    assert content(evolve(url, address=f"{server.address}/old.bin"), environment) == CONTENT
    around = evolve(url, address=f"{server.address}/round.bin")
    assert refusal(around, environment) == told(around, "Exceeded 30 redirects.", environment)
    away = evolve(url, address=f"{server.address}/away.bin")
    assert "No connection adapters were found" in refusal(away, environment)


def test_encryption_is_not_given_up(environment, monkeypatch, refusal, told):
    """An address of https that leads to one of http is refused."""

    class Response:
        status_code = 200
        url = "http://example.org/a.bin"

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr("requests.Session.get", lambda *_, **__: Response())
    secret = URL("https://example.org/a.bin", **QUICK)
    assert refusal(secret, environment) == told(
        secret, "it leads to an address without encryption, http://example.org/a.bin", environment
    )


def test_a_server_that_is_not_there_is_told(environment, refusal):
    """With the system's reason, whatever its words."""
    nobody = URL("http://127.0.0.1:9/a.bin", **QUICK)
    assert "refused" in refusal(nobody, environment).splitlines()[0]
    assert "Pool" not in refusal(nobody, environment)


def test_a_proxy_is_asked_in_place_of_the_server(environment, server, monkeypatch):
    """One of the settings, or of the environment variables."""
    server.files["http://example.invalid/a.bin"] = CONTENT
    direct = URL("http://example.invalid/a.bin", **QUICK)
    assert content(evolve(direct, proxy=server.address), environment) == CONTENT
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", server.address)
    assert content(evolve(direct, sha256=SUM), environment) == CONTENT


def test_a_fingerprint_is_that_of_the_content(environment, server, url):
    """The same with a sum that is given and one that was found; nothing is fetched for the first."""
    summed = evolve(url, sha256=SUM)
    print_of_sum = summed.fingerprint(environment)
    assert server.asked == []
    assert url.fingerprint(environment) == print_of_sum
    (url._download(environment).book / "about.json").unlink()
    assert url.fingerprint(environment) == print_of_sum


def test_names_are_made_fit_for_a_file(environment):
    """The last of the address; queries and odd letters are no part of it."""
    names = {
        "https://example.org/a%20b/c%2Fd.tar.gz?x=1": "d.tar.gz",
        "https://example.org/a b:c.csv": "a_b_c.csv",
        "https://example.org": "download",
        "https://example.org/..": "download",
        "https://example.org/.hidden": "hidden",
    }
    assert {address: URL(address)._download(environment).name for address in names} == names


@pytest.mark.parametrize("address", ["ftp://example.org/a", "example.org/a", "https://", "http://[::1/a", ""])
def test_other_addresses_are_refused(address):
    """Those of the web alone."""
    with pytest.raises(SettingError) as caught:
        URL(address)
    assert message(caught.value) == (
        f"URL.address: {address!r}\n  expected: an http or https address, such as https://example.org/a.csv"
    )


@pytest.mark.parametrize(
    ("setting", "value", "found", "expected"),
    [
        ("sha256", "abc", "'abc'", "64 hexadecimal digits, as sha256sum prints them"),
        ("retries", -1, "-1", "an integer of at least 0"),
        ("back_off", float("nan"), "nan", "a finite number of at least 0"),
        ("patience", 0.0, "0.0", "a finite number above 0"),
    ],
)
def test_settings_are_checked(setting, value, found, expected):
    """Where they are given."""
    with pytest.raises(SettingError) as caught:
        URL("https://example.org/a", **{setting: value})
    assert message(caught.value) == f"URL.{setting}: {found}\n  expected: {expected}"


def test_without_an_environment_the_usual_cache_is_used(environment, url):
    """And nothing is told of its progress."""
    assert url.fetch() == url.fetch(environment)
    assert os.environ["SIGMA_CACHE"] in str(url.fetch())


def test_a_password_in_an_address_is_never_shown(environment, server, refusal):
    """Neither in messages nor in what is noted; the server gets it."""
    server.files["/a.bin"] = CONTENT
    secret = URL(server.address.replace("//", "//me:geheim@") + "/a.bin", **QUICK)
    assert content(secret, environment) == CONTENT
    assert server.headers[0]["Authorization"].startswith("Basic ")
    notes = [path.read_text("latin-1") for path in Path(environment.paths.cache).rglob("*.json")]
    assert "geheim" not in "".join([secret.describe(), *notes])
    assert "me:***@" in refusal(evolve(secret, sha256="0" * 64), environment)


def test_passwords_may_stand_in_a_netrc_file(tmp_path, environment, server, url, monkeypatch):
    """Where other programs have them, too."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password geheim\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert content(url, environment) == CONTENT
    assert server.headers[0]["Authorization"].startswith("Basic ")
