"""A crowd that types: clients with documents of their own, which note all that the server has told them.

What the server sends is a promise that it is on disk: every update that it shows, and every clock that its step 1
names. `Crowd.check_kept` holds a restarted server against all of these promises.
"""

import asyncio
import json
import random
import re
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pycrdt import Decoder, Doc, TransactionEvent, XmlElement, XmlFragment, XmlText, merge_updates
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from documents.crdt import protocol
from documents.crdt.update_v1 import parse
from tests.livekit import CHAPTER, FIRST, ROOT, LiveServer

DEADLINE = 30.0
"""Seconds after which a condition that should come true is a failure."""

UNHURRIED: dict[str, object] = {
    "messages_per_second": 1e6,
    "messages_burst": 10**6,
    "bytes_per_second": 1e9,
    "bytes_burst": 10**9,
    "log_level": "warning",
}
"""Settings under which nobody is slowed down."""

WORD = re.compile(r"\[[^\]]*\]")


class News:
    """Wakes those who wait for a condition whenever something has happened."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def happened(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await self._event.wait()


class Person:
    """A participant at a client of their own. The document stays when the connection goes, as in a browser's tab."""

    def __init__(self, crowd: "Crowd", who: str, client: int, *, notices: bool = True) -> None:
        self.who = who
        self.client = client
        self.doc: Doc[Any] = Doc(client_id=client)
        self.fragment = self.doc.get("default", type=XmlFragment)
        self.promised: dict[int, int] = {}
        """By client id: how far the server has said that it holds it."""
        self.shown: list[bytes] = []
        """The updates that the server has sent."""
        self.clock = 0
        """How far this person has written."""
        self.told: list[dict[str, Any]] = []
        """The notices that came; a stock client's denials as `{"denied": reason}`."""
        self.signs_of_life = 0
        self.steps = 0
        """How many times the server has asked what this client has."""
        self.synced = False
        self.closed: int | None = 0
        """The code with which the connection was closed; None while it is open."""
        self._crowd = crowd
        self._notices = notices
        self._typed = 0
        self._outbox: list[bytes] = []
        self._local = False
        self._link: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._subscription = self.doc.observe(self._changed)

    # The connection

    async def connect(self) -> None:
        """Come in and exchange what each side lacks."""
        server = self._crowd.server
        url = f"{server.ws}/{CHAPTER}{'?notices=1' if self._notices else ''}"
        headers = server.bearer(self.who)
        self._link = await connect(url, additional_headers=headers, max_size=None, ping_interval=None, proxy=None)
        self.closed, self.synced = None, False
        self._reading = asyncio.create_task(self._read(self._link))
        await self._send(protocol.sync_step1(self.doc.get_state()))
        await self._crowd.until(lambda: self.synced or self.closed is not None)

    async def leave(self) -> None:
        """Close the connection."""
        assert self._link is not None
        assert self._reading is not None
        await self._link.close()
        await self._reading

    async def closes(self) -> None:
        """Wait until the server has closed the connection."""
        await self._crowd.until(lambda: self.closed is not None)

    async def _read(self, link: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in link:
                assert isinstance(message, bytes)
                await self._hear(message)
                self._crowd.news.happened()
        self.closed = link.close_code
        self._crowd.news.happened()

    async def _hear(self, message: bytes) -> None:
        decoder = Decoder(message)
        kind = decoder.read_var_uint()
        if kind == 0:
            step = decoder.read_var_uint()
            body = decoder.read_message() or b""
            if step == 0:
                self._promise(protocol.read_state_vector(body).items())
                self.steps += 1
                await self._send(protocol.sync_step2(self.doc.get_update(body)))
            else:
                self._promise((section.client, section.end) for section in parse(body).sections)
                self.shown.append(body)
                self.doc.apply_update(body)
                self.synced = self.synced or step == 1
        elif kind == 1:
            self.signs_of_life += 1
        elif kind == 2:
            decoder.read_var_uint()
            self.told.append({"denied": decoder.read_var_string()})
        else:
            assert kind == protocol.NOTICE
            self.told.append(json.loads(decoder.read_var_string()))

    def _promise(self, clocks: Iterable[tuple[int, int]]) -> None:
        for client, clock in clocks:
            self.promised[client] = max(clock, self.promised.get(client, 0))

    async def _send(self, message: bytes) -> None:
        assert self._link is not None
        with suppress(ConnectionClosed):
            await self._link.send(message)

    async def arrived(self) -> None:
        """Return when all that was sent has reached the server's process: pings are answered in turn."""
        assert self._link is not None
        await (await self._link.ping())

    async def taken(self, seconds: float = DEADLINE) -> None:
        """Return when the server has dealt with all that was sent, for better or worse."""
        seen = self.signs_of_life
        await self._send(protocol.presences(()))
        await self._crowd.until(lambda: self.signs_of_life > seen, seconds)

    # Writing

    def _changed(self, event: TransactionEvent) -> None:
        if self._local:
            self._outbox.append(event.update)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One edit: its update waits for `flush`."""
        self._local = True
        try:
            with self.doc.transaction():
                yield
        finally:
            self._local = False

    def paragraph(self, name: str) -> XmlText:
        """The text of the paragraph of this id."""
        for element in self.fragment.children:
            assert isinstance(element, XmlElement)
            if element.attributes.get("id") == name:
                (text,) = element.children
                assert isinstance(text, XmlText)
                return text
        raise AssertionError(f"{self.who} has no paragraph {name}")

    def begin(self) -> None:
        """Add a paragraph of one's own."""
        with self.writing():
            names = {"id": f"p-{self.client}", "label": str(self.client)}
            element = self.fragment.children.append(XmlElement("paragraph", names))
            element.children.append(XmlText(self._new_word()))
        self._count()

    def write(self, paragraph: str, *, chance: random.Random | None = None) -> str:
        """Put a new word between two others, in front of all without a `chance`; returns it."""
        text, word, before = self.paragraph(paragraph), self._new_word(), ""
        if chance:
            content = str(text)
            before = content[: chance.choice([0, *(match.end() for match in WORD.finditer(content))])]
        with self.writing():
            text.insert(len(before.encode()), word)
        self._count()
        return word

    def erase(self, paragraph: str, chance: random.Random) -> None:
        """Take a word out, if there is one."""
        text = self.paragraph(paragraph)
        content = str(text)
        if matches := list(WORD.finditer(content)):
            match = chance.choice(matches)
            start, end = (len(content[:place].encode()) for place in match.span())
            with self.writing():
                del text[start:end]
            self._crowd.erased.add(match.group())

    def edit(self, chance: random.Random) -> None:
        """Do something, in one's own paragraph or in that of all."""
        paragraph = chance.choice((f"p-{self.client}", str(FIRST["id"])))
        self.write(paragraph, chance=chance)
        if chance.random() < 0.3:
            self.erase(paragraph, chance)

    def _new_word(self) -> str:
        self._typed += 1
        word = f"[{self.who} {self._typed}{'é😀'[: self._typed % 3]}]"
        self._crowd.typed.append(word)
        return word

    def _count(self) -> None:
        self.clock = self.clocks()[self.client]

    async def flush(self) -> None:
        """Send what was written, one message an edit."""
        outbox, self._outbox = self._outbox, []
        for update in outbox:
            await self._send(protocol.sync_update(update))

    @property
    def acknowledged(self) -> bool:
        """Whether the server has said that it has all that this person wrote."""
        return self.has_promise(self.clock)

    def has_promise(self, clock: int) -> bool:
        """Whether the server has said that it has what this person wrote before `clock`."""
        return self.promised.get(self.client, 0) >= clock

    async def keep_typing(self, chance: random.Random, *, ahead: int = 20) -> None:
        """Type as fast as it goes, up to `ahead` edits before the acknowledgement, until the connection closes."""
        waiting: deque[int] = deque()
        while self.closed is None:
            self.edit(chance)
            await self.flush()
            waiting.append(self.clock)
            while len(waiting) > ahead and self.closed is None:
                await self._crowd.until(lambda: self.closed is not None or self.has_promise(waiting[0]))
                waiting.popleft()

    # Reading

    def reading(self) -> list[tuple[str, str, str]]:
        """The paragraphs: id, label, text."""
        return [_read(element) for element in self.fragment.children]

    def clocks(self) -> dict[int, int]:
        """The state vector."""
        return protocol.read_state_vector(self.doc.get_state())

    def words(self) -> Counter[str]:
        """How many times each word stands in the text."""
        return Counter(word for _, _, text in self.reading() for word in WORD.findall(text))


def _read(element: object) -> tuple[str, str, str]:
    assert isinstance(element, XmlElement)
    name, label = element.attributes.get("id"), element.attributes.get("label")
    return str(name), str(label), "".join(map(str, element.children))


class Crowd:
    """Everybody in one chapter."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.news = News()
        self.people: list[Person] = []
        self.typed: list[str] = []
        """All words that anybody has typed."""
        self.erased: set[str] = set()
        self._kept = b""
        """The server's state when it was last checked."""

    async def until(self, condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
        """Wait for something that the server's messages bring about."""
        await self.news.until(condition, seconds)

    def person(self, who: str, client: int | None = None, *, notices: bool = True) -> Person:
        """Somebody more, not connected yet."""
        person = Person(self, who, client or 100 + len(self.people), notices=notices)
        self.people.append(person)
        return person

    async def gather(self, *names: str) -> list[Person]:
        """Let people come in who have a paragraph each, besides the one of all; return when all see all."""
        people = [self.person(name) for name in names]
        await self.connect()
        first = people[0]
        with first.writing():
            text = first.paragraph(str(FIRST["id"]))
            text += "[first]"
        self.typed.append("[first]")
        for person in people:
            person.begin()
            await person.flush()
        await self.converge()
        return people

    async def connect(self) -> None:
        """Everybody who is not connected comes in."""
        await asyncio.gather(*(person.connect() for person in self.people if person.closed is not None))

    async def disconnected(self) -> None:
        """Wait until nobody is connected any more."""
        await self.until(lambda: all(person.closed is not None for person in self.people))

    async def converge(self) -> None:
        """Wait until all is acknowledged and everybody reads the same: every word once, but for those erased."""
        people = self.people
        await self.until(lambda: all(person.acknowledged for person in people) and self._alike())
        expected = Counter(word for word in self.typed if word not in self.erased)
        assert people[0].words() == expected

    def _alike(self) -> bool:
        first = self.people[0]
        clocks, reading = first.clocks(), first.reading()
        return all(person.clocks() == clocks and person.reading() == reading for person in self.people)

    async def check_kept(self) -> None:
        """The server holds all that it has ever shown or acknowledged to anybody. To be asked after a restart."""
        reader = Person(self, "observer", 99)
        await reader.connect()
        await reader.leave()
        clocks, reading = reader.clocks(), reader.reading()
        state = reader.doc.get_update()
        for person in self.people:
            lost = {client: clock for client, clock in person.promised.items() if clocks.get(client, 0) < clock}
            assert not lost, f"{person.who} was promised more than {clocks} has: {lost}"
            _apply_all(reader.doc, person.shown)
            person.shown = []
        _apply_all(reader.doc, [self._kept] if self._kept else [])
        assert reader.clocks() == clocks
        assert reader.reading() == reading, "something that was shown, perhaps an erasure, is not there any more"
        self._kept = state

    @property
    def promises(self) -> int:
        """How many characters the server has acknowledged to those who wrote them, over all."""
        return sum(person.promised.get(person.client, 0) for person in self.people)


def _apply_all(doc: "Doc[Any]", updates: list[bytes]) -> None:
    for start in range(0, len(updates), 64):
        doc.apply_update(merge_updates(*updates[start : start + 64]))


async def adref(*arguments: str | Path) -> tuple[int, str]:
    """Run a command of the server's; its exit status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def check(data: Path) -> None:
    """`adref check` finds nothing wrong."""
    status, output = await adref("check", "--data", data)
    assert status == 0, output
