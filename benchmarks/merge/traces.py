"""Editing traces for the merge core: many delegations who write at the same time, as Yjs updates and as plain edits.

A trace is a chapter as it stood, then what happened, in the order in which it reached the server: edits, and rejoinings
(somebody hears of all that the server knows by then). Every edit is there twice: as the update that the delegate's
client sends, and as what was done to which paragraph, for libraries with a format of their own.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

ROOT: Final = "default"
PARAGRAPHS: Final = 36
EDITS: Final = 200
"""Of each delegation."""
FIRST_CLIENT: Final = 1_000
"""The client id of the first delegation; those who wrote the chapter before have lower ones."""
HISTORIC: Final = 500

_LETTERS: Final = "etaoinshrdlu" * 3 + "     .,-éü–ж中😀"
_BACKSPACE = 0.06
_SELECTION = 0.08
_PASTE = 0.04
_DELETION = 0.2


@dataclass(frozen=True, slots=True)
class Edit:
    """Of one paragraph: from the character `at` on, `deleted` characters go and `inserted` comes."""

    paragraph: int
    at: int
    deleted: int
    inserted: str


@dataclass(frozen=True, slots=True)
class Event:
    """What reached the server: somebody's edit with its update; without one, that they heard of all that is known."""

    writer: int
    edit: Edit | None
    update: bytes


@dataclass(slots=True)
class Trace:
    """`texts` are the paragraphs as they stood, `past` is how they came about, a list of edits for each writer in turn,
    and `opening` is the chapter as one update."""

    name: str
    writers: int
    texts: list[str]
    past: list[list[Edit]]
    opening: bytes
    events: list[Event] = field(default_factory=list)
    rejoined: list[bytes] = field(default_factory=list)
    """For each delegation, all its edits as the one update that its client sends when it comes back."""

    def updates(self) -> Iterator[tuple[int, bytes]]:
        """Every edit's update, with who sent it."""
        return ((event.writer, event.update) for event in self.events if event.edit is not None)


Habit = Callable[["Typist"], Iterator[Edit]]
"""How somebody writes: endlessly, each edit made as the text then stands."""


class Typist:
    """One delegation: its copy of the chapter, and the edits that it makes."""

    def __init__(self, number: int, opening: bytes, chance: random.Random, habit: Habit) -> None:
        self.chance = chance
        self._document: Doc[Any] = Doc(client_id=FIRST_CLIENT + number)
        self._root = self._document.get(ROOT, type=XmlFragment)
        self._document.apply_update(opening)
        self._before = self._document.get_state()
        self._made: list[bytes] = []
        self._document.observe(lambda event: self._made.append(event.update))
        self._habit = habit(self)
        self.read()

    def read(self) -> None:
        """Look at the chapter as it is now."""
        self._texts: list[XmlText] = [child.children[0] for child in self._root.children]
        self.lines = [str(text) for text in self._texts]

    def edit(self) -> tuple[Edit, bytes]:
        """Make the next edit; returns it with its update."""
        edit = next(self._habit)
        line, text = self.lines[edit.paragraph], self._texts[edit.paragraph]
        head, gone = line[: edit.at], line[edit.at : edit.at + edit.deleted]
        start = len(head.encode())
        with self._document.transaction():
            if gone:
                del text[start : start + len(gone.encode())]
            if edit.inserted:
                text.insert(start, edit.inserted)
        self.lines[edit.paragraph] = head + edit.inserted + line[edit.at + edit.deleted :]
        return edit, self._made.pop()

    def rejoin(self, server: "Doc[Any]") -> None:
        """Hear of all that the server knows."""
        self._document.apply_update(server.get_update(self._document.get_state()))
        self._made.clear()
        self.read()

    def all_since(self, state: bytes) -> bytes:
        """What it has that a replica of this state lacks, as one update."""
        return self._document.get_update(state)

    @property
    def opened(self) -> bytes:
        """The state in which it got the chapter."""
        return self._before


# How people write


def anywhere(typist: Typist) -> Iterator[Edit]:
    """Bursts of some twenty letters in any paragraph, with slips put right; selections deleted; pastes."""
    chance = typist.chance
    while True:
        paragraph = chance.randrange(len(typist.lines))
        yield from _once(typist, paragraph, _word_border(typist.lines[paragraph], chance))


