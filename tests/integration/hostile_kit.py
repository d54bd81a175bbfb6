"""A chapter under the gavel on a live server: a locked paragraph, somebody who attacks it, and innocent people."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import httpx
from pycrdt import XmlElement, XmlFragment, XmlText

from documents.crdt import protocol
from tests.livekit import LiveServer
from tests.nodekit import Program
from tests.wirekit import replica

LOCKED = "p-locked"
BEHIND = "p-behind"
"""The attacker's own paragraph, right behind the locked one."""
RULED = "The ruled text, agreed [ad ref]: مرحبا 😀 naïve."
HOSTILE = "acme"
INNOCENT = ("japan", "kenya", "brazil")

_chapters = itertools.count(1)


class Gavel:
    """One chapter. Its locked paragraph has words of two people; everybody innocent has a paragraph of their own."""

    def __init__(self, server: LiveServer, chapter: str, hostile: Program, witnesses: Program) -> None:
        self.server = server
        self.chapter = chapter
        self.hostile = hostile
        self.witnesses = witnesses
        self.form: list[Any] = []
        """What innocent people were shown of the locked paragraph before anything happened."""
        self.before: dict[str, Any] = {}
        """Its runs by author then."""

    # Its people

    def place(self, who: str) -> dict[str, Any]:
        return {"url": self.server.ws, "chapter": self.chapter, "token": self.server.tokens[who]}

    def run(self, who: str) -> str:
        return f"{self.chapter} {who}"

    async def come(self) -> None:
        """Innocent people come in and watch; the attacker too."""
        for who in INNOCENT:
            answer = await self.witnesses.ask(self.run(who), **self.place(who), watch=LOCKED)
            self.form = answer["form"]
        assert len(self.form) == 1
        self.before = await self.runs()
        await self.attacker()

    async def attacker(self, run: str = "", who: str = HOSTILE, **more: Any) -> int:
        """A connection of the attacker's, under a name; returns its client id."""
        answer = await self.hostile.ask(self.run(run or HOSTILE), **self.place(who), **more)
        return int(answer["client"])

    async def does(self, _run: str = HOSTILE, **command: Any) -> dict[str, Any]:
        """Let the attacker do something."""
        return await self.hostile.ask(self.run(_run), **command)

    async def attacks(self, kind: str, times: int, run: str = HOSTILE, pause: float = 1) -> dict[str, Any]:
        return await self.does(run, attack=kind, paragraph=LOCKED, times=times, pause=pause)

    async def type(self, who: str, text: str, pause: float = 5) -> list[float]:
        """Type innocently in one's own paragraph; how long each letter took to come back, in ms."""
        answer = await self.witnesses.ask(self.run(who), type=text, into=f"p-{who}", pause=pause)
        latencies: list[float] = answer["latencies"]
        return latencies

    async def look(self, who: str) -> dict[str, Any]:
        return await self.witnesses.ask(self.run(who), look=True)

    async def free(self) -> None:
        """From now on the paragraph may change."""
        for who in INNOCENT:
            await self.witnesses.ask(self.run(who), free=True)

    async def leave(self) -> None:
        for who in INNOCENT:
            await self.witnesses.ask(self.run(who), end=True)

    # What is done by HTTP

    async def ask(self, method: str, path: str, who: str = "vice-chair", **more: Any) -> httpx.Response:
        full = f"/api/chapters/{self.chapter}/{path}"
        return await asyncio.to_thread(self.server.request, method, full, who, **more)

    async def lock(self, paragraph: str = LOCKED, who: str = "vice-chair", **body: Any) -> None:
        answer = await self.ask("PUT", f"paragraphs/{paragraph}/lock", who, json=body)
        assert answer.status_code == 200, answer.text

    async def release(self, paragraph: str = LOCKED, who: str = "vice-chair") -> None:
        answer = await self.ask("DELETE", f"paragraphs/{paragraph}/lock", who)
        assert answer.status_code == 204, answer.text

    async def paragraphs(self) -> list[dict[str, Any]]:
        answer = await self.ask("GET", "paragraphs")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["paragraphs"]
        return found

    async def text(self, paragraph: str = LOCKED) -> str:
        """What the server says that a paragraph reads."""
        (found,) = [one["text"] for one in await self.paragraphs() if one["id"] == paragraph]
        return str(found)

    async def runs(self, paragraph: str = LOCKED) -> dict[str, Any]:
        """Who wrote what of it."""
        answer = await self.ask("GET", "runs")
        (found,) = [one for one in answer.json()["paragraphs"] if one["id"] == paragraph]
        return dict(found)

    # What must hold

    async def stands(self) -> None:
        """Every innocent document shows the same now, in it the ruled text, and it has never shown anything else."""
        shown = await self.shown()
        for who in INNOCENT:
            seen = await self.look(who)
            assert seen["faults"] == [], (who, seen["faults"])
            assert seen["closes"] == []
            assert seen["text"] == shown, who
        assert [one for one in shown if one[1].get("id") == LOCKED] == self.form
        assert await self.text() == RULED
        assert await self.runs() == self.before
        names = [one["id"] for one in await self.paragraphs()]
        assert len(set(names)) == len(names)

    async def shown(self) -> list[Any]:
        """What a newcomer at a client of Yjs is given, when all have come to show the same."""
        await self.attacker("newcomer", "egypt")
        shown: list[Any] = (await self.does("newcomer", settle=True))["text"]
        async with asyncio.timeout(10):
            while [(await self.look(who))["text"] for who in INNOCENT] != [shown] * len(INNOCENT):
                shown = (await self.does("newcomer", settle=True))["text"]
        await self.does("newcomer", leave=True)
        return shown


async def gavel(server: LiveServer, hostile: Program, witnesses: Program) -> Gavel:
    """A new chapter in which everybody has come together; nothing is locked yet."""
    title = f"Under the gavel {next(_chapters)}"
    answer = await asyncio.to_thread(server.request, "POST", "/api/chapters", json={"title": title})
    made = Gavel(server, str(answer.json()["id"]), hostile, witnesses)
    async with replica(server, "chair", made.chapter) as (editor, client):
        names = (LOCKED, BEHIND, *(f"p-{who}" for who in INNOCENT))
        await client.send(protocol.sync_update(editor.change(_paragraphs(names))))
        await client.synced()
    async with replica(server, "egypt", made.chapter) as (editor, client):
        await client.send(protocol.sync_update(editor.change(_ruled)))
        await client.synced()
    await made.come()
    return made


def _paragraphs(names: tuple[str, ...]) -> Callable[[XmlFragment], None]:
    def edit(fragment: XmlFragment) -> None:
        for number, name in enumerate(names, 1):
            element = fragment.children.append(XmlElement("paragraph", {"id": name, "label": str(number)}))
            words = RULED.partition(", ")[2] if name == LOCKED else f"Of {name}."
            text = element.children.append(XmlText(words))
            if name == LOCKED:
                text.format(0, 6, {"strong": {}})

    return edit


def _ruled(fragment: XmlFragment) -> None:
    """Egypt writes the beginning of the text that will be ruled."""
    for element in fragment.children:
        if isinstance(element, XmlElement) and element.attributes.get("id") == LOCKED:
            text = element.children[0]
            assert isinstance(text, XmlText)
            text.insert(0, f"{RULED.partition(', ')[0]}, ")
