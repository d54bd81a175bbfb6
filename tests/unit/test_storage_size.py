"""How much room the full history takes, with the updates of real editing."""

import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

from documents.chapter import ChapterDocument
from documents.model import Chapter, Entry, Snapshot
from documents.storage.sqlite import MIGRATIONS, SqliteStorage, connect

KEYSTROKES = 25_000
BATCH = 1_000
LIMIT = 20_000_000
"""Bytes that a million keystrokes may take, everything in the file included."""

WORDS = ("the", "confidence", "and", "security", "of", "cyberspace", "for", "every", "stakeholder", "is", "ensured")


class Author:
    """One delegate who types word after word, deletes a letter now and then, and moves on to other paragraphs."""

    def __init__(self, name: str, text: bytes, chance: random.Random) -> None:
        self.name = name
        self._chance = chance
        self._made: list[bytes] = []
        self._left = ""
        self.document = Doc[XmlFragment](client_id=chance.getrandbits(32))
        self.document.apply_update(text)
        self.document.observe(self._note)
        self._move()

    def _note(self, event: TransactionEvent) -> None:
        self._made.append(event.update)

    def _move(self) -> None:
        paragraph = self._chance.choice(list(self.document.get("default", type=XmlFragment).children))
        assert isinstance(paragraph, XmlElement)
        text = paragraph.children[0]
        assert isinstance(text, XmlText)
        self._text = text
        self._position = self._chance.randint(0, len(text))

    def type(self) -> bytes:
        """One keystroke; its update."""
        if not self._left:
            self._left = self._chance.choice(WORDS) + " "
            if self._chance.random() < 0.05:
                self._move()
        self._position = min(self._position, len(self._text))
        if self._position and self._chance.random() < 0.08:
            self._position -= 1
            del self._text[self._position : self._position + 1]
        else:
            self._text.insert(self._position, self._left[0])
            self._left = self._left[1:]
            self._position += 1
        return self._made[-1]


def zero_draft() -> bytes:
    document = Doc[XmlFragment](client_id=1)
    root = document.get("default", type=XmlFragment)
    for number in range(30):
        paragraph = XmlElement("paragraph", {"id": f"p{number}", "label": str(number + 1)})
        root.children.append(paragraph)
        paragraph.children.append(XmlText("A paragraph of the zero draft, before anybody touched it."))
    return document.get_update()


def keystrokes(count: int) -> Iterator[Entry]:
    """Twelve authors in one chapter; what each types reaches the others after up to sixty keystrokes."""
    chance = random.Random(4)  # noqa: S311 (typing, not secrets)
    draft = zero_draft()
    yield Entry("a", 1, 0, "secretariat", draft)
    authors = [Author(f"delegation-{number}", draft, chance) for number in range(12)]
    on_the_way: list[tuple[Author, bytes]] = []
    time = 1_764_000_000_000
    for seq in range(2, count + 2):
        author = chance.choice(authors)
        time += chance.randrange(400)
        update = author.type()
        yield Entry("a", seq, time, author.name, update)
        on_the_way.append((author, update))
        if len(on_the_way) == 60:
            for reader in authors:
                for writer, written in on_the_way:
                    if writer is not reader:
                        reader.document.apply_update(written)
            on_the_way.clear()


async def test_the_whole_history_is_small_and_readable_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "db"
    entries = list(keystrokes(KEYSTROKES))
    async with AsyncExitStack() as opened:
        writer, reader = await connect(path, synchronous="OFF"), await connect(path, synchronous="OFF")
        for connection in (writer, reader):
            opened.push_async_callback(connection.close)
        for script in MIGRATIONS:
            await writer.executescript(script)
        storage = SqliteStorage(writer, reader)
        await storage.create_chapter(Chapter("a", "Chapter a", 1, "secretariat"), entries[:1])
        chapter = ChapterDocument()
        chapter.take(entries[0].update, entries[0].author, entries[0].at, trusted=True)
        sizes: list[int] = []
        for start in range(1, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            await storage.append(batch)
            for entry in batch:
                chapter.take(entry.update, entry.author, entry.at, trusted=True)
            state, record = chapter.state(), chapter.record.encode()
            await storage.save_snapshot(Snapshot("a", batch[-1].seq, batch[-1].at, state, chapter.owners, record))
            await storage.pack("a", batch[-1].seq)
            ((pages, page_size),) = await reader.execute_fetchall("SELECT * FROM pragma_page_count, pragma_page_size")
            sizes.append(pages * page_size)
        assert [entry async for entry in storage.history("a")] == entries
    growth = (sizes[-1] - sizes[8]) / (BATCH * (len(sizes) - 9))  # since the room of packed rows is used again
    assert sizes[-1] + growth * (1_000_000 - KEYSTROKES) < LIMIT * 0.75
