"""Downloads that break off, stall, are killed, meet a full disk or each other."""

import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from attrs import evolve
from sigma_data.sources import _download

from sigma_core.errors import StorageError
from sigma_core.extend import LogRecorded, TaskProgressed

CONTENT = bytes(range(256)) * 1000
SUM = sha256(CONTENT).hexdigest()


def content(source, environment):
    with source.open(environment) as stream:
        return stream.read()


def test_mirrors_share_what_has_the_same_sum(environment, server, url, refusal):
    """Whole or in part: the second goes on where the first broke off."""
    server.files["/mirror/b.bin"] = CONTENT
    server.faults["/a.bin"] = [{"cut": 1000}, {"status": 404}]
    first = evolve(url, sha256=SUM)
    refusal(first, environment)
    second = evolve(first, address=f"{server.address}/mirror/b.bin")
    assert content(second, environment) == CONTENT
    assert server.headers[-1]["Range"] == "bytes=1000-"
    assert content(first, environment) == CONTENT
    assert server.asked == ["/a.bin", "/a.bin", "/mirror/b.bin"]


@pytest.mark.parametrize("chunked", [False, True])
def test_what_breaks_off_is_gone_on_with(environment, server, url, chunked):
    """As often as each try brings something, however few retries there are."""
    server.faults["/a.bin"] = [{"cut": 1000, "chunked": chunked}] + [{"cut": 50_000}] * 4
    assert content(evolve(url, retries=0), environment) == CONTENT
    starts = [headers.get("Range") for headers in server.headers]
    assert starts[0] is None
    assert starts[1] == "bytes=1000-"
    assert starts[2:] == [f"bytes={1000 + 50_000 * count}-" for count in range(1, 5)]
    assert all("If-Range" in headers for headers in server.headers[1:])


def test_another_process_goes_on_too(environment, server, url, refusal, left):
    """What was there when one gave up is there still."""
    server.faults["/a.bin"] = [{"cut": 1000}] + [{"status": 503}] * 3
    refusal(url, environment)
    assert left(environment) == ["content.part"]
    assert content(url, environment) == CONTENT
    assert server.headers[-1]["Range"] == "bytes=1000-"
    assert left(environment) == ["content"]


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(environment, server, url, refusal):
    """The server compares the tag; halves of two files are never joined."""
    server.faults["/a.bin"] = [{"cut": 1000}] + [{"status": 503}] * 3
    refusal(url, environment)
    server.files["/a.bin"] = b"new" * 1000
    assert content(url, environment) == b"new" * 1000


def test_without_a_tag_or_a_sum_nothing_is_gone_on_with(environment, server, url):
    """Nothing would tell whether the rest belongs to it."""
    server.faults["/a.bin"] = [{"cut": 1000, "tag": ""}]
    assert content(url, environment) == CONTENT
    assert "Range" not in server.headers[1]


def test_a_weak_tag_is_none(environment, server, url):
    """It promises no equal bytes; the time of the last change does, a little more."""
    dated = {"Last-Modified": "Sat, 28 Nov 2026 00:00:00 GMT"}
    server.faults["/a.bin"] = [{"cut": 1000, "tag": 'W/"1"', "headers": dated}]
    assert content(url, environment) == CONTENT
    assert server.headers[1]["If-Range"] == dated["Last-Modified"]


def test_a_server_without_ranges_gives_all_of_it_again(environment, server, url):
    """It is not appended to what was there."""
    server.faults["/a.bin"] = [{"cut": 1000}, {"ranges": False}]
    assert content(url, environment) == CONTENT


@pytest.mark.parametrize("rest", ["bytes 0-255999/256000", "bytes", "bytes 1000-255999/300000"])
def test_a_rest_that_is_none_is_not_appended(environment, server, url, rest):
    """Other bytes than those that were asked for, or of another length than is said."""
    server.faults["/a.bin"] = [{"cut": 1000}, {"rest": rest}]
    assert content(evolve(url, sha256=SUM), environment) == CONTENT


def test_a_rest_that_is_told_twice_wrong_is_refused(environment, server, url, refusal, told, left):
    """With what the server said."""
    server.faults["/a.bin"] = [{"cut": 1000}]
    server.always["/a.bin"] = {"rest": "bytes 7-9/10"}
    once = evolve(url, retries=0)
    assert refusal(once, environment) == told(
        once, "it cannot go on at byte 1000: it answered 206 bytes 7-9/10", environment
    )
    assert left(environment) == []


def test_what_was_whole_already_is_taken(environment, server, url):
    """As when a process was killed between the last byte and the end; the server's page about it is no data."""
    place = url._download(environment)
    place.book.mkdir(parents=True)
    place.part.write_bytes(CONTENT)
    _download._write(place.book / "part.json", {"address": url.address, "validator": f'"{SUM[:8]}"'})
    assert content(url, environment) == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(environment, server, url):
    """Whatever wrote it."""
    place = url._download(environment)
    place.book.mkdir(parents=True)
    place.part.write_bytes(CONTENT * 2)
    _download._write(place.book / "part.json", {"address": url.address, "validator": f'"{SUM[:8]}"'})
    assert content(url, environment) == CONTENT


def test_a_part_of_another_file_is_found_out_by_the_sum(environment, server, url):
    """Then all of it is fetched again."""
    summed = evolve(url, sha256=SUM)
    place = summed._download(environment)
    place.book.mkdir(parents=True)
    place.part.write_bytes(b"other")
    assert content(summed, environment) == CONTENT
    assert [headers.get("Range") for headers in server.headers] == ["bytes=5-", None]


