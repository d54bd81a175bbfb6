"""One browser and one server for all tests of the page; each test has contexts and a chapter of its own."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.browserkit import Delegates, Proxy
from tests.livekit import LiveServer

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    """The tests here share a browser, so they share a loop."""
    return "asyncio"


@pytest.fixture(scope="package")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The server of all tests that leave it as it was."""
    server = LiveServer(tmp_path_factory.mktemp("browser"), {"sign_ins_per_minute": 10_000})
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def delegates(browser: Browser, shared: LiveServer) -> AsyncIterator[Delegates]:
    """Makes participants; at the end, none of their pages may have complained."""
    made = Delegates(browser, shared)
    yield made
    await made.close()


@pytest.fixture
async def proxy(shared: LiveServer) -> AsyncIterator[Proxy]:
    """A network that can fail, in front of the shared server."""
    network = Proxy(shared)
    await network.restore()
    yield network
    await network.cut()
