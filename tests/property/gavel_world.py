"""A chapter under the gavel: a real room, people at real editors around it, and the oracle that is told of all."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

from pycrdt import XmlElement, XmlText

from documents.chapter import SERVER_CLIENT, ChapterDocument
from documents.crdt import update_v1
from documents.gavel.rulings import HEADINGS, Lock, Place, drop_lock, put_lock, section_members, set_status
from documents.gavel.rulings import Person as Ruler
from documents.gavel.set_aside import SetAside
from documents.model import SERVER, Chapter, Entry, Recovery
from documents.room import Room
from documents.rooms import Rooms
from documents.storage.memory import MemoryStorage
from tests.editorkit import attributes_of
from tests.property.gavel_editors import Browser, Person, Plain, Stock
from tests.property.gavel_oracle import Letter, Oracle, Para, Seen, decide, faults, seen
from tests.roomkit import CHAPTER, DEADLINE, QUICK

T = TypeVar("T")

MINUTE: Final = 60_000
START: Final = 29_000_000
"""The minute in which a history begins."""
PEOPLE: Final = ("holder", "amina", "boris", "chen")
READER: Final = "reader"
CHAIR: Final = Ruler("chair", "Chair", "chair", "Chair", "chair")
OUTLINE: Final = (
    ("p-1", "paragraph"),
    ("h-1", "heading"),
    ("p-2", "paragraph"),
    ("p-3", "paragraph"),
    ("p-4", "paragraph"),
    ("h-2", "heading"),
    ("p-5", "paragraph"),
)
ROUNDS: Final = 30
"""In which everybody has heard everything."""


class Storage(MemoryStorage):
    """In memory; one may look at what is committed."""

    def __init__(self) -> None:
        super().__init__(run=8)
        self.entries: list[Entry] = []

    async def create_chapter(self, chapter: Chapter, entries: Sequence[Entry]) -> None:
        await super().create_chapter(chapter, entries)
        self.entries.extend(entries)

    async def append(self, entries: Sequence[Entry], set_aside: Sequence[SetAside] = ()) -> None:
        await super().append(entries, set_aside)
        self.entries.extend(entries)


class Letters:
    """Characters of which none is handed out twice; each is a word of its own, and some take two units of UTF-16."""

    def __init__(self) -> None:
        self._next = 0

    def text(self, length: int) -> str:
        """So many new ones."""
        numbers = range(self._next, self._next + length)
        self._next += length
        return "".join(chr((0x20000 if number % 9 == 8 else 0x4E00) + number) for number in numbers)


@dataclass(slots=True)
class Look:
    """What a paragraph was when it was locked."""

    attributes: dict[str, Any]
    letters: list[tuple[str, dict[str, Any]]]
    """With their formats."""


@dataclass(slots=True)
class Rulings:
    """What is ruled at this moment, as a person would tell it."""

    paragraphs: dict[str, str] = field(default_factory=dict)
    """Who holds each."""
    sections: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    headings: str | None = None
    sealed: set[str] = field(default_factory=set)

    def bars(self, author: str, name: str, heading: bool) -> bool:
        """Whether a person may not change a paragraph."""
        if name in self.sealed and author != CHAIR.participant:
            return True
        if name in self.paragraphs:
            return self.paragraphs[name] != author
        if heading and self.headings is not None:
            return self.headings != author
        return any(holder != author for holder, members in self.sections.values() if name in members)

    def bars_place(self, author: str, before: Para | None, made: Para) -> bool | None:
        """Whether a person may not make a paragraph there; None when it depends on what stands there now."""
        if made.kind == "heading" and self.headings not in {None, author}:
            return True
        held = [members for holder, members in self.sections.values() if holder != author]
        if not held or before is None:
            return False
        if before.void or before.alive is not True or before.name == "":
            return before.void or None
        around = [members for members in held if before.name in members]
        if not around:
            return False
        return not (made.kind == "heading" and all(before.name == members[-1] for members in around))


Act = tuple[str, tuple[Any, ...], dict[str, Any]]
"""The name of a method of `World`, and with what it was called."""


class Failure(AssertionError):
    """Something is not as it should be."""

    world: "World"


class World:
    """The server, the people, and what should be."""

    def __init__(self, browser: Browser, seed: int) -> None:
        self.storage = Storage()
        self.random = Random(seed)  # noqa: S311 (chance is all that it is for)
        self.browser = browser
        self.letters = Letters()
        self.rulings = Rulings()
        self.oracle = Oracle(self.rulings.bars, self.rulings.bars_place)
        self.minute = START
        self.done: list[Act] = []
        """What happened, to let it happen again."""
        self.said: list[str] = []
        """The same, for people to read."""
        self.people: dict[str, Person] = {}
        self.looks: dict[str, Look] = {}
        self.touched: set[str] = set()
        """Paragraphs that somebody who may has written to since they were locked."""
        self.arrived: dict[str, set[int]] = {}
        self._fed = 0
        self._writes: list[asyncio.Task[None]] = []
        self.rooms = self._new_rooms()

    def _new_rooms(self) -> Rooms:
        return Rooms(self.storage, room_limits=QUICK, now=lambda: self.minute * MINUTE)

    @property
    def room(self) -> Room:
        room = self._room
        assert room is not None
        return room

    async def start(self, kinds: Mapping[str, str]) -> None:
        """`kinds`: for each person `stock` or `plain`."""
        texts = {name: self.letters.text(9) for name, _ in OUTLINE}

        def opening(document: ChapterDocument) -> None:
            for number, (name, kind) in enumerate(OUTLINE):
                level = {"level": 2} if kind == "heading" else {}
                document.append(kind, {"id": name, "label": str(number), **level}, texts[name])

        await self.rooms.create(Chapter(CHAPTER, "Principles", START * MINUTE, SERVER), SERVER, opening)
        self._room: Room | None = await self.rooms.open(CHAPTER)
        self._feed()
        self.oracle.draft(tuple(texts.values()))
        self.browser.call("reset", "")
        for number, author in enumerate((*PEOPLE, READER)):
            client = 100 * (number + 1) + self.random.randrange(90)
            person: Person = (
                Stock(author, client, self._arrives, self.browser)
                if kinds.get(author, "stock") == "stock"
                else Plain(author, client, self._arrives)
            )
            self.people[author] = person
            self.arrived[author] = set()
            self._join(person)
        await self.quiet()

    def _join(self, person: Person) -> None:
        person.join(self.room, bar=self._bar(person.author))

    def _bar(self, author: str) -> Callable[[Place], str | None]:
        def bar(place: Place) -> str | None:
            if place.sealed and author != CHAIR.participant:
                return "It is agreed."
            if place.lock is not None and place.lock.holder.participant != author:
                return f"It is held by {place.lock.holder.name}."
            return None

        return bar

    # What arrives

    def _feed(self) -> None:
        """Tell the oracle what the server has written."""
        for entry in self.storage.entries[self._fed :]:
            if entry.author == SERVER or _is_servers(entry.update):
                self.oracle.server_wrote(entry.update, self.minute)
        self._fed = len(self.storage.entries)

    def _arrives(self, person: Person, made: frozenset[int], update: bytes) -> None:
        self._feed()
        new = sorted(made - self.arrived[person.author])
        if not new or (len(made) == 1 and not self.oracle.accepts(person.made[new[0]].update)):
            return
        self.arrived[person.author].update(new)
        edits = [person.made[number] for number in new]
        self._note_touched(person.author)
        forbidden = self.oracle.edited(
            person.author, [one.update for one in edits], [one.texts for one in edits], self.minute, update
        )
        self.said.append(f"    {person.author}'s {new} arrive{'; forbidden' * forbidden}")

    def _note_touched(self, author: str) -> None:
        held = (
            *self.rulings.paragraphs,
            *self.rulings.sealed,
            *(m for _, ms in self.rulings.sections.values() for m in ms),
        )
        self.touched.update(name for name in held if not self.rulings.bars(author, name, heading=name.startswith("h")))

    # What people do

    async def do(self, act: str, *arguments: Any, **named: Any) -> None:
        """Let something happen: one of the methods below."""
        self.done.append((act, arguments, named))
        result = getattr(self, act)(*arguments, **named)
        if result is not None:
            await result

    def edit(self, author: str, what: str, **arguments: Any) -> None:
        """Somebody edits."""
        done = self.people[author].edit(what, arguments)
        said = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        self.said.append(
            f"{author} ({type(self.people[author]).__name__}): {what}({said}){'' if done else ': nothing'}"
        )

    def post(self, author: str, count: int | None = None) -> None:
        """Let somebody's frames arrive."""
        if self.people[author].room is None:
            return
        self.said.append(f"{author} posts {count or 'all'}")
        self.people[author].post(count)

    def take(self, author: str, count: int | None = None) -> None:
        """Let somebody hear."""
        self.said.append(f"{author} hears {count or 'all'}")
        self.people[author].take(count)

    def leave(self, author: str) -> None:
        """Somebody goes offline."""
        self.said.append(f"{author} goes offline")
        self.people[author].leave()

    def come_back(self, author: str) -> None:
        """Somebody is online again."""
        if self.people[author].room is not None:
            return
        self.said.append(f"{author} comes back")
        self._join(self.people[author])

    async def restart(self) -> None:
        """Stop the server and start it on what it kept."""
        self.said.append("the server restarts")
        await self.rooms.close()
        for person in self.people.values():
            person.leave()
        self.rooms = self._new_rooms()
        self._room = await self.rooms.open(CHAPTER)
        for person in self.people.values():
            self._join(person)

    # What is ruled

    async def _write(self, change: Callable[[ChapterDocument], object], *, wait: bool = True) -> None:
        def write(document: ChapterDocument) -> None:
            change(document)

        task = asyncio.ensure_future(self.room.write(CHAIR.participant, write))
        self._writes.append(task)
        await asyncio.sleep(0)
        if wait:
            await asyncio.wait_for(task, DEADLINE)

    def _lock(self, key: str, scope: Any, holder: str, paragraphs: tuple[str, ...] = ()) -> Lock:
        return Lock(
            key, scope, 0, CHAIR, Ruler(holder, holder.title(), holder, holder), "read out", "2026-11-22T12:00:00Z", "",
            paragraphs,
        )  # fmt: skip

    async def lock(self, name: str, holder: str = "holder", *, wait: bool = True) -> None:
        """Lock a paragraph for somebody."""
        self.said.append(f"{name!r} is locked for {holder}")
        _, members = self.rulings.sections.pop(name, ("", ()))  # a lock takes the place of the one of its key

        def change(document: ChapterDocument) -> None:
            put_lock(document, self._lock(name, "paragraph", holder), "lock")
            for member in members:
                self.looks.pop(member, None)
            self._look_at(document, name)

        await self._write(change, wait=wait)
        self.rulings.paragraphs[name] = holder
        self.touched.discard(name)

    def _look_at(self, document: ChapterDocument, name: str) -> None:
        for child in document._text.children:
            if isinstance(child, XmlElement) and child.attributes.get("id") == name:
                texts = [one for one in child.children if isinstance(one, XmlText)]
                said = [(chunk, dict(marks or {})) for text in texts for chunk, marks in text.diff()]
                self.looks[name] = Look(
                    attributes_of(child), [(char, marks) for chunk, marks in said for char in chunk]
                )

    async def lock_section(self, heading: str, holder: str = "holder") -> None:
        """Lock a section for somebody."""
        self.said.append(f"the section {heading!r} is locked for {holder}")
        members: list[str] = []

        def change(document: ChapterDocument) -> None:
            members.extend(section_members(document, heading))
            if members:
                put_lock(document, self._lock(heading, "section", holder, tuple(members)), "lock")
            for name in members:
                self._look_at(document, name)

        await self._write(change)
        self._feed()
        if members:
            self.rulings.paragraphs.pop(heading, None)
            self.rulings.sections[heading] = holder, tuple(members)
            self.touched.difference_update(members)

    async def lock_headings(self, holder: str = "holder") -> None:
        """Lock all headings for somebody."""
        self.said.append(f"the headings are locked for {holder}")
        await self._write(lambda document: put_lock(document, self._lock(HEADINGS, "headings", holder), "lock"))
        self.rulings.headings = holder

    async def seal(self, name: str) -> None:
        """Agree on a paragraph."""
        self.said.append(f"{name!r} is agreed")

        def change(document: ChapterDocument) -> None:
            set_status(document, name, "agreed", CHAIR, "2026-11-22T12:00:00Z", "")
            self._look_at(document, name)

        await self._write(change)
        self.rulings.sealed.add(name)
        self.touched.discard(name)

    async def release(self, key: str, *, wait: bool = True) -> None:
        """Release a lock: of a paragraph, a section, or the headings (`*`)."""
        self.said.append(f"{key!r} is released")
        _, members = self.rulings.sections.pop(key, ("", ()))

        def change(document: ChapterDocument) -> None:
            drop_lock(document, key, CHAIR, "release", "", "2026-11-22T12:00:00Z")
            for name in (key, *members):
                self.looks.pop(name, None)

        await self._write(change, wait=wait)
        self.rulings.paragraphs.pop(key, None)
        if key == HEADINGS:
            self.rulings.headings = None

    async def settle(self) -> None:
        """Let the server do its work."""
        self.said.append("the server works")
        await self.names()

    async def pass_a_minute(self) -> None:
        """By the server's clock."""
        await self.names()
        self.minute += 1

    async def names(self) -> list[tuple[str, str]]:
        """The paragraphs that the server has now, each with its kind."""
        found = await self._read(lambda document: [(one.id, one.kind) for one in document.paragraphs()])
        self._feed()
        return found

    async def _read(self, look: Callable[[ChapterDocument], T]) -> T:
        try:
            async with asyncio.timeout(DEADLINE):
                return await self.room.read(look)
        except TimeoutError:
            raise Failure(f"the server does not answer: {self.room.read_only}") from None

    # What should be

    async def quiet(self) -> None:
        """Everybody is online and has heard everything."""
        for person in self.people.values():
            if person.room is None:
                self._join(person)
        await asyncio.gather(*self._writes)
        self._writes.clear()
        for _ in range(ROUNDS):
            for person in self.people.values():
                person.post()
            await self._read(lambda _: None)
            if not any(person.incoming or person.outgoing for person in self.people.values()):
                self._feed()
                return
            for person in self.people.values():
                person.take()
        raise Failure("it never becomes quiet")

    async def check(self) -> None:
        """All replicas show the same, and it is what should be."""
        self.said.append("all is quiet")
        await self.quiet()
        problems = [problem async for problem in self._problems()]
        if problems:
            raise Failure("\n  ".join(problems[:12]))

    async def _problems(self) -> Any:
        reader = self.people[READER]
        assert isinstance(reader, Stock)
        look = reader.look()
        shown = seen(look)
        for problem in (*self._differences(look), *self._wrong_names(shown), *self._wrong_looks(shown)):
            yield problem
        for problem in faults(self.oracle, shown, await self._set_aside()):
            yield problem
        document = await self._read(lambda document: document)
        decide(self.oracle, shown)
        for problem in (*document.authorship_problems(), *self._wrong_authors(document, shown)):
            yield problem
        replayed = ChapterDocument.recover(
            Recovery((await self.storage.recover(CHAPTER)).chapter, None, tuple(self.storage.entries))
        )
        if replayed.record.encode() != document.record.encode():
            yield "the record is another after a replay"
        if replayed.runs(deleted=True) != document.runs(deleted=True):
            yield "the runs are others after a replay"
        if [one.text for one in replayed.paragraphs()] != [one.text for one in document.paragraphs()]:
            yield "the text is another after a replay"

    def _differences(self, look: Mapping[str, Any]) -> Iterator[str]:
        expected = self.people[READER].tree()
        for person in self.people.values():
            if person.denials:
                yield f"{person.author} was denied: {person.denials[0]}"
            if person.errors:
                yield f"{person.author} was refused: {person.errors[0]}"
            if person.tree() != expected:
                yield f"{person.author} shows {person.tree()} and the reader {expected}"
            if isinstance(person, Stock):
                found = person.look()
                said = [
                    [one["kind"], one["attributes"].get("id"), "".join(w[0] for w in one["words"])]
                    for one in look["elements"]
                ]
                if found["shown"] != said:
                    yield f"{person.author}'s page shows {found['shown']} and the document says {said}"
                if found["pending"]:
                    yield f"{person.author} waits for something"

    def _wrong_names(self, shown: Seen) -> Iterator[str]:
        names = [attributes.get("id") for _, attributes, _, _ in shown.elements]
        if len(set(names)) != len(names) or not all(names):
            yield f"the names of the paragraphs are {names}"

    def _wrong_looks(self, shown: Seen) -> Iterator[str]:
        """Of what nobody could change since it was locked: it is still as it was."""
        for name, look in self.looks.items():
            touched = name in self.touched
            found = [
                (dict(attributes), words) for _, attributes, _, words in shown.elements if attributes.get("id") == name
            ]
            if touched and not found:
                continue
            if len(found) != 1:
                yield f"the locked paragraph {name!r} is there {len(found)} times"
                continue
            attributes, words = found[0]
            said = [(char, dict(formats)) for char, _, formats in words]
            if not touched and said != look.letters:
                yield f"the locked paragraph {name!r} says {said!r} and not {look.letters!r}"
            if not touched and attributes != look.attributes:
                yield f"the locked paragraph {name!r} has {attributes} and not {look.attributes}"

    async def _set_aside(self) -> dict[str, set[str]]:
        kept: dict[str, set[str]] = {author: set() for author in self.people}
        for one in await self.storage.set_aside(CHAPTER):
            kept[one.author].update(one.words)
        return kept

    def _wrong_authors(self, document: ChapterDocument, shown: Seen) -> Iterator[str]:
        """Whose the letters are that nobody was allowed to move."""
        there = {self.oracle.letters[item] for _, _, _, words in shown.elements for _, item, _ in words}
        runs = [(char, run.by, run.at) for one in document.runs() for run in one.runs for char in run.text]
        said = {char: (by, at) for char, by, at in runs}
        for letter in there:
            if (
                letter.alive is True
                and self._never_moved(letter)
                and said.get(letter.char) != (letter.by, letter.minute)
            ):
                yield f"{letter.char!r} is {said.get(letter.char)}'s and not {letter.by}'s, at {letter.minute}"

    def _never_moved(self, letter: Letter) -> bool:
        others = [one for one in self.oracle.of_char[letter.char] if one is not letter]
        return letter.first and all(one.void for one in others)


def _is_servers(update: bytes) -> bool:
    """Whether the server wrote it on somebody's behalf: what came too late is its author's in the journal."""
    return any(section.client == SERVER_CLIENT for section in update_v1.parse(update).sections)
