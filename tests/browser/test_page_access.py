"""For those who use the keyboard alone, a screen reader, a phone or a page that runs from right to left."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.browserkit import Delegate, Delegates, agree, import_chapter, make_chapter
from tests.browser.test_page_comments import SAMPLE

AXE = Path(__file__).parent.parent / "node" / "node_modules" / "axe-core" / "axe.min.js"


async def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {one['help']} {json.dumps([node['target'] for node in one['nodes']])}"
        for one in found["violations"]
    ]


async def tab_to(delegate: Delegate, selector: str, most: int = 200) -> None:
    """Walk with the Tab key until an element has the focus."""
    for _ in range(most):
        await delegate.press("Tab")
        if await delegate.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the Tab key does not come to {selector}")


async def test_from_the_list_to_a_written_word_by_keyboard_alone(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.sign_in("egypt")
    await tab_to(egypt, f'[data-chapter="{chapter}"]')
    await egypt.press("Enter")
    await egypt.comes_to("saved")
    await expect(egypt.page.get_by_role("heading", level=1)).to_be_focused()
    await egypt.press("Tab")
    await expect(egypt.editor).to_be_focused()
    await egypt.press("Control+End")
    await egypt.write(" By keyboard.")
    (block,) = await agree(delegates.server, chapter, egypt)
    assert block.text == "First. By keyboard."
    await tab_to(egypt, ".notes button")


async def test_the_text_is_a_step_away_on_a_page_just_loaded(delegates: Delegates) -> None:
    egypt = await delegates.open("egypt", make_chapter(delegates.server, "First."))
    await egypt.press("Tab")
    skip = egypt.page.get_by_role("link", name="Skip to the text")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await egypt.press("Enter")
    await expect(egypt.editor).to_be_focused()


async def test_the_toolbar_is_one_stop_and_its_tools_are_reached_by_arrows(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter)
    await tab_to(egypt, ".toolbar button")
    await expect(egypt.page.get_by_role("button", name="Bold")).to_be_focused()
    await egypt.press("ArrowRight")
    await expect(egypt.page.get_by_role("button", name="Italic")).to_be_focused()
    await egypt.press("ArrowLeft", "ArrowLeft")
    await expect(egypt.page.get_by_role("button", name="Redo")).to_be_focused()
    await egypt.press("Tab")
    assert not await egypt.page.evaluate("document.activeElement.matches('.toolbar button')")


async def test_the_text_can_be_left_by_keyboard(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter)
    await egypt.put_caret("1")
    await egypt.press("Tab")
    await expect(egypt.editor).not_to_be_focused()
    assert await egypt.words("1") == "First."


async def test_what_is_saved_is_read_aloud_and_saving_is_not(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter)
    spoken = egypt.page.locator(".status-place [role=status]")
    await expect(spoken).to_have_text("Saved")
    await expect(egypt.editor).to_have_role("textbox")
    await expect(egypt.editor).to_have_accessible_name(re.compile("^Text of"))


@pytest.mark.parametrize("colors", ["light", "dark"])
async def test_axe_finds_nothing_wrong(delegates: Delegates, colors: str) -> None:
    chapter = import_chapter(delegates.server, SAMPLE)
    guest = await delegates.guest(color_scheme=colors)
    delegates.allow(r"status of 401")
    await guest.page.goto(guest.url)
    await expect(guest.page.get_by_role("heading", level=1)).to_be_visible()
    assert await violations(guest.page) == []
    egypt = await delegates.sign_in("egypt", color_scheme=colors)
    await expect(egypt.page.get_by_test_id("chapter-link").first).to_be_visible()
    assert await violations(egypt.page) == []
    await egypt.go(chapter)
    ifip = await delegates.open("ifip", chapter)
    await ifip.put_caret("2")
    await expect(egypt.editor.locator(".caret")).to_have_count(1)
    await egypt.put_caret("1")
    await egypt.press("Control+Alt+m")
    assert await violations(egypt.page) == []
    observer = await delegates.open("observer", chapter, color_scheme=colors)
    assert await violations(observer.page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1920])
async def test_no_width_makes_the_page_scroll_sideways(delegates: Delegates, width: int) -> None:
    chapter = import_chapter(delegates.server, SAMPLE + "\n99. " + "unbreakable" * 30)
    egypt = await delegates.sign_in("egypt", viewport={"width": width, "height": 800})
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert await egypt.page.evaluate(fits)
    await egypt.go(chapter)
    await expect(egypt.page.get_by_test_id("comments").get_by_role("article").first).to_be_attached()
    assert await egypt.page.evaluate(fits)
