"""Somebody attacks a locked paragraph with a client of their own making: the ruled text stands, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from documents.chapter import LOCKS, RESTORED, RULINGS, STATUSES
from tests.integration.hostile_kit import BEHIND, HOSTILE, INNOCENT, LOCKED, RULED, Gavel, gavel
from tests.livekit import LiveServer
from tests.nodekit import Program, program

CLOSED_FOR_ATTACKS = 4423
ATTACKS = (
    "rewrite", "letter", "emoji", "erase", "clear", "remove", "replace", "bold", "attributes", "rename", "nameless",
    "double", "nest", "split", "join", "mixed", "any",
)  # fmt: skip
"""As `tests/node/hostile-editor.mjs` has them."""
TYPED = "Typed by somebody who notices nothing. "


PATIENT = {"locked_edits_burst": 10**6}
IMPATIENT = {"locked_edits_burst": 60, "locked_edits_seconds": 1.0}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One that closes nobody for what it undoes."""
    live = LiveServer(tmp_path_factory.mktemp("hostile") / "data", PATIENT)
    live.start()
    yield live
    live.stop()


@pytest.fixture
async def hostile() -> AsyncIterator[Program]:
    async with program("hostile-editor.mjs") as running:
        yield running


@asynccontextmanager
async def undisturbed(server: LiveServer, hostile: Program) -> AsyncIterator[Gavel]:
    """A chapter in which nothing is locked yet."""
    async with program("witness.mjs") as witnesses:
        made = await gavel(server, hostile, witnesses)
        yield made
        await made.leave()
    assert "Traceback" not in server.log()


@pytest.fixture
async def chapter(server: LiveServer, hostile: Program) -> AsyncIterator[Gavel]:
    async with undisturbed(server, hostile) as made:
        yield made


@pytest.fixture
async def strict(live: Callable[..., LiveServer], hostile: Program) -> AsyncIterator[Gavel]:
    """On a server that soon has enough."""
    async with undisturbed(live(**IMPATIENT), hostile) as made:
        yield made


async def attacked(chapter: Gavel, kind: str, times: int, pause: float = 1) -> tuple[dict[str, Any], list[float]]:
    """Attack while others type; what became of the attacker, and how long each letter of the others took, in ms."""
    result, *latencies = await asyncio.gather(
        chapter.attacks(kind, times, pause=pause), *(chapter.type(who, TYPED) for who in INNOCENT)
    )
    return result, [one for some in latencies for one in some]


@pytest.mark.parametrize("kind", ATTACKS)
async def test_the_ruled_text_stands_at_every_moment(chapter: Gavel, kind: str) -> None:
    await chapter.lock(reason="being read out")
    result, latencies = await attacked(chapter, kind, 30)
    assert result["sent"] > 10
    assert (await chapter.does(settle=True))["closed"] is None
    await chapter.stands()
    assert max(latencies) < 2_000
    for who in INNOCENT:
        assert (await chapter.text(f"p-{who}")) == f"Of p-{who}.{TYPED}"


@pytest.mark.parametrize("kind", ATTACKS)
async def test_the_attackers_own_document_comes_to_the_ruled_text(chapter: Gavel, kind: str) -> None:
    """Without a reload: what the server sends puts it right."""
    await chapter.lock()
    result = await chapter.attacks(kind, 8, pause=20)
    assert result == {**result, "sent": 8, "closed": None}
    shown = (await chapter.does(settle=True))["text"]
    assert shown == await chapter.shown()
    await chapter.stands()


async def test_lawful_words_in_the_same_update_stay(chapter: Gavel) -> None:
    await chapter.lock()
    result = await chapter.attacks("mixed", 10)
    await chapter.does(settle=True)
    words = await chapter.text(BEHIND)
    assert words.count("[lawful ") == result["sent"]
    await chapter.stands()


@pytest.mark.parametrize("kind", ["rewrite", "letter", "remove", "bold", "any"])
async def test_the_attacker_is_closed(strict: Gavel, kind: str) -> None:
    """At full rate."""
    await strict.lock()
    result, latencies = await attacked(strict, kind, 100_000, pause=0)
    assert result["closed"] == CLOSED_FOR_ATTACKS, result
    assert result["reason"]
    assert max(latencies) < 2_000
    await strict.stands()


async def test_the_attacker_is_slowed_before(strict: Gavel) -> None:
    """Whoever waits for each answer has to wait longer."""
    await strict.lock()
    loop = asyncio.get_running_loop()
    waits = []
    async with asyncio.timeout(60):
        while (result := await strict.attacks("letter", 1))["closed"] is None:
            began = loop.time()
            await strict.does(settle=True)
            waits.append(loop.time() - began)
    assert result["closed"] == CLOSED_FOR_ATTACKS
    assert max(waits[-10:]) > 0.1 > sorted(waits[:10])[5]
    await strict.stands()


