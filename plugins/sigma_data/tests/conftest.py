"""What the tests of this plugin share."""

import struct
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from sigma_data import URL

from sigma_core import Environment
from sigma_core.extend import DownloadError, SigmaError
from sigma_core.testing import message


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment with a cache folder of the test's own."""
    monkeypatch.setenv("SIGMA_CACHE", str(tmp_path / "cache"))
    with Environment(root=tmp_path) as made:
        yield made


class _Codes:
    """Codes of a width that grows, in groups of eight; what is left of a group is padding where the width changes."""

    def __init__(self, most, clears):
        self.out = bytearray([0x1F, 0x9D, most | (0x80 if clears else 0)])
        self.most, self.first = most, 257 if clears else 256
        self.group, self.width = [], 9
        self.begin()

    def begin(self):
        self.flush(9)
        self.table = {bytes([byte]): byte for byte in range(256)}
        self.following = self.first

    def put(self, code):
        self.group.append(code)
        if len(self.group) == 8:
            self.flush(self.width)

    def flush(self, width):
        if self.group:
            bits = sum(code << place * self.width for place, code in enumerate(self.group))
            self.out += bits.to_bytes(self.width, "little")
            self.group.clear()
        self.width = width

    def add(self, text):
        self.table[text], self.following = self.following, self.following + 1
        if self.following > 1 << self.width and self.width < self.most:
            self.flush(self.width + 1)


