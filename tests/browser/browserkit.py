"""Participants at their pages: each in a browser context of their own, and what they see and do there."""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.livekit import LiveServer

DEADLINE_MS = 15_000
WIDE = (1440, 900)
OFFLINE = (
    r"net::ERR_(INTERNET_DISCONNECTED|CONNECTION_\w+|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)",
    r"WebSocket connection to .* failed",
)
"""What Chromium itself says on the console when a server can't be reached."""
NOT_SIGNED_IN = (r"status of 401 \(Unauthorized\)",)
"""What Chromium says of the page's asking whether somebody is signed in, when nobody is."""

expect.set_options(timeout=DEADLINE_MS)

# Remembers each state that the status shows, with the text as it is at that moment.
WATCH = """
const allBlocks = '[data-testid=editor] > :not(.mark-line)'
globalThis.adrefBlocks = () => [...document.querySelectorAll(allBlocks)].map((block) => {
  const copy = block.cloneNode(true)
  for (const guest of copy.querySelectorAll('.caret')) guest.remove()
  for (const end of copy.querySelectorAll('br.ProseMirror-trailingBreak')) end.remove()
  for (const line of copy.querySelectorAll('br')) line.replaceWith('\\n')
  return { id: block.dataset.id ?? '', label: block.dataset.label ?? '', text: copy.textContent }
})
globalThis.adrefStates = []
new MutationObserver(() => {
  const state = document.querySelector('[data-testid=status]')?.dataset.state
  const states = globalThis.adrefStates
  if (state === undefined || state === states.at(-1)?.state) return
  states.push({ state, text: adrefBlocks().map(({ text }) => text + '\\n').join('') })
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] })
"""

# Where to click so that the caret stands before a character of a paragraph, or after its last.
POINT = """
(block, offset) => {
  block.scrollIntoView({ block: 'center', behavior: 'instant' })
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT)
  const letters = []
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('.caret')) continue
    for (let at = 0; at < node.length; at++) letters.push([node, at])
  }
  const after = offset >= letters.length
  const letter = document.createRange()
  if (letters.length === 0) letter.selectNodeContents(block)
  else {
    const [node, at] = letters[after ? letters.length - 1 : offset]
    letter.setStart(node, at)
    letter.setEnd(node, at + 1)
  }
  const box = letters.length === 0 ? block.getBoundingClientRect() : letter.getClientRects()[0]
  const atRight = after !== (getComputedStyle(block).direction === 'rtl')
  return [atRight ? box.right - 1 : box.left + 1, (box.top + box.bottom) / 2]
}
"""


class Block(NamedTuple):
    """A paragraph or heading as a page shows it, or as the server gives it."""

    id: str
    label: str
    text: str


class Shown(NamedTuple):
    """A state that the status came to, and the text that stood on the page at that moment."""

    state: str
    text: str


async def until(condition: Callable[[], Awaitable[object]], what: str, seconds: float = DEADLINE_MS / 1000) -> None:
    """Wait until a condition holds, and fail if it never does."""
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, f"it never came to {what}"
        await asyncio.sleep(0.05)


def text_of(blocks: list[Block]) -> str:
    """As `GET …/text` gives it."""
    return "".join(f"{block.text}\n" for block in blocks)


def blocks_of(server: LiveServer, chapter: str) -> list[Block]:
    """The chapter as the server has it on its disk."""
    found = server.get(f"/api/chapters/{chapter}/paragraphs").json()["paragraphs"]
    return [Block(one["id"], one["label"], one["text"]) for one in found]


def make_chapter(server: LiveServer, *paragraphs: str, title: str = "A chapter for a test") -> str:
    """A chapter with numbered paragraphs; returns its id."""
    return import_chapter(server, "\n".join(f"{number}. {text}" for number, text in enumerate(paragraphs, 1)), title)


def import_chapter(server: LiveServer, text: str, title: str = "") -> str:
    """A chapter from the plain-text form; returns its id."""
    headers = {"Content-Type": "text/plain"} | server.bearer("chair")
    answer = httpx.post(
        f"{server.url}/api/chapters/import", params={"title": title}, content=text.encode(), headers=headers, timeout=30
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["chapter"]["id"])


def invite(server: LiveServer, who: str, **options: Any) -> dict[str, Any]:
    """An invitation made by the chair: its `id` and `link`."""
    answer = server.request("POST", f"/api/participants/{who}/invitations", json=options)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@dataclass(eq=False)
