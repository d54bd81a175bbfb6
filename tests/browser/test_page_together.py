"""Several participants write in one chapter at once."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable

from tests.browser.browserkit import Delegate, Delegates, agree, make_chapter, text_of, until

THREE = ("egypt", "ifip", "acme")


async def three(delegates: Delegates, chapter: str) -> list[Delegate]:
    return list(await asyncio.gather(*(delegates.open(who, chapter) for who in THREE)))


def words_of(who: str, count: int) -> list[str]:
    """Words that are found nowhere else."""
    return [f"{who}{number}x" for number in range(count)]


def check_words(text: str, expected: Iterable[str]) -> None:
    """Each word is there, once and whole."""
    found = re.findall(r"\w+", text)
    for word in expected:
        assert found.count(word) == 1, f"{word} is there {found.count(word)} times in: {text}"


async def test_three_write_in_different_paragraphs(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First words.", "Second words.", "Third words.")
    people = await three(delegates, chapter)
    for label, one in enumerate(people, 1):
        await one.put_caret(str(label))
    await asyncio.gather(*(one.write(" " + " ".join(words_of(one.who, 10)), delay=15) for one in people))
    blocks = await agree(delegates.server, chapter, *people)
    assert [block.text for block in blocks] == [
        f"{first} words. " + " ".join(words_of(who, 10))
        for first, who in zip(("First", "Second", "Third"), THREE, strict=True)
    ]


async def test_three_write_in_one_paragraph(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "Here and there, and then at the end")
    people = await three(delegates, chapter)
    for one, offset in zip(people, (5, 16, 35), strict=True):
        await one.put_caret("1", offset)
    await asyncio.gather(*(one.write(" ".join(words_of(one.who, 10)) + " ", delay=15) for one in people))
    (block,) = await agree(delegates.server, chapter, *people)
    runs = ["".join(f"{word} " for word in words_of(who, 10)) for who in THREE]
    assert block.text == f"Here {runs[0]}and there, {runs[1]}and then at the end{runs[2]}"


async def test_three_write_at_the_same_place(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "All go on from here:")
    people = await three(delegates, chapter)
    for one in people:
        await one.put_caret("1")
    await asyncio.gather(*(one.write(" " + " ".join(words_of(one.who, 10)), delay=15) for one in people))
    (block,) = await agree(delegates.server, chapter, *people)
    check_words(block.text, [word for who in THREE for word in words_of(who, 10)])


async def test_three_write_into_a_chapter_that_is_empty(delegates: Delegates) -> None:
    server = delegates.server
    chapter = server.request("POST", "/api/chapters", json={"title": "Nothing yet"}).json()["id"]
    people = await three(delegates, chapter)
    for one in people:
        await one.editor.click()
    await asyncio.gather(*(one.write(" ".join(words_of(one.who, 5)) + " ", delay=15) for one in people))
    blocks = await agree(server, chapter, *people)
    check_words(text_of(blocks), [word for who in THREE for word in words_of(who, 5)])
    assert len({block.id for block in blocks}) == len(blocks)
    assert all(block.id for block in blocks)


async def test_splitting_and_deleting_amid_what_others_write_loses_none_of_it(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "One two three four five six seven eight.", "Another.")
    egypt, ifip, acme = await three(delegates, chapter)
    await egypt.put_caret("1", 7)
    await ifip.put_caret("1", 40)
    await acme.put_caret("2")

    async def split_and_join() -> None:
        for _ in range(5):
            await egypt.press("Enter")
            await egypt.write("split ", delay=10)
            await egypt.press(*["Backspace"] * 7)

    await asyncio.gather(
        split_and_join(),
        ifip.write(" " + " ".join(words_of("ifip", 12)), delay=15),
        acme.write(" " + " ".join(words_of("acme", 12)), delay=15),
    )
    blocks = await agree(delegates.server, chapter, egypt, ifip, acme)
    # A caret in a half that moves may be left behind, and break a word in two; no letter goes or comes twice.
    written = "One two three four five six seven eight. Another." + "".join(words_of("ifip", 12) + words_of("acme", 12))
    assert Counter("".join(text_of(blocks).split())) == Counter("".join(written.split()))
    check_words(text_of(blocks), words_of("acme", 12))


async def test_what_one_writes_is_on_the_others_pages_within_a_second(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.")
    egypt, ifip, _ = await three(delegates, chapter)
    await egypt.put_caret("1")
    await egypt.write(" Here!")

    async def arrived() -> bool:
        return await ifip.words("1") == "First. Here!"

    await until(arrived, "the words on the other page", seconds=1)
