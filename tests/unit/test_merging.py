"""A file that comes back: what of it is done to the live text, what is there already, and what can't be done."""

import pytest
from pycrdt import XmlText

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.formats.papers.wordml import bookmark
from documents.gavel.rulings import Lock, Person, put_lock
from documents.incoming.bringing import Bringer
from documents.incoming.differences import Kind
from documents.incoming.draft import Note, Words
from documents.incoming.returned import ReturnedParagraph
from documents.incoming.whereabouts import Whereabouts
from tests.mergekit import join, open_desk
from tests.roomkit import CHAPTER, quiet

EGYPT = Bringer("egypt", {"name": "Egypt"})


def file(*lines: tuple[str, str]) -> list[tuple[str, str, str]]:
    """Paragraphs as (number in the chapter or "", text)."""
    return [(f"p-{number}" if number else "", number, text) for number, text in lines]


async def test_a_word_is_changed_where_others_have_written_meanwhile() -> None:
    async with open_desk("The cat sat on the mat.", "Second.") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        japan.type("grey ", 0, 4)
        await quiet(desk.room, japan)
        told = await desk.bring(file(("1", "The cat stood on the mat."), ("2", "Second.")), seq)
        assert await desk.text() == ["The grey cat stood on the mat.", "Second."]
        assert [(one.state, one.meanwhile, one.conflict) for one in told] == [("changed", True, False)]
        assert told[0].runs == (
            ("kept", "The cat "), ("deleted", "sat"), ("inserted", "stood"), ("kept", " on the mat."),
        )  # fmt: skip
        await quiet(desk.room, japan)
        assert str(japan.words(0)) == "The grey cat stood on the mat."


async def test_it_is_one_entry_of_who_brings_it_and_their_words() -> None:
    async with open_desk("One.", "Two.") as desk:
        seq = desk.room.seq
        await desk.bring(file(("1", "One more."), ("2", "Two more.")), seq)
        entries = [entry async for entry in desk.storage.history(CHAPTER, after=seq)]
        assert [entry.author for entry in entries].count("egypt") == 1
        runs = await desk.room.read(lambda document: document.runs())
        assert [(run.text, run.by) for run in runs[0].runs] == [("One", "adref"), (" more", "egypt"), (".", "adref")]


async def test_the_same_file_twice_changes_nothing_the_second_time() -> None:
    async with open_desk("One two three.", "Gone.", "Last.") as desk:
        seq = desk.room.seq
        lines = file(("1", "One fair three."), ("", "New here."), ("3", "The last."))
        assert [one.state for one in await desk.bring(lines, seq)] == ["changed", "removed", "new", "changed"]
        after, text = desk.room.seq, await desk.text()
        assert text == ["One fair three.", "New here.", "The last."]
        assert {one.state for one in await desk.bring(lines, seq)} == {"present"}
        assert (desk.room.seq, await desk.text()) == (after, text)


async def test_what_others_have_deleted_since_does_not_come_back_with_the_same_file() -> None:
    async with open_desk("One two three.") as desk:
        seq = desk.room.seq
        lines = file(("1", "One fair and open two three."), ("", "New here."))
        await desk.bring(lines, seq)
        japan = await join(desk, "japan", 77)
        del japan.words(0)[4:9]
        del japan.text.children[1]
        await quiet(desk.room, japan)
        assert await desk.text() == ["One and open two three."]
        assert {one.state for one in await desk.bring(lines, seq)} == {"present"}
        assert await desk.text() == ["One and open two three."]


async def test_a_file_that_was_edited_further_brings_only_what_is_new() -> None:
    async with open_desk("One two three.") as desk:
        seq = desk.room.seq
        await desk.bring(file(("1", "One fair two three.")), seq)
        await desk.bring(file(("1", "One fair and just two three four.")), seq)
        assert await desk.text() == ["One fair and just two three four."]


async def test_both_rewrite_the_same_word() -> None:
    async with open_desk("The text is long.") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        del japan.words(0)[12:16]
        japan.type("brief", 0, 12)
        await quiet(desk.room, japan)
        (told,) = await desk.bring(file(("1", "The text is short.")), seq)
        assert told.conflict
        assert await desk.text() == ["The text is brief short."]


async def test_both_make_the_same_change() -> None:
    async with open_desk("The text is long.") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        del japan.words(0)[12:16]
        japan.type("short", 0, 12)
        await quiet(desk.room, japan)
        (told,) = await desk.bring(file(("1", "The text is short.")), seq)
        assert (told.state, await desk.text()) == ("present", ["The text is short."])


