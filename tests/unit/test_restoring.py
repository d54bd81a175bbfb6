"""A version restored in a room: text and authors as they were, nobody's work lost, all in one step."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pycrdt import XmlText

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.errors import ReadOnly, StorageUnavailable
from documents.gavel.rulings import HEADINGS, Lock, Person, drop_lock, put_lock, set_status, standings
from documents.gavel.rulings import log as acts
from documents.incoming.opening import TitleInvalid
from documents.model import SERVER
from documents.redline.base import Bases
from documents.redline.rebuilt import Rebuilt
from documents.versions import frozen
from documents.versions.freezing import Wanted as Named
from documents.versions.freezing import freeze
from documents.versions.paper import take
from documents.versions.restoring import Restored, Restorer, RestoreRefused, Wanted, preview, restore
from documents.versions.reverting import past_of
from documents.versions.versions import Version, versions
from tests.editorkit import Editor
from tests.property.test_reverting_property import runs
from tests.roomkit import CHAPTER, open_rooms, open_storage, quiet, until
from tests.unit.test_gavel import AT, CHAIR, Scene, add, all_of, bar_for, insert, remove, scene, words

MINUTE = 60_000


async def named(one: Scene, name: str = "First") -> Version:
    return await freeze(one.room, Named(name, status=name), "chair", AT)


async def wanted(one: Scene, version: Version, author: str = "chair") -> Wanted:
    past = await Rebuilt(one.storage).look(CHAPTER, version.seq, past_of)
    byline = Byline(author, author.title(), "japan", "Japan", "government")
    by = Restorer(author, byline, replace(CHAIR, participant=author), bar_for(author))
    return Wanted(version, past, by, 20 * MINUTE)


async def again(one: Scene, version: Version, author: str = "chair") -> Restored:
    done = await restore(one.room, await wanted(one, version, author))
    await quiet(one.room, *[editor for editor in one.editors if editor.room is not None])
    return done


async def test_live_clients_follow_at_once_and_every_word_has_its_author() -> None:
    async with scene() as one:
        await one.play(insert(0, 0, "Fairly, "))
        before = await one.room.read(runs)
        version = await named(one)
        with one.holder.doc.transaction():
            del words(one.holder, 0)[0:8]
            words(one.holder, 0).insert(0, "Slowly, ")
        one.holder.post()
        await one.play(remove(1))
        await one.play(add(2, "paragraph", {"id": "p-new", "label": "4"}, "Something new."))
        done = await again(one, version)
        assert {(each.paragraph, each.change) for each in done.differences} == {
            ("p-1", "changed"), ("p-2", "inserted"), ("p-new", "deleted"),
        }  # fmt: skip
        assert await one.text() == {"p-1": "Fairly, Paragraph 1.", "p-2": "Paragraph 2.", "p-3": "Paragraph 3."}
        assert await one.authors("p-1") == [("Fairly, ", "offender"), ("Paragraph 1.", SERVER)]
        assert await one.room.read(runs) == before
        assert [str(words(editor, 0)) for editor in one.editors] == ["Fairly, Paragraph 1."] * 3
        deleted = await one.room.read(lambda document: document.runs(deleted=True))
        gone = [run for each in deleted for run in each.runs if run.deleted is not None]
        assert [(run.text, run.by, run.deleted.by) for run in gone if run.deleted] == [
            ("Slowly, ", "holder", "chair"), ("Something new.", "offender", "chair"),
        ]  # fmt: skip


async def test_it_is_one_act_and_one_entry_and_what_was_there_is_a_version() -> None:
    async with scene() as one:
        version = await named(one)
        await one.play(insert(0, 0, "New. "))
        text = await one.room.read(frozen.of_chapter)
        seq = one.room.seq
        done = await again(one, version)
        entries = [entry async for entry in one.storage.history(CHAPTER, after=seq)]
        assert [entry.author for entry in entries] == ["chair", SERVER]  # the other says who the chair is
        (act,) = await one.room.read(acts)
        assert (act["act"], act["reason"], act["by"]["participant"]) == ("restore", "First", "chair")
        before = done.before
        assert before is not None
        assert (before.automatic, before.before, before.seq) == (True, "First", seq)
        assert before.hash == frozen.hash_of(text) == frozen.hash_of(await frozen.Past(one.storage).at(CHAPTER, seq))
        assert before in await one.room.read(versions)


async def test_twice_changes_nothing_and_a_restored_version_can_be_taken_back() -> None:
    async with scene() as one:
        version = await named(one)
        await one.play(insert(0, 0, "New. "))
        await one.play(remove(2))
        later = await one.room.read(runs)
        done = await again(one, version)
        seq = one.room.seq
        assert await again(one, version) == Restored(())
        assert one.room.seq == seq
        assert done.before is not None
        await again(one, done.before)
        assert await one.room.read(runs) == later
        await again(one, version)
        assert (await one.text())["p-3"] == "Paragraph 3."
        names = [each.name for each in await one.room.read(versions)]
        assert len(names) == len(set(names)) == 4


async def test_the_longest_name_that_a_version_can_have() -> None:
    async with scene() as one:
        with pytest.raises(TitleInvalid, match="more than 198 bytes"):
            await named(one, "ن" * 100)
        version = await named(one, "ن" * 99)
        for _ in range(3):
            await one.play(insert(0, 0, "New. "))
            before = (await again(one, version)).before
            assert before is not None
            assert before.before == version.name
            version = before


async def test_long_texts_come_back_too() -> None:
    async with scene() as one:
        long = ["Every person counts 😀. " * times for times in (3, 100, 2_500)]
        for place, text in enumerate(long):
            await one.play(insert(place, 0, text))
        version, before = await named(one), await one.room.read(runs)
        for place in range(3):
            await one.play(lambda editor, place=place: words(editor, place).clear())  # type: ignore[misc]
        seq = one.room.seq
        await again(one, version)
        assert await one.room.read(runs) == before
        (entry,) = [each async for each in one.storage.history(CHAPTER, after=seq, limit=1)]
        assert len(entry.update) < 3 * sum(len(text.encode()) for text in long)


async def test_words_written_while_away_arrive_in_what_was_restored() -> None:
    """In a paragraph that somebody else deleted meanwhile, too."""
    async with scene() as one:
        version = await named(one)
        one.holder.leave()
        words(one.holder, 0).insert(12, " While away.")
        words(one.holder, 1).insert(12, " Also.")
        with one.offender.doc.transaction():
            del one.offender.text.children[1]
            words(one.offender, 0).insert(0, "Unwanted. ")
        one.offender.post()
        await quiet(one.room, one.offender, one.other)
        await again(one, version)
        one.holder.join(one.room)
        await quiet(one.room, *one.editors)
        text = await one.text()
        assert text["p-1"] == "Paragraph 1. While away."
        assert text["p-2"] == "Paragraph 2. Also."
        assert ("Also.", "holder") in [(said.strip(), by) for said, by in await one.authors("p-2")]


@pytest.mark.parametrize("heard", ["before it was restored", "while it was"])
async def test_who_heard_of_a_deletion_and_comes_back_does_not_repeat_it(heard: str) -> None:
    async with scene() as one:
        version = await named(one)
        await one.play(remove(1))
        words(one.offender, 0).clear()
        one.offender.post()
        await quiet(one.room, *one.editors)
        if heard == "before it was restored":
            one.holder.leave()
        await again(one, version)
        if one.holder.room is not None:
            one.holder.leave()
        words(one.holder, 0).insert(0, "Back: ")
        one.holder.join(one.room)
        one.bar(one.holder)
        await quiet(one.room, *one.editors)
        text = await one.text()
        assert text["p-1"].replace("Back: ", "", 1) == "Paragraph 1."
        assert text["p-2"] == "Paragraph 2."


async def test_nor_when_it_was_put_back_once_more_since() -> None:
    async with scene() as one:
        version = await named(one)
        words(one.offender, 1).clear()
        one.offender.post()
        await quiet(one.room, *one.editors)
        one.holder.leave()
        await again(one, version)
        await rule(one, lambda document: put_lock(document, _lock("p-2"), "lock"))
        words(one.offender, 1).clear()
        one.offender.post()
        await quiet(one.room, one.offender, one.other)
        assert (await one.text())["p-2"] == "Paragraph 2."
        one.holder.join(one.room)
        one.bar(one.holder)
        await quiet(one.room, *one.editors)
        assert (await one.text())["p-2"] == "Paragraph 2."


async def test_what_somebody_deleted_while_away_comes_back_too() -> None:
    """Also where an offender had deleted it as well, so that a lock had put it back before."""
    async with scene() as one:
        version = await named(one)
        await one.lock("p-2")
        one.holder.leave()
        words(one.holder, 1).clear()
        words(one.offender, 1).clear()
        one.offender.post()
        await quiet(one.room, one.offender, one.other)
        await rule(one, lambda document: drop_lock(document, "p-2", CHAIR, "release", "", AT))
        words(one.other, 1).clear()
        one.other.post()
        await quiet(one.room, one.offender, one.other)
        assert (await one.text())["p-2"] == ""
        await again(one, version)
        one.holder.join(one.room)
        await quiet(one.room, *one.editors)
        assert (await one.text())["p-2"] == "Paragraph 2."


async def rule(one: Scene, change: Callable[[ChapterDocument], Any]) -> None:
    """While the holder is away."""
    await one.room.write("chair", change)
    await quiet(one.room, one.offender, one.other)


async def test_agreements_on_what_changes_are_void_and_come_back_by_ruling_alone() -> None:
    async with scene() as one:
        await one.play(insert(0, 0, "A"))
        await one.rule(lambda document: set_status(document, "p-1", "agreed in group", CHAIR, AT, ""))
        await one.rule(lambda document: set_status(document, "p-2", "agreed in group", CHAIR, AT, ""))
        version = await named(one)
        await one.play(insert(0, 0, "B"))
        await one.rule(lambda document: set_status(document, "p-1", "agreed in group", CHAIR, AT, ""))
        done = await again(one, version)
        assert done.voided == ("p-1",)
        found = await one.room.read(standings)
        assert found["p-1"].void == {"at": "1970-01-01T00:20:00.000Z", "by": "chair"}
        assert found["p-1"].text == "BAParagraph 1."
        assert found["p-2"].void is None
        assert [act["act"] for act in await one.room.read(acts)][-2:] == ["restore", "void"]


async def test_a_paragraph_that_goes_loses_its_agreement() -> None:
    async with scene() as one:
        version = await named(one)
        await one.play(add(3, "paragraph", {"id": "p-new", "label": "4"}, "New."))
        await one.rule(lambda document: set_status(document, "p-new", "agreed", CHAIR, AT, ""))
        with pytest.raises(RestoreRefused, match=r"paragraph that you may not change \(4: It is agreed\.\)"):
            await again(one, version, "secretariat")
        assert (await again(one, version, "chair")).voided == ("p-new",)


async def test_what_is_locked_or_sealed_is_named_and_nothing_is_changed() -> None:
    async with scene() as one:
        version = await named(one)
        for place in (0, 1, 2):
            await one.play(insert(place, 0, "New. "))
        await one.lock("p-1")
        await one.rule(lambda document: set_status(document, "p-3", "agreed", CHAIR, AT, ""))
        before, seq = await one.text(), one.room.seq
        with pytest.raises(RestoreRefused) as refused:
            await again(one, version, "secretariat")
        assert "paragraphs that you may not change (1: It is locked.; 3: It is agreed.)" in str(refused.value)
        assert (await one.text(), one.room.seq) == (before, seq)


async def test_nothing_comes_into_a_locked_section_or_back_as_a_locked_heading() -> None:
    async with scene() as one:
        await one.play(add(0, "heading", {"id": "h-1", "label": "A", "level": 2}, "First"))
        await one.play(add(1, "paragraph", {"id": "p-0", "label": "0"}, "In it."))
        await one.play(add(2, "heading", {"id": "h-2", "label": "B", "level": 2}, "Second"))
        version = await named(one)
        await one.play(remove(1))
        members = ("h-1",)
        await one.lock("h-1", scope="section", paragraphs=members)
        with pytest.raises(RestoreRefused, match=r"0: It is locked\."):
            await again(one, version)
        await one.rule(lambda document: put_lock(document, _headings(), "lock"))
        await one.play(remove(1))
        assert "h-2" in await one.text()  # the headings are held
        with pytest.raises(RestoreRefused):
            await again(one, version)


SECTION: tuple[tuple[str, str], ...] = (
    ("h-1", "heading"),
    ("p-a", "paragraph"),
    ("p-x", "paragraph"),
    ("p-b", "paragraph"),
)


async def in_section(one: Scene) -> Version:
    """A version with a section of three paragraphs, and another heading behind it."""
    for place, (name, tag) in enumerate((*SECTION, ("h-2", "heading"))):
        await one.play(add(place, tag, {"id": name, "label": name}, f"Text of {name}."))
    return await named(one)


async def test_what_was_moved_out_of_a_section_does_not_come_back_while_that_is_locked() -> None:
    async with scene() as one:
        version = await in_section(one)
        await one.play(all_of(remove(2), add(6, "paragraph", {"id": "p-x", "label": "p-x"}, "Text of p-x.")))
        await one.lock("h-1", scope="section", paragraphs=("h-1", "p-a", "p-b"))
        before = await one.text()
        with pytest.raises(RestoreRefused, match=r"p-x: It is locked\."):
            await again(one, version)
        assert await one.text() == before
        await again(one, version, "holder")
        assert [*await one.text()][:4] == [name for name, _ in SECTION]


async def test_nor_behind_a_paragraph_that_has_a_lock_of_its_own() -> None:
    async with scene() as one:
        version = await in_section(one)
        await one.play(remove(2))
        await one.lock("h-1", scope="section", paragraphs=("h-1", "p-a", "p-b"))
        own = replace(_lock("p-a"), holder=replace(_lock("p-a").holder, participant="chair"))
        await one.rule(lambda document: put_lock(document, own, "lock"))
        with pytest.raises(RestoreRefused, match=r"p-x: It is locked\."):
            await again(one, version)


async def test_nor_behind_one_that_is_no_member_of_the_section() -> None:
    async with scene() as one:
        version = await in_section(one)
        await one.play(remove(3))
        await one.lock("h-1", scope="section", paragraphs=("h-1", "p-a"))
        with pytest.raises(RestoreRefused, match=r"p-b: It is locked\."):
            await again(one, version)


async def test_a_section_that_begins_behind_a_locked_one_comes_back_as_a_whole() -> None:
    async with scene() as one:
        version = await in_section(one)
        await one.play(all_of(remove(4), remove(4)))
        await one.lock("h-1", scope="section", paragraphs=("h-1", "p-a", "p-x", "p-b"))
        await again(one, version)
        assert [*await one.text()][4:6] == ["h-2", "p-1"]


def _headings() -> Lock:
    return replace(_lock(HEADINGS), scope="headings")


def _lock(paragraph: str) -> Lock:
    return Lock(paragraph, "paragraph", 0, CHAIR, Person("holder", "Amina", "egypt", "Egypt"), "", AT, "")


async def test_a_dry_run_shows_the_redline_and_changes_nothing() -> None:
    async with scene() as one:
        version = await named(one)
        await one.play(insert(0, 0, "New. "))
        await one.play(remove(1))
        seq, before = one.room.seq, await one.text()
        rebuilt, want = Rebuilt(one.storage), await wanted(one, version)
        found = preview(await rebuilt.document(CHAPTER, seq), await Bases(one.storage).at(CHAPTER, seq), want)
        changed = {
            each.id: [(part.change, part.text, part.by, part.author) for part in each.changes if part.change != "kept"]
            for each in found.changes
        }
        assert changed["p-1"] == [("deleted", "New. ", "chair", "offender")]
        assert changed["p-2"] == [("inserted", "Paragraph 2.", SERVER, SERVER)]
        assert found.before is None
        assert (one.room.seq, await one.text()) == (seq, before)


async def test_after_a_restart_all_is_as_it_was_and_goes_on(tmp_path: Path) -> None:
    async with open_storage("sqlite", tmp_path) as storage:
        async with open_rooms(storage) as rooms:
            one = Scene(await rooms.open(CHAPTER), storage)
            await quiet(one.room, *one.editors)
            version = await named(one)
            await one.play(remove(0))
            await again(one, version)
            text, owners = await one.text(), await one.room.read(runs)
        async with open_rooms(storage, create=False) as rooms:
            two = Scene(await rooms.open(CHAPTER), storage)
            await quiet(two.room, *two.editors)
            assert (await two.text(), await two.room.read(runs)) == (text, owners)
            assert await again(two, version) == Restored(())
            await two.play(remove(0))
            await again(two, version)
            assert (await two.text(), await two.room.read(runs)) == (text, owners)
            await two.assert_journal_agrees()


async def test_what_cannot_be_saved_did_not_happen() -> None:
    async with scene() as one:
        version = await named(one)
        await one.play(remove(0))
        before = await one.text()
        want = await wanted(one, version)
        one.storage.faults.fail(StorageUnavailable("disk"), "append")
        with pytest.raises(ReadOnly):
            await restore(one.room, want)
        one.storage.faults.mend()
        await until(lambda: one.room.read_only is None)
        assert await one.text() == before
        assert [each.name for each in await one.room.read(versions)] == ["First"]
        await again(one, version)
        assert "p-1" in await one.text()


async def test_a_label_and_a_format_come_back_without_the_text() -> None:
    async with scene() as one:

        def bold(editor: Editor) -> None:
            words(editor, 0).format(0, 9, {"strong": True})

        await one.play(bold)
        version = await named(one)
        plain = one.room.seq

        def change(editor: Editor) -> None:
            words(editor, 0).format(0, 9, {"strong": None})
            element = editor.text.children[1]
            element.attributes["label"] = "2 bis"

        await one.play(change)
        assert one.room.seq > plain
        done = await again(one, version)
        assert [(each.label, each.change) for each in done.differences] == [("1", "changed"), ("2", "changed")]
        assert words(one.other, 0).diff()[0] == ("Paragraph", {"strong": True})
        labels = await one.room.read(ChapterDocument.paragraphs)
        assert [each.label for each in labels] == ["1", "2", "3"]


@pytest.mark.parametrize(("said", "level"), [(float("inf"), 2), (float("-inf"), 2), (0.0, 2), (3.0, 3)])
async def test_a_heading_of_whatever_level_has_papers_and_comes_back(said: float, level: int) -> None:
    """Somebody's client may write any number."""
    async with scene() as one:
        await one.play(add(0, "heading", {"id": "h-1", "label": "A", "level": said}, "First"))
        version = await named(one)
        await one.play(remove(0))
        done = await again(one, version)
        assert [(each.paragraph, each.level) for each in done.differences] == [("h-1", level)]
        assert (await one.room.read(frozen.of_chapter))[0].level == level
        assert (await one.room.read(take)).dresses["h-1"].level == level


async def test_a_bare_text_that_came_since_goes_also_where_there_was_one_before() -> None:
    """No editor makes one, and it has no name by which it could be told from others."""
    async with scene() as one:
        await one.play(lambda editor: editor.text.children.insert(0, XmlText("First.")))
        version = await named(one)
        before = await one.room.read(frozen.of_chapter)
        await one.play(lambda editor: editor.text.children.insert(2, XmlText("Since.")))
        done = await again(one, version)
        assert [(each.paragraph, each.change) for each in done.differences] == [("", "deleted")]
        assert await one.room.read(frozen.of_chapter) == before
        assert await again(one, version) == Restored(())
