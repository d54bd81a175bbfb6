"""Who wrote what, as the page shows it: the colours, their legend, the line of the author, the redline."""

import re
from itertools import groupby
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.browserkit import Delegate, Delegates, agree, make_chapter, shoot, until
from tests.browser.test_page_access import tab_to, violations
from tests.livekit import LiveServer

Parts = list[tuple[str, str]]
"""A paragraph in pieces: the words, and the tag or the delegation whose they are."""

# For each paragraph its pieces: neighbouring characters under one author, '' for those without one.
PIECES = """
() => [...document.querySelectorAll('[data-testid=editor] > *')].map((block) => {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT)
  const pieces = []
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('.caret')) continue
    pieces.push([node.data, node.parentElement.closest('[data-by]')?.dataset.by ?? ''])
  }
  return pieces
})
"""


def joined(pieces: list[list[str]]) -> Parts:
    return [("".join(text for text, _ in group), by) for by, group in groupby(pieces, key=lambda piece: piece[1])]


async def shown(delegate: Delegate) -> list[Parts]:
    """The paragraphs of the page, in pieces by tag; an empty one has none."""
    return [joined(pieces) for pieces in await delegate.page.evaluate(PIECES)]


def told(server: LiveServer, chapter: str) -> list[Parts]:
    """The paragraphs as the server tells whose they are, in pieces by participant."""
    paragraphs = server.get(f"/api/chapters/{chapter}/runs").json()["paragraphs"]
    return [joined([[run["text"], run["participant"]] for run in one["runs"]]) for one in paragraphs]


async def show(delegate: Delegate, mode: str) -> None:
    """Choose how the text is shown."""
    await delegate.page.get_by_test_id("views").locator(f"input[value={mode}]").check()


async def same_authors(server: LiveServer, chapter: str, *delegates: Delegate) -> list[Parts]:
    """Wait until the pages show the authors that the server tells; returns them, empty paragraphs left out."""
    await agree(server, chapter, *delegates)
    expected = told(server, chapter)

    async def same() -> bool:
        return all([await shown(one) == expected for one in delegates])

    await until(same, f"{expected} on all pages")
    return [parts for parts in expected if parts]


def legend(delegate: Delegate) -> Locator:
    return delegate.page.get_by_test_id("legend")


def line(delegate: Delegate) -> Locator:
    return delegate.page.get_by_test_id("author-line").locator(".author-words")


async def select(delegate: Delegate, label: str, start: int, length: int) -> None:
    """Select characters of a paragraph by keyboard."""
    await delegate.put_caret(label, start)
    await delegate.press(*["Shift+ArrowRight"] * length)


FIRST = " Every village shall have a library. It is open to all."
SECOND = " States report each year."


async def two_paragraphs_of_egypts(delegates: Delegates, server: LiveServer) -> tuple[str, Delegate, list[Parts]]:
    """A chapter whose two paragraphs the draft began and Egypt went on with; Egypt; whose words are whose."""
    chapter = make_chapter(server, "Begun.", "Also.")
    egypt = await delegates.open("egypt", chapter)
    await show(egypt, "delegation")
    for label, words in (("1", FIRST), ("2", SECOND)):
        await egypt.put_caret(label)
        await egypt.write(words)
    return chapter, egypt, [[("Begun.", ""), (FIRST, "egypt")], [("Also.", ""), (SECOND, "egypt")]]


async def test_words_that_japan_moves_stay_egypts(delegates: Delegates, shared: LiveServer) -> None:
    chapter, egypt, before = await two_paragraphs_of_egypts(delegates, shared)
    japan = await delegates.open("japan", chapter)
    await show(japan, "delegation")
    assert await same_authors(shared, chapter, egypt, japan) == before
    at = len("Begun. Every vill")

    await japan.put_caret("1", at)
    await japan.press("Enter")
    assert await same_authors(shared, chapter, egypt, japan) == [
        [("Begun.", ""), (" Every vill", "egypt")],
        [("age shall have a library. It is open to all.", "egypt")],
        before[1],
    ]
    await japan.press("Backspace")
    assert await same_authors(shared, chapter, egypt, japan) == before

    await select(japan, "1", len("Begun."), len(" Every village shall have a library."))
    await japan.press("Control+x")
    await japan.put_caret("2")
    await japan.press("Control+v")
    assert await same_authors(shared, chapter, egypt, japan) == [
        [("Begun.", ""), (" It is open to all.", "egypt")],
        [("Also.", ""), (f"{SECOND} Every village shall have a library.", "egypt")],
    ]
    await japan.write(" So says Japan.")
    assert (await same_authors(shared, chapter, egypt, japan))[1] == [
        ("Also.", ""),
        (f"{SECOND} Every village shall have a library.", "egypt"),
        (" So says Japan.", "japan"),
    ]

    async def undone() -> bool:
        await japan.press("Control+z")
        return [block.text for block in await japan.blocks()] == [f"Begun.{FIRST}", f"Also.{SECOND}"]

    await until(undone, "the text as it was")
    assert await same_authors(shared, chapter, egypt, japan) == before


