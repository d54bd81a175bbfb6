"""A live room tells who wrote what: with the words, of whom wrote them, and of nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.crdt import protocol
from documents.errors import StorageUnavailable
from documents.limits import RoomLimits
from documents.model import SERVER, Entry, Snapshot
from documents.room import Room
from documents.rooms import Rooms, RoomsLimits
from documents.seat import Denial, Seat
from tests.editorkit import Editor, content
from tests.roomkit import (
    CHAPTER,
    QUICK,
    FaultyStorage,
    assert_same,
    open_rooms,
    open_storage,
    quiet,
    replayed,
    state_of,
    until,
)

OBSERVER = Denial("role", "Observers read.")
DISK_FULL = StorageUnavailable("disk full")
AT_ONCE = RoomsLimits(idle_seconds=0)


def stamp(name: str, delegation: str, group: str = "government", number: int = 1) -> dict[str, Any]:
    """What the sign-in says of somebody, as presence shows it."""
    about = {"name": name, "delegation": delegation, "delegation_name": delegation.title()}
    return about | {"group": group, "number": number, "color": f"#00000{number}", "role": "delegate"}


AMINA = stamp("Amina", "egypt")
AMINA_FOR_AFRICA = stamp("Amina", "africa", number=2)
BORIS = stamp("Boris", "ifip", "civil society", 3)


def entry(participant: str, about: dict[str, Any]) -> dict[str, Any]:
    """How a stamp stands in the root `authors`."""
    return {name: value for name, value in about.items() if name != "role"} | {"participant": participant}


class Reader(Editor):
    """Notes after every message whose words it has without being told so."""

    strangers: ClassVar[set[str]] = set()

    def _hear(self, message: protocol.Message) -> None:
        super()._hear(message)
        if isinstance(message, protocol.SyncUpdate):
            told, authors = content(self)["authorship"], content(self)["authors"]
            clients = protocol.read_state_vector(self.doc.get_state()).keys() - {1, self.doc.client_id}
            self.strangers.update({f"{client}:0" for client in clients} - told.keys())
            self.strangers.update(set(told.values()) - authors.keys() - {SERVER})


@pytest.fixture(params=["memory", "sqlite"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FaultyStorage]:
    async with open_storage(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
async def rooms(storage: FaultyStorage) -> AsyncIterator[Rooms]:
    Reader.strangers.clear()
    async with open_rooms(storage, rooms_limits=AT_ONCE) as opened:
        yield opened
        (room,) = opened.opened()
        assert await room.read(ChapterDocument.authorship_problems) == []
    assert not Reader.strangers, "words came before their author"


@pytest.fixture
async def room(rooms: Rooms) -> Room:
    return await rooms.open(CHAPTER)


def amina(room: Room, client: int = 11, about: dict[str, Any] | None = None) -> Editor:
    return Editor("amina", client).join(room, stamp=about or AMINA)


def boris(room: Room) -> Editor:
    return Reader("boris", 22).join(room, stamp=BORIS)


def seat_of(editor: Editor) -> Seat:
    assert editor.seat is not None
    return editor.seat


async def told(room: Room) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two roots that say who wrote what."""
    return await room.read(lambda document: (document.value("authors"), document.value("authorship")))


async def runs_of(room: Room, paragraph: int = 0, *, deleted: bool = False) -> list[tuple[str, str]]:
    paragraphs = await room.read(lambda document: document.runs(deleted=deleted))
    return [(run.text, run.by) for run in paragraphs[paragraph].runs]


# With the words


async def test_words_come_with_their_author_in_one_commit_and_one_message(room: Room, storage: FaultyStorage) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    commits, heard = storage.faults.calls.count("append"), len(other.heard)
    one.type("Water ")
    await quiet(room, one, other)
    assert storage.faults.calls.count("append") == commits + 1
    assert [type(message) for message in other.heard[heard:]] == [protocol.SyncUpdate]
    assert content(other)["authors"] == {"amina": entry("amina", AMINA)}
    assert content(other)["authorship"] == {"11:0": "amina"}
    assert await runs_of(room) == [("Water ", "amina"), ("Paragraph 1.", SERVER)]
    history = [kept async for kept in storage.history(CHAPTER)]
    assert [kept.author for kept in history] == [SERVER, "amina", SERVER]
    assert history[1].at <= history[2].at


