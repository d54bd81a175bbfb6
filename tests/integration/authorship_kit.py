"""A chapter on a live server in which people type, and what the API says of it, held against its own description."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pycrdt import XmlElement, XmlFragment, XmlText

from documents.crdt import protocol
from tests.integration.http_schema import Description
from tests.livekit import LiveServer
from tests.wirekit import Replica, Wire, replica

NOBODY = {"delegation": "", "group": "", "participant": ""}
EGYPT = {"delegation": "egypt", "group": "government", "participant": "egypt"}
JAPAN = {"delegation": "japan", "group": "government", "participant": "japan"}


class Chapter:
    """A chapter of the test's own, imported from a draft, and what the API says of it."""

    def __init__(self, server: LiveServer, description: Description, title: str) -> None:
        draft = f"{title}\n\n1. The draft reads so.\n\n2. Second paragraph.\n"
        answer = server.request("POST", "/api/chapters/import", content=draft.encode(), params={"title": title})
        self.server = server
        self.id = answer.json()["chapter"]["id"]
        self._description = description

    async def ask(self, path: str, who: str = "observer", method: str = "GET", **more: Any) -> httpx.Response:
        """Held against the description of the API."""
        full = f"/api/chapters/{self.id}/{path}".rstrip("/")
        answer = await asyncio.to_thread(self.server.request, method, full, who, **more)
        faults = self._description.faults(answer)
        assert not faults, faults
        assert answer.headers["cache-control"] == "no-store"
        return answer

    async def get(self, path: str) -> Any:
        answer = await self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @asynccontextmanager
    async def editor(self, who: str) -> AsyncIterator["Editor"]:
        async with replica(self.server, who, self.id) as (editor, client):
            yield Editor(editor, client)

    async def paragraph(self, label: str) -> str:
        """The id of a paragraph."""
        found = (await self.get("paragraphs"))["paragraphs"]
        return next(str(one["id"]) for one in found if one["label"] == label)


class Editor:
    """Somebody at work; each act is taken by the server when it is done."""

    def __init__(self, editor: Replica, client: Wire) -> None:
        self._editor = editor
        self._client = client

    async def write(self, at: str, text: str) -> None:
        """Insert behind words that are there."""

        def edit(fragment: XmlFragment) -> None:
            found, index = _find(fragment, at)
            found.insert(index + len(at.encode()), text)

        await self._send(edit)

    async def delete(self, text: str) -> None:
        def edit(fragment: XmlFragment) -> None:
            found, index = _find(fragment, text)
            del found[index : index + len(text.encode())]

        await self._send(edit)

    async def move(self, text: str, behind: str) -> None:
        """Cut and paste, in one step."""

        def edit(fragment: XmlFragment) -> None:
            found, index = _find(fragment, text)
            del found[index : index + len(text.encode())]
            found, index = _find(fragment, behind)
            found.insert(index + len(behind.encode()), text)

        await self._send(edit)

    async def remove(self, text: str) -> None:
        """Delete the paragraph in which the words are."""

        def edit(fragment: XmlFragment) -> None:
            found, _ = _find(fragment, text)
            holds = [isinstance(child, XmlElement) and found in list(child.children) for child in fragment.children]
            del fragment.children[holds.index(True)]

        await self._send(edit)

    async def _send(self, edit: Callable[[XmlFragment], None]) -> None:
        await self._client.synced()
        await self._client.send(protocol.sync_update(self._editor.change(edit)))
        await self._client.synced()


def _find(fragment: XmlFragment, words: str) -> tuple[XmlText, int]:
    """The text that holds the words, and where, in bytes."""
    for child in fragment.children:
        assert isinstance(child, XmlElement)
        for text in child.children:
            assert isinstance(text, XmlText)
            plain = "".join(part for part, _ in text.diff())
            if words in plain:
                return text, len(plain[: plain.index(words)].encode())
    raise AssertionError(f"{words!r} is nowhere")