async def test_what_japan_types_between_is_japans(delegates: Delegates, shared: LiveServer) -> None:
    chapter, egypt, before = await two_paragraphs_of_egypts(delegates, shared)
    japan = await delegates.open("japan", chapter)
    await show(japan, "delegation")
    await japan.put_caret("1", len("Begun. Every"))
    await japan.write(" rural")
    parts = await same_authors(shared, chapter, egypt, japan)
    village = " village shall have a library. It is open to all."
    assert parts == [[("Begun.", ""), (" Every", "egypt"), (" rural", "japan"), (village, "egypt")], before[1]]
    await japan.press("Enter")
    await japan.write("Truly")
    parts = await same_authors(shared, chapter, egypt, japan)
    assert parts[1] == [("Truly", "japan"), (village, "egypt")]


async def test_ones_own_words_have_their_colour_before_they_are_saved(delegates: Delegates, shared: LiveServer) -> None:
    delegates.allow(r"net::ERR_INTERNET_DISCONNECTED", r"WebSocket connection to .* failed")
    chapter, egypt, before = await two_paragraphs_of_egypts(delegates, shared)
    await agree(shared, chapter, egypt)
    await egypt.context.set_offline(True)
    await egypt.comes_to("offline")
    await egypt.put_caret("1")
    await egypt.write(" Offline")
    await expect(egypt.paragraph("1").locator("[data-by=egypt]")).to_have_text(f"{FIRST} Offline")
    await egypt.put_caret("2", 9)
    await egypt.press("Enter")
    await expect(egypt.editor.locator("> *").nth(2).locator("[data-by=egypt]")).to_have_text("tes report each year.")
    await egypt.context.set_offline(False)
    parts = await same_authors(shared, chapter, egypt)
    assert parts[0] == [before[0][0], (f"{FIRST} Offline", "egypt")]


async def test_the_switch_is_worked_by_keyboard_and_remembered(delegates: Delegates, shared: LiveServer) -> None:
    chapter, egypt, _ = await two_paragraphs_of_egypts(delegates, shared)
    await agree(shared, chapter, egypt)
    views = egypt.page.get_by_role("group", name="Show who wrote what")
    await expect(views.get_by_role("radio")).to_have_count(4)
    await expect(views.get_by_role("radio", name="By delegation")).to_be_checked()
    await tab_to(egypt, "#views input")
    await egypt.press("ArrowLeft")
    await expect(views.get_by_role("radio", name="By stakeholder group")).to_be_checked()
    await expect(egypt.paragraph("1").locator(".by-group-0")).to_have_text(FIRST)
    await expect(legend(egypt)).to_contain_text("Government")
    await egypt.page.reload()
    await expect(views.get_by_role("radio", name="By stakeholder group")).to_be_checked()
    await expect(egypt.paragraph("1").locator(".by-group-0")).to_have_text(FIRST)
    await show(egypt, "plain")
    await expect(egypt.editor.locator(".by")).to_have_count(0)
    await expect(legend(egypt)).to_be_hidden()
    await expect(line(egypt)).to_be_hidden()


async def test_on_a_phone_the_switch_stands_behind_a_button(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "Begun.")
    egypt = await delegates.open("egypt", chapter, viewport={"width": 390, "height": 800})
    button = egypt.page.get_by_role("button", name=re.compile("^Authors:"))
    group = egypt.page.get_by_role("radio", name="By stakeholder group")
    await expect(group).to_be_hidden()
    await button.click()
    await group.check()
    await egypt.press("Escape")
    await expect(group).to_be_hidden()
    await expect(button).to_be_focused()
    await expect(button).to_have_accessible_name("Authors: By group")
    await expect(legend(egypt).locator("summary")).to_contain_text("Draft as imported")