def test_a_server_may_ask_to_wait(environment, server, url, monkeypatch):
    """Up to a minute; the pauses grow otherwise, each more or less by half."""
    pauses = []
    monkeypatch.setattr(_download.time, "sleep", pauses.append)
    log = environment.bus.subscribe("test", [LogRecorded])
    server.faults["/a.bin"] = [
        {"status": 503, "headers": {"Retry-After": "7"}},
        {"status": 503, "headers": {"Retry-After": "7000"}},
        *[{"status": 503}] * 2,
    ]
    assert content(evolve(url, retries=4, back_off=1.0), environment) == CONTENT
    assert pauses[:2] == [7, 60]
    assert 2 <= pauses[2] <= 6
    assert 4 <= pauses[3] <= 12
    first = log.drain()[0]
    assert (first.level, first.text, dict(first.fields)) == (
        "info",
        "download is tried again",
        {"address": url.address, "reason": "it answered 503 Service Unavailable", "seconds": 7},
    )


def test_a_server_that_stalls_is_given_up(environment, server, url, refusal, told, left):
    """What came before stays, for the next time."""
    server.faults["/a.bin"] = [{"cut": 1000, "stall": True}]
    server.always["/a.bin"] = {"cut": 0, "stall": True}
    slow = evolve(url, patience=0.05, retries=0)
    assert refusal(slow, environment) == told(slow, "it broke off: no byte came for 0.05 seconds", environment)
    assert left(environment) == ["content.part"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path, environment, url, refusal):
    """No other try would help."""
    (tmp_path / "file").write_bytes(b"")
    kept = evolve(url, path=str(tmp_path / "file" / "a.bin"))
    text = refusal(kept, environment, StorageError)
    assert text.startswith(f"url '{url.address}': '{kept.path}' cannot be written: ")
    assert text.endswith("\n  to do:    make room, or choose another place")


def test_a_full_disk_gets_its_room_back(environment, url, monkeypatch, refusal, left):
    """What was begun is removed."""

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    place = url._download(environment).destination
    assert refusal(url, environment, StorageError) == (
        f"url '{url.address}': '{place}' cannot be written: No space left on device\n"
        "  to do:    make room, or choose another place"
    )
    assert left(environment) == []


def test_a_disk_without_room_is_not_filled(environment, server, url, refusal, left, monkeypatch):
    """What has come before stays."""
    server.faults["/a.bin"] = [{"cut": 1000}, {"status": 404}]
    refusal(url, environment)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=200_000))
    place = url._download(environment).destination
    assert refusal(url, environment, StorageError) == (
        f"url '{url.address}': '{place}' needs 255000 bytes more, and 200000 are free on its disk\n"
        "  to do:    make room, or choose another place"
    )
    assert left(environment) == ["content.part"]


def test_a_full_disk_in_the_middle_gets_its_room_back(environment, server, tmp_path, left):
    """A limit on the size of files does what a full disk does, to a real process."""
    server.files["/a.bin"] = CONTENT
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "from sigma_data import URL\n"
        "try:\n    URL(sys.argv[1]).fetch()\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    if sys.platform == "win32":
        pytest.skip("there are no such limits")
    done = subprocess.run(
        [sys.executable, "-c", script, f"{server.address}/a.bin"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("StorageError url 'http")
    assert "cannot be written: File too large" in done.stdout
    assert left(environment) == []


FETCH = "import sys; from sigma_data import URL; print(URL(sys.argv[1], sha256=sys.argv[2]).fetch())"


def test_what_a_killed_process_left_is_gone_on_with(environment, server, url, left):
    """`kill -9` in the middle; the lock goes with the process."""
    server.faults["/a.bin"] = [{"cut": 100_000, "stall": True}]
    summed = evolve(url, sha256=SUM)
    part = summed._download(environment).part
    process = subprocess.Popen([sys.executable, "-c", FETCH, url.address, SUM])
    while not (part.is_file() and part.stat().st_size > 0):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    begun = part.stat().st_size
    assert content(summed, environment) == CONTENT
    assert server.headers[-1]["Range"] == f"bytes={begun}-"
    assert left(environment) == ["content"]


def test_several_processes_fetch_it_once(environment, server, url):
    """The other waits for the first, and then has it."""
    server.faults["/a.bin"] = [{"cut": 1000, "stall": True}]
    processes = [
        subprocess.Popen([sys.executable, "-c", FETCH, url.address, SUM], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    while not server.asked:
        time.sleep(0.01)
    server.going_on.set()
    places = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(places) == 1
    assert Path(places.pop()).read_bytes() == CONTENT
    assert server.asked == ["/a.bin", "/a.bin"]


def test_whoever_waits_for_another_says_so(environment, server, url):
    """As a task, with what the other has by now."""
    server.faults["/a.bin"] = [{"cut": 1000, "stall": True}]
    heard = environment.bus.subscribe("test", [TaskProgressed])
    threads = [Thread(target=url.fetch, args=(environment,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    while not any("another process" in event.name for event in heard.drain()):
        time.sleep(0.01)
    server.going_on.set()
    for thread in threads:
        thread.join()
    assert server.asked == ["/a.bin", "/a.bin"]


def test_notes_that_cannot_be_read_are_no_harm(environment, server, url):
    """What they are about is found out anew."""
    summed = evolve(url, sha256=SUM)
    content(summed, environment)
    (summed._download(environment).book / "about.json").write_text("[")
    assert content(summed, environment) == CONTENT
    (summed._download(environment).book / "about.json").write_text("[]")
    assert content(summed, environment) == CONTENT
    assert server.asked == ["/a.bin"]


def test_an_interrupt_leaves_what_has_come(environment, server, url, monkeypatch, left):
    """Ctrl-C is no reason to throw it away."""

    def interrupt(_):
        # As Python's handler does; whoever runs the tests in the background may have the signal ignored.
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        url.fetch(environment)
    assert left(environment) == ["content.part"]
