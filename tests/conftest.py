"""What every test may rely on: asyncio as the backend, hypothesis's profiles, live servers that end with the test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.livekit import LiveServer

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("default"), max_examples=5_000)
settings.load_profile("long" if os.environ.get("ADREF_FUZZ_SECONDS") else "default")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Makes servers: `live(room_idle_seconds=1)` starts one of its own folder with the sample's people."""
    servers: list[LiveServer] = []

    def start(**settings: object) -> LiveServer:
        server = LiveServer(tmp_path / f"data{len(servers)}", settings)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()