@pytest.fixture(scope="session")
def compressed():
    """What Unix's compress makes of bytes."""

    def compressed(content, most=16, *, clears=True):
        """With codes of up to `most` bits; a table that is full is begun anew, or stays as it is."""
        codes, text = _Codes(most, clears), b""
        for byte in content:
            longer = text + bytes([byte])
            if longer in codes.table:
                text = longer
                continue
            codes.put(codes.table[text])
            if codes.following < 1 << most:
                codes.add(longer)
            elif clears:
                codes.put(256)
                codes.begin()
            text = bytes([byte])
        if text:
            codes.put(codes.table[text])
        # The last group has no padding.
        unused = codes.width - -(-len(codes.group) * codes.width // 8) if codes.group else 0
        codes.flush(codes.width)
        return bytes(codes.out[: len(codes.out) - unused])

    return compressed


def connect_4_rows(count):
    """Positions after eight moves by chance, as connect-4.data has them; x wins with more marks in the middle."""
    random = np.random.default_rng(4)
    rows = []
    for _ in range(count):
        board = np.full((7, 6), "b")
        for mark in "xoxoxoxo":
            column = random.choice(np.flatnonzero(board[:, 5] == "b"))
            board[column, np.flatnonzero(board[column] == "b")[0]] = mark
        more = (board[2:5] == "x").sum() - (board[2:5] == "o").sum()
        rows.append(",".join([*board.ravel(), "loss" if more < 0 else "win" if more > 0 else "draw"]))
    return rows


def heart_disease_rows(count):
    """Patients by chance, as processed.cleveland.data has them; the older are ill. Every fiftieth lacks a measure."""
    random = np.random.default_rng(5)
    rows = []
    for number in range(count):
        age = random.integers(30, 80)
        measures = [age, *random.integers(0, 4, 11), 3.0 if number % 50 else "?"]
        rows.append(",".join([*map(str, measures), str(random.integers(1, 5) if age > 54 else 0)]))
    return rows


def idx(array):
    """An array of bytes as an IDX file."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype("u1").tobytes()


def mnist_files(count):
    """Images of which all pixels are the label's, for the test part."""
    labels = np.arange(count) % 10
    images = np.broadcast_to(labels[:, None, None], (count, 28, 28))
    return {"t10k-images-idx3-ubyte": idx(images), "t10k-labels-idx1-ubyte": idx(labels)}


def _lines(rows):
    return ("\n".join(rows) + "\n").encode()


FILES = {
    "connect_4": lambda count: {"connect-4.data": _lines(connect_4_rows(count))},
    "heart_disease": lambda count: {"processed.cleveland.data": _lines(heart_disease_rows(count))},
    "mnist": mnist_files,
    "text_corpus": lambda count: {"tinyshakespeare.txt": _lines(["to be, or not to be"] * count)},
}


@pytest.fixture
def published(monkeypatch):
    """Give a folder the small files of a dataset that is published, of as many records as it shall have."""

    def published(folder, dataset, count, *, is_whole=True):
        """The first file; the dataset is told to expect so many records if they are whole."""
        if is_whole:
            monkeypatch.setattr(f"sigma_data.datasets.{dataset}.RECORDS", count, raising=False)
        folder.mkdir(parents=True, exist_ok=True)
        files = FILES[dataset](count)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder / next(iter(files))

    return published


@pytest.fixture
def refused():
    """Call something that has to raise an error of Sigma's; gives its type's name and its whole message."""

    def call(action, *arguments, **settings):
        with pytest.raises(SigmaError) as caught:
            action(*arguments, **settings)
        return type(caught.value).__name__, str(caught.value)

    return call


class _Handler(BaseHTTPRequestHandler):
    """Gives the server's files, or the rest of them, with the faults that the test wants."""

    def do_GET(self):  # the standard library's name
        """Answer one request, with the next of the path's faults."""
        http = self.server
        http.asked.append(self.path)
        http.headers.append(dict(self.headers))
        faults = http.faults.get(self.path, [])
        fault = faults.pop(0) if faults else http.always.get(self.path, {})
        content = http.files.get(self.path)
        if status := fault.get("status", None if content is not None else 404):
            self.send_response(status)
            for name, value in fault.get("headers", {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"<html>no</html>")
            return
        self.give(content, fault)

    def give(self, content, fault):
        """Send a file, from the place that is asked for if that is known and the file is still the same."""
        tag = fault.get("tag", f'"{sha256(content).hexdigest()[:8]}"')
        start = int(self.headers.get("Range", "bytes=0-")[len("bytes=") : -1])
        if fault.get("ranges") is False or self.headers.get("If-Range", tag) != tag:
            start = 0
        total = len(content)
        if start >= total:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{total}")
            self.end_headers()
            self.wfile.write(b"<html>no</html>")
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", fault.get("rest", f"bytes {start}-{total - 1}/{total}"))
        if tag:
            self.send_header("ETag", tag)
        for name, value in fault.get("headers", {}).items():
            self.send_header(name, value)
        body = content[start:]
        if fault.get("chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n" % len(body))
        else:
            self.send_header("Content-Length", str(fault.get("length", len(body))))
            self.end_headers()
        self.wfile.write(body[: fault.get("cut")])
        if fault.get("stall"):
            self.wfile.flush()
            self.server.going_on.wait(60)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server(monkeypatch):
    """An HTTP server on the loopback address that gives `files` by path.

    `faults` has a list by path, one for each of the next requests, and `always` one for all others: `status`,
    `headers`, `cut` after so many bytes, `stall` there, `length` or `rest` that is a lie, `chunked`, `tag`, `ranges`
    that are not known. `asked` has the paths that were asked for, `headers` those of the requests.
    """
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as http:
        http.files, http.faults, http.always, http.asked, http.headers = {}, {}, {}, [], []
        http.going_on = Event()
        http.handle_error = lambda *_: None  # whoever asked may be gone
        http.address = f"http://127.0.0.1:{http.server_port}"
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield http
        http.going_on.set()
        http.shutdown()
        thread.join()


@pytest.fixture
def url(server):
    """A file of 256,000 bytes that the server has, asked for with little patience."""
    server.files["/a.bin"] = bytes(range(256)) * 1000
    return URL(f"{server.address}/a.bin", back_off=0.0, retries=2)


@pytest.fixture
def left():
    """What is left in the cache of an environment."""

    def left(environment):
        """Names of what is in the cache, other than what is known of downloads."""
        known = {"about.json", "part.json", "lock"}
        paths = Path(environment.paths.cache).rglob("*")
        return sorted(path.name for path in paths if path.is_file() and path.name not in known)

    return left


@pytest.fixture
def refusal():
    """The whole message of a source that cannot be opened."""

    def refusal(source, environment, kind=DownloadError):
        with pytest.raises(kind) as caught:
            source.open(environment)
        return message(caught.value)

    return refusal


@pytest.fixture
def told():
    """The whole message of a download that came to nothing."""

    def told(source, reason, environment):
        """The whole message of a download that came to nothing."""
        path = source._download(environment).destination
        return (
            f"url '{source.address}': {reason}\n"
            "  expected: an address that gives the whole file\n"
            f"  to do:    try again later, or put the file to '{path}' yourself"
        )

    return told


@pytest.fixture
def flowers(tmp_path):
    """Folders of three classes with two images each, 6 x 9 pixels, and other files."""
    from PIL import Image

    random = np.random.default_rng(0)
    for name in ("tulip", "rose", "daisy"):
        folder = tmp_path / "flowers" / name
        folder.mkdir(parents=True)
        for number in range(2):
            Image.fromarray(random.integers(0, 256, (6, 9, 3), np.uint8)).save(folder / f"{number}.png")
    (tmp_path / "flowers" / "README.txt").write_text("six flowers")
    (tmp_path / "flowers" / ".hidden").mkdir()
    return tmp_path / "flowers"
