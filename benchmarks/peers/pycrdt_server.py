"""pycrdt-websocket with a SQLite store, under uvicorn, as its documents say: `pycrdt_server.py PORT DATABASE`."""

import asyncio
import sys

import uvicorn
from pycrdt.store import SQLiteYStore
from pycrdt.websocket import ASGIServer, WebsocketServer, YRoom


class Store(SQLiteYStore):
    """All rooms in one file."""

    db_path = sys.argv[2]


class Server(WebsocketServer):
    """Loads a room from the store when it is first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._loading = asyncio.Lock()

    async def get_room(self, name: str) -> YRoom:
        """The room, with what the store has of it."""
        async with self._loading:
            if name not in self.rooms:
                room = YRoom(ready=False, ystore=Store(name))
                self.rooms[name] = room
                await self.start_room(room)
                await self._fill(room)
            return self.rooms[name]

    async def _fill(self, room: YRoom) -> None:
        assert room.ystore is not None  # noqa: S101 (it was given)
        await room.ystore.started.wait()
        try:
            await room.ystore.apply_updates(room.ydoc)
        except Exception as error:
            if type(error).__name__ != "YDocNotFound":
                raise
        room.ready = True
        await room.ydoc_observed.wait()  # what comes before that would not be kept


async def _main() -> None:
    async with Server() as server:
        config = uvicorn.Config(ASGIServer(server), port=int(sys.argv[1]), log_level="warning", lifespan="off")
        await uvicorn.Server(config).serve()


asyncio.run(_main())