async def test_a_paragraph_was_deleted_meanwhile() -> None:
    async with open_desk("One.", "Two.") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        del japan.text.children[0]
        await quiet(desk.room, japan)
        told = await desk.bring(file(("1", "One more."), ("2", "Two.")), seq)
        assert [(one.state, one.wanted) for one in told] == [("gone", "One more.")]
        assert "deleted meanwhile" in told[0].reason
        assert await desk.text() == ["Two."]


async def test_a_paragraph_that_the_file_lacks_goes_but_not_what_others_have_put_into_it() -> None:
    async with open_desk("One.", "Two.", "Three.") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        japan.type(" And more", 1, 3)
        await quiet(desk.room, japan)
        told = await desk.bring(file(("3", "Three.")), seq)
        assert [(one.state, one.paragraph, one.conflict) for one in told] == [
            ("removed", "p-1", False), ("removed", "p-2", True),
        ]  # fmt: skip
        assert await desk.text() == [" And more", "Three."]


async def test_words_follow_a_paragraph_that_was_split_meanwhile() -> None:
    async with open_desk("One two three four.", "Last.") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        japan.split(0, 8)
        await quiet(desk.room, japan)
        assert await desk.text() == ["One two ", "three four.", "Last."]
        told = await desk.bring(file(("1", "One two three and four, five."), ("2", "Last.")), seq)
        assert await desk.text() == ["One two ", "three and four, five.", "Last."]
        assert [one.state for one in told] == ["changed"]


async def test_two_paragraphs_are_joined_in_the_file() -> None:
    async with open_desk("One.", "Two.", "Three.") as desk:
        seq = desk.room.seq
        lines = file(("1", "One. Two."), ("3", "Three."))
        await desk.bring(lines, seq)
        assert await desk.text() == ["One. Two.", "Three."]
        assert {one.state for one in await desk.bring(lines, seq)} == {"present"}
        assert await desk.text() == ["One. Two.", "Three."]


async def test_a_paragraph_is_split_in_the_file() -> None:
    async with open_desk("One and two.", "Three.") as desk:
        seq = desk.room.seq
        lines = file(("1", "One and"), ("", "two."), ("2", "Three."))
        await desk.bring(lines, seq)
        assert await desk.text() == ["One and", "two.", "Three."]
        await desk.bring(lines, seq)
        assert await desk.text() == ["One and", "two.", "Three."]


async def test_new_paragraphs_stand_where_the_file_has_them() -> None:
    async with open_desk("One.", "Two.") as desk:
        seq = desk.room.seq
        lines = file(("", "Zero."), ("", "Half."), ("1", "One."), ("", "One and a half."), ("", "More."), ("2", "Two."))
        told = await desk.bring(lines, seq)
        assert await desk.text() == ["Zero.", "Half.", "One.", "One and a half.", "More.", "Two."]
        assert [one.state for one in told] == ["new"] * 4
        ids = [name for name, _, _ in await desk.lines()]
        assert {one.paragraph for one in told} < set(ids)


async def test_an_empty_paragraph_is_filled_and_one_is_emptied() -> None:
    async with open_desk("", "Two.") as desk:
        seq = desk.room.seq
        await desk.bring(file(("1", "Now there is text 😀."), ("2", "")), seq)
        assert await desk.lines() == [("p-1", "1", "Now there is text 😀."), ("p-2", "2", "")]


async def test_labels() -> None:
    async with open_desk("One.", "Two.", "Three.") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        japan.paragraph(1).attributes["label"] = "2 ter"
        await quiet(desk.room, japan)
        lines = [("p-1", "1 bis", "One."), ("p-2", "2 bis", "Two."), ("p-3", "3", "Three.")]
        told = await desk.bring(lines, seq)
        assert [label for _, label, _ in await desk.lines()] == ["1 bis", "2 ter", "3"]
        assert [(one.state, one.new_label) for one in told] == [("changed", "1 bis"), ("present", "2 bis")]
        assert "'2 ter'" in told[1].reason


async def test_a_label_without_its_style_is_no_change() -> None:
    async with open_desk("One.") as desk:
        seq = desk.room.seq
        assert await desk.bring([("p-1", "", "1. One.")], seq) == []
        await desk.bring([("p-1", "", "1.\tOne more.")], seq)
        assert await desk.lines() == [("p-1", "1", "One more.")]


