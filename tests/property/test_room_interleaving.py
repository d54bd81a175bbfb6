"""Any interleaving of edits, delays, disconnects, faults, snapshots, evictions and stops ends in one text, whole."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import XmlElement, XmlText

from documents.authorship.runs import ParagraphRuns
from documents.chapter import ChapterDocument
from documents.crdt import protocol, update_v1
from documents.errors import RoomBusy, StorageUnavailable
from documents.limits import RoomLimits
from documents.model import SERVER, Chapter
from documents.room import Room
from documents.rooms import Rooms, RoomsLimits
from tests.editorkit import Editor, content, plain, replica
from tests.roomkit import CHAPTER, Clock, FaultyMemory, assert_same, opening, replayed, until

AUTHORS = ("egypt", "ifip", "acme")
LIMITS = RoomLimits(
    snapshot_updates=3,
    snapshot_seconds=0.001,
    batch_updates=4,
    retry_seconds=1e-4,
    retry_most=1e-3,
    presence_seconds=0,
    snapshot_share=1e9,
)
WORDS = ("a", "naïve ", "😀", "שלום", "e\u0301", "long " * 4)

EXAMPLES = 5 * settings().max_examples

pytestmark = pytest.mark.timeout(0)


class Person(Editor):
    """An editor that notes what it was shown."""

    def __init__(self, author: str, client_id: int, shown: dict[int, int]) -> None:
        super().__init__(author, client_id, live=False)
        self.shown = shown
        self.posted: list[bytes] = []

    def _hear(self, message: protocol.Message) -> None:
        if isinstance(message, protocol.SyncStep1):
            self._note(message.state_vector)
        elif isinstance(message, protocol.SyncUpdate):
            self._note({section.client: section.end for section in update_v1.parse(message.update).sections})
        super()._hear(message)

    def _note(self, clocks: Any) -> None:
        for client, clock in clocks.items():
            self.shown[client] = max(self.shown.get(client, 0), clock)

    def post_frame(self, frame: bytes) -> None:
        self.posted.append(frame)
        try:
            super().post_frame(frame)
        except RoomBusy:  # as a connection, which is closed then
            self.leave()

    def edit(self, kind: int, where: int) -> None:
        """One of the edits that people make, as far as there is something to edit."""
        children = self.text.children
        count = len(children)
        element = children[where % count] if count else None
        if not isinstance(element, XmlElement) or kind % 8 == 0:
            self.add(WORDS[where % len(WORDS)], where % (count + 1), id=f"p-{where % 5}", label=str(where % 3))
            return
        words = element.children[0] if len(element.children) else None
        match kind % 8:
            case 1:
                del children[where % count]
            case 2 if isinstance(words, XmlText) and len(words):
                self.split(where % count, _boundary(words, where))
            case 3:
                element.attributes[("id", "label", "align")[where % 3]] = f"p-{where % 7}"
            case 4 if "id" in element.attributes:
                del element.attributes["id"]
            case 5 if isinstance(words, XmlText) and len(words):
                words.format(0, _boundary(words, where), {"bold": True if where % 2 else None})
            case 6 if isinstance(words, XmlText) and len(words):
                del words[0 : _boundary(words, where)]
            case _ if isinstance(words, XmlText):
                words.insert(_boundary(words, where), WORDS[where % len(WORDS)])


def _boundary(words: XmlText, where: int) -> int:
    """A place between two characters, in bytes."""
    text = plain(words)
    return len(text[: 1 + where % max(1, len(text))].encode())


class World:
    """A server that is stopped now and then, and the people around it."""

    def __init__(self) -> None:
        self.storage = FaultyMemory()
        self.shown: dict[int, int] = {}
        self.authors: dict[int, str] = {1: SERVER}
        self.people: list[Person] = []
        self.now = 0.0
        self.rooms = self._new_rooms()

    def _new_rooms(self) -> Rooms:
        return Rooms(self.storage, limits=RoomsLimits(idle_seconds=0), room_limits=LIMITS, now=Clock())

    async def start(self) -> None:
        await self.rooms.create(Chapter(CHAPTER, "Principles", 1_000, SERVER), SERVER, opening)
        for author in AUTHORS:
            await self._arrive(author)

    async def _arrive(self, author: str) -> None:
        client = 10 + len(self.authors)
        self.authors[client] = author
        self.people.append(Person(author, client, self.shown))
        await self._join(self.people[-1])

    async def _join(self, person: Person) -> None:
        try:
            person.join(await self.rooms.open(CHAPTER))
        except StorageUnavailable:
            assert "recover" in self.storage.faults.failing

    async def _join_all(self, number: int) -> None:
        """Let people come back: most of them, and what is on its way may be delayed."""
        for index, person in enumerate(self.people):
            if person.room is None and (number + index) % 5:
                await self._join(person)
                person.post(number % 3)

    async def act(self, kind: str, who: int, number: int) -> None:
        """Do one thing."""
        person = self.people[who % len(self.people)]
        match kind:
            case "edit":
                person.edit(number, number // 8)
                person.post(number % 3)
            case "post":
                person.post(1 + number % 4)
            case "take":
                self._take(person, 1 + number % 4)
            case "exchange":
                await self._exchange()
            case "again" if person.posted:
                person.post_frame(person.posted[number % len(person.posted)])
            case "leave":
                person.leave()
            case "join" if person.room is None:
                await self._join(person)
            case "vanish":
                person.leave()
                self.people.remove(person)
                await self._arrive(person.author)
            case _:
                await self._disturb(kind, person, number)

    async def _exchange(self) -> None:
        for person in self.people:
            person.post()
        await _run(20)
        for person in self.people:
            self._take(person, len(person.incoming))
            if person.room is not None:  # what was read of authorship before must not spoil what is read later
                person.room._document.runs(deleted=True)

    def _take(self, person: Person, count: int) -> None:
        person.take(count)
        if person.room is not None and person.seat is not None and person.seat.behind is not None:
            person.room.caught_up(person.seat)

    async def _disturb(self, kind: str, person: Person, number: int) -> None:
        faults = self.storage.faults
        match kind:
            case "slow":
                person.capacity = number % 4
            case "run":
                await _run(1 + number % 40)
            case "wait":
                await asyncio.sleep(0.002)
            case "hold":
                faults.hold(("append", "save_snapshot", "probe")[number % 3])
            case "fail":
                faults.fail(
                    StorageUnavailable("a test"), *(("append", "probe", "save_snapshot", "recover")[: number % 5])
                )
            case "mend":
                self._mend()
            case _:
                await self._stop(kind, person, number)

    async def _stop(self, kind: str, person: Person, number: int) -> None:
        match kind:
            case "evict":
                if number % 2:
                    for one in self.people:
                        one.leave()
                self._mend()
                self.now += 1
                await self.rooms.evict_idle(self.now)
                await self._join_all(number)
            case "restart" | "kill":
                await self._restart(orderly=kind == "restart")
                await self._join_all(number)
            case "kill while committing":
                self.storage.faults.hold("append")
                person.edit(number, number // 8)
                person.post()
                await _run(10)
                for one in self.people:
                    one.take()
                await self._restart(orderly=False)
                await self._join_all(number)

    def _mend(self) -> None:
        self.storage.faults.mend()
        for event in self.storage.faults.held.values():
            event.set()
        self.storage.faults.held.clear()

    async def _restart(self, *, orderly: bool) -> None:
        """Stop the server, at whatever it is just doing, and start it anew on what it kept."""
        if orderly:
            self._mend()
            await self.rooms.close()
        else:
            await self._kill()
        for person in self.people:
            person.leave()
        self._mend()
        self.rooms = self._new_rooms()
        kept = await replayed(self.storage)
        for client, clock in self.shown.items():
            assert kept.clocks.get(client, 0) >= clock, "something that was shown is lost"

    async def _kill(self) -> None:
        """End every task of the server where it stands."""
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for room in self.rooms.opened():
            room._snapshots._stop_timer()

    async def check(self) -> None:
        """In the end all have the same, and it is all there."""
        self._mend()
        room = await self.rooms.open(CHAPTER)
        await until(lambda: room.read_only is None)
        for person in self.people:
            person.capacity = None
            if person.room is not room:
                person.leave()
                person.join(room)
        await assert_same(room, *self.people)
        assert not [person.errors for person in self.people if person.errors]
        await self._check_kept(room)
        live = await room.read(lambda document: document)
        assert live.authorship_problems() == []
        record, runs = live.record.encode(), live.runs(deleted=True)
        await self.rooms.close()
        await self._check_recovered(record, runs)

    async def _check_kept(self, room: Room) -> None:
        clocks, owners = await room.read(lambda document: (dict(document.clocks), dict(document.owners)))
        for client, clock in self.shown.items():
            assert clocks.get(client, 0) >= clock, "something that was shown is lost"
        assert owners == {client: self.authors[client] for client in clocks}
        paragraphs = await room.read(ChapterDocument.paragraphs)
        assert len({paragraph.id for paragraph in paragraphs}) == len(paragraphs)
        assert all(paragraph.id for paragraph in paragraphs)

    async def _check_recovered(self, record: bytes, runs: list[ParagraphRuns]) -> None:
        whole, recovered = await replayed(self.storage), ChapterDocument.recover(await self.storage.recover(CHAPTER))
        for document in (whole, recovered):
            assert content(replica(document.state())) == content(self.people[0])
            assert document.paragraphs() == whole.paragraphs()
            assert document.owners == whole.owners
            assert dict(document.clocks) == dict(whole.clocks)
            assert document.record.encode() == record
            assert document.runs(deleted=True) == runs
            assert document.authorship_problems() == []
            await self._check_authors(document)

    async def _check_authors(self, document: ChapterDocument) -> None:
        """Who has changed anything has a byline, with the name from the sign-in; all that is there has an author."""
        authors = {entry.author async for entry in self.storage.history(CHAPTER)} - {SERVER}
        assert {tag: byline.name for tag, byline in document.bylines().items()} == {
            author: author.title() for author in authors
        }
        assert {client: document.record.known(client) for client in document.clocks} == dict(document.clocks)
        ranges = (*document.record.insertions(), *document.record.deletions())
        assert {tag for *_, tag, _ in ranges} <= authors | {SERVER}


async def _run(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


OFTEN = ["edit"] * 8 + ["post"] * 6 + ["take"] * 5 + ["run"] * 6 + ["exchange"] * 4
SELDOM = [
    "again",
    "leave",
    "join",
    "join",
    "join",
    "vanish",
    "slow",
    "wait",
    "hold",
    "fail",
    "fail",
    "mend",
    "mend",
    "evict",
]
STOPS = ["restart", "kill", "kill while committing"]
KINDS = 2 * OFTEN + 2 * SELDOM + STOPS
ACTIONS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 4_000)), min_size=40, max_size=150
)


async def play(actions: list[tuple[str, int, int]]) -> None:
    world = World()
    await world.start()
    for kind, who, number in actions:
        await world.act(kind, who, number)
    await world.check()


@settings(max_examples=EXAMPLES)
@given(ACTIONS)
def test_any_interleaving_ends_in_one_text(actions: list[tuple[str, int, int]]) -> None:
    asyncio.run(play(actions))