async def test_who_goes_on_writing_is_not_told_again(room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Water ")
    await quiet(room, one, other)
    before, seq = await told(room), room.seq
    for _ in range(5):
        one.type("more ")
        await quiet(room, one, other)
    assert await told(room) == before
    assert room.seq == seq + 5


async def test_two_who_write_at_once_and_one_on_two_devices(room: Room) -> None:
    one, second, other = amina(room), amina(room, 12), boris(room)
    await quiet(room, one, second, other)
    for editor, words in ((one, "A"), (other, "B"), (second, "C")):
        editor.live = False
        editor.type(words)
    await assert_same(room, one, second, other)
    assert await told(room) == (
        {"amina": entry("amina", AMINA), "boris": entry("boris", BORIS)},
        {"11:0": "amina", "12:0": "amina", "22:0": "boris"},
    )
    assert await runs_of(room) == [("AC", "amina"), ("B", "boris"), ("Paragraph 1.", SERVER)]


async def test_who_only_deletes_is_told_and_nothing_is_theirs(room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    del other.words(0)[0:10]
    await assert_same(room, one, other)
    assert await told(room) == ({"boris": entry("boris", BORIS)}, {})
    (paragraph, *_) = await room.read(lambda document: document.runs(deleted=True))
    assert [(run.text, run.by, run.deleted and run.deleted.by) for run in paragraph.runs] == [
        ("Paragraph ", SERVER, "boris"),
        ("1.", SERVER, None),
    ]


async def test_words_that_somebody_else_moves_are_told_to_be_their_authors(room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Water is a right. ")
    await quiet(room, one, other)
    other.split(0, 6)
    other.type("Indeed, ", 1)
    await assert_same(room, one, other)
    assert await runs_of(room, 0) == [("Water ", "amina")]
    assert await runs_of(room, 1) == [("Indeed, ", "boris"), ("is a right. ", "amina"), ("Paragraph 1.", SERVER)]
    _, authorship = await told(room)
    assert {tag for key, tag in authorship.items() if key.startswith("22:")} == {"boris", "amina", SERVER}


# In another capacity


async def test_new_words_in_a_new_capacity_have_another_tag_under_the_same_client_id(room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Egypt. ")
    await quiet(room, one, other)
    room.rights_changed(seat_of(one), AMINA_FOR_AFRICA, None)
    await quiet(room, one, other)
    assert (await told(room))[0] == {"amina": entry("amina", AMINA)}, "nothing is written in it yet"
    heard = len(other.heard)
    one.type("Africa. ", at=7)
    await quiet(room, one, other)
    assert len(other.heard) == heard + 1
    assert await told(room) == (
        {"amina": entry("amina", AMINA), "amina~2": entry("amina", AMINA_FOR_AFRICA)},
        {"11:0": "amina", "11:7": "amina~2"},
    )
    assert await runs_of(room) == [("Egypt. ", "amina"), ("Africa. ", "amina~2"), ("Paragraph 1.", SERVER)]


async def test_capacities_are_counted_and_none_comes_back(rooms: Rooms, room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    for about, words in ((AMINA, "a"), (AMINA_FOR_AFRICA, "b"), (AMINA, "c"), (stamp("Amina", "egypt", "press"), "d")):
        room.rights_changed(seat_of(one), about, None)
        one.type(words)
        await quiet(room, one, other)
        del other.words(0)[0:1]
        await quiet(room, one, other)
    (paragraph, *_) = await room.read(lambda document: document.runs(deleted=True))
    by = {run.text: (run.by, run.deleted and run.deleted.by) for run in paragraph.runs}
    assert {text: by[text] for text in "abcd"} == {
        "a": ("amina", "boris"), "b": ("amina~2", "boris"), "c": ("amina~3", "boris"), "d": ("amina~4", "boris")
    }  # fmt: skip
    one.leave()
    other.leave()
    await rooms.evict_idle(1)
    again = await rooms.open(CHAPTER)
    assert again is not room
    one.join(again, stamp=AMINA)
    one.type("e")
    await quiet(again, one)
    assert (await runs_of(again))[0] == ("e", "amina~5")


async def test_what_was_written_before_a_change_and_comes_after_it_is_of_the_new_capacity(room: Room) -> None:
    """The server knows only when words reach it."""
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Egypt. ")
    await quiet(room, one, other)
    one.leave()
    one.type("Offline. ")
    one.join(room, stamp=AMINA_FOR_AFRICA)
    await assert_same(room, one, other)
    assert await runs_of(room) == [("Offline. ", "amina~2"), ("Egypt. ", "amina"), ("Paragraph 1.", SERVER)]


async def test_deleting_in_a_new_capacity_is_told_too(room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Egypt. ")
    await quiet(room, one, other)
    room.rights_changed(seat_of(one), AMINA_FOR_AFRICA, None)
    del one.words(1)[0:10]
    await assert_same(room, one, other)
    assert content(other)["authors"]["amina~2"] == entry("amina", AMINA_FOR_AFRICA)
    assert [deletion[3] for deletion in await room.read(lambda document: list(document.record.deletions()))] == [
        "amina~2"
    ]


async def test_another_name_is_no_other_capacity(room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Egypt. ")
    await quiet(room, one, other)
    renamed = {**AMINA, "name": "Amina Haddad", "color": "#999999"}
    room.rights_changed(seat_of(one), renamed, None)
    one.type("Still Egypt. ")
    await assert_same(room, one, other)
    assert await told(room) == ({"amina": entry("amina", renamed)}, {"11:0": "amina"})
    assert await runs_of(room) == [("Still Egypt. Egypt. ", "amina"), ("Paragraph 1.", SERVER)]
    assert await room.read(ChapterDocument.bylines) == {"amina": Byline.from_map(entry("amina", renamed))}


# Of nobody else


async def test_who_only_resends_is_not_told(room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Water ")
    del one.words(1)[0:4]
    await quiet(room, one, other)
    before, seq, record = await told(room), room.seq, await record_of(room)
    whole = one.doc.get_update()
    other.post_frame(protocol.sync_update(whole))
    other.post_frame(protocol.sync_step2(whole))
    room.rights_changed(seat_of(one), AMINA_FOR_AFRICA, None)
    one.post_frame(protocol.sync_update(whole))
    await assert_same(room, one, other)
    assert (await told(room), room.seq, await record_of(room)) == (before, seq, record)


async def record_of(room: Room) -> bytes:
    return await room.read(lambda document: document.record.encode())


async def test_who_may_only_read_is_not_told(room: Room) -> None:
    one, other = amina(room), boris(room)
    observer = Editor("olga", 44).join(room, stamp=stamp("Olga", "press"), read_only=OBSERVER)
    await quiet(room, one, other, observer)
    one.type("Water ")
    observer.type("Not this. ")
    del observer.words(2)[0:3]
    await quiet(room, one, other, observer)
    assert observer.said == ["denied role"] * 2
    assert await told(room) == ({"amina": entry("amina", AMINA)}, {"11:0": "amina"})
    room.rights_changed(seat_of(observer), stamp("Olga", "press"), None)
    await assert_same(room, one, other, observer)
    assert (await told(room))[1] == {"11:0": "amina", "44:0": "olga"}


@pytest.mark.parametrize("update", [b"", b"\xff", b"\0\1\x63\0\1"], ids=["empty", "malformed", "incomplete"])
async def test_who_is_refused_is_not_told(room: Room, update: bytes) -> None:
    one, other = amina(room), boris(room)
    mallory = Editor("mallory", 66).join(room, stamp=stamp("Mallory", "nowhere"))
    await quiet(room, one, other, mallory)
    seq = room.seq
    for _ in range(QUICK.gaps + 2):
        mallory.post_frame(protocol.sync_step2(update))
        await room.read(lambda _: None)
    assert mallory.said[:1] and mallory.said[0].startswith("refused")
    mallory.leave()
    await assert_same(room, one, other)
    assert (await told(room), room.seq) == (({}, {}), seq)


async def test_nobody_writes_another_s_words_nor_what_is_said_of_them(room: Room) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Water ")
    await quiet(room, one, other)
    before = await told(room)
    forger = Editor("mallory", 66, live=False).join(room, stamp=stamp("Mallory", "nowhere"))
    await quiet(room, forger)
    for root, key in (("authorship", "11:0"), ("authorship", "66:0"), ("authors", "amina"), ("authors", "mallory")):
        forged = Editor("mallory", 66, live=False)
        forged.doc.apply_update(await state_of(room))
        state = forged.doc.get_state()
        forged.maps[root][key] = "amina"
        forger.post_frame(protocol.sync_update(forged.doc.get_update(state)))
    await until(lambda: forger.said == ["refused RootForbidden"] * 4)
    assert await told(room) == before


# When the storage fails


async def test_while_nothing_can_be_kept_nothing_is_told(room: Room, storage: FaultyStorage) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    shown, record = content(other), await record_of(room)
    storage.faults.fail(DISK_FULL, "append", "probe")
    one.type("Water ")
    await until(lambda: room.read_only is not None and one.said)
    assert content(other) == shown
    assert (await told(room), await record_of(room)) == (({}, {}), record)
    other.type("Too late ")
    await until(lambda: other.said.count("denied storage") > 1)
    storage.faults.mend()
    await assert_same(room, one, other)
    assert await told(room) == (
        {"amina": entry("amina", AMINA), "boris": entry("boris", BORIS)},
        {"11:0": "amina", "22:0": "boris"},
    )


async def test_a_new_capacity_that_could_not_be_kept_is_told_when_it_can(room: Room, storage: FaultyStorage) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Egypt. ")
    await quiet(room, one, other)
    room.rights_changed(seat_of(one), AMINA_FOR_AFRICA, None)
    storage.faults.fail(DISK_FULL, "append", "probe")
    one.type("Africa. ")
    await until(lambda: room.read_only is not None and one.said)
    assert (await told(room))[1] == {"11:0": "amina"}
    storage.faults.mend()
    await assert_same(room, one, other)
    assert (await told(room))[1] == {"11:0": "amina", "11:7": "amina~2"}
    assert (await runs_of(room))[:2] == [("Africa. ", "amina~2"), ("Egypt. ", "amina")]


# After a restart


@pytest.mark.parametrize("snapshot_updates", [1, 4, 10**6])
async def test_the_record_is_the_same_after_a_restart(storage: FaultyStorage, snapshot_updates: int) -> None:
    async with open_rooms(storage, RoomLimits(snapshot_updates=snapshot_updates, snapshot_share=1e9), AT_ONCE) as rooms:
        one, other = Editor("amina", 11), Reader("boris", 22)
        for round_ in range(4):
            room = await rooms.open(CHAPTER)
            one.join(room, stamp=(AMINA, AMINA_FOR_AFRICA)[round_ % 2])
            other.join(room, stamp=BORIS)
            await quiet(room, one, other)
            one.type(f"Water {round_} 😀 is a right. ", at=3)
            await quiet(room, one, other)
            other.split(0, 9)
            del one.words(1)[0:3]
            other.type("and so ", 1)
            await quiet(room, one, other)
            live = await room.read(lambda document: document)
            record, runs, bylines = live.record.encode(), live.runs(deleted=True), live.bylines()
            storage.faults.fail(DISK_FULL, "save_snapshot")
            tail, whole = ChapterDocument.recover(await storage.recover(CHAPTER)), await replayed(storage)
            storage.faults.mend()
            one.leave()
            other.leave()
            await rooms.evict_idle(round_ + 1)
            closed = ChapterDocument.recover(await storage.recover(CHAPTER))
            for document in (tail, whole, closed):
                assert document.record.encode() == record
                assert document.runs(deleted=True) == runs
                assert document.bylines() == bylines
                assert document.authorship_problems() == []
        assert set(bylines) == {"amina", "amina~2", "amina~3", "amina~4", "boris"}


async def test_what_was_told_is_not_told_again_after_a_restart(
    rooms: Rooms, room: Room, storage: FaultyStorage
) -> None:
    one, other = amina(room), boris(room)
    await quiet(room, one, other)
    one.type("Water is a right. ")
    await quiet(room, one, other)
    other.split(0, 6)
    await quiet(room, one, other)
    entries = [kept async for kept in storage.history(CHAPTER)]
    for number, failing in enumerate((["save_snapshot"], [])):
        storage.faults.fail(DISK_FULL, *failing)
        for editor in (one, other):
            editor.leave()
        await rooms.evict_idle(number)
        storage.faults.mend()
        assert bool((await storage.recover(CHAPTER)).snapshot) is not bool(failing)
        room = await rooms.open(CHAPTER)
        one.join(room, stamp=AMINA)
        other.join(room, stamp=BORIS)
        await assert_same(room, one, other)
        assert [kept async for kept in storage.history(CHAPTER)] == entries
        one.type("x")
        await quiet(room, one, other)
        new = [kept.author async for kept in storage.history(CHAPTER)][len(entries) :]
        assert new == ["amina"], "who she is, is known"
        entries = [kept async for kept in storage.history(CHAPTER)]


@pytest.mark.parametrize("snapshot", [False, True])
async def test_what_an_older_program_did_not_tell_is_told_when_the_room_opens(
    rooms: Rooms, storage: FaultyStorage, snapshot: bool
) -> None:
    """A journal that says who wrote, and nothing for the clients to read."""
    recovered = ChapterDocument.recover(await storage.recover(CHAPTER))
    editor = Editor("amina", 11, live=False)
    editor.doc.apply_update(recovered.state())
    state = editor.doc.get_state()
    editor.type("Water ")
    update = editor.doc.get_update(state)
    await storage.append([Entry(CHAPTER, 2, 2_000, "amina", update)])
    if snapshot:
        recovered.take(update, "amina", 2_000)
        owners, record = dict(recovered.owners), recovered.record.encode()
        await storage.save_snapshot(Snapshot(CHAPTER, 2, 2_000, recovered.state(), owners, record))
    room = await rooms.open(CHAPTER)
    other = Editor("boris", 22).join(room, stamp=BORIS)
    await assert_same(room, other)
    assert content(other)["authorship"] == {"11:0": "amina"}
    assert await runs_of(room) == [("Water ", "amina"), ("Paragraph 1.", SERVER)]
    assert room.seq == 3