async def test_coming_back_at_once_does_not_help(strict: Gavel) -> None:
    """Each time it is closed, the attacker connects again with the same document and goes on."""
    await strict.lock()
    sent = []
    for _ in range(3):
        result, _ = await attacked(strict, "any", 100_000, pause=0)
        assert result["closed"] == CLOSED_FOR_ATTACKS
        sent.append(result["sent"])
        await strict.does(connect=True)
    assert max(sent[1:]) < sent[0]
    await strict.does(settle=True)
    await strict.stands()


async def test_an_honest_slip_closes_nobody(live: Callable[..., LiveServer], hostile: Program) -> None:
    """Somebody goes on typing for some seconds after the lock was taken."""
    async with undisturbed(live(), hostile) as chapter:
        await chapter.lock()
        result = await chapter.attacks("letter", 60, pause=50)
        assert result["closed"] is None
        assert (await chapter.does(settle=True))["closed"] is None
        await chapter.stands()


@pytest.mark.parametrize("kind", ["rewrite", "remove", "split", "any"])
async def test_nothing_refused_comes_back_after_the_release(chapter: Gavel, kind: str) -> None:
    """Whatever is done with what was refused: sent again, synchronized, sent by a colleague."""
    await chapter.lock()
    await chapter.attacks(kind, 30)
    await chapter.does(settle=True)
    recorded = await chapter.does(recorded=True)
    await chapter.release()
    before = await chapter.shown()
    await chapter.does(connect=True)
    for answer in (False, True):
        await chapter.does(send=recorded["updates"], answer=answer)
        await chapter.does(send=[recorded["state"]], answer=answer)
    assert (await chapter.does(settle=True))["closed"] is None
    await chapter.attacker("again")
    await chapter.does("again", send=list(reversed(recorded["updates"])))
    await chapter.does("again", settle=True)
    await chapter.attacker("colleague", "ifip")
    await chapter.does("colleague", load=[*recorded["updates"], recorded["state"]])
    await chapter.does("colleague", send=recorded["updates"])
    assert (await chapter.does("colleague", settle=True))["closed"] is None
    assert await chapter.shown() == before
    await chapter.stands()


async def test_undo_and_redo_change_nothing_while_it_is_locked(chapter: Gavel) -> None:
    await chapter.lock()
    await chapter.attacks("rewrite", 8, pause=5)
    await chapter.does(undo=4)
    await chapter.does(settle=True)
    await chapter.does(redo=4)
    await chapter.does(settle=True)
    await chapter.does(undo=20)
    await chapter.does(settle=True)
    await chapter.stands()


async def test_ids_are_not_forged(chapter: Gavel) -> None:
    """Neither the holder's client id nor the server's is anybody else's."""
    await chapter.lock()
    holder = await chapter.attacker("holder", "vice-chair")
    await chapter.attacks("letter", 1, "holder")
    assert (await chapter.does("holder", settle=True))["closed"] is None
    await chapter.does("holder", undo=1)
    assert await settled(chapter, "holder") is None
    for number, client in enumerate((holder, 1)):
        run = f"forger {number}"
        await chapter.attacker(run, client=client)
        await chapter.attacks("letter", 1, run)
        assert await settled(chapter, run) == 4400


async def settled(chapter: Gavel, run: str) -> int | None:
    """The code that it was closed with, if it was."""
    code: int | None = (await chapter.does(run, settle=True))["closed"]
    return code


@pytest.mark.parametrize("root", [LOCKS, STATUSES, RULINGS, RESTORED])
async def test_rulings_are_not_forged(chapter: Gavel, root: str) -> None:
    await chapter.lock()
    before = (await chapter.ask("GET", "rulings")).json(), await chapter.paragraphs()
    await chapter.does(write=root, key=LOCKED, value={"scope": "paragraph", "for": {"participant": HOSTILE}})
    assert await settled(chapter, HOSTILE) == 4400
    await chapter.attacker("second")
    await chapter.does("second", write=root, key="1" if root == RULINGS else LOCKED)
    await chapter.attacks("letter", 1, "second")
    await chapter.does("second", settle=True)
    await chapter.stands()
    assert ((await chapter.ask("GET", "rulings")).json(), await chapter.paragraphs()) == before


async def test_a_paragraph_that_takes_its_id_is_another(chapter: Gavel) -> None:
    """Neither is it locked, nor does the locked one lose its lock."""
    await chapter.lock()
    await chapter.does(attack="rename", paragraph=BEHIND, times=1)
    await chapter.attacks("double", 3)
    await chapter.does(settle=True)
    await chapter.stands()
    (locked,) = [one for one in await chapter.paragraphs() if one["lock"]]
    assert (locked["id"], locked["text"]) == (LOCKED, RULED)
