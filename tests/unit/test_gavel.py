"""The gavel in a room: what a lock forbids is undone in the same step, and nothing else is."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pycrdt import XmlElement, XmlFragment, XmlText

from documents.chapter import ChapterDocument
from documents.gavel.rulings import HEADINGS, Lock, Person, Place, put_lock, set_status, standings
from documents.gavel.rulings import log as acts
from documents.gavel.set_aside import SetAside
from documents.room import Room
from documents.seat import Bar
from tests.editorkit import Editor, content
from tests.roomkit import CHAPTER, FaultyStorage, assert_same, open_rooms, open_storage, quiet, replayed

CHAIR = Person("chair", "Ms Chen", "japan", "Japan", "chair")
AT = "2026-11-22T10:00:00.000Z"
Act = Callable[[Editor], object]


def bar_for(author: str, sections: tuple[str, ...] | None = None) -> Bar:
    """Only the holder, and the chair where it is sealed; with `sections`, nothing outside of them."""

    def bar(place: Place) -> str | None:
        if place.lock is not None and place.lock.holder.participant != author:
            return "It is locked."
        if place.sealed and author != "chair":
            return "It is agreed."
        if sections is not None and not set(sections) & set(place.sections):
            return "It is another group's."
        return None

    return bar


class Scene:
    """A room, an offender, the lock's holder, and somebody who only looks on."""

    def __init__(self, room: Room, storage: FaultyStorage) -> None:
        self.room = room
        self.storage = storage
        self.offender = self._join("offender", 101)
        self.holder = self._join("holder", 202)
        self.other = self._join("other", 303)

    def _join(self, author: str, client: int) -> Editor:
        editor = Editor(author, client, live=False).join(self.room)
        self.bar(editor)
        return editor

    def bar(self, editor: Editor, sections: tuple[str, ...] | None = None) -> None:
        assert editor.seat is not None
        editor.seat.bar = bar_for(editor.author, sections)
        editor.seat.by_section = sections is not None

    @property
    def editors(self) -> tuple[Editor, ...]:
        return self.offender, self.holder, self.other

    async def rule(self, change: Callable[[ChapterDocument], Any]) -> None:
        await self.room.write("chair", change)
        await quiet(self.room, *self.editors)

    async def lock(self, paragraph: str, **more: Any) -> None:
        holder = Person("holder", "Amina", "egypt", "Egypt")
        lock = Lock(paragraph, more.pop("scope", "paragraph"), 0, CHAIR, holder, "it is read out", AT, "", **more)
        await self.rule(lambda document: put_lock(document, lock, "lock"))

    async def play(self, act: Act, meanwhile: Act | None = None) -> None:
        """The offender's edit arrives; what the holder did meanwhile comes after it."""
        with self.offender.doc.transaction():
            act(self.offender)
        if meanwhile is not None:
            with self.holder.doc.transaction():
                meanwhile(self.holder)
        self.offender.post()
        await quiet(self.room, *self.editors)
        await assert_same(self.room, *self.editors)

    async def text(self) -> dict[str, str]:
        paragraphs = await self.room.read(ChapterDocument.paragraphs)
        assert len({one.id for one in paragraphs}) == len(paragraphs), "an id is there twice"
        return {one.id: one.text for one in paragraphs}

    async def authors(self, paragraph: str) -> list[tuple[str, str]]:
        runs = await self.room.read(ChapterDocument.runs)
        return [(run.text, run.by) for one in runs if one.id == paragraph for run in one.runs]

    async def cards(self) -> list[SetAside]:
        return await self.storage.set_aside(CHAPTER)

    async def assert_journal_agrees(self) -> None:
        record, problems = await self.room.read(lambda one: (one.record.encode(), one.authorship_problems()))
        again = await replayed(self.storage)
        assert problems == again.authorship_problems() == []
        assert again.record.encode() == record


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async with open_storage("memory", Path()) as storage, open_rooms(storage) as rooms:
        one = Scene(await rooms.open(CHAPTER), storage)
        await quiet(one.room, *one.editors)
        yield one
        await assert_same(one.room, *one.editors)
        await one.assert_journal_agrees()


def block(editor: Editor, place: int) -> XmlElement:
    found = editor.text.children[place]
    assert isinstance(found, XmlElement)
    return found


def words(editor: Editor, place: int) -> XmlText:
    found = block(editor, place).children[0]
    assert isinstance(found, XmlText)
    return found


def insert(place: int, at: int, text: str) -> Act:
    return lambda editor: words(editor, place).insert(at, text)


def delete(place: int, start: int, end: int) -> Act:
    def act(editor: Editor) -> None:
        del words(editor, place)[start:end]

    return act


