"""Who may change what is remembered, since it is asked with every letter; and forgotten once it may be otherwise."""

from dataclasses import replace

from documents.chapter import ChapterDocument
from documents.gavel.rulings import Lock, Person, drop_lock, locks, put_lock
from tests.unit.test_gavel import (
    AT,
    CHAIR,
    RULED,
    Scene,
    add,
    all_of,
    bar_for,
    block,
    delete,
    insert,
    remove,
    scene,
    sectioned,
)


async def type_in(one: Scene, place: int) -> None:
    """Lawful words, again and again: the second time it is known that they are."""
    for letter in "abc":
        await one.play(insert(place, 0, letter))
        await one.play(delete(place, 0, 1))


async def test_who_has_typed_there_is_barred_once_it_is_locked() -> None:
    async with scene() as one:
        await one.lock("p-1")
        await type_in(one, 1)
        await one.lock("p-2")
        await one.play(insert(1, 0, "XYZ"))
        await one.play(delete(1, 0, 4))
        assert await one.text() == RULED
        await one.rule(lambda document: drop_lock(document, "p-2", CHAIR, "release", "", AT))
        await one.play(insert(1, 0, "Free: "))
        assert (await one.text())["p-2"] == "Free: Paragraph 2."


async def test_a_holder_who_has_typed_there_is_barred_once_another_holds_it() -> None:
    def hand_over(document: ChapterDocument) -> None:
        lock: Lock = locks(document)["p-2"]
        put_lock(document, replace(lock, holder=Person("other", "Wei", "china", "China")), "hand-over")

    async with scene() as one:
        await one.lock("p-2")
        for letter in "abc":
            await one.play(lambda _: None, insert(1, 0, letter))
        await one.play(insert(1, 0, "XYZ"))
        await one.rule(hand_over)
        await one.play(lambda _: None, insert(1, 0, "XYZ"))
        await one.play(lambda _: None, delete(1, 0, 3))
        assert (await one.text())["p-2"] == "cbaParagraph 2."


async def test_who_has_typed_there_is_barred_once_the_rights_are_others() -> None:
    async with scene() as one:
        await one.rule(sectioned)
        one.bar(one.offender, ("s-0", "s-3"))
        await type_in(one, 7)
        before = await one.text()
        one.bar(one.offender, ("s-0",))
        await one.play(insert(7, 0, "XYZ"))
        assert await one.text() == before
        assert one.offender.seat is not None
        one.offender.seat.bar, one.offender.seat.by_section = bar_for("offender"), False
        await one.play(insert(7, 0, "Mine: "))
        one.bar(one.offender, ("s-0",))
        await one.play(insert(7, 0, "XYZ"))
        assert await one.text() == before | {"s-4": "Mine: Text 4."}


async def test_who_has_typed_there_is_barred_once_it_is_in_another_section() -> None:
    async with scene() as one:
        await one.rule(sectioned)
        one.bar(one.offender, ("s-3",))
        await type_in(one, 7)
        await one.play(lambda _: None, add(7, "heading", {"id": "theirs", "level": 2}, "Theirs"))
        before = await one.text()
        await one.play(insert(8, 0, "XYZ"))
        await one.play(delete(8, 0, 3))
        assert await one.text() == before
        await one.play(lambda _: None, lambda editor: block(editor, 7).attributes.__setitem__("level", 3))
        await type_in(one, 8)
        await one.play(lambda _: None, lambda editor: block(editor, 7).attributes.__setitem__("level", 2))
        await one.play(insert(8, 0, "XYZ"))
        await one.play(lambda _: None, remove(7))
        await one.play(insert(7, 0, "Mine: "))
        del before["theirs"]
        assert await one.text() == before | {"s-4": "Mine: Text 4."}


async def test_who_may_write_in_a_section_types_in_its_heading_and_gains_nothing_by_it() -> None:
    async with scene() as one:
        await one.rule(sectioned)
        one.bar(one.offender, ("s-3",))
        await type_in(one, 6)
        before = await one.text()
        await one.play(
            all_of(
                insert(6, 0, "Mine: "),
                lambda editor: block(editor, 6).attributes.__setitem__("level", 1),
                insert(4, 0, "XYZ"),
            )
        )
        assert await one.text() == before | {"s-3": "Mine: Text 3."}


async def test_a_paragraph_that_gets_the_name_of_a_held_one_is_held() -> None:
    async with scene() as one:
        await one.lock("p-2")
        await one.play(lambda _: None, remove(1))
        with one.holder.doc.transaction():
            add(1, "paragraph", {"id": "p-2", "label": "2"}, "Anew.")(one.holder)
        insert(1, 0, "Before it is named: ")(one.holder)
        await one.play(lambda _: None)
        await one.play(insert(1, 0, "XYZ"))
        await one.play(delete(1, 0, 3))
        assert await one.text() == RULED | {"p-2": "Before it is named: Anew."}


async def test_what_is_deleted_of_what_was_put_back_is_looked_at() -> None:
    async with scene() as one:
        await one.lock("p-2")
        await one.play(delete(1, 0, 9))
        await one.play(remove(0))
        await type_in(one, 1)
        assert await one.text() == {"p-2": "Paragraph 2.", "p-3": "Paragraph 3."}