class Delegate:
    """A participant at a page."""

    who: str
    context: BrowserContext
    page: Page
    url: str

    async def go(self, chapter: str) -> None:
        """Open a chapter, and wait until its text is there."""
        await self.page.goto(f"{self.url}/chapters/{chapter}")
        await expect(self.status).to_have_attribute("data-state", re.compile("saved|read-only"))

    @property
    def editor(self) -> Locator:
        return self.page.get_by_test_id("editor")

    @property
    def status(self) -> Locator:
        return self.page.get_by_test_id("status")

    def paragraph(self, label: str) -> Locator:
        """A paragraph by its label."""
        return self.editor.locator(f'[data-label="{label}"]')

    async def comes_to(self, state: str, seconds: float = DEADLINE_MS / 1000) -> None:
        """Wait for the status to say this."""
        await expect(self.status).to_have_attribute("data-state", state, timeout=seconds * 1000)

    async def put_caret(self, label: str, offset: int | None = None) -> None:
        """Click before a character of a paragraph; after its last one unless said otherwise."""
        x, y = await self.paragraph(label).evaluate(POINT, 1_000_000 if offset is None else offset)
        await self.page.mouse.click(x, y)
        await expect(self.paragraph(label)).to_have_class(re.compile("is-current"))
        await self.page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))")

    async def words(self, label: str) -> str:
        """The text of a paragraph by its label."""
        return next(block.text for block in await self.blocks() if block.label == label)

    async def blocks(self) -> list[Block]:
        """What the page shows, without the carets of others."""
        found = await self.page.evaluate("adrefBlocks()")
        return [Block(one["id"], one["label"], one["text"]) for one in found]

    async def states(self) -> list[Shown]:
        """What the status has come to since the page was loaded, in order."""
        return [Shown(**one) for one in await self.page.evaluate("adrefStates")]

    async def write(self, words: str, *, delay: float = 0) -> None:
        """Type at the caret; `delay` is in milliseconds between the keys."""
        await self.page.keyboard.type(words, delay=delay)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)


@dataclass(eq=False)
class Delegates:
    """Makes the participants of a test, and watches that no page of theirs complains."""

    browser: Browser
    server: LiveServer
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    _allowed: list[str] = field(default_factory=list)

    def allow(self, *patterns: str) -> None:
        """Complaints that a test brings about on purpose."""
        self._allowed.extend(patterns)

    async def guest(self, url: str = "", *, server: LiveServer | None = None, **options: Any) -> Delegate:
        """Somebody who has not signed in. `options` are those of a browser context."""
        width, height = WIDE
        settings: dict[str, Any] = {"viewport": {"width": width, "height": height}, "locale": "en-GB", **options}
        context = await self.browser.new_context(**settings)
        context.set_default_timeout(DEADLINE_MS)
        self.contexts.append(context)
        await context.add_init_script(WATCH)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        return Delegate("", context, await context.new_page(), url or (server or self.server).url)

    async def sign_in(self, who: str, url: str = "", *, server: LiveServer | None = None, **options: Any) -> Delegate:
        """A participant who has opened the link, and sees the list of chapters."""
        delegate = await self.guest(url, server=server, **options)
        delegate.who = who
        secret = invite(server or self.server, who)["link"].partition("#")[2]
        await delegate.page.goto(f"{delegate.url}/join#{secret}")
        await expect(delegate.page.get_by_test_id("chapter-list")).to_be_visible()
        return delegate

    async def open(
        self, who: str, chapter: str, url: str = "", *, server: LiveServer | None = None, **options: Any
    ) -> Delegate:
        """A participant who has a chapter open."""
        delegate = await self.sign_in(who, url, server=server, **options)
        await delegate.go(chapter)
        return delegate

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    async def close(self) -> None:
        """End all pages. Fails if one of them complained."""
        for context in self.contexts:
            await context.close()
        unexpected = [text for text in self.complaints if not any(re.search(one, text) for one in self._allowed)]
        assert not unexpected, "\n".join(["a page complained:", *unexpected])


async def agree(server: LiveServer, chapter: str, *delegates: Delegate) -> list[Block]:
    """Wait until all that was written is saved, and all pages and the server show the same; returns it."""
    for delegate in delegates:
        await expect(delegate.status).to_have_attribute("data-state", re.compile("saved|read-only"))

    async def same() -> bool:
        first = blocks_of(server, chapter)
        return all([await one.blocks() == first for one in delegates])

    await until(same, "the same text for all")
    found = blocks_of(server, chapter)
    assert server.text(chapter) == text_of(found)
    return found


class Proxy:
    """The network between a browser and a server: it can be cut, and made to swallow what is sent."""

    def __init__(self, server: LiveServer) -> None:
        self._target = int(server.url.rpartition(":")[2])
        self._listener: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def restore(self) -> None:
        """Let connections through, from the same address as before."""
        self.flow()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
            self._port = self._listener.sockets[0].getsockname()[1]

    def stall(self) -> None:
        """Pass on nothing from now on, without a word to either side."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on what has been held back, and what comes."""
        self._flows.set()

    async def cut(self) -> None:
        """End all connections, and refuse new ones."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        writers = [writer]
        try:
            there, away = await asyncio.open_connection("127.0.0.1", self._target)
            writers.append(away)
            await asyncio.gather(self._pump(reader, away), self._pump(there, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in writers:
                one.transport.abort()
            self._pipes.discard(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
        sink.close()


async def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page, when $ADREF_SCREENSHOTS names a folder."""
    folder = os.environ.get("ADREF_SCREENSHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")