def lock(document: ChapterDocument, paragraph: str) -> None:
    chair = Person("chair", "Chair", "", "")
    put_lock(document, Lock(paragraph, "paragraph", 0, chair, chair, "", "2026-01-01T00:00:00Z", ""), "lock")


async def test_a_locked_paragraph_stays_and_the_change_is_set_aside_once() -> None:
    held = Bringer("egypt", {"name": "Egypt"}, bar=lambda place: "it is locked" if place.lock else None)
    async with open_desk("One.", "Two.", "Three.") as desk:
        seq = desk.room.seq
        await desk.room.write("chair", lambda document: lock(document, "p-1"))
        await desk.room.write("chair", lambda document: lock(document, "p-3"))
        lines = file(("1", "One more."), ("2", "Two more."))
        told = await desk.bring(lines, seq, held)
        assert await desk.text() == ["One.", "Two more.", "Three."]
        assert [(one.paragraph, one.state, one.set_aside > 0) for one in told] == [
            ("p-1", "locked", True), ("p-2", "changed", False), ("p-3", "locked", True),
        ]  # fmt: skip
        kept = await desk.storage.set_aside(CHAPTER)
        assert [(card.paragraph, card.author, card.text) for card in kept] == [
            ("p-1", "egypt", "One more."), ("p-3", "egypt", ""),
        ]  # fmt: skip
        desk.aside = {card.paragraph: frozenset((card.text,)) for card in kept}
        after = desk.room.seq
        again = await desk.bring(lines, seq, held)
        assert [one.state for one in again] == ["locked", "present", "locked"]
        assert "before" in again[0].reason
        assert (desk.room.seq, await desk.storage.set_aside(CHAPTER)) == (after, kept)


async def test_when_the_lock_is_gone_the_same_file_brings_what_was_set_aside() -> None:
    held = Bringer("egypt", {"name": "Egypt"}, bar=lambda place: "it is locked" if place.lock else None)
    async with open_desk("One.") as desk:
        seq = desk.room.seq
        await desk.room.write("chair", lambda document: lock(document, "p-1"))
        await desk.bring(file(("1", "One more.")), seq, held)
        assert await desk.text() == ["One."]
        await desk.bring(file(("1", "One more.")), seq)
        assert await desk.text() == ["One more."]


async def test_whose_changes_the_secretariat_says() -> None:
    async with open_desk("The old text.") as desk:
        seq = desk.room.seq
        words = (
            Words("The "), Words("fair ", by="Cuba"), Words("new", by=""), Words("old", deleted_by="Japan"),
            Words(" text"), Words(" and more", by="Japan"), Words("."),
        )  # fmt: skip
        others = {
            name: Bringer(f"@{name.lower()}", {}, byline=Byline("", name, name.lower(), name, "government"))
            for name in ("Cuba", "Japan")
        }
        told = await desk.bring(
            [ReturnedParagraph(1, "paragraph", "1", words, (bookmark("p-1"),))], seq, EGYPT, others=others
        )
        assert await desk.text() == ["The fair new text and more."]
        assert set(told[0].by) == {"Cuba", "Japan"}
        (one,) = await desk.room.read(lambda document: document.runs(deleted=True))
        said = {run.text.strip(): (run.by, run.deleted.by if run.deleted else None) for run in one.runs}
        assert said["fair"] == ("@cuba", None)
        assert said["new"] == ("egypt", None)
        assert said["and more"] == ("@japan", None)
        assert said["old"] == ("adref", "@japan")


@pytest.mark.parametrize("kind", ["chapter", "tracked"])
async def test_a_file_without_ids_is_matched_by_label_and_likeness(kind: str) -> None:
    async with open_desk("The first of all paragraphs.", "Another one, quite long.", "Third.") as desk:
        lines = [("", "2", "Another one, really quite long."), ("", "", "The first of all paragraphs.")]
        told = await desk.bring(lines, desk.room.seq, kind=kind)  # type: ignore[arg-type]
        assert await desk.text() == ["The first of all paragraphs.", "Another one, really quite long.", "Third."]
        assert {one.paragraph: one.state for one in told} == {"p-2": "changed", "p-3": "absent"}


async def test_tracked_changes_of_a_file_without_ids_are_made_where_the_text_has_moved_on() -> None:
    async with open_desk("The first of all paragraphs.", "Another.") as desk:
        japan = await join(desk, "japan", 77)
        japan.type("very ", 0, 4)
        await quiet(desk.room, japan)
        one = ReturnedParagraph(
            1, "paragraph", "1", (Words("The first of all new paragraphs."),), (), "The first of all paragraphs."
        )  # fmt: skip
        await desk.bring([one], desk.room.seq, kind="tracked")
        assert (await desk.text())[0] == "The very first of all new paragraphs."