def remove(place: int) -> Act:
    def act(editor: Editor) -> None:
        del editor.text.children[place]

    return act


def add(place: int, tag: str, attributes: dict[str, Any], text: str) -> Act:
    def act(editor: Editor) -> None:
        made = editor.text.children.insert(place, XmlElement(tag, attributes))
        made.children.append(XmlText(text))

    return act


def all_of(*acts: Act) -> Act:
    def act(editor: Editor) -> None:
        for one in acts:
            one(editor)

    return act


def another_text(editor: Editor) -> None:
    block(editor, 1).children.append(XmlText("other"))


RULED = {"p-1": "Paragraph 1.", "p-2": "Paragraph 2.", "p-3": "Paragraph 3."}
VIOLATIONS: dict[str, Act] = {
    "insert": insert(1, 3, "XYZ"),
    "delete some": delete(1, 2, 6),
    "delete all": delete(1, 0, 12),
    "replace": all_of(delete(1, 0, 12), insert(1, 0, "Nothing of it")),
    "format": lambda editor: words(editor, 1).format(2, 5, {"strong": {}}),
    "embed": lambda editor: words(editor, 1).insert_embed(4, {"image": "x"}),
    "attributes": lambda editor: block(editor, 1).attributes.__setitem__("label", "99"),
    "id": lambda editor: block(editor, 1).attributes.__setitem__("id", "p-9"),
    "delete the paragraph": remove(1),
    "split": all_of(delete(1, 9, 12), add(2, "paragraph", {"id": "p-2", "label": "2"}, " 2.")),
    "split in a word": all_of(delete(1, 5, 12), add(2, "paragraph", {}, "raph 2.")),
    "join to the one before": all_of(remove(1), insert(0, 12, "Paragraph 2.")),
    "join the next one to it": all_of(remove(2), insert(1, 12, "Paragraph 3.")),
    "move": all_of(remove(1), add(2, "paragraph", {"id": "p-2", "label": "2"}, "Paragraph 2.")),
    "make it a heading": all_of(remove(1), add(1, "heading", {"id": "p-2", "label": "2"}, "Paragraph 2.")),
    "select over the one before": all_of(delete(0, 9, 12), insert(0, 9, "aph 2."), remove(1)),
    "another text in it": all_of(another_text, delete(1, 0, 4)),
    "an element in it": lambda editor: block(editor, 1).children.append(XmlElement("image")),
}


@pytest.mark.parametrize("kind", VIOLATIONS)
async def test_the_ruled_text_stands_and_what_its_holder_types_falls_into_its_place(kind: str) -> None:
    async with scene() as one:
        await one.lock("p-2")
        await one.play(VIOLATIONS[kind], insert(1, 4, "HH"))
        expected = RULED | {"p-2": "ParaHHgraph 2."}
        if kind == "select over the one before":
            expected["p-1"] = "Paragraph"
        assert await one.text() == expected
        assert [said for said in await one.authors("p-2") if said[1] != "adref"] == [("HH", "holder")]
        assert "".join(text for text, _ in await one.authors("p-3")) == "Paragraph 3."
        assert {author for text, author in await one.authors("p-3")} == {"adref"}


@pytest.mark.parametrize("kind", ["delete some", "delete all", "delete the paragraph", "move", "replace"])
async def test_what_the_holder_deletes_meanwhile_goes(kind: str) -> None:
    async with scene() as one:
        await one.lock("p-2")
        await one.play(VIOLATIONS[kind], delete(1, 2, 9))
        assert (await one.text())["p-2"] == "Pa 2."


async def test_all_else_in_the_same_update_stays() -> None:
    async with scene() as one:
        await one.lock("p-2")
        await one.play(
            all_of(
                insert(0, 12, " Mine."),
                insert(1, 0, "Not mine: "),
                delete(2, 0, 5),
                add(3, "paragraph", {"id": "p-new", "label": "4"}, "All new."),
            )
        )
        assert await one.text() == {
            "p-1": "Paragraph 1. Mine.", "p-2": "Paragraph 2.", "p-3": "raph 3.", "p-new": "All new.",
        }  # fmt: skip
        (card,) = await one.cards()
        assert (card.author, card.paragraph, card.reason) == ("offender", "p-2", "It is locked.")
        assert card.runs == (("inserted", "Not mine: "), ("kept", "Paragraph 2."))


