"""Comments and sources beside the text."""

from importlib.resources import files

from playwright.async_api import expect

from tests.browser.browserkit import Delegates, agree, import_chapter, make_chapter

SAMPLE = files("server.sample").joinpath("chapter.txt").read_text("utf-8")


async def test_comments_and_sources_stand_beside_their_paragraphs(delegates: Delegates) -> None:
    chapter = import_chapter(delegates.server, SAMPLE)
    egypt = await delegates.open("egypt", chapter)
    notes = egypt.page.get_by_test_id("comments")
    third = notes.locator(f'[data-paragraph="{next(one.id for one in await egypt.blocks() if one.label == "3")}"]')
    await expect(third.get_by_role("article")).to_have_count(2)
    await expect(third).to_contain_text("Meridian Payments")
    await expect(third).to_contain_text("Access for Every Village")
    await expect(third.get_by_role("button", name="Go to paragraph 3")).to_be_visible()
    sixth = notes.locator(f'[data-paragraph="{next(one.id for one in await egypt.blocks() if one.label == "6")}"]')
    await expect(sixth).to_contain_text("Source: Kenya")
    await expect(sixth.get_by_role("article")).to_have_count(0)
    text, note = await egypt.paragraph("3").bounding_box(), await third.bounding_box()
    assert text is not None
    assert note is not None
    assert note["x"] >= text["x"] + text["width"]
    assert abs(note["y"] - text["y"]) < 40


async def test_a_comment_by_keyboard_is_on_the_other_page_at_once(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.", "Second.")
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await egypt.put_caret("2")
    await egypt.press("Control+Alt+m")
    await expect(egypt.page.get_by_label("Your comment")).to_be_focused()
    await egypt.write("Egypt asks to keep this.")
    await egypt.press("Control+Enter")
    card = ifip.page.get_by_test_id("comments").get_by_role("article")
    await expect(card).to_contain_text("Egypt asks to keep this.", timeout=2_000)
    await expect(card.get_by_role("strong")).to_have_text("Egypt")
    await expect(egypt.page.get_by_test_id("comments").get_by_role("article")).to_have_count(1)
    await expect(egypt.editor).to_be_focused()
    await egypt.write(" On.")
    blocks = await agree(delegates.server, chapter, egypt, ifip)
    assert blocks[1].text == "Second. On."


async def test_the_whole_form_is_in_sight_while_a_comment_is_written(delegates: Delegates) -> None:
    egypt = await delegates.open("egypt", import_chapter(delegates.server, SAMPLE))
    await egypt.put_caret("3")
    await egypt.press("Control+Alt+m")
    form = egypt.page.get_by_test_id("comments").locator("form")
    for part in (form.get_by_role("combobox"), form.get_by_role("textbox"), form.get_by_role("button", name="Cancel")):
        await expect(part).to_be_in_viewport(ratio=1, timeout=2_000)


async def test_a_comment_is_resolved_and_opened_again(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.")
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await egypt.page.get_by_role("button", name="Add a comment").click()
    await egypt.write("A remark <b>with signs</b> & 😀 ونص")
    await egypt.page.get_by_role("button", name="Comment", exact=True).last.click()
    ours, theirs = (one.page.get_by_test_id("comments") for one in (egypt, ifip))
    await expect(theirs.get_by_role("article")).to_contain_text("A remark <b>with signs</b> & 😀 ونص")
    await theirs.get_by_role("button", name="Resolve").click()
    for notes in (ours, theirs):
        await expect(notes.get_by_role("article")).to_have_count(0)
        await notes.get_by_role("button", name="Show 1 resolved").click()
    await ours.get_by_role("button", name="Reopen").click()
    await expect(theirs.get_by_role("button", name="Resolve")).to_be_visible()
    await expect(theirs.get_by_role("button", name="Show 1 resolved")).to_have_count(0)


async def test_a_comment_that_is_being_written_outlives_what_others_do(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.", "Second.")
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await egypt.put_caret("1")
    await egypt.press("Control+Alt+m")
    await egypt.write("Half of ")
    await ifip.put_caret("1", 0)
    await ifip.press("Enter")
    await ifip.write("New words. ")
    await ifip.press("Control+Alt+m")
    await ifip.write("Another comment.")
    await ifip.press("Control+Enter")
    notes = egypt.page.get_by_test_id("comments")
    await expect(notes.get_by_role("article")).to_contain_text("Another comment.")
    await expect(egypt.page.get_by_label("Your comment")).to_be_focused()
    await egypt.write("a thought")
    await egypt.press("Control+Enter")
    await expect(notes.get_by_role("article").filter(has_text="Half of a thought")).to_have_count(1)