def here(typist: Typist) -> Iterator[Edit]:
    """As `anywhere`, but always in the middle of the same paragraph, where everybody is."""
    paragraph = len(typist.lines) // 2
    while True:
        yield from _once(typist, paragraph, len(typist.lines[paragraph]) // 2)


def letter_by_letter(typist: Typist) -> Iterator[Edit]:
    """Every letter, and every deletion of one, somewhere else in one paragraph: nothing can be joined to a run."""
    chance, paragraph = typist.chance, len(typist.lines) // 2
    while True:
        at = chance.randrange(len(typist.lines[paragraph]))
        if chance.random() < _DELETION:
            yield Edit(paragraph, at, 1, "")
        else:
            yield Edit(paragraph, at, 0, chance.choice(_LETTERS))


def on_the_same_index(typist: Typist) -> Iterator[Edit]:
    """One letter after the other at the same index of the same paragraph, each before the last: a worst case."""
    paragraph = len(typist.lines) // 2
    at = len(typist.lines[paragraph]) // 2
    while True:
        yield Edit(paragraph, at, 0, typist.chance.choice(_LETTERS))


def _once(typist: Typist, paragraph: int, at: int) -> Iterator[Edit]:
    chance, length = typist.chance, len(typist.lines[paragraph])
    kind = chance.random()
    if kind < _SELECTION and length > 60:
        at = min(at, length - 40)
        yield Edit(paragraph, at, chance.randint(3, 40), "")
    elif kind < _SELECTION + _PASTE:
        yield Edit(paragraph, at, 0, words(chance, chance.randint(20, 300)))
    else:
        begun = at
        for _ in range(1 + int(chance.expovariate(1 / 20))):
            at = min(at, len(typist.lines[paragraph]))  # others may have deleted something meanwhile
            if at > begun and chance.random() < _BACKSPACE:
                at -= 1
                yield Edit(paragraph, at, 1, "")
            else:
                yield Edit(paragraph, at, 0, chance.choice(_LETTERS))
                at += 1


def _word_border(line: str, chance: random.Random) -> int:
    border = line.find(" ", chance.randrange(len(line) + 1))
    return len(line) if border < 0 else border


def words(chance: random.Random, length: int) -> str:
    """So many characters that look like a text."""
    text = ""
    while len(text) < length:
        text += "".join(chance.choices("etaoinshrdlucmfwypvbgk", k=chance.randint(2, 9))) + " "
    return text[:length]


# The chapter as it stood


def chapter(chance: random.Random, historic: int = 1) -> tuple[list[str], list[list[Edit]], bytes]:
    """A chapter of 36 paragraphs that so many clients wrote in turn: its texts, what each of them did, and the whole as
    one update."""
    document: Doc[Any] = Doc(client_id=10)
    root = document.get(ROOT, type=XmlFragment)
    for number in range(PARAGRAPHS):
        element = root.children.append(XmlElement("paragraph", {"id": f"p-{number}", "label": str(number + 1)}))
        element.children.append(XmlText(words(chance, chance.randint(150, 600))))
    past = [[Edit(number, 0, 0, str(child.children[0])) for number, child in enumerate(root.children)]]
    for number in range(1, historic):
        writer: Doc[Any] = Doc(client_id=10 + number)
        paragraphs = writer.get(ROOT, type=XmlFragment).children
        writer.apply_update(document.get_update())
        paragraph = chance.randrange(PARAGRAPHS)
        text: XmlText = paragraphs[paragraph].children[0]
        past.append([])
        for _ in range(5):
            at = chance.randrange(len(text) - 6)
            edit = Edit(paragraph, at, chance.randint(1, 6), words(chance, chance.randint(5, 30)))
            del text[at : at + edit.deleted]
            text.insert(at, edit.inserted)
            past[-1].append(edit)
        document.apply_update(writer.get_update(document.get_state()))
    return [str(child.children[0]) for child in root.children], past, document.get_update()


# Traces


def scattered(writers: int, seed: int = 1) -> Trace:
    """Everybody writes 200 edits all over the chapter, and nobody hears of anybody meanwhile."""
    return _concurrent("scattered", writers, seed, anywhere)


def same_spot(writers: int, seed: int = 2) -> Trace:
    """The same, all in the middle of one paragraph."""
    return _concurrent("same spot", writers, seed, here)


def same_index(writers: int, seed: int = 3) -> Trace:
    """Everybody inserts again and again at the same index."""
    return _concurrent("same index", writers, seed, on_the_same_index)


def scrambled(writers: int, seed: int = 6) -> Trace:
    """Nobody types: single letters come and go all over one paragraph."""
    return _concurrent("scrambled", writers, seed, letter_by_letter)


def old_chapter(writers: int, seed: int = 4) -> Trace:
    """As `scattered`, in a chapter that 500 clients have written in before."""
    return _concurrent("old chapter", writers, seed, anywhere, HISTORIC)


def branches(writers: int, seed: int = 5) -> Trace:
    """Long branches: after each 50 edits a third of the delegations, in turn, hear of all; the others write on."""
    return _concurrent("branches", writers, seed, anywhere, rounds=4, rejoin=3)


WORKLOADS: Final = {
    "scattered": scattered, "same spot": same_spot, "branches": branches, "old chapter": old_chapter,
    "scrambled": scrambled, "same index": same_index,
}  # fmt: skip


def _concurrent(  # noqa: PLR0913, PLR0917 (what makes one workload another)
    name: str, writers: int, seed: int, habit: Habit, historic: int = 1, rounds: int = 1, rejoin: int = 0
) -> Trace:
    chance = random.Random(seed)  # noqa: S311 (a repeatable load, not a secret)
    texts, past, opening = chapter(chance, historic)
    trace = Trace(name, writers, texts, past, opening)
    server: Doc[Any] = Doc()
    server.apply_update(opening)
    typists = [Typist(number, opening, random.Random(f"{seed} {number}"), habit) for number in range(writers)]  # noqa: S311
    since = [typist.opened for typist in typists]
    for turn in range(rounds):
        waiting = [EDITS // rounds] * writers
        for writer in _in_turn(waiting, chance):
            edit, update = typists[writer].edit()
            trace.events.append(Event(writer, edit, update))
            if rejoin:
                server.apply_update(update)
        for writer in range(turn % rejoin, writers, rejoin) if rejoin else ():
            trace.events.append(Event(writer, None, b""))
            typists[writer].rejoin(server)
    trace.rejoined = [] if rejoin else [typist.all_since(state) for typist, state in zip(typists, since, strict=True)]
    return trace


def _in_turn(waiting: list[int], chance: random.Random) -> Iterator[int]:
    """Whose edit comes next: anybody's who has some left, in bursts of one to three."""
    left = [number for number, count in enumerate(waiting) if count]
    while left:
        place = chance.randrange(len(left))
        number = left[place]
        for _ in range(min(waiting[number], chance.randint(1, 3))):
            waiting[number] -= 1
            yield number
        if not waiting[number]:
            left[place] = left[-1]
            left.pop()
