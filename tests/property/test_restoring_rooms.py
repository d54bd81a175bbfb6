"""Rooms in which people write, are away and come back, and break locks, while versions are restored: all converge."""

from functools import partial
from random import Random

import pytest

from documents.chapter import ChapterDocument
from documents.gavel.rulings import drop_lock, locks
from documents.versions.restoring import RestoreRefused, restore
from documents.versions.versions import versions
from tests.editorkit import Editor
from tests.property.redline_people import blocks, words
from tests.property.test_reverting_property import rebuilt, runs
from tests.roomkit import CHAPTER, assert_same, quiet
from tests.unit.test_gavel import AT, CHAIR, Scene, scene
from tests.unit.test_restoring import named, wanted

SEEDS = 36
STEPS = 40


def edit(editor: Editor, chance: Random) -> None:
    """Something that somebody does in an editor."""
    found = [*blocks(editor.text)]
    if not found:
        return
    with editor.doc.transaction():
        one = chance.choice(found)
        start, end = sorted(chance.randrange(len(one.said) + 1) for _ in range(2))
        what = chance.randrange(8)
        if what < 4:
            one.insert(start, words(chance))
        elif what < 6:
            one.delete(start, end)
        elif what == 6 and len(found) > 1:
            del one.parent.children[one.index]
        else:
            rest = one.delete(start, len(one.said))
            other = chance.choice(found)
            other.insert(0, rest)


def release(paragraph: str, document: ChapterDocument) -> None:
    drop_lock(document, paragraph, CHAIR, "release", "", AT)


async def come_or_go(one: Scene, editor: Editor, chance: Random) -> None:
    if editor.room is None:
        editor.join(one.room)
        one.bar(editor)
    elif chance.random() < 0.5:
        editor.leave()


async def lock_or_release(one: Scene, chance: Random) -> None:
    held = await one.room.read(lambda document: [*locks(document)])
    if held:
        await one.room.write("chair", partial(release, held[0]))
    else:
        await one.lock(chance.choice([*await one.text()]))


async def bring_back(one: Scene, chance: Random) -> bool:
    """Restore one of the versions; returns whether that changed anything."""
    known = await one.room.read(versions)
    if not known:
        return False
    version = chance.choice(known)
    want = await wanted(one, version, chance.choice(("chair", "holder")))
    entries = [each async for each in one.storage.history(CHAPTER, limit=version.seq)]
    try:
        done = await restore(one.room, want)
    except RestoreRefused:
        return False
    assert await one.room.read(runs) == runs(rebuilt(entries))
    return bool(done.differences)


async def step(one: Scene, chance: Random) -> bool:
    """Returns whether a version was restored, and that changed anything."""
    what = chance.randrange(12)
    editor = chance.choice(one.editors)
    if what < 5:
        edit(editor, chance)
        if chance.random() < 0.7:
            editor.post()
    elif what < 7:
        await come_or_go(one, editor, chance)
    elif what == 7:
        await lock_or_release(one, chance)
    elif what == 8:
        await named(one, f"Version {one.room.seq}")
    elif what < 11:
        return await bring_back(one, chance)
    else:
        await quiet(one.room, *[each for each in one.editors if each.room is not None])
    return False


@pytest.mark.parametrize("block", range(6))
async def test_the_text_is_the_versions_and_all_come_to_the_same(block: int) -> None:
    tally: list[bool] = []
    for seed in range(block * SEEDS // 6, (block + 1) * SEEDS // 6):
        chance = Random(seed)  # noqa: S311 (the same for the same seed)
        async with scene() as one:
            tally += [await step(one, chance) for _ in range(STEPS)]
            for editor in one.editors:
                if editor.room is None:
                    editor.join(one.room)
                    one.bar(editor)
            await quiet(one.room, *one.editors)
            await assert_same(one.room, *one.editors)
    assert sum(tally) > SEEDS // 6