async def test_a_card_grows_while_somebody_types_on_and_forgets_what_they_take_back() -> None:
    async with scene() as one:
        await one.lock("p-2")
        for number, letter in enumerate("hellooo"):
            with one.offender.doc.transaction():
                insert(1, number, letter)(one.offender)
        with one.offender.doc.transaction():
            delete(1, 5, 7)(one.offender)
        with one.offender.doc.transaction():
            delete(1, 5, 14)(one.offender)
        one.offender.post()
        await quiet(one.room, *one.editors)
        (card,) = await one.cards()
        assert card.runs == (("inserted", "hello"), ("deleted", "Paragraph"), ("kept", " 2."))
        assert one.offender.kept[-1] == card
        assert one.other.kept == one.holder.kept == []
        assert await one.text() == RULED


async def test_formats_and_what_is_embedded_come_back_with_the_text() -> None:
    async with scene() as one:
        one.holder.doc.get("default", type=XmlFragment)
        with one.holder.doc.transaction():
            words(one.holder, 1).format(0, 4, {"strong": {}})
            words(one.holder, 1).insert_embed(12, {"image": "x"})
            words(one.holder, 1).insert(0, "🇪🇬 مرحبا ")
            block(one.holder, 1).attributes["level"] = 3
        one.holder.post()
        await quiet(one.room, *one.editors)
        await one.lock("p-2")
        before = [words(editor, 1).diff() for editor in one.editors]
        for act in (remove(1), delete(1, 0, 20), lambda one: words(one, 1).format(0, 20, {"strong": None, "em": {}})):
            await one.play(act)
            assert [words(editor, 1).diff() for editor in one.editors] == before
            assert block(one.other, 1).attributes.get("level") == 3
        assert {author for _, author in await one.authors("p-2")} == {"adref", "holder"}


async def test_a_list_comes_back_with_all_that_is_in_it() -> None:
    async with scene() as one:
        with one.holder.doc.transaction():
            found = one.holder.text.children.insert(1, XmlElement("bullet_list", {"id": "p-list", "label": ""}))
            for text in ("One.", "Two."):
                item = found.children.append(XmlElement("list_item", {"kind": text}))
                item.children.append(XmlElement("paragraph")).children.append(XmlText(text))
        one.holder.post()
        await quiet(one.room, *one.editors)
        await one.lock("p-list")
        before = content(one.other)["text"]

        def item(editor: Editor, place: int) -> XmlElement:
            found = block(editor, 1).children[place]
            assert isinstance(found, XmlElement)
            return found

        def drop_first(editor: Editor) -> None:
            del block(editor, 1).children[0]

        def drop_words(editor: Editor) -> None:
            inner = item(editor, 1).children[0]
            assert isinstance(inner, XmlElement)
            del inner.children[0]

        def add_third(editor: Editor) -> None:
            block(editor, 1).children.append(XmlElement("list_item"))
            item(editor, 0).attributes["kind"] = "other"

        for act in (drop_first, drop_words, add_third, all_of(drop_first, drop_first), remove(1)):
            await one.play(act)
            assert content(one.other)["text"] == before
        assert {author for _, author in await one.authors("p-list")} == {"holder"}


async def test_a_long_text_is_put_back_word_by_word() -> None:
    async with scene() as one:
        long = "agreed language " * 400
        with one.holder.doc.transaction():
            insert(1, 0, long)(one.holder)
        one.holder.post()
        await quiet(one.room, *one.editors)
        await one.lock("p-2")
        await one.play(delete(1, 0, len(long)), insert(1, 16, "(new) "))
        assert (await one.text())["p-2"] == "agreed language (new) " + long[16:] + "Paragraph 2."
        assert {author for _, author in await one.authors("p-2")} == {"holder", "adref"}


# Sections, headings, groups


def sectioned(document: ChapterDocument) -> None:
    for place, (tag, level) in enumerate(
        (("heading", 2), ("paragraph", 0), ("paragraph", 0), ("heading", 2), ("paragraph", 0))
    ):
        document.append(tag, {"id": f"s-{place}", "label": "", "level": level}, f"Text {place}.")


async def locked_section(one: Scene) -> None:
    await one.rule(sectioned)
    await one.lock("s-0", scope="section", paragraphs=("s-0", "s-1", "s-2"))


@pytest.mark.parametrize("place", [4, 5, 6])
async def test_nothing_is_put_into_a_locked_section(place: int) -> None:
    async with scene() as one:
        await locked_section(one)
        before = await one.text()
        await one.play(all_of(add(place, "paragraph", {"id": "new"}, "An intruder."), insert(0, 0, "Fine: ")))
        assert await one.text() == before | {"p-1": "Fine: Paragraph 1."}
        (card,) = await one.cards()
        assert card.words == "An intruder."