async def test_a_paragraph_that_was_moved_in_the_file_stays_where_it_is_and_that_is_said() -> None:
    async with open_desk("One.", "Two.", "Three.") as desk:
        seq = desk.room.seq
        found = await desk.plan(file(("3", "Three."), ("1", "One."), ("2", "Two more.")), seq, EGYPT, "version")
        assert [(one.paragraph, one.state, len(one.notes)) for one in found.differences] == [
            ("p-3", "unchanged", 1), ("p-1", "unchanged", 0), ("p-2", "changed", 0),
        ]  # fmt: skip
        await desk.bring(file(("3", "Three."), ("1", "One."), ("2", "Two more.")), seq)
        assert await desk.text() == ["One.", "Two more.", "Three."]


@pytest.mark.parametrize("kind", ["version", "chapter"])
async def test_a_comment_stays_with_its_paragraph_when_the_file_lacks_the_next_one(kind: Kind) -> None:
    async with open_desk("One.", "Two.", "Three.") as desk:
        unclear = (Note("comment", "Egypt", "Unclear"),)
        first = ReturnedParagraph(1, "paragraph", "1", (Words("One."),), (bookmark("p-1"),), comments=unclear)
        found = await desk.plan([first, ("p-3", "3", "Three.")], desk.room.seq, EGYPT, kind)
        assert [(one.paragraph, one.label, one.text) for one in found.comments] == [("p-1", "1", "Unclear")]


@pytest.mark.parametrize("instead", ["", "some words", "in place of it"])
async def test_what_is_added_to_words_whose_text_was_deleted_is_not_lost(instead: str) -> None:
    async with open_desk("One.", "two pears here") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        paragraph = japan.paragraph(1)
        del paragraph.children[0]
        if instead:
            paragraph.children.append(XmlText(instead))
        await quiet(desk.room, japan)
        lines = file(("1", "One."), ("2", "two NEW pears here, NOW"))
        told = await desk.bring(lines, seq)
        assert [one.state for one in told] == ["changed"]
        merged = await desk.text()
        assert [merged[1].count(words) for words in ("NEW", "NOW", instead or "NEW")] == [1, 1, 1]
        await quiet(desk.room, japan)
        after = desk.room.seq
        assert {one.state for one in await desk.bring(lines, seq)} == {"present"}
        assert (desk.room.seq, await desk.text()) == (after, merged)


async def test_nothing_is_planned_for_a_paragraph_of_which_only_what_others_have_written_is_left() -> None:
    async with open_desk("One.", "Two.") as desk:
        seq = desk.room.seq
        japan = await join(desk, "japan", 77)
        del japan.words(0)[0:4]
        japan.type("Another", 0)
        await quiet(desk.room, japan)
        found = await desk.plan(file(("2", "Two.")), seq, EGYPT, "version")
        assert [(one.paragraph, one.state) for one in found.differences] == [("p-1", "present"), ("p-2", "unchanged")]
        assert found.updates == ()


def tracked(before: str, now: str, label: str = "") -> ReturnedParagraph:
    """A paragraph of a file without ids, with tracked changes."""
    return ReturnedParagraph(1, "paragraph", label, (Words(now),) if now else (), before=before)


async def test_of_a_paragraph_that_is_deleted_with_tracking_goes_what_the_file_had() -> None:
    async with open_desk("The water shall be clean and owned by all states in common", "Two.") as desk:
        lines = [tracked("The water shall be clean and free", "")]
        (told, _) = await desk.bring(lines, desk.room.seq, kind="tracked")
        assert (told.state, told.was) == ("removed", "The water shall be clean and free")
        assert await desk.text() == [merged := "owned by all states in common", "Two."]
        await desk.bring(lines, desk.room.seq, kind="tracked")
        assert await desk.text() == [merged, "Two."]


@pytest.mark.parametrize(("label", "left"), [("", ["Two."]), ("1", ["   ", "Two."])])
async def test_a_paragraph_that_was_deleted_with_tracking_is_not_new_when_it_comes_again(
    label: str, left: list[str]
) -> None:
    async with open_desk("The water shall  be clean. ", "Two.") as desk:
        lines = [tracked("The water shall be clean.", "", label)]
        for _ in range(2):
            await desk.bring(lines, desk.room.seq, kind="tracked")
            assert await desk.text() == left


