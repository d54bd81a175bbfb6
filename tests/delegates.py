"""Delegates at work with pycrdt: they edit everything everywhere, on line and off, whether they may or not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

from pycrdt import XmlElement, XmlFragment, XmlText
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from documents.crdt import protocol
from tests.editorkit import attributes_of, plain
from tests.livekit import LiveServer
from tests.wirekit import Heard, Replica, Wire, eventually, wire

WORDS = ("word ", "and ", "naïve ", "😀", "مرحبا ", "한국", "[", "] ", "e\u0301", "x", "12 bis ")
LONG = 300
"""Characters of a paragraph that is rather cut than added to."""
MANY = 40
"""Paragraphs of a chapter that rather loses one than gains one."""

Edit = Callable[["Delegate", XmlFragment, int], None]


class Gone(Exception):
    """The connection has ended."""


async def _until(client: Wire, condition: Callable[[], bool]) -> None:
    await eventually(lambda: condition() or client.socket.close_code is not None, "being in step", 30)
    if not condition():
        raise Gone


class Delegate(Replica):
    """One editor. Its document lives on when its connection ends, and brings what the server lacks at the next one."""

    def __init__(self, server: LiveServer, who: str, chapter: str, chance: Random) -> None:
        super().__init__()
        self.server = server
        self.who = who
        self.chapter = chapter
        self.chance = chance
        self.edits = 0
        self._made: list[bytes] = []
        self._terse = chance.random() < 0.5
        """Whether its updates say what one edit changed, as Yjs makes them, or also all deletions that it knows of."""
        self._prompt = chance.random() < 0.8
        """Whether it answers in the order in which it is asked, or hears everything first."""
        self._subscription = self.doc.observe(lambda event: self._made.append(event.update))
        self.codes: list[int] = []
        """With which its connections were closed, by whomever."""
        self._asked: list[dict[int, int]] = []

    def hear(self, message: Heard) -> None:
        super().hear(message)
        if message.kind == "step1":
            self._asked.append(dict(message.body))

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Wire]:
        """In step with the server. Raises `Gone` when the connection ends before."""
        self._asked = []
        async with wire(self.server, self.who, self.chapter, on_message=self.hear) as client:
            try:
                await client.send(protocol.sync_step1(self.doc.get_state()))
                if self._prompt:
                    await _until(client, lambda: "step1" in client.kinds())
                    await self._answer(client)
                await _until(client, lambda: {"step1", "step2"} <= set(client.kinds()))
                yield client
            finally:
                await client.socket.close()
                self.codes.append(client.socket.close_code or 0)

    async def work(self, edits: int) -> None:
        """Edit on line, with spells off line; the server may go and come back meanwhile."""
        end = self.edits + edits
        while self.edits < end:
            try:
                async with self.connected() as client:
                    await self._on_line(client, min(end - self.edits, self.chance.randrange(20, 120)))
            except (ConnectionClosed, InvalidHandshake, OSError, Gone):
                await asyncio.sleep(0.02)  # as a client waits before it tries again
            for _ in range(min(end - self.edits, self.chance.randrange(8))):
                self.edit()

    async def settle(self) -> None:
        """Hand in everything."""
        async with self.connected() as client:
            for _ in range(2):
                await self._answer(client)
                await self._in_step(client)

    async def _on_line(self, client: Wire, edits: int) -> None:
        for number in range(edits):
            await self._answer(client)
            await client.send(protocol.sync_update(self.edit()))
            if number % 8 == 7:
                await self._in_step(client)  # so that nobody runs far ahead of what the others do

    async def _in_step(self, client: Wire) -> None:
        count = client.kinds().count("step2")
        await client.send(protocol.sync_step1(self.doc.get_state()))
        await _until(client, lambda: client.kinds().count("step2") > count)

    async def _answer(self, client: Wire) -> None:
        asked, self._asked = self._asked, []
        for clocks in asked:
            await client.send(protocol.sync_step2(self.doc.get_update(protocol.write_state_vector(clocks))))

    def edit(self) -> bytes:
        """One random edit; returns its update."""
        self.edits += 1

        def edit(fragment: XmlFragment) -> None:
            count = len(fragment.children)
            if not count:
                add(self, fragment, 0)
                return
            at = self.chance.randrange(count)
            kind = self.chance.choice(KINDS)
            if count > MANY and kind in {add, split}:
                kind = remove
            kind(self, fragment, at)

        self._made.clear()
        whole = self.change(edit)
        return self._made[0] if self._terse and self._made else whole

    def cut(self, words: XmlText, most: int) -> tuple[int, int]:
        """A range of whole characters, in bytes."""
        sizes = [len(char.encode()) for part, _ in words.diff() for char in str(part)]
        start = self.chance.randrange(len(sizes) + 1)
        return sum(sizes[:start]), sum(sizes[: start + most])


def _text(fragment: XmlFragment, at: int) -> XmlText | None:
    element = fragment.children[at]
    children = list(element.children) if isinstance(element, XmlElement) else []
    return next((child for child in children if isinstance(child, XmlText)), None)


def type_(who: Delegate, fragment: XmlFragment, at: int) -> None:
    words = _text(fragment, at)
    if words is None:
        element = fragment.children[at]
        if isinstance(element, XmlElement):
            element.children.append(XmlText(who.chance.choice(WORDS)))
    elif len(plain(words)) > LONG:
        erase(who, fragment, at)
    else:
        words.insert(who.cut(words, 0)[0], who.chance.choice(WORDS))


def erase(who: Delegate, fragment: XmlFragment, at: int) -> None:
    if (words := _text(fragment, at)) is not None:
        start, end = who.cut(words, who.chance.choice((1, 3, 40)))
        if end > start:
            del words[start:end]


def clear(who: Delegate, fragment: XmlFragment, at: int) -> None:
    if (words := _text(fragment, at)) is not None and len(words):
        del words[0 : len(words)]
        words.insert(0, who.chance.choice(WORDS))


def format_(who: Delegate, fragment: XmlFragment, at: int) -> None:
    if (words := _text(fragment, at)) is not None:
        start, end = who.cut(words, 10)
        if end > start:
            words.format(start, end, {who.chance.choice(("strong", "em")): who.chance.choice(({}, None))})


def name(who: Delegate, fragment: XmlFragment, at: int) -> None:
    element = fragment.children[at]
    if isinstance(element, XmlElement):
        element.attributes[who.chance.choice(("label", "id", "align"))] = who.chance.choice(("p-7", "12 bis", "left"))


def add(who: Delegate, fragment: XmlFragment, at: int) -> None:
    element = fragment.children.insert(at, XmlElement("paragraph"))
    element.children.append(XmlText(who.chance.choice(WORDS)))


def remove(who: Delegate, fragment: XmlFragment, at: int) -> None:
    if len(fragment.children) > 3:
        del fragment.children[at]


def split(who: Delegate, fragment: XmlFragment, at: int) -> None:
    """As y-prosemirror does: the tail is typed anew into a copy with the same attributes."""
    element, words = fragment.children[at], _text(fragment, at)
    if not isinstance(element, XmlElement) or words is None or not len(words):
        return
    start, _ = who.cut(words, 0)
    tail = plain(words).encode()[start:].decode()
    copy = fragment.children.insert(at + 1, XmlElement("paragraph", attributes_of(element)))
    copy.children.append(XmlText(tail))
    if tail:
        del words[start : len(words)]


def join(who: Delegate, fragment: XmlFragment, at: int) -> None:
    """With the paragraph before."""
    words, before = _text(fragment, at), _text(fragment, at - 1) if at else None
    if words is not None and before is not None:
        before.insert(len(before), plain(words)[:LONG])
        del fragment.children[at]


def move(who: Delegate, fragment: XmlFragment, at: int) -> None:
    """Words from here to somewhere."""
    words, to = _text(fragment, at), _text(fragment, who.chance.randrange(len(fragment.children)))
    if words is None or to is None:
        return
    start, end = who.cut(words, 12)
    taken = plain(words).encode()[start:end].decode()
    if taken:
        del words[start:end]
        to.insert(0, taken)


KINDS: tuple[Edit, ...] = (
    *(type_,) * 12, *(erase,) * 5, *(format_,) * 2, *(add,) * 2, *(split,) * 2, clear, name, remove, join, move,
)  # fmt: skip
