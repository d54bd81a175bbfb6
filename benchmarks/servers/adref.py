"""This server, as shipped: gate, journal and authorship on, a person with a session of their own behind each client."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from auth.meeting import Meeting
from auth.roster import parse_roster
from auth.tokens import Signer, load_or_create_key
from benchmarks.load.building import ROOT
from benchmarks.servers.base import Server
from documents.model import Chapter
from documents.rooms import Rooms
from server.database import open_database
from server.offline import KEY

DELEGATIONS = 70
MEMBERS = 2
"""Of each delegation. Beyond 140 clients, a person has several tabs open."""
SESSION_SECONDS = 12 * 3600


class Adref(Server):
    """`adref serve` with its defaults."""

    title = "Adref"

    def __init__(self, folder: Path, rooms: Sequence[str], people: int) -> None:
        super().__init__(folder, rooms, people)
        self._tokens: list[str] = []
        asyncio.run(self._prepare())

    @classmethod
    def version(cls) -> str:
        return "this tree"

    def command(self) -> Sequence[str]:
        arguments = ["serve", "--data", str(self.folder), "--port", str(self.port)]
        return [sys.executable, "-m", "server", *arguments]

    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(ROOT)}

    def target(self, room: str) -> str:
        return f"/ws/{room}"

    def header(self, number: int) -> str:
        return f"Authorization: Bearer {self._tokens[number % len(self._tokens)]}"

    def longest_step(self) -> float | None:
        lines = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=30).text.splitlines()
        values = [line.split()[1] for line in lines if line.startswith("adref_loop_held_longest_seconds ")]
        return float(values[0]) * 1e3 if values else None

    async def _prepare(self) -> None:
        async with await open_database(self.folder) as database:
            meeting = await Meeting.open(database.auth, Signer(load_or_create_key(self.folder / KEY)))
            await meeting.import_roster(parse_roster(_roster().encode()))
            people = [one.id for one in meeting.participants()]
            self._tokens = [await meeting.open_session(person, SESSION_SECONDS) for person in people]
            rooms = Rooms(database.documents)
            for room in self.rooms:
                await rooms.create(Chapter(room, room, time.time_ns() // 10**6, people[0]), people[0], lambda _: None)


def _roster() -> str:
    lines = ["name,delegation,group,role"]
    for number in range(DELEGATIONS):
        group = ("government", "civil society", "private sector")[number % 3]
        lines += [f"Delegate {number}-{member},Delegation {number},{group},delegate" for member in range(MEMBERS)]
    return "\n".join(lines) + "\n"
