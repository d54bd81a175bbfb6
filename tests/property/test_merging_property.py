"""An export is edited while the chapter goes on: whatever either side has added is there once, whatever it deleted is
gone, and the same file again changes nothing."""

from collections import Counter
from random import Random
from typing import Final

import pytest

from documents.formats.papers.wordml import bookmark
from documents.incoming.draft import Words
from documents.incoming.returned import ReturnedParagraph
from tests.editorkit import Editor
from tests.mergekit import Desk, Line, join, open_desk
from tests.roomkit import quiet

SEEDS: Final = 60
WORDS: Final = ("the", "fair", "أمن", "漢", "字", "naïve", "😀", "of", "trust", "and", "e\u0301t")


class Mint:
    """Makes words that nobody else has."""

    def __init__(self, letter: str) -> None:
        self.letter = letter
        self.count = 0

    def word(self) -> str:
        self.count += 1
        return f"{self.letter}{self.count}x"


def sentence(random: Random) -> str:
    return " ".join(random.choice(WORDS) + str(random.randrange(100)) for _ in range(random.randrange(1, 12))) + "."


def edit_text(random: Random, text: str, mint: Mint) -> str:
    """Words are put in, taken out, replaced."""
    words = text.split(" ")
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(words) + 1)
        kind = random.choice(("insert", "delete", "replace"))
        if kind == "insert":
            words.insert(at, mint.word())
        elif at < len(words):
            words[at : at + 1] = [mint.word()] if kind == "replace" else []
    return " ".join(words)


def edit_file(random: Random, lines: list[Line], mint: Mint) -> list[Line]:
    """As somebody edits an export: words, whole paragraphs, splits and joins."""
    edited: list[Line] = []
    for name, label, said in lines:
        kind = random.random()
        if kind < 0.15:
            continue  # deleted
        text = edit_text(random, said, mint) if kind < 0.55 else said
        if 0.55 <= kind < 0.65 and " " in text:
            head, _, tail = text.partition(" ")
            edited += [(name, label, head), ("", "", tail)]
        elif 0.65 <= kind < 0.75 and edited and edited[-1][0]:
            before = edited.pop()
            edited.append((before[0], before[1], f"{before[2]} {text}"))
        else:
            edited.append((name, label, text))
        if random.random() < 0.2:
            edited.append(("", "", f"{mint.word()} {mint.word()}"))
    return edited


async def edit_live(random: Random, desk: Desk, editor: Editor, mint: Mint) -> None:
    """As people go on in the live chapter: they type, delete words, split, join, add and delete paragraphs."""
    for _ in range(random.randrange(1, 8)):
        count = len(list(editor.text.children))
        if not count:
            return
        index = random.randrange(count)
        text = editor.words(index)
        said = str(text)
        kind = random.random()
        if kind < 0.55:
            spaces = [0, *(at for at, letter in enumerate(said) if letter == " "), len(said)]
            text.insert(len(said[: random.choice(spaces)].encode()), f" {mint.word()} ")
        elif kind < 0.75 and " " in said:
            start = said.index(" ")
            end = said.find(" ", start + 1)
            del text[len(said[:start].encode()) : len(said[: end if end > 0 else len(said)].encode())]
        elif kind < 0.85 and " " in said:
            editor.split(index, len(said.partition(" ")[0].encode()))
        elif kind < 0.95:
            editor.add(mint.word(), index)
        elif count > 2:
            del editor.text.children[index]
        await quiet(desk.room, editor)


def minted(texts: list[str], letter: str) -> Counter[str]:
    found = Counter(word.strip(".,") for text in texts for word in text.replace("\n", " ").split())
    return Counter(
        {word: n for word, n in found.items() if word[:1] == letter and word[1:-1].isdigit() and word.endswith("x")}
    )


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_edit_of_both_sides_is_there_once(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    async with open_desk(*(sentence(random) for _ in range(random.randrange(2, 7)))) as desk:
        seq = desk.room.seq
        lines = await desk.lines()
        file = edit_file(random, lines, Mint("q"))
        editor = await join(desk, "japan", 77)
        await edit_live(random, desk, editor, Mint("z"))
        live = await desk.text()
        told = await desk.bring(file, seq)
        merged = await desk.text()
        wanted = minted([text for _, _, text in file], "q")
        gone = {word for one in told if one.state == "gone" or one.reason for word in minted([one.wanted], "q")}
        there = minted(merged, "q")
        assert all(there[word] == 1 or word in gone for word in wanted), (wanted - there, there - wanted)
        assert set(there) <= set(wanted)
        assert minted(merged, "z") == minted(live, "z")
        after = desk.room.seq
        again = await desk.bring(file, seq)
        assert await desk.text() == merged
        assert desk.room.seq == after, [one for one in again if one.state != "present"]


@pytest.mark.parametrize("seed", range(20))
async def test_where_nobody_else_has_written_the_chapter_becomes_the_file(seed: int) -> None:
    random = Random(1_000 + seed)  # noqa: S311
    async with open_desk(*(sentence(random) for _ in range(random.randrange(2, 7)))) as desk:
        seq = desk.room.seq
        file = edit_file(random, await desk.lines(), Mint("q"))
        await desk.bring(file, seq)
        assert await desk.text() == [text for _, _, text in file if text]


@pytest.mark.parametrize("seed", range(20))
async def test_tracked_changes_are_made_without_knowing_the_moment(seed: int) -> None:
    random = Random(2_000 + seed)  # noqa: S311
    async with open_desk(*(sentence(random) for _ in range(random.randrange(2, 7)))) as desk:
        lines = await desk.lines()
        file = [
            ReturnedParagraph(at, "paragraph", label, (Words(edit_text(random, text, ours)),), (bookmark(name),), text)
            for ours in (Mint("q"),)
            for at, (name, label, text) in enumerate(lines, 1)
        ]
        editor = await join(desk, "japan", 77)
        editor.type("z1x ", 0, 0)
        await quiet(desk.room, editor)
        await desk.bring(file, desk.room.seq, kind="tracked")
        merged = await desk.text()
        assert minted(merged, "q") == minted([one.text for one in file], "q")
        assert minted(merged, "z") == Counter(["z1x"])
        await desk.bring(file, desk.room.seq, kind="tracked")
        assert await desk.text() == merged