async def test_the_legend_says_how_much_is_whose(delegates: Delegates, shared: LiveServer) -> None:
    chapter, egypt, _ = await two_paragraphs_of_egypts(delegates, shared)
    ifip = await delegates.open("ifip", chapter)
    await ifip.put_caret("2")
    await ifip.write(" By civil society.")
    await agree(shared, chapter, egypt, ifip)
    totals: dict[str, Any] = shared.get(f"/api/chapters/{chapter}/authorship/totals").json()
    await show(egypt, "group")
    rows = legend(egypt).locator("li")
    await expect(rows.locator(".legend-name")).to_have_text(["Government", "Civil society", "Draft as imported"])
    shares = {one["group"]: f"{one['share']:.0%}" for one in totals["groups"]}
    expected = [shares["government"], shares["civil society"], shares[""]]
    await expect(rows.locator(".legend-share")).to_have_text(expected)
    await expect(rows.nth(0)).to_contain_text("Egypt")
    await show(egypt, "delegation")
    await expect(rows.locator(".legend-name")).to_have_text(["Egypt", "IFIP", "Draft as imported"])
    await expect(rows.nth(1)).to_contain_text("Katarzyna Zielonka")
    await ifip.write(" And once more by civil society, which has much to say, and says it here.")
    await expect(rows.locator(".legend-name")).to_have_text(["IFIP", "Egypt", "Draft as imported"])


async def test_each_run_tells_its_author(delegates: Delegates, shared: LiveServer) -> None:
    chapter, _, _ = await two_paragraphs_of_egypts(delegates, shared)
    ifip = await delegates.open("ifip", chapter)
    await show(ifip, "delegation")
    run = ifip.paragraph("1").locator(".by")
    await expect(run).to_have_attribute("title", "\u2068Egypt\u2069, Government · \u2068Nadia Abdel-Rahman\u2069")
    await expect(run).to_have_accessible_description(re.compile("Egypt.*Government.*Nadia Abdel-Rahman"))
    await run.hover()
    await expect(line(ifip)).to_have_text("Written by Egypt (government), Nadia Abdel-Rahman")
    await ifip.page.mouse.move(5, 400)
    await expect(line(ifip)).to_be_hidden()
    spoken = ifip.page.get_by_test_id("author-spoken")
    await ifip.put_caret("1", 2)
    await expect(line(ifip)).to_have_text("From the draft as imported")
    await ifip.press("End")
    written = re.compile(r"^Written by Egypt \(government\), Nadia Abdel-Rahman · \d\d:\d\d$")
    await expect(line(ifip)).to_have_text(written)
    await expect(spoken).to_have_text(written)
    await expect(spoken).to_have_attribute("aria-live", "polite")
    await ifip.write("!")
    await expect(line(ifip)).to_have_text("Written by you: IFIP (civil society), Katarzyna Zielonka")
    await select(ifip, "1", len("Begun."), len(" Every village"))
    await ifip.press("Control+x")
    await ifip.put_caret("2")
    await ifip.press("Control+v")
    await expect(spoken).to_have_text(re.compile(r"^Written by Egypt .* · moved here by \u2068IFIP\u2069$"))
    await shoot(ifip.page, "authors-by-delegation")


async def test_an_observer_walks_from_author_to_author_by_keyboard(delegates: Delegates, shared: LiveServer) -> None:
    chapter, egypt, _ = await two_paragraphs_of_egypts(delegates, shared)
    await agree(shared, chapter, egypt)
    observer = await delegates.open("observer", chapter)
    await show(observer, "group")
    await expect(observer.editor.locator(".by")).to_have_count(2)
    await tab_to(observer, "[data-testid=editor]")
    await expect(line(observer)).to_contain_text("arrow keys")
    await observer.press("ArrowRight")
    pointed = observer.editor.locator(".is-pointed")
    await expect(pointed).to_have_text(FIRST)
    spoken = observer.page.get_by_test_id("author-spoken")
    await expect(spoken).to_contain_text("Every village shall have")
    await expect(spoken).to_contain_text("Written by Egypt (government), Nadia Abdel-Rahman")
    await observer.press("ArrowRight")
    await expect(pointed).to_have_text(SECOND)
    await observer.press("ArrowLeft")
    await expect(pointed).to_have_text(FIRST)
    await observer.paragraph("2").locator(".by").click()
    await expect(pointed).to_have_text(SECOND)


async def test_the_paragraph_in_which_somebody_composes_is_coloured_afterwards(
    delegates: Delegates, shared: LiveServer
) -> None:
    chapter = make_chapter(shared, "Begun.", "Also.")
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await show(egypt, "delegation")
    await egypt.put_caret("1")
    await ifip.put_caret("2")
    keyboard = await egypt.context.new_cdp_session(egypt.page)
    for part in ("に", "にほ", "にほん"):
        composed = {"text": part, "selectionStart": len(part), "selectionEnd": len(part)}
        await keyboard.send("Input.imeSetComposition", composed)
        await ifip.write("x")
        await expect(egypt.paragraph("2").locator("[data-by=ifip]")).to_have_text("x" * len(part))
        await expect(egypt.paragraph("1").locator(".by")).to_have_count(0)
    await keyboard.send("Input.insertText", {"text": "日本"})
    await expect(egypt.paragraph("1").locator("[data-by=egypt]")).to_have_text("日本")
    assert await same_authors(shared, chapter, egypt) == [
        [("Begun.", ""), ("日本", "egypt")],
        [("Also.", ""), ("xxx", "ifip")],
    ]


