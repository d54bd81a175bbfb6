"""Writing in one's own page: paragraphs, marks, undoing, and the scripts of the world."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.browserkit import Block, Delegate, Delegates, agree, make_chapter


async def opened(delegates: Delegates, *paragraphs: str) -> tuple[str, Delegate]:
    chapter = make_chapter(delegates.server, *paragraphs)
    return chapter, await delegates.open("egypt", chapter)


async def test_enter_makes_a_paragraph_of_its_own_id_and_without_a_label(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First half, second half.", "Next.")
    before = await egypt.blocks()
    await egypt.put_caret("1", 11)
    await egypt.press("Enter")
    blocks = await agree(delegates.server, chapter, egypt)
    assert [(block.label, block.text) for block in blocks] == [
        ("1", "First half,"),
        ("", " second half."),
        ("2", "Next."),
    ]
    assert blocks[0].id == before[0].id
    assert blocks[2] == before[1]
    assert len({block.id for block in blocks}) == 3
    assert all(block.id for block in blocks)


async def test_backspace_at_the_start_joins_and_keeps_the_first_paragraph(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.", "Second.", "Third.")
    before = await egypt.blocks()
    await egypt.put_caret("2", 0)
    await egypt.press("Backspace")
    blocks = await agree(delegates.server, chapter, egypt)
    assert blocks == [Block(before[0].id, "1", "First.Second."), before[2]]


async def test_enter_before_the_first_word_leaves_the_words_their_paragraph(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.", "Second.")
    before = await egypt.blocks()
    await egypt.put_caret("2", 0)
    await egypt.press("Enter")
    blocks = await agree(delegates.server, chapter, egypt)
    assert [(block.label, block.text) for block in blocks] == [("1", "First."), ("", ""), ("2", "Second.")]
    assert blocks[2] == before[1]


async def test_undo_takes_back_ones_own_words_alone(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.", "Second.")
    ifip = await delegates.open("ifip", chapter)
    await egypt.put_caret("1")
    await egypt.write(" Mine.")
    await ifip.put_caret("1", 0)
    await ifip.write("Theirs. ")
    await agree(delegates.server, chapter, egypt, ifip)
    await egypt.press("Control+z")
    blocks = await agree(delegates.server, chapter, egypt, ifip)
    assert blocks[0].text == "Theirs. First."
    await egypt.press("Control+y")
    blocks = await agree(delegates.server, chapter, egypt, ifip)
    assert blocks[0].text == "Theirs. First. Mine."
    await egypt.page.get_by_role("button", name="Undo").click()
    blocks = await agree(delegates.server, chapter, egypt, ifip)
    assert blocks[0].text == "Theirs. First."


async def test_bold_is_seen_by_the_others(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.")
    ifip = await delegates.open("ifip", chapter)
    await egypt.put_caret("1")
    await egypt.press("Control+b")
    await expect(egypt.page.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "true")
    await egypt.write(" shall")
    await egypt.press("Control+b")
    await egypt.write(" remain")
    (block,) = await agree(delegates.server, chapter, egypt, ifip)
    assert block.text == "First. shall remain"
    await expect(ifip.editor.locator("strong")).to_have_text(" shall")


async def test_copying_a_paragraph_makes_a_new_one(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.", "Second.")
    await egypt.editor.click()
    await egypt.press("Control+a", "Control+c", "ArrowRight", "Enter", "Control+v")
    blocks = await agree(delegates.server, chapter, egypt)
    assert [(block.label, block.text) for block in blocks] == [
        ("1", "First."),
        ("2", "Second."),
        ("", "First."),
        ("", "Second."),
    ]
    assert len({block.id for block in blocks}) == 4


async def test_deleting_a_paragraph_by_the_keyboard_leaves_the_next_one_its_own(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.", "Second.", "Third.")
    before = await egypt.blocks()
    await egypt.put_caret("1", 0)
    await egypt.press("Shift+ArrowDown", "Delete")
    assert await agree(delegates.server, chapter, egypt) == before[1:]


async def test_cutting_and_pasting_a_paragraph_leaves_the_others_as_they_were(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.", "Second.", "Third.")
    before = await egypt.blocks()
    await egypt.put_caret("1", 0)
    await egypt.press("Shift+ArrowDown", "Control+x")
    await agree(delegates.server, chapter, egypt)
    await egypt.put_caret("3")
    await egypt.press("Enter", "Control+v")
    blocks = [block for block in await agree(delegates.server, chapter, egypt) if block.text]
    assert blocks[:2] == before[1:]
    assert blocks[2].text == "First."


@pytest.mark.parametrize("lines", [1, 2])
async def test_paragraphs_pasted_before_another_leave_it_itself(delegates: Delegates, lines: int) -> None:
    chapter, egypt = await opened(delegates, "First.", "Second.", "Third.", "Fourth.")
    before = await egypt.blocks()
    await egypt.put_caret("1", 0)
    await egypt.press(*["Shift+ArrowDown"] * lines, "Control+x")
    await agree(delegates.server, chapter, egypt)
    await egypt.put_caret("4", 0)
    await egypt.press("Control+v")
    blocks = [block for block in await agree(delegates.server, chapter, egypt) if block.text]
    assert blocks == [*before[lines:3], *before[:lines], before[3]]


async def test_right_to_left_runs_right_to_left(delegates: Delegates) -> None:
    arabic = "نؤكد أن الخدمة العامة تبقى عامة."
    chapter, egypt = await opened(delegates, "English.", arabic)
    directions = "(block) => getComputedStyle(block).direction"
    assert await egypt.paragraph("1").evaluate(directions) == "ltr"
    assert await egypt.paragraph("2").evaluate(directions) == "rtl"
    await egypt.put_caret("2")
    await egypt.press("Enter")
    await egypt.write("שלום לכולם")
    blocks = await agree(delegates.server, chapter, egypt)
    assert [block.text for block in blocks] == ["English.", arabic, "שלום לכולם"]
    assert await egypt.editor.locator("> :last-child").evaluate(directions) == "rtl"


async def test_letters_of_more_than_one_part_stay_whole(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.")
    ifip = await delegates.open("ifip", chapter)
    family, flag, combined = "👨‍👩‍👧‍👦", "🇪🇬", "e\u0301o\u0308"
    await egypt.put_caret("1")
    await ifip.put_caret("1", 0)
    for letters in (f" {family}", flag, combined):
        await egypt.page.keyboard.insert_text(letters)
        await ifip.page.keyboard.insert_text("😀")
    (block,) = await agree(delegates.server, chapter, egypt, ifip)
    assert block.text == f"😀😀😀First. {family}{flag}{combined}"
    await egypt.press("Backspace", "Backspace")
    await ifip.press("Backspace")
    (block,) = await agree(delegates.server, chapter, egypt, ifip)
    assert block.text == f"😀😀First. {family}{flag}e\u0301"[: len(block.text)]
    block.text.encode()


async def test_words_composed_as_in_japanese_survive_what_others_write_meanwhile(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.", "Second.")
    ifip = await delegates.open("ifip", chapter)
    await egypt.put_caret("1")
    await ifip.put_caret("2")
    keyboard = await egypt.context.new_cdp_session(egypt.page)

    async def compose(parts: list[str], word: str) -> None:
        for part in parts:
            await keyboard.send(
                "Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)}
            )
            await ifip.write("x")
        await keyboard.send("Input.insertText", {"text": word})

    await asyncio.gather(compose(["に", "にほ", "にほん"], "日本"), ifip.write(" Others write on.", delay=10))
    await compose(["ご"], "語")
    blocks = await agree(delegates.server, chapter, egypt, ifip)
    assert blocks[0].text == "First.日本語"
    assert sorted(blocks[1].text) == sorted("Second. Others write on.xxxx")


async def test_composing_in_the_paragraph_that_another_writes_in(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "Beginning and end")
    ifip = await delegates.open("ifip", chapter)
    await egypt.put_caret("1")
    await ifip.put_caret("1", 9)
    keyboard = await egypt.context.new_cdp_session(egypt.page)
    for part in ("に", "にほ", "にほん"):
        await keyboard.send(
            "Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)}
        )
        await ifip.write("!")
        await ifip.comes_to("saved")
    await keyboard.send("Input.insertText", {"text": "日本"})
    (block,) = await agree(delegates.server, chapter, egypt, ifip)
    assert block.text == "Beginning!!! and end日本"


async def paste(delegate: Delegate, kind: str, content: str) -> None:
    """Paste as if from another program."""
    await delegate.page.evaluate(PASTE, [kind, content])


PASTE = """([kind, content]) => {
  const clipboardData = new DataTransfer()
  clipboardData.setData(kind, content)
  const paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
  document.activeElement.dispatchEvent(paste)
}"""


async def test_a_long_paste_arrives_whole(delegates: Delegates) -> None:
    chapter, egypt = await opened(delegates, "First.")
    ifip = await delegates.open("ifip", chapter)
    lines = [f"Paragraph {number} of a long statement, pasted at once." for number in range(200)]
    await egypt.put_caret("1")
    await egypt.press("Enter")
    await paste(egypt, "text/plain", "\n".join(lines))
    blocks = await agree(delegates.server, chapter, egypt, ifip)
    assert [block.text for block in blocks] == ["First.", *lines]
    assert len({block.id for block in blocks}) == len(blocks)


async def test_a_paste_from_a_word_processor_keeps_words_and_weights(delegates: Delegates) -> None:
    delegates.allow("Applying inline style violates")  # of the pasted words, and that is as it should be
    chapter, egypt = await opened(delegates, "First.")
    await egypt.put_caret("1")
    await egypt.press("Enter")
    html = (
        '<b style="font-weight:normal"><p style="color: red; margin: 0">Plain <span style="font-size: 40px">and</span>'
        ' <b>bold</b> words.</p><p onclick="alert(1)">Second <a href="javascript:alert(2)">link</a>.</p></b>'
        '<img src="x" onerror="alert(3)"><script>alert(4)</script>'
    )
    await paste(egypt, "text/html", html)
    blocks = await agree(delegates.server, chapter, egypt)
    assert [block.text for block in blocks if block.text] == ["First.", "Plain and bold words.", "Second link."]
    await expect(egypt.editor.locator("strong")).to_have_text(["bold"])
    assert all(block.label == "" for block in blocks[1:])