MAY = "Decides to hold a meeting in May in Geneva"
JUNE = "Decides to hold a meeting in June in Nairobi"


async def test_a_paragraph_that_is_new_with_tracking_is_not_mixed_with_one_like_it() -> None:
    async with open_desk("One.", MAY, "Three.") as desk:
        lines = [tracked("One.", "One."), tracked("", JUNE), tracked("Three.", "Three.")]
        told = await desk.bring(lines, desk.room.seq, kind="tracked")
        assert [one.state for one in told] == ["absent", "new"]
        assert await desk.text() == ["One.", JUNE, MAY, "Three."]
        after = desk.room.seq
        await desk.bring(lines, desk.room.seq, kind="tracked")
        assert (await desk.text(), desk.room.seq) == (["One.", JUNE, MAY, "Three."], after)


async def test_a_paragraph_that_is_new_with_tracking_is_not_mixed_with_one_that_a_file_has_changed() -> None:
    async with open_desk(MAY) as desk:
        await desk.bring([tracked(MAY, MAY + ", again")], desk.room.seq, kind="tracked")
        for _ in range(2):
            await desk.bring([tracked("", JUNE)], desk.room.seq, kind="tracked")
            assert await desk.text() == [JUNE, MAY + ", again"]


async def test_a_paragraph_that_is_new_with_tracking_leaves_one_like_it_to_its_own() -> None:
    async with open_desk(MAY) as desk:
        await desk.bring([tracked("", JUNE), tracked(MAY, MAY + ".")], desk.room.seq, kind="tracked")
        assert await desk.text() == [JUNE, MAY + "."]


@pytest.mark.parametrize("order", [[MAY, "One."], ["One.", MAY]])
async def test_what_was_brought_as_new_with_tracking_and_changed_since_does_not_come_again(order: list[str]) -> None:
    async with open_desk(*order) as desk:
        lines = [tracked("One.", "One."), tracked("", JUNE)]
        await desk.bring(lines, desk.room.seq, kind="tracked")
        japan = await join(desk, "japan", 77)
        index = (await desk.text()).index(JUNE)
        del japan.words(index)[29:33]
        japan.type("July", index, 29)
        await quiet(desk.room, japan)
        merged, after = await desk.text(), desk.room.seq
        assert JUNE.replace("June", "July") in merged
        await desk.bring(lines, desk.room.seq, kind="tracked")
        assert (await desk.text(), desk.room.seq) == (merged, after)
        del japan.text.children[index]
        await quiet(desk.room, japan)
        await desk.bring(lines, desk.room.seq, kind="tracked")
        assert await desk.text() == order


async def test_a_label_that_stands_in_the_text_is_no_tracked_change() -> None:
    async with open_desk("Foo bar", "Foo old bar", "Last") as desk:
        lines = [
            ReturnedParagraph(at, "paragraph", "", (Words(now),), (bookmark(f"p-{at}"),), before)
            for at, (before, now) in enumerate((("1. Foo bar",) * 2, ("2.\tFoo old bar", "2.\tFoo new bar")), 1)
        ]
        (told, _) = await desk.bring(lines, desk.room.seq, kind="tracked")
        assert told.runs == (("kept", "Foo "), ("deleted", "old"), ("inserted", "new"), ("kept", " bar"))
        assert await desk.lines() == [("p-1", "1", "Foo bar"), ("p-2", "2", "Foo new bar"), ("p-3", "3", "Last")]
        await desk.bring(lines, desk.room.seq, kind="tracked")
        assert await desk.text() == ["Foo bar", "Foo new bar", "Last"]


async def test_a_text_is_spelled_letter_by_letter_no_more_than_once() -> None:
    asked: list[str] = []

    def spell(char: str) -> str:
        asked.append(char)
        return char

    async with open_desk("Zero.") as desk:
        seq = desk.room.seq
        await desk.bring([*file(("1", "Zero.")), *(("", "", f"Paragraph {at}.") for at in range(20))], seq)
        base = await desk.bases.at(CHAPTER, seq)
        document = await desk.room.read(lambda document: document)
        where = Whereabouts(document, base, lambda tag: tag.startswith("egypt"), spell)
        items = list(where.parts)
        for _ in range(3):
            texts = [where.text(item) for item in items]
            assert [where.brought(item, undone=False) for item in items] == ["", *texts[1:]]
        assert len(texts) == 21
        assert len(asked) == len(set("".join(texts)))