@pytest.mark.parametrize("colors", ["light", "dark"])
async def test_axe_finds_nothing_wrong_in_any_mode(delegates: Delegates, shared: LiveServer, colors: str) -> None:
    chapter, egypt, _ = await two_paragraphs_of_egypts(delegates, shared)
    await agree(shared, chapter, egypt)
    ifip = await delegates.open("ifip", chapter, color_scheme=colors)
    await ifip.put_caret("2")
    await ifip.write(" By civil society.")
    for mode in ("group", "delegation"):
        await show(ifip, mode)
        await expect(ifip.editor.locator(".by")).to_have_count(3)
        await ifip.put_caret("1")
        await expect(line(ifip)).to_be_visible()
        assert await violations(ifip.page) == []
        await shoot(ifip.page, f"authors-{mode}-{colors}")


def redline(delegate: Delegate) -> Locator:
    return delegate.page.get_by_test_id("redline")


async def test_the_redline_names_who_inserted_and_deleted(delegates: Delegates, shared: LiveServer) -> None:
    chapter, egypt, _ = await two_paragraphs_of_egypts(delegates, shared)
    japan = await delegates.open("japan", chapter)
    await select(japan, "1", len("Begun. Every "), len("village"))
    await japan.write("town")
    await agree(shared, chapter, egypt, japan)
    observer = await delegates.open("observer", chapter)
    await show(observer, "redline")
    await expect(observer.editor).to_be_hidden()
    first = redline(observer).locator('[data-label="1"]')
    await expect(first.locator("ins .change-words")).to_have_text(
        [" Every ", "town", " shall have a library. It is open to all."]
    )
    await expect(first.locator("ins .change-name")).to_have_text(["Egypt", "Japan", "Egypt"])
    await expect(first.locator("ins").nth(1)).to_have_attribute(
        "title", re.compile("^Inserted: .*Japan.*Government.*Haruka")
    )
    await expect(first).to_contain_text("[inserted by Japan: town]")
    tally = observer.page.locator(".redline-tally")
    await expect(tally).to_have_text(re.compile("4 insertions by 2 delegations since the beginning"))
    assert await violations(observer.page) == []
    await shoot(observer.page, "redline")
    delegates.allow(r"404 .*/favicon\.ico")
    async with observer.context.expect_page() as opened:
        await observer.page.get_by_role("link", name="As a page").click()
    await expect((await opened.value).get_by_text("shall have a library")).to_be_visible()

    named = shared.request("POST", f"/api/chapters/{chapter}/versions", "secretariat", json={"name": "First reading"})
    assert named.status_code == 201, named.text
    await japan.put_caret("2", len("Also. "))
    await japan.press(*["Shift+ArrowRight"] * len("States report"), "Delete")
    await agree(shared, chapter, egypt, japan)
    await expect(redline(observer).locator('[data-label="2"] ins')).to_have_text(re.compile("each year"))
    await show(observer, "plain")
    await show(observer, "redline")
    since = observer.page.get_by_role("combobox", name="Changes since")
    await since.select_option(label="First reading")
    await expect(first.locator("ins, del")).to_have_count(0)
    gone = redline(observer).locator('[data-label="2"] del')
    await expect(gone.locator(".change-words")).to_have_text("States report")
    await expect(gone).to_have_attribute("title", re.compile("^Deleted: .*Japan"))
    await egypt.put_caret("1")
    await egypt.write(" Anew.")
    await expect(first.locator("ins .change-words")).to_have_text(" Anew.")


async def test_the_redline_is_reached_by_keyboard_and_left_again(delegates: Delegates, shared: LiveServer) -> None:
    chapter, egypt, _ = await two_paragraphs_of_egypts(delegates, shared)
    await agree(shared, chapter, egypt)
    await tab_to(egypt, "#views input")
    await egypt.press("ArrowRight")
    await expect(redline(egypt).locator("ins")).to_have_count(2)
    await tab_to(egypt, "[data-testid=redline]")
    await tab_to(egypt, "#views input")
    await egypt.press("ArrowLeft")
    await expect(egypt.editor).to_be_visible()
    await expect(egypt.editor).to_have_attribute("contenteditable", "true")
    await egypt.put_caret("1")
    await egypt.write(" Still here.")
    await agree(shared, chapter, egypt)
