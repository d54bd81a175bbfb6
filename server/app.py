"""Builds the services and the application from the settings, serves, and closes everything in reverse."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from auth.meeting import Meeting
from auth.tokens import Signer, load_or_create_key
from documents.rooms import Rooms, milliseconds
from server.automatic import Automatic
from server.connections import Connections
from server.database import lock_folder, open_database
from server.held import Held
from server.http import api
from server.memory import SECONDS, Memory, never_pause
from server.metrics import Metrics
from server.offline import KEY
from server.page import page_routes
from server.services import Services
from server.settings import Settings
from server.transport import Link
from server.websocket import serve_websocket

log = logging.getLogger("adref")

VERSIONS_SECONDS: Final = 20
"""How often it is looked for automatic versions that are due."""

SWITCH_SECONDS = 0.0005
"""After so long a thread that works on a large update lets the event loop run: Python's own 5 ms would be felt."""


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open the meeting in `settings.data`, for this process alone, and close it in good order.

    Raises `FolderInUse`, `DatabaseTooNew`, `KeyUnsafe`, `OSError`, and what opening the storages raises.
    """
    async with AsyncExitStack() as opened:
        opened.enter_context(lock_folder(settings.data))
        database = await opened.enter_async_context(
            await open_database(settings.data, synchronous=settings.synchronous)
        )
        meeting = await Meeting.open(
            database.auth,
            Signer(load_or_create_key(settings.data / KEY)),
            access_seconds=round(settings.access_minutes * 60),
            session_seconds=round(settings.session_hours * 3600),
        )
        rooms = Rooms(database.documents, limits=settings.rooms_limits, room_limits=settings.room_limits)
        opened.push_async_callback(rooms.close)
        connections, held = Connections(settings), Held()
        services = Services(
            settings, database.documents, meeting, rooms, connections, Metrics(rooms, connections, held)
        )
        meeting.on_change(connections.recheck)
        for keep in (_watch_rights, _evict_idle_rooms, _keep_versions, _tidy_memory):
            task = asyncio.create_task(keep(services))
            opened.push_async_callback(_cancel, task)
        opened.push_async_callback(_cancel, asyncio.create_task(held.watch()))
        yield services


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _watch_rights(services: Services) -> None:
    """Notice what other processes (the command line) change about people, rights and sessions."""
    await _every(services.settings.rights_seconds, services.meeting.refresh_if_changed)


async def _evict_idle_rooms(services: Services) -> None:
    idle = services.settings.room_idle_seconds
    now = asyncio.get_running_loop().time
    await _every(min(max(idle / 4, 0.1), 10), lambda: services.rooms.evict_idle(now()))


async def _keep_versions(services: Services) -> None:
    hours = services.settings.version_hours
    if hours:
        automatic = Automatic(services.rooms, hours)
        await _every(VERSIONS_SECONDS, lambda: automatic.keep(milliseconds()))


async def _tidy_memory(services: Services) -> None:
    await _every(SECONDS, Memory(services.rooms).tidy)


async def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:
            log.exception("a background task failed; it goes on")


def build(services: Services) -> Starlette:
    """The application. It serves websockets through `server.transport.Link` alone."""

    async def metrics(_: Request) -> Response:
        return Response(services.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    app = Starlette(
        routes=[
            WebSocketRoute("/ws/{chapter}", serve_websocket, name="websocket"),
            Route("/metrics", metrics, name="metrics"),
            *page_routes(services.settings),
        ],
    )
    app.router.default = api(services)  # and it knows how to say that there is no such address
    app.state.services = services
    return app


class _Server(uvicorn.Server):
    """Says where it serves, and lets the rooms finish what has arrived before it hangs up (code 1012)."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settings = self._services.settings
        port = self.servers[0].sockets[0].getsockname()[1]
        self._services.settings = settings = settings.model_copy(update={"port": port})
        print(f"Adref serves {settings.data} at {settings.url}", flush=True)  # noqa: T201 (whoever started it waits for this)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, and then go on to close the meeting: uvicorn's own would raise the signal again first."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._services.stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(self._services.settings.stop_seconds):
                await self._services.rooms.drain()
        await super().shutdown(sockets)


async def run(settings: Settings) -> None:
    """Serve until a signal says stop. Raises as `open_services` does, and `OSError` if the port can't be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.create_server((settings.host, settings.port), family=family, backlog=1024) as listening:
        await _run(settings, listening)


async def _run(settings: Settings, listening: socket.socket) -> None:
    async with open_services(settings) as services:
        config = uvicorn.Config(
            build(services),
            ws=Link,
            ws_max_size=settings.message_bytes,
            ws_per_message_deflate=False,
            ws_ping_timeout=settings.stalled_seconds,
            forwarded_allow_ips=settings.trusted_proxies,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=round(settings.stop_seconds),
        )
        await _Server(config, services).serve([listening])


def serve(settings: Settings) -> None:
    """Serve a meeting until it is told to stop (SIGINT, SIGTERM)."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    # uvicorn logs whole addresses at this level, and ours may hold a token.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("aiosqlite").setLevel(logging.INFO)  # below that it logs every value that it writes
    sys.setswitchinterval(SWITCH_SECONDS)
    never_pause()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run(settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where there is one (not on Windows)."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return None
    return uvloop.new_event_loop
