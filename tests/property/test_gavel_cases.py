"""Each way of breaking a lock, once, by stock Yjs with y-prosemirror and by pycrdt: told for people to read.

Everywhere the same is checked (`World.check`): all replicas show one text; what is locked says what was ruled, with its
attributes, formats and authors; nothing else is lost, doubled or made; what was refused is kept for its author; and the
journal gives the same chapter again.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.property.gavel_editors import Browser
from tests.property.gavel_world import PEOPLE, Failure, World

STOCK, PLAIN = dict.fromkeys(PEOPLE, "stock"), dict.fromkeys(PEOPLE, "plain")

ALONE: dict[str, tuple[str, dict[str, Any]]] = {
    "insert": ("paste", {"paragraph": "p-3", "at": 0.5, "text": "Z"}),
    "delete letters": ("erase", {"paragraph": "p-3", "a": 0.2, "b": 0.5}),
    "delete all": ("clear", {"paragraph": "p-3"}),
    "replace": ("replace", {"paragraph": "p-3", "a": 0.2, "b": 0.5, "text": "Z"}),
    "paste over all": ("rewrite", {"paragraph": "p-3", "text": "XYZ"}),
    "paste two paragraphs over two": (
        "pasteOver",
        {"paragraph": "p-3", "other": "p-4", "a": 0.5, "b": 0.5, "texts": ["XY", "Z"], "id": None},
    ),
    "format": ("format", {"paragraph": "p-3", "a": 0.2, "b": 0.7, "mark": "strong", "on": True}),
    "label": ("attribute", {"paragraph": "p-3", "name": "label", "value": "3 bis"}),
    "another's id": ("attribute", {"paragraph": "p-3", "name": "id", "value": "p-4"}),
    "unknown attribute": ("attribute", {"paragraph": "p-3", "name": "align", "value": "right"}),
    "delete the paragraph": ("drop", {"paragraph": "p-3"}),
    "split in the middle": ("split", {"paragraph": "p-3", "at": 0.5}),
    "split at the start": ("split", {"paragraph": "p-3", "at": 0.0}),
    "split at the end": ("split", {"paragraph": "p-3", "at": 1.0}),
    "join with the one before": ("join", {"paragraph": "p-3", "forward": False}),
    "join with the one behind": ("join", {"paragraph": "p-3", "forward": True}),
    "join a free one into it": ("join", {"paragraph": "p-4", "forward": False}),
    "move to the top": ("move", {"paragraph": "p-3", "to": 0.0}),
    "move to the end": ("move", {"paragraph": "p-3", "to": 1.0}),
    "delete from it into the next": ("across", {"paragraph": "p-3", "other": "p-4", "a": 0.5, "b": 0.5}),
    "delete from the one before into it": ("across", {"paragraph": "p-2", "other": "p-3", "a": 0.5, "b": 0.5}),
    "delete over it": ("across", {"paragraph": "p-2", "other": "p-4", "a": 0.5, "b": 0.5}),
    "replace from it into the next": ("across", {"paragraph": "p-3", "other": "p-4", "a": 0.5, "b": 0.5, "text": "Z"}),
    "duplicate": ("duplicate", {"paragraph": "p-3", "to": 1.0}),
    "forge its id": ("forge", {"paragraph": "p-3", "to": 0.0, "text": "XYZ"}),
    "make it a heading": ("kind", {"paragraph": "p-3", "kind": "heading", "level": 2}),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as one:
        yield one


@pytest.fixture(params=[STOCK, PLAIN], ids=["stock", "pycrdt"])
async def world(request: pytest.FixtureRequest, browser: Browser) -> Any:
    """A chapter in which nothing is locked yet."""
    one = World(browser, 1)
    await one.start(request.param)
    yield one
    await one.rooms.close()


async def check(world: World) -> None:
    """That all is as it should be; if it is not, what happened."""
    try:
        await world.check()
    except Failure as failure:
        raise AssertionError(f"{failure}\n" + "\n".join(world.said)) from None


@pytest.mark.parametrize("kind", ALONE)
async def test_it_is_undone(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    world.edit("amina", what, **arguments)
    await check(world)
    assert world.people["amina"].told or kind in NOT_ABOUT_IT


NOT_ABOUT_IT = {"duplicate", "forge its id", "split at the start", "split at the end"}
"""What makes a new paragraph beside the locked one, which is as it was."""


ALSO_OTHERS = {kind for kind in ALONE if re.search("join|from|over|move", kind)}
"""What touches free paragraphs too: these are their undo's to bring back."""