async def test_a_new_section_may_follow_on_a_locked_one_and_the_holder_may_add_to_it() -> None:
    async with scene() as one:
        await locked_section(one)
        await one.play(
            add(6, "heading", {"id": "mine", "level": 2}, "Mine"), add(4, "paragraph", {"id": "new"}, "New.")
        )
        assert [*await one.text()] == ["p-1", "p-2", "p-3", "s-0", "new", "s-1", "s-2", "mine", "s-3", "s-4"]


async def test_a_heading_may_not_part_a_locked_section() -> None:
    async with scene() as one:
        await locked_section(one)
        before = await one.text()
        await one.play(add(5, "heading", {"id": "mine"}, "Mine"))
        assert await one.text() == before


async def test_a_paragraph_moved_into_a_locked_section_goes_back() -> None:
    async with scene() as one:
        await locked_section(one)
        before = await one.text()
        await one.play(all_of(remove(0), add(4, "paragraph", {"id": "p-1", "label": "1"}, "Paragraph 1.")))
        assert await one.text() == before
        assert await one.authors("p-1") == [("Paragraph 1.", "adref")]


async def test_locked_headings_stand_and_no_new_one_comes() -> None:
    async with scene() as one:
        await one.rule(sectioned)
        await one.lock(HEADINGS, scope="headings")
        before = await one.text()
        await one.play(
            all_of(
                remove(6),
                insert(3, 0, "Other "),
                add(5, "heading", {"id": "mine"}, "Mine"),
                remove(1),
                add(1, "heading", {"id": "p-2", "label": "2"}, "Paragraph 2."),
                insert(4, 0, "Fine: "),
            )
        )
        assert await one.text() == before | {"s-1": "Fine: Text 1."}
        kinds = {found.id: found.kind for found in await one.room.read(ChapterDocument.paragraphs)}
        assert kinds["p-2"] == "paragraph"


async def test_who_may_write_in_one_section_writes_there_alone() -> None:
    async with scene() as one:
        await one.rule(sectioned)
        one.bar(one.offender, ("s-3",))
        before = await one.text()
        await one.play(
            all_of(
                insert(7, 0, "Mine: "),
                insert(4, 0, "Not mine: "),
                add(8, "paragraph", {"id": "new"}, "In my section."),
                add(0, "paragraph", {"id": "intruder"}, "Not in my section."),
            )
        )
        assert await one.text() == before | {"s-4": "Mine: Text 4.", "new": "In my section."}
        assert {card.words for card in await one.cards()} == {"Not mine: ", "Not in my section."}


# Statuses


async def test_an_agreed_text_is_void_once_it_is_changed_and_sealed_all_the_same() -> None:
    async with scene() as one:
        one.holder.author = "chair"
        await one.rule(lambda document: set_status(document, "p-2", "agreed", CHAIR, AT, ""))
        await one.play(insert(1, 0, "X"))
        found = await one.room.read(lambda document: standings(document)["p-2"])
        assert await one.text() == RULED
        assert found.void is None
        assert one.holder.seat is not None
        one.holder.seat.bar = bar_for("chair")
        await one.play(lambda _: None, insert(1, 0, "The chair's: "))
        found = await one.room.read(lambda document: standings(document)["p-2"])
        assert found.void is not None
        assert found.sealed
        assert [act["act"] for act in await one.room.read(acts)] == ["status", "void"]
        await one.play(insert(1, 0, "X"))
        assert (await one.text())["p-2"] == "The chair's: Paragraph 2."


# Restarts


async def test_a_room_that_opens_again_goes_on_as_if_nothing_had_been() -> None:
    async with open_storage("memory", Path()) as storage, open_rooms(storage) as rooms:
        first = Scene(await rooms.open(CHAPTER), storage)
        await quiet(first.room, *first.editors)
        await first.lock("p-2")
        first.holder.leave()
        with first.holder.doc.transaction():
            insert(1, 4, "HH")(first.holder)
        del first.offender.text.children[1]
        first.offender.post()
        await quiet(first.room, first.offender, first.other)
        for editor in first.editors:
            editor.leave()
        await rooms.close()
        async with open_rooms(storage, create=False) as again:
            room = await again.open(CHAPTER)
            for editor in first.editors:
                editor.join(room)
                assert editor.seat is not None
                editor.seat.bar = bar_for(editor.author)
            first.room = room
            await quiet(room, *first.editors)
            await assert_same(room, *first.editors)
            assert await first.text() == RULED | {"p-2": "ParaHHgraph 2."}
            await first.play(insert(1, 0, "X"))
            assert [card.number for card in await first.cards()] == [1, 2]
            await first.assert_journal_agrees()
