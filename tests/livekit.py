"""A real server in a process of its own, with the sample's people signed in and one chapter to write in."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from auth.meeting import Meeting
from auth.roster import parse_roster
from auth.tokens import Signer, load_or_create_key
from documents.model import Chapter
from documents.rooms import Rooms
from server.database import open_database
from server.offline import KEY

ROOT = Path(__file__).parent.parent
PEOPLE = ("chair", "vice-chair", "secretariat", "egypt", "ifip", "acme", "observer", "japan", "brazil", "kenya")
CHAPTER = "chapter"
START_SECONDS = 30


class LiveServer:
    """`adref serve` on a data folder. Killed and started again, it keeps its port and its people's tokens."""

    def __init__(self, data: Path, settings: Mapping[str, object]) -> None:
        self.data = data
        self.tokens: dict[str, str] = {}
        self.url = ""
        self.process: subprocess.Popen[str] | None = None
        self._environment = {
            f"ADREF_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in settings.items()
        }
        self._port = 0

    @property
    def ws(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self, wrapper: Iterable[str] = ()) -> None:
        """Start it, and wait until it says where it serves. `wrapper` is put before the command."""
        if not self.tokens:
            with ThreadPoolExecutor(1) as pool:  # a test may have a loop running in this thread
                pool.submit(asyncio.run, self._seed()).result()
        arguments = ["-m", "server", "serve", "--data", str(self.data), "--port", str(self._port)]
        with (self.data / "log").open("a") as log:
            self.process = subprocess.Popen(
                [*wrapper, sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ | self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        assert " at http" in line, f"the server did not start: {line!r}\n{self.log()}"
        self.url = line.rsplit(" ", 1)[1].strip()
        self._port = int(self.url.rsplit(":", 1)[1])

    def log(self) -> str:
        """What it has logged so far."""
        return (self.data / "log").read_text()

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Stop it as an operator would; returns its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(START_SECONDS)
        finally:
            process.kill()
            assert process.stdout is not None
            process.stdout.close()

    def get(self, path: str, who: str = "chair") -> httpx.Response:
        """A GET by a participant."""
        return httpx.get(self.url + path, headers=self.bearer(who), timeout=30)

    def request(self, method: str, path: str, who: str = "chair", **kwargs: Any) -> httpx.Response:
        """Any request by a participant."""
        return httpx.request(method, self.url + path, headers=self.bearer(who), timeout=30, **kwargs)

    def bearer(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def text(self, chapter: str = CHAPTER) -> str:
        """The chapter's text as the server gives it."""
        answer = self.get(f"/api/chapters/{chapter}/text")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def _seed(self) -> None:
        async with await open_database(self.data) as database:
            meeting = await Meeting.open(database.auth, Signer(load_or_create_key(self.data / KEY)))
            roster = ROOT / "server" / "sample" / "participants.csv"
            await meeting.import_roster(parse_roster(roster.read_bytes()))
            for person in PEOPLE:
                self.tokens[person] = await meeting.open_session(person, 12 * 3600)
            rooms = Rooms(database.documents)
            chapter = Chapter(CHAPTER, "A chapter", int(time.time() * 1000), "chair")
            await rooms.create(chapter, "chair", lambda document: document.append("paragraph", FIRST, ""))


FIRST = {"id": "p-first", "label": "1"}
"""The attributes of the only paragraph that the chapter begins with."""