@pytest.mark.parametrize("kind", ALONE)
async def test_who_is_offline_for_long_keeps_all_else(world: World, kind: str) -> None:
    """One large update: what is forbidden, and lawful edits of four other paragraphs, before and behind it."""
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    world.leave("amina")
    world.edit("amina", "type", paragraph="p-1", at=0.5, text="ABC")
    world.edit("amina", "erase", paragraph="p-5", a=0.2, b=0.5)
    world.edit("amina", what, **arguments)
    world.edit("amina", "insert", paragraph="p-5", kind="paragraph", text="DEF", id=None, level=2)
    world.edit("amina", "split", paragraph="p-1", at=0.7)
    await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_what_the_holder_is_typing_at_that_moment_stays(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    world.edit("amina", what, **arguments)
    world.edit("holder", "type", paragraph="p-3", at=0.4, text="AB")
    world.edit("holder", "type", paragraph="p-3", at=0.0, text="C")
    world.edit("holder", "erase", paragraph="p-3", a=0.8, b=1.0)
    world.post("amina")
    await world.settle()
    await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_what_the_holder_typed_before_stays_too(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    world.edit("amina", what, **arguments)
    world.edit("holder", "replace", paragraph="p-3", a=0.3, b=0.6, text="AB")
    world.post("holder")
    await world.settle()
    await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_who_goes_on_before_hearing_of_it(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    for text in "AB":
        world.edit("amina", what, **arguments)
        world.edit("amina", "type", paragraph="p-3", at=0.5, text=text)
        world.post("amina")
        await world.settle()
    await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_two_at_once(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    world.edit("amina", what, **arguments)
    world.edit("boris", what, **(arguments | ({"text": "W"} if "text" in arguments else {})))
    await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_again_and_again(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    for letter in "ABC":
        world.edit("amina", what, **(arguments | ({"text": letter} if "text" in arguments else {})))
        await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_one_s_own_undo_brings_nothing_back(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    world.edit("amina", what, **arguments)
    await check(world)
    there = await world.names()
    for _ in range(2):
        world.edit("amina", "undo")
        await check(world)
        assert kind in NOT_ABOUT_IT | ALSO_OTHERS or await world.names() == there, "it is back, in another place"
    world.edit("amina", "redo")
    await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_nothing_comes_back_after_the_release(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    world.edit("amina", what, **arguments)
    await check(world)
    await world.release("p-3")
    await check(world)
    world.leave("amina")
    world.come_back("amina")
    world.edit("amina", "type", paragraph="p-3", at=0.5, text="A")
    await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_a_restart_changes_nothing(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.lock("p-3")
    world.edit("amina", what, **arguments)
    world.edit("holder", "type", paragraph="p-3", at=0.4, text="AB")
    world.post("amina")
    await world.restart()
    await check(world)


@pytest.mark.parametrize("kind", ALONE)
async def test_what_is_agreed_is_sealed(world: World, kind: str) -> None:
    what, arguments = ALONE[kind]
    await world.seal("p-3")
    world.edit("holder", what, **arguments)
    await check(world)


# Sections and headings


async def test_nothing_is_put_between_the_members_of_a_locked_section(world: World) -> None:
    await world.lock_section("h-1")
    for place, text in (("h-1", "A"), ("p-2", "B"), ("p-4", "C")):
        world.edit("amina", "insert", paragraph=place, kind="paragraph", text=text, id=None, level=2)
    world.edit("boris", "insert", paragraph="p-1", kind="paragraph", text="D", id=None, level=2)
    await check(world)
    assert [name for name, _ in await world.names()][2:7] == ["h-1", "p-2", "p-3", "p-4", "h-2"]


async def test_a_heading_may_follow_a_locked_section(world: World) -> None:
    await world.lock_section("h-1")
    world.edit("amina", "insert", paragraph="p-4", kind="heading", text="A", id=None, level=2)
    await check(world)
    assert len(await world.names()) == 8


async def test_no_heading_is_made_while_they_are_locked(world: World) -> None:
    await world.lock_headings()
    world.edit("amina", "insert", paragraph="p-4", kind="heading", text="A", id=None, level=2)
    world.edit("amina", "insert", paragraph="p-4", kind="paragraph", text="B", id=None, level=2)
    world.edit("boris", "kind", paragraph="p-2", kind="heading", level=2)
    world.edit("chen", "type", paragraph="p-2", at=0.5, text="C")
    await check(world)
    assert [kind for _, kind in await world.names()].count("heading") == 2


async def test_no_heading_is_changed_while_they_are_locked(world: World) -> None:
    await world.lock_headings()
    world.edit("amina", "type", paragraph="h-1", at=0.5, text="A")
    world.edit("boris", "attribute", paragraph="h-2", name="level", value=3)
    world.edit("chen", "drop", paragraph="h-2")
    world.edit("holder", "type", paragraph="h-2", at=0.5, text="B")
    await check(world)


# In the middle of it


async def test_a_lock_that_comes_while_people_type(world: World) -> None:
    world.edit("amina", "type", paragraph="p-3", at=0.5, text="AB")
    world.post("amina", 1)
    await world.lock("p-3", wait=False)
    world.post("amina")
    world.edit("amina", "type", paragraph="p-3", at=0.5, text="CD")
    await check(world)


async def test_release_and_lock_again_in_the_middle(world: World) -> None:
    await world.lock("p-3")
    world.edit("amina", "drop", paragraph="p-3")
    world.edit("holder", "type", paragraph="p-3", at=0.5, text="AB")
    world.post("amina")
    await world.release("p-3", wait=False)
    world.edit("boris", "type", paragraph="p-3", at=0.5, text="CD")
    world.post("boris")
    await world.lock("p-3", "boris", wait=False)
    world.edit("chen", "clear", paragraph="p-3")
    await check(world)


# One after another, before anything of it is heard


async def test_what_was_joined_into_it_is_not_carried_on(world: World) -> None:
    """The tail of a free paragraph goes into the locked one, and from there into another, in two edits."""
    await world.lock("h-2")
    world.edit("amina", "across", paragraph="h-2", other="p-5", a=0.0, b=0.4)
    world.edit("amina", "across", paragraph="h-2", other="p-4", a=0.7, b=0.7)
    await check(world)


async def test_what_was_joined_into_it_is_not_carried_on_with_words_of_its_own(world: World) -> None:
    await world.seal("p-4")
    world.edit("boris", "across", paragraph="p-4", other="h-2", a=1.0, b=0.2)
    world.edit("boris", "across", paragraph="p-4", other="p-3", a=0.5, b=0.4)
    await check(world)


async def test_what_was_joined_into_it_goes_back_though_it_was_made_anew(world: World) -> None:
    await world.lock("p-3")
    world.edit("amina", "merge", paragraph="p-3")
    world.edit("boris", "across", paragraph="p-3", other="p-4", a=0.0, b=0.4, text="AB")
    world.edit("boris", "join", paragraph="p-3", forward=False)
    await check(world)


async def test_words_that_were_refused_may_be_carried_elsewhere(world: World) -> None:
    await world.seal("p-2")
    for text in ("ABC", "DEF"):
        world.edit("amina", "type", paragraph="p-2", at=1.0, text=text)
        world.edit("amina", "split", paragraph="p-2", at=0.0)
    await check(world)


async def test_pasting_over_it_twice(world: World) -> None:
    await world.lock("h-2")
    world.edit("boris", "pasteOver", paragraph="h-2", other="p-5", a=0.0, b=0.4, texts=["A", "BC"], id=None)
    world.edit("boris", "pasteOver", paragraph="h-2", other="p-4", a=0.2, b=0.7, texts=["DEF", "GH"], id=None)
    await check(world)


async def test_the_last_of_a_locked_section_is_moved_out(world: World) -> None:
    """A stock editor writes anew what it passes: nothing of that comes into the section."""
    await world.lock_section("h-1")
    world.edit("amina", "move", paragraph="p-4", to=1.0)
    await check(world)
    assert [name for name, _ in await world.names()][:6] == ["p-1", "h-1", "p-2", "p-3", "p-4", "h-2"]


@pytest.mark.parametrize("world", [STOCK], indirect=True, ids=["stock"])
async def test_who_is_away_pastes_over_the_end_of_it(world: World) -> None:
    """One letter of the locked paragraph goes into a new one that stands in its place."""
    world.edit("holder", "insert", paragraph="p-4", kind="paragraph", text="ABC", id=None, level=2)
    await check(world)
    new = (await world.names())[5][0]
    await world.lock("h-2")
    world.edit("holder", "erase", paragraph="h-2", a=1.0, b=0.2)
    await world.quiet()
    world.leave("amina")
    world.edit("amina", "pasteOver", paragraph="h-2", other=new, a=0.7, b=0.0, texts=["DE", "FGH"], id=None)
    await check(world)


async def test_who_is_away_splits_it_several_times(world: World) -> None:
    """What it says stands in four paragraphs in the end, one letter alone in one of them."""
    await world.lock("p-3")
    world.leave("boris")
    for place in (0.7, 0.3, 0.3):
        world.edit("boris", "split", paragraph="p-3", at=place)
    await check(world)


async def test_who_is_away_carries_it_off_and_types_into_it_there(world: World) -> None:
    await world.lock("p-3")
    world.edit("holder", "type", paragraph="p-3", at=0.0, text="ABC")
    await world.quiet()
    world.leave("amina")
    world.edit("amina", "across", paragraph="p-3", other="p-2", a=0.2, b=0.7, text="DEF")
    world.edit("amina", "type", paragraph="p-2", at=0.7, text="GHI")
    await check(world)


async def test_who_is_away_types_at_the_end_of_what_is_joined_into_it(world: World) -> None:
    """The free paragraph is put back, also where other words stand on both sides of it by now."""
    await world.lock("h-2")
    world.leave("amina")
    world.edit("amina", "type", paragraph="p-5", at=1.0, text="A")
    world.edit("amina", "across", paragraph="h-2", other="p-5", a=0.5, b=0.4, text="B")
    await check(world)


@pytest.mark.parametrize("world", [STOCK], indirect=True, ids=["stock"])
async def test_who_is_away_pastes_over_its_end_and_over_its_beginning(world: World) -> None:
    await world.lock("h-1")
    world.leave("boris")
    world.edit("boris", "pasteOver", paragraph="h-1", other="p-2", a=0.2, b=0.7, texts=["ABC", "DEF"], id=None)
    world.edit("boris", "pasteOver", paragraph="h-1", other="p-1", a=0.0, b=0.2, texts=["GH", "I"], id=None)
    await check(world)
