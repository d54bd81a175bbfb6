"""Hostile Word files at a live server that has a bound of memory itself, while somebody types; and at the command."""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from documents.crdt import protocol
from server.cli import FAULT, main
from tests.hostile_word import HOSTILE
from tests.livekit import LiveServer
from tests.wirekit import eventually, replica
from tests.wordkit import dele, ins, para
from tests.wordkit import word as made

MEGABYTE = 2**20
ADDRESSES = 2**31
"""Bytes of addresses that the server and all that it starts may each have: more, and the system says no."""
OWN = 300 * MEGABYTE
"""What the server itself may hold, and all of its helpers together."""
SENT = (
    "spaces", "paragraphs", "nested-zips", "quine", "overlapping", "zip64", "claims-4-gb", "deep", "laughs",
    "laughs-utf-16", "outside", "huge-attribute", "many-attributes", "namespaces", "elements", "elements-in-parts",
    "attributes-everywhere", "text",
)  # fmt: skip
BOUND = "import os, resource as r, sys; r.setrlimit(r.RLIMIT_AS, ({0}, {0})); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """One that can't have more than `ADDRESSES`."""
    found = LiveServer(tmp_path / "data", {"log_level": "warning"})
    found.start([sys.executable, "-c", BOUND.format(ADDRESSES)])
    yield found
    found.stop()


class Watch:
    """Sees what the server takes while something goes on, and how long somebody waits who types meanwhile."""

    def __init__(self, server: LiveServer) -> None:
        self._process = psutil.Process(server.pid)
        self.own = 0
        self.helpers = 0
        self.latencies: list[float] = []
        """Seconds from a letter's being sent to its coming back."""

    def look(self) -> None:
        self.own = max(self.own, self._process.memory_info().rss)
        helpers = 0
        for one in self._process.children(recursive=True):
            try:
                helpers += one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.helpers = max(self.helpers, helpers)

    def is_calm(self) -> bool:
        return (
            self.own < OWN
            and self.helpers < 2 * OWN
            and statistics.median(self.latencies) < 0.1
            and max(self.latencies) < 2
        )

    def __repr__(self) -> str:
        median, most = statistics.median(self.latencies), max(self.latencies)
        told = f"{len(self.latencies)} letters, median {median:.4f} s, at most {most:.4f} s"
        return f"server {self.own // MEGABYTE} MB, helpers {self.helpers // MEGABYTE} MB, {told}"


@asynccontextmanager
async def watched(server: LiveServer) -> AsyncIterator[Watch]:
    """While somebody types a letter after the other, each when the last has come back."""
    watch = Watch(server)
    over = asyncio.Event()

    async def type_on() -> None:
        async with replica(server, "egypt") as (editor, client):
            while not over.is_set():
                heard, begun = client.kinds().count("update"), time.monotonic()
                await client.send(protocol.sync_update(editor.type("x")))
                await eventually(lambda: client.kinds().count("update") > heard, "an echo", 30)  # noqa: B023
                watch.latencies.append(time.monotonic() - begun)
                watch.look()

    typing = asyncio.create_task(type_on())
    try:
        await eventually(lambda: watch.latencies or typing.done())
        yield watch
    finally:
        over.set()
        await typing


async def upload(server: LiveServer, client: httpx.AsyncClient, content: bytes, **params: str) -> httpx.Response:
    headers = server.bearer("chair") | {"Content-Type": "application/octet-stream"}
    address = f"{server.url}/api/chapters/import"
    return await client.post(address, content=content, headers=headers, params=params)


async def test_many_at_once_end_as_problems_while_others_type(server: LiveServer) -> None:
    files = {name: HOSTILE[name]() for name in SENT}
    async with watched(server) as watch, httpx.AsyncClient(timeout=200) as client:
        answers = await asyncio.gather(*(upload(server, client, content) for content in files.values()))
        for name, answer in zip(files, answers, strict=True):
            told = answer.json()
            assert answer.status_code in {413, 422}, name
            assert answer.headers["content-type"] == "application/problem+json"
            assert told["code"] in {"too-large", "word-too-large", "word-broken", "word-unsafe"}, name
            assert "\n" not in told["detail"]
        good = await upload(
            server, client, made(para("C7. Access", style="Title"), para("1. ", ins(1, "Egypt", "All")))
        )
        assert good.status_code == 201
    assert watch.is_calm(), watch
    assert "Traceback" not in server.log()
    assert not psutil.Process(server.pid).children()


async def test_a_long_lawful_file_is_felt_by_nobody(server: LiveServer) -> None:
    changes = [f"{at}. " for at in range(2_000)]
    content = made(
        para("C7. Access", style="Title"),
        *(
            para(text, *(ins(at, "Egypt", "new words ") + dele(at, "Japan", "old words ") for at in range(5)))
            for text in changes
        ),
    )
    async with watched(server) as watch, httpx.AsyncClient(timeout=200) as client:
        answers = await asyncio.gather(*(upload(server, client, content) for _ in range(3)))
        assert [(one.status_code, len(one.json()["changes"])) for one in answers] == [(201, 20_000)] * 3
    assert watch.is_calm(), watch


@pytest.mark.parametrize("announced", [True, False])
async def test_a_hundred_megabytes_are_not_taken_in(server: LiveServer, *, announced: bool) -> None:
    async with watched(server) as watch:
        watch.look()
        before = watch.own
        status, sent = await _send(server, 100 * MEGABYTE, announced=announced)
        assert status == 413
        assert sent < 20 * MEGABYTE
    assert watch.own < before + 40 * MEGABYTE
    assert watch.is_calm(), watch


async def _send(server: LiveServer, size: int, *, announced: bool) -> tuple[int, int]:
    """Send a body until there is an answer: its status, and how much was sent."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    length = f"Content-Length: {size}" if announced else "Transfer-Encoding: chunked"
    token = server.bearer("chair")["Authorization"]
    head = f"POST /api/chapters/import HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {token}\r\n{length}\r\n\r\n"
    writer.write(head.encode())
    answer = asyncio.create_task(reader.readline())
    chunk = b"PK\x03\x04" + bytes(MEGABYTE - 4)
    sent = 0
    try:
        while sent < size and not answer.done():
            writer.write(chunk if announced else b"%x\r\n%s\r\n" % (len(chunk), chunk))
            sent += len(chunk)
            drained = asyncio.create_task(writer.drain())
            await asyncio.wait([drained, answer], return_when=asyncio.FIRST_COMPLETED)
    except ConnectionError:
        pass
    line = await asyncio.wait_for(answer, 30)
    writer.close()
    return int(line.split()[1]), sent


@pytest.mark.parametrize("name", HOSTILE)
def test_the_command_says_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.docx").write_bytes(HOSTILE[name]())
    monkeypatch.setattr(sys, "argv", ["adref", "import", "x.docx", "--data", "fresh"])
    with pytest.raises(SystemExit) as stopped:
        main()
    out, err = capsys.readouterr()
    assert (stopped.value.code, out, err.count("\n")) == (FAULT, "", 1)
    assert err.startswith("adref: ")
    assert not Path("fresh").exists()


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"C7. Access\n", b"\xff\xfe"])
def test_the_command_does_not_read_a_hundred_megabytes(start: bytes, tmp_path: Path) -> None:
    path = tmp_path / "large.docx.txt"
    path.write_bytes(start)
    os.truncate(path, 100 * MEGABYTE)
    command = [sys.executable, "-c", BOUND.format(ADDRESSES // 4), sys.executable, "-m", "server", "import", str(path)]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (FAULT, "", 1)
    assert time.monotonic() - begun < 15
