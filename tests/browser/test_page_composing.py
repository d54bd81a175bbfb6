"""Composing words, as in Japanese, in the paragraph that others write in: the browser must keep what it composes."""

import asyncio

import pytest
from playwright.async_api import CDPSession, expect

from tests.browser.browserkit import Delegate, Delegates, agree, make_chapter


class InputMethod:
    """What a participant types Japanese with: a word is sketched in parts before it stands."""

    def __init__(self, delegate: Delegate, session: CDPSession) -> None:
        self._page = delegate.page
        self._session = session

    @classmethod
    async def of(cls, delegate: Delegate) -> "InputMethod":
        return cls(delegate, await delegate.context.new_cdp_session(delegate.page))

    async def sketch(self, part: str) -> None:
        """The unfinished word is this by now."""
        await self._session.send(
            "Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)}
        )

    async def finish(self, word: str) -> None:
        """It becomes this word."""
        await self._session.send("Input.insertText", {"text": word})

    async def slow_down(self, times: int) -> None:
        """Make the participant's machine so many times slower."""
        await self._session.send("Emulation.setCPUThrottlingRate", {"rate": times})


COMPOSED = ("に", "にほ", "にほん")


@pytest.mark.parametrize("caret", ["seen", "unseen"])
@pytest.mark.parametrize("place", [0, 9, 16])
async def test_composing_while_another_writes_before_it(delegates: Delegates, place: int, caret: str) -> None:
    """A caret that is seen parts the letters of a paragraph; one's own in another window does not."""
    chapter = make_chapter(delegates.server, "Beginning and end")
    egypt = await delegates.open("egypt", chapter)
    other = await delegates.open("ifip" if caret == "seen" else "egypt", chapter)
    await other.put_caret("1", place)
    await egypt.put_caret("1")
    method = await InputMethod.of(egypt)
    for part in COMPOSED:
        await method.sketch(part)
        await other.write("!")
        await other.comes_to("saved")
    await method.finish("日本")
    (block,) = await agree(delegates.server, chapter, egypt, other)
    assert block.text == f"{'Beginning and end'[:place]}!!!{'Beginning and end'[place:]}日本"


@pytest.mark.parametrize("caret", ["seen", "unseen"])
@pytest.mark.parametrize("slower", [1, 8])
async def test_composing_while_another_writes_in_quick_succession(
    delegates: Delegates, slower: int, caret: str
) -> None:
    chapter = make_chapter(delegates.server, "Beginning and end", "Another.")
    egypt = await delegates.open("egypt", chapter)
    other = await delegates.open("ifip" if caret == "seen" else "egypt", chapter)
    await egypt.put_caret("1")
    await other.put_caret("1", 9)
    method = await InputMethod.of(egypt)
    await method.slow_down(slower)

    async def compose() -> None:
        for _ in range(3):
            for part in COMPOSED:
                await method.sketch(part)
            await method.finish("日本")

    words = "".join(f"{number}, " for number in range(20))
    await asyncio.gather(compose(), other.write(words, delay=1))
    (block, _) = await agree(delegates.server, chapter, egypt, other)
    assert block.text == f"Beginning{words} and end日本日本日本"


async def test_composing_where_another_writes(delegates: Delegates) -> None:
    """The other's caret is at the end of the unfinished word, and so between its letters as soon as it grows."""
    chapter = make_chapter(delegates.server, "Beginning and end")
    egypt = await delegates.open("egypt", chapter)
    ifip = await delegates.open("ifip", chapter)
    await egypt.put_caret("1")
    method = await InputMethod.of(egypt)
    await method.sketch("に")
    await expect(ifip.paragraph("1")).to_contain_text("に")
    await ifip.put_caret("1")
    for part in ("にほ", "にほん"):
        await method.sketch(part)
        await expect(ifip.paragraph("1")).to_contain_text(part[-1])
        await ifip.write("!")
        await ifip.comes_to("saved")
    await method.finish("日本")
    (block,) = await agree(delegates.server, chapter, egypt, ifip)
    assert block.text in ("Beginning and end日本!!", "Beginning and end!!日本")
    await egypt.write(".")
    (block,) = await agree(delegates.server, chapter, egypt, ifip)
    assert "日本." in block.text


async def test_composing_while_another_deletes_and_makes_words_bold(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "Beginning and end", "Another.")
    egypt = await delegates.open("egypt", chapter)
    ifip = await delegates.open("ifip", chapter)
    await egypt.put_caret("1")
    await ifip.put_caret("1", 9)
    method = await InputMethod.of(egypt)
    await method.sketch("に")
    await ifip.press("Backspace", "Backspace", "Backspace")
    await ifip.comes_to("saved")
    await method.sketch("にほ")
    await ifip.press("Control+Shift+ArrowLeft", "Control+b")
    await ifip.comes_to("saved")
    await method.sketch("にほん")
    await ifip.put_caret("2", 0)
    await ifip.write("Yet ")
    await expect(egypt.paragraph("2")).to_contain_text("Yet ")
    await method.finish("日本")
    (block, _) = await agree(delegates.server, chapter, egypt, ifip)
    assert block.text == "Beginn and end日本"
    for one in (egypt, ifip):
        await expect(one.editor.locator("strong")).to_have_text("Beginn")


async def test_composing_in_bold_while_another_writes(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "Beginning and end")
    egypt = await delegates.open("egypt", chapter)
    ifip = await delegates.open("ifip", chapter)
    await ifip.put_caret("1", 9)
    await egypt.put_caret("1")
    await egypt.press("Control+b")
    method = await InputMethod.of(egypt)
    for part in COMPOSED:
        await method.sketch(part)
        await ifip.write("!")
        await ifip.comes_to("saved")
    await method.finish("日本")
    (block,) = await agree(delegates.server, chapter, egypt, ifip)
    assert block.text == "Beginning!!! and end日本"
    for one in (egypt, ifip):
        await expect(one.editor.locator("strong")).to_have_text("日本")


async def test_composing_while_another_comes_and_breaks_the_paragraph(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "Beginning and end", "Another.")
    egypt = await delegates.open("egypt", chapter)
    await egypt.put_caret("1")
    method = await InputMethod.of(egypt)
    await method.sketch("に")
    ifip = await delegates.open("ifip", chapter)
    await ifip.put_caret("1", 4)
    await method.sketch("にほ")
    await ifip.put_caret("1", 0)
    await ifip.press("Enter")
    await expect(egypt.editor.locator("> *")).to_have_count(3)
    await method.sketch("にほん")
    await ifip.put_caret("2", 0)
    await ifip.press("Backspace")
    await expect(egypt.editor.locator("> *")).to_have_count(2)
    await method.finish("日本")
    blocks = await agree(delegates.server, chapter, egypt, ifip)
    assert "".join(block.text for block in blocks) == "Beginning and end日本Another."
