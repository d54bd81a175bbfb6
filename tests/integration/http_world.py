"""A meeting with real storage behind the real application, reached over ASGI, by a clock that the test moves."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from auth.meeting import Meeting
from auth.roster import parse_roster
from auth.tokens import Signer
from documents.rooms import Rooms
from server.app import build
from server.connections import Connections
from server.database import open_database
from server.held import Held
from server.metrics import Metrics
from server.services import Services
from server.settings import Settings
from tests.integration.http_schema import Description

URL = "http://adref.test"
PEOPLE = """\
id,name,delegation,group,role,breakout
chair,Annelise Brunner,Switzerland,government,chair,
vice-chair,Tevita Fonua,Tonga,government,vice-chair,
secretariat,Miriam Okonjo,Secretariat,international organization,secretariat,
egypt,رنا الحمود,Egypt,government,delegate,
acme,Søren Halkjær,Acme Networks,private sector,delegate,
observer,Eilidh Macrae,Hebridean Library Trust,civil society,observer,
"""


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


class Caller(httpx.AsyncClient):
    """A client that holds every answer against the OpenAPI document."""

    def __init__(self, world: "World", **options: Any) -> None:
        transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
        super().__init__(transport=transport, base_url=URL, **options)
        self._description = world.description

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        response = await super().send(request, **options)
        faults = self._description.faults(response)
        assert not faults, (request.method, request.url.path, response.status_code, faults)
        return response


class World:
    """The meeting and who calls it."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self.services = services
        self.clock = clock
        self.app = build(services)
        self.description = Description({"paths": {}})
        self._callers: list[httpx.AsyncClient] = []

    async def describe(self) -> None:
        """Learn what the server says of itself."""
        self.description = Description((await self.stranger().get("/api/openapi.json")).json())

    def stranger(self, **options: Any) -> Caller:
        """Somebody who is not signed in."""
        self._callers.append(caller := Caller(self, **options))
        return caller

    async def caller(self, participant: str) -> Caller:
        """A participant, signed in by a bearer token."""
        token = await self.services.meeting.open_session(participant, 3600)
        return self.stranger(headers={"Authorization": f"Bearer {token}"})

    async def page(self, participant: str) -> Caller:
        """A participant, signed in as the page does it: by invitation and cookies."""
        caller = self.stranger(headers={"X-Adref": "1"})
        response = await caller.post("/api/session", json={"invitation": await self.secret(participant)})
        assert response.status_code == 200
        return caller

    async def secret(self, participant: str, hours: float = 1) -> str:
        """An invitation's secret."""
        return (await self.services.meeting.invite(participant, hours=hours))[1]

    async def close(self) -> None:
        for caller in self._callers:
            await caller.aclose()


@asynccontextmanager
async def open_world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    """A meeting in this folder; `settings` in place of the defaults."""
    chosen = Settings(**{"data": folder, "public_url": URL, **settings})
    clock = Clock()
    async with await open_database(folder) as database:
        meeting = await Meeting.open(database.auth, Signer(bytes(range(32))), clock)
        await meeting.import_roster(parse_roster(PEOPLE.encode()))
        rooms = Rooms(database.documents, limits=chosen.rooms_limits, room_limits=chosen.room_limits)
        connections = Connections(chosen)
        world = World(
            Services(chosen, database.documents, meeting, rooms, connections, Metrics(rooms, connections, Held())),
            clock,
        )
        await world.describe()
        try:
            yield world
        finally:
            await world.close()
            await rooms.close()
