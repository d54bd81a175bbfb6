"""Locks, seals and statuses on the page: seen before anyone types, kept from every hand but the holder's, ruled by
keyboard, and what was set aside given back."""

import asyncio
import os
import re
import string
import sys
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.browserkit import (
    Delegate,
    Delegates,
    Proxy,
    agree,
    blocks_of,
    import_chapter,
    make_chapter,
    shoot,
    until,
)
from tests.browser.test_page_comments import SAMPLE
from tests.livekit import LiveServer

FIRST, SECOND, THIRD = "First words.", "Second words.", "Third words."
STATUSES = ("agreed", "agreed ad referendum", "agreed in group", "bracketed", "not discussed", "no agreement")
WITHIN_MS = 1_000
ONE_WAY_SECONDS = 0.15
"""How long a byte takes between a page and the server, on a slow connection."""
SETTLED_SECONDS = 5.0
"""By when a page must have settled even on a busy machine; the time it took is printed."""
ISOLATES = re.compile("[\u2066-\u2069]")

# From now on: when the words of a paragraph last changed, and when it was first shown as closed; both as Unix time.
CLOCK = """
(block) => {
  const look = () => ({
    text: adrefBlocks().find((one) => one.id === block)?.text,
    closed: !!document.querySelector(`[data-of="${block}"].is-closed`),
  })
  const clock = (globalThis.adrefClock = { ...look(), changedAt: 0, closedAt: 0 })
  new MutationObserver(() => {
    const now = look()
    if (now.text !== clock.text) clock.changedAt = Date.now()
    if (now.closed && !clock.closed) clock.closedAt ||= Date.now()
    Object.assign(clock, now)
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
}
"""


class SlowProxy(Proxy):
    """A network on which everything arrives, in order, but late."""

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await on_the_way.get()
                await asyncio.sleep(due - loop.time())
                sink.write(data)
                await sink.drain()
                if not data:
                    return sink.close()

        delivery = asyncio.create_task(deliver())
        try:
            while data := await source.read(65_536):
                on_the_way.put_nowait((loop.time() + ONE_WAY_SECONDS, data))
            on_the_way.put_nowait((loop.time() + ONE_WAY_SECONDS, b""))
            await delivery
        finally:
            delivery.cancel()


def id_of(server: LiveServer, chapter: str, label: str) -> str:
    return next(one.id for one in blocks_of(server, chapter) if one.label == label)


def lock(
    server: LiveServer, chapter: str, label: str, who: str = "vice-chair", *, holder: object = None, **body: str
) -> None:
    """Lock a paragraph for `holder`: an id, or as the body of the request has it."""
    path = f"/api/chapters/{chapter}/paragraphs/{id_of(server, chapter, label)}/lock"
    answer = server.request("PUT", path, who, json={**body, "for": holder})
    assert answer.status_code == 200, answer.text


def release(server: LiveServer, chapter: str, label: str, who: str = "vice-chair") -> None:
    path = f"/api/chapters/{chapter}/paragraphs/{id_of(server, chapter, label)}/lock"
    answer = server.request("DELETE", path, who)
    assert answer.status_code == 204, answer.text


def set_status(server: LiveServer, chapter: str, label: str, status: str, who: str = "chair") -> None:
    path = f"/api/chapters/{chapter}/paragraphs/{id_of(server, chapter, label)}/status"
    answer = server.request("PUT", path, who, json={"status": status})
    assert answer.status_code == 200, answer.text


def mark(delegate: Delegate, block: str) -> Locator:
    """What stands above a paragraph."""
    return delegate.editor.locator(f'[data-of="{block}"]')


async def said(locator: Locator) -> str:
    """What is written there, without the signs that keep the direction of names."""
    return ISOLATES.sub("", await locator.inner_text())


async def closed(delegate: Delegate, label: str) -> None:
    """Wait until a paragraph is shown as closed."""
    await expect(delegate.paragraph(label)).to_have_class(re.compile("is-closed"))


async def opened(delegate: Delegate, label: str) -> None:
    await expect(delegate.paragraph(label)).not_to_have_class(re.compile("is-closed"))


async def attempt(delegate: Delegate, label: str, how: str) -> None:
    """One of the ways in which somebody may try to change a paragraph."""
    at, _, keys = how.partition(": ")
    places = {"start": 0, "middle": 5, "end": None}
    if at in places:
        await delegate.put_caret(label, places[at])
    elif at == "all":
        await delegate.put_caret(label)
        await delegate.press("Control+a")
    else:
        await delegate.put_caret(label, 0)
        await delegate.press(*["Shift+ArrowRight"] * 5)
    if keys == "typing":
        await delegate.write("no")
    elif keys == "an input method":
        await delegate.page.keyboard.insert_text("不")
    else:
        await delegate.press(*keys.split(", "))


ATTEMPTS = (
    *("middle: typing", "start: typing", "end: typing", "word: typing", "all: typing", "middle: an input method"),
    *("middle: Enter", "middle: Shift+Enter", "middle: Backspace", "middle: Delete", "middle: Control+v"),
    *("start: Backspace", "end: Delete", "word: Control+x", "word: Control+b", "word: Control+i", "word: Control+v"),
    *(
        "word: Backspace",
        "all: Control+x",
        "all: Backspace",
        "all: Enter",
        "all: Control+u",
        "middle: Control+Backspace",
    ),
)


async def test_nothing_that_others_try_changes_a_locked_paragraph(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND, THIRD)
    egypt = await delegates.open("egypt", chapter)
    before = await egypt.blocks()
    await egypt.put_caret("1", 0)
    await egypt.press("Shift+End", "Control+c")
    lock(server, chapter, "2", reason="being read out")
    await closed(egypt, "2")
    for how in ATTEMPTS:
        await attempt(egypt, "2", how)
        assert await egypt.blocks() == before, how
        await expect(egypt.page.get_by_test_id("spoken")).to_contain_text("This paragraph is locked by")
    assert await agree(server, chapter, egypt) == before
    await expect(egypt.page.get_by_test_id("kept-card")).to_have_count(0)


async def test_what_stands_beside_a_locked_paragraph_is_free(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND, THIRD)
    egypt = await delegates.open("egypt", chapter)
    lock(server, chapter, "2")
    await closed(egypt, "2")
    for at, keys in ((("1", None), ["Delete"]), (("3", 0), ["Backspace"])):
        await egypt.put_caret(*at)
        await egypt.press(*keys)
    assert [one.text for one in await egypt.blocks()] == [FIRST, SECOND, THIRD]
    await egypt.put_caret("2")
    await egypt.press("Enter")
    await egypt.write("Between.")
    await egypt.put_caret("3")
    await egypt.write(" More.")
    blocks = await agree(server, chapter, egypt)
    assert [one.text for one in blocks] == [FIRST, SECOND, "Between.", f"{THIRD} More."]


async def test_a_paragraph_can_not_be_dragged_away_or_dropped_into(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND, THIRD)
    egypt = await delegates.open("egypt", chapter)
    lock(server, chapter, "2")
    await closed(egypt, "2")
    for source, target in (("2", "1"), ("1", "2")):
        await egypt.paragraph(source).dblclick(position={"x": 30, "y": 15})
        await egypt.paragraph(source).drag_to(
            egypt.paragraph(target), source_position={"x": 30, "y": 15}, target_position={"x": 60, "y": 15}
        )
        assert [one.text for one in await egypt.blocks()][1] == SECOND
    assert (await agree(server, chapter, egypt))[1].text == SECOND


async def compose(delegate: Delegate, *parts: str, end: str = "") -> None:
    """As an input method does: parts of a word, each in place of the one before, and at last the word."""
    keyboard = await delegate.context.new_cdp_session(delegate.page)
    for part in parts:
        await keyboard.send(
            "Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)}
        )
        await delegate.page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))")
    if end:
        await keyboard.send("Input.insertText", {"text": end})


async def test_an_input_method_writes_nothing_into_a_locked_paragraph(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    egypt = await delegates.open("egypt", chapter)
    lock(server, chapter, "2")
    await closed(egypt, "2")
    for at in (0, 5, None):
        await egypt.put_caret("2", at)
        await compose(egypt, "に", "にほ", "にほん", end="日本")
        assert (await agree(server, chapter, egypt))[1].text == SECOND
    await egypt.put_caret("1")
    await compose(egypt, "に", "にほ", end="日本")
    await egypt.write("!")
    blocks = await agree(server, chapter, egypt)
    assert [one.text for one in blocks] == [f"{FIRST}日本!", SECOND]
    assert server.get(f"/api/chapters/{chapter}/set-aside", "secretariat").json()["set_aside"] == []


async def test_a_lock_that_comes_while_somebody_composes(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await egypt.put_caret("2")
    await compose(egypt, "に", "にほ")
    lock(server, chapter, "2")
    await closed(ifip, "2")
    await compose(egypt, "にほん", end="日本")
    await closed(egypt, "2")
    ruled = (await agree(server, chapter, egypt, ifip))[1].text
    assert ruled.startswith(SECOND)
    await egypt.put_caret("2")
    await egypt.write("no")
    assert (await agree(server, chapter, egypt, ifip))[1].text == ruled
    release(server, chapter, "2")
    await opened(egypt, "2")
    await egypt.put_caret("2")
    await compose(egypt, "に", "にほ", end="日本")
    await egypt.write("!")
    assert (await agree(server, chapter, egypt, ifip))[1].text == f"{ruled}日本!"


async def test_undo_and_redo_leave_alone_what_was_locked_since(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    egypt = await delegates.open("egypt", chapter)
    await egypt.put_caret("2")
    await egypt.write(" Mine.")
    await agree(server, chapter, egypt)
    lock(server, chapter, "2")
    await closed(egypt, "2")
    await egypt.press("Control+z")
    await expect(egypt.page.get_by_test_id("spoken")).to_contain_text("This paragraph is locked")
    await expect(egypt.page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
    assert await egypt.words("2") == f"{SECOND} Mine."
    release(server, chapter, "2")
    await opened(egypt, "2")
    await egypt.press("Control+z")
    assert (await agree(server, chapter, egypt))[1].text == SECOND


async def test_the_holder_writes_and_the_others_see_it(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await ifip.put_caret("2", 3)
    lock(server, chapter, "2", reason="redrafting", holder={"delegation": "egypt"})
    await closed(ifip, "2")
    await expect(egypt.paragraph("2")).to_have_class(re.compile("is-mine"))
    await egypt.put_caret("2")
    await egypt.write(" Redrafted.")
    await egypt.press("Enter")
    await egypt.write("And more.")
    await egypt.put_caret("2", 0)
    await egypt.press("Shift+End", "Control+b")
    blocks = await agree(server, chapter, egypt, ifip)
    assert [one.text for one in blocks] == [FIRST, f"{SECOND} Redrafted.", "And more."]
    await expect(ifip.paragraph("2").locator("strong")).to_have_text(f"{SECOND} Redrafted.")
    block = id_of(server, chapter, "2")
    assert "Locked for Egypt by Tevita Fonua (vice-chair): redrafting" in await said(mark(ifip, block))
    assert "Locked for your delegation by Tevita Fonua (vice-chair)" in await said(mark(egypt, block))


async def test_a_locked_paragraph_says_so_to_eyes_and_ears(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    lock(server, chapter, "2", until="2030-05-15T18:00:00Z", holder="japan")
    egypt = await delegates.open("egypt", chapter)
    line = mark(egypt, id_of(server, chapter, "2"))
    await expect(line).to_be_visible()
    assert re.match(
        r"Locked for .*Nishimori of Japan by .*until 15 May.*its holder is not here", await said(line), re.DOTALL
    )
    await expect(line.locator("svg")).to_be_visible()
    await expect(egypt.editor).to_have_attribute("aria-readonly", "false")
    described = await egypt.paragraph("2").get_attribute("aria-describedby")
    assert described == await line.get_attribute("id")
    await egypt.put_caret("2", 3)
    await expect(egypt.editor).to_have_attribute("aria-readonly", "true")
    await expect(egypt.page.get_by_role("status").filter(has_text="Locked for")).to_have_count(1)
    japan = await delegates.open("japan", chapter)
    await expect(line).not_to_contain_text("not here")
    await egypt.put_caret("2", 0)
    await egypt.press("Shift+End", "Control+c")
    await egypt.put_caret("1")
    await egypt.press("Control+v")
    blocks = await agree(server, chapter, egypt, japan)
    assert [one.text for one in blocks] == [FIRST + SECOND, SECOND]


async def test_a_lock_is_overdue_when_its_time_has_come(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST)
    egypt = await delegates.open("egypt", chapter)
    await egypt.page.clock.install()
    await egypt.page.reload()
    lock(server, chapter, "1", until="2099-05-15T18:00:00Z")
    line = mark(egypt, id_of(server, chapter, "1"))
    await expect(line).to_contain_text("until 15 May")
    await egypt.page.clock.set_system_time("2099-05-15T17:59:59Z")
    release(server, chapter, "1")
    lock(server, chapter, "1", until="2099-05-15T18:00:00Z")
    await expect(line).to_contain_text("until")
    await egypt.page.clock.fast_forward(2_000)
    await expect(line).to_contain_text("overdue")


async def test_a_text_that_is_agreed_is_the_chairs_alone_and_a_change_is_seen(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND, THIRD)
    egypt, chair = await delegates.open("egypt", chapter), await delegates.open("chair", chapter)
    await expect(egypt.page.get_by_test_id("tally")).to_be_hidden()
    set_status(server, chapter, "1", "agreed")
    set_status(server, chapter, "2", "agreed ad referendum")
    await expect(egypt.page.get_by_test_id("tally")).to_have_text("1 agreed · 1 agreed ad referendum · 1 draft")
    await closed(egypt, "1")
    await attempt(egypt, "1", "middle: typing")
    await expect(egypt.page.get_by_test_id("spoken")).to_have_text(
        "This paragraph is agreed. Only the chair can change it."
    )
    first, second = (mark(egypt, id_of(server, chapter, label)) for label in "12")
    await expect(first.locator("[data-status]")).to_have_text("Agreed sealed")
    await expect(second.locator("[data-status]")).to_have_text("Agreed ad referendum")
    await egypt.put_caret("2")
    await egypt.write(" Changed.")
    await expect(second.locator("s")).to_have_text("Agreed ad referendum")
    await expect(second).to_contain_text("changed since agreed")
    await chair.put_caret("1")
    await chair.write(" Corrected.")
    await expect(first.locator("s")).to_have_text("Agreed")
    await closed(egypt, "1")
    await expect(chair.page.get_by_test_id("tally")).to_have_text(
        "1 agreed · 1 agreed ad referendum · 1 draft · 2 changed since agreed"
    )
    blocks = await agree(server, chapter, egypt, chair)
    assert [one.text for one in blocks] == [f"{FIRST} Corrected.", f"{SECOND} Changed.", THIRD]


async def test_the_vice_chair_rules_by_keyboard_alone(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    vice_chair, egypt = await delegates.open("vice-chair", chapter), await delegates.open("egypt", chapter)
    line = mark(egypt, id_of(server, chapter, "2"))
    bar = vice_chair.page.get_by_test_id("gavel")
    await vice_chair.put_caret("2")
    await expect(bar).to_contain_text(re.compile(r"Paragraph \W?2"))
    await vice_chair.press("Control+Alt+g")
    await expect(bar.get_by_role("button", name="Lock for me")).to_be_focused()
    await vice_chair.press("Tab", "Tab", "Tab", "Tab")
    await vice_chair.write("being read out")
    await vice_chair.press("Control+Alt+g", "Enter")
    await expect(line).to_contain_text("being read out", timeout=WITHIN_MS * 2)
    await expect(bar.get_by_role("button", name="Release")).to_be_focused()
    await vice_chair.press("Tab", "Enter")
    form = bar.get_by_test_id("lock-form")
    await expect(form.get_by_label("What")).to_be_focused()
    await expect(form.get_by_label("For").locator("option", has_text="Egypt").first).to_be_attached()
    await vice_chair.press("Tab")
    await vice_chair.write("Egypt")
    await vice_chair.press("Tab")
    await form.get_by_label("Until").fill("2030-05-15T18:00")
    await form.get_by_role("button", name="Save").press("Enter")
    await expect(egypt.paragraph("2")).to_have_class(re.compile("is-mine"))
    await expect(line).to_contain_text("until 15 May")
    await expect(form).to_be_hidden()
    await vice_chair.press("Escape")
    await expect(vice_chair.editor).to_be_focused()
    await vice_chair.press("Control+Alt+g", "Enter")
    await expect(line).to_have_count(0)
    await vice_chair.press("Tab", "Tab")
    await vice_chair.write("Agreed ad")
    await vice_chair.press("Tab", "Enter")
    await expect(line).to_have_text("Agreed ad referendum")
    await vice_chair.press("Escape")
    await vice_chair.write(" Typed on.")
    await agree(server, chapter, vice_chair, egypt)
    log = egypt.page.get_by_test_id("rulings")
    await log.locator("summary").click()
    await expect(log.locator("li")).to_have_count(5)
    words = ISOLATES.sub("", " | ".join(await log.locator("li").all_inner_texts()))
    for act in (
        "Set paragraph 2 to agreed ad referendum",
        "Released paragraph 2",
        "Handed paragraph 2 over to Egypt until 15 May",
        "Locked paragraph 2",
    ):
        assert act in words
    assert "Tevita Fonua (vice-chair)" in words
    assert "being read out" in words


async def test_only_who_took_a_lock_and_the_chair_can_end_it(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST)
    lock(server, chapter, "1", reason="Egypt redrafts", holder="egypt")
    secretariat, chair = await delegates.open("secretariat", chapter), await delegates.open("chair", chapter)
    egypt = await delegates.open("egypt", chapter)
    await expect(egypt.page.get_by_test_id("gavel")).to_be_hidden()
    await secretariat.put_caret("1")
    bar = secretariat.page.get_by_test_id("gavel")
    await expect(bar.get_by_role("button", name=re.compile("Break|Release"))).to_be_disabled()
    assert await bar.get_by_label("Status").locator("option").all_inner_texts() == [
        *("Draft", "Bracketed", "Not discussed", "No agreement"),
    ]
    await chair.put_caret("1", 0)
    await chair.page.get_by_test_id("gavel").get_by_role("button", name="Break the lock").click()
    await expect(mark(egypt, id_of(server, chapter, "1"))).to_have_count(0)
    log = server.get(f"/api/chapters/{chapter}/rulings").json()["rulings"]
    assert [one["act"] for one in log] == ["lock", "break"]


async def test_a_section_and_the_headings_are_locked_from_the_form(delegates: Delegates, shared: LiveServer) -> None:
    chapter = import_chapter(shared, "1) Access\n\n1. First.\n\n2. Second.\n\n2) Trust\n\n3. Third.\n", "Sections")
    chair, egypt = await delegates.open("chair", chapter), await delegates.open("egypt", chapter)
    assert {"1)", "2)", "1", "2", "3"} == {one.label for one in await egypt.blocks()}
    bar = chair.page.get_by_test_id("gavel")
    for what in ("the section", "all headings"):
        await chair.put_caret("1")
        await bar.get_by_role("button", name="Lock for…").click()
        form = bar.get_by_test_id("lock-form")
        option = form.get_by_label("What").locator("option", has_text=re.compile(what, re.IGNORECASE))
        await form.get_by_label("What").select_option(value=await option.get_attribute("value"))
        await form.get_by_role("button", name="Lock").click()
        await expect(form).to_be_hidden()
    for label in ("1)", "1", "2", "2)"):
        await closed(egypt, label)
        await attempt(egypt, label, "end: typing")
    await egypt.put_caret("2")
    await egypt.press("Enter")
    await egypt.put_caret("3")
    await egypt.write(" Free.")
    blocks = await agree(shared, chapter, egypt, chair)
    assert [one.text for one in blocks] == ["Access", "First.", "Second.", "Trust", "Third. Free."]
    lines = ISOLATES.sub("", " | ".join(await egypt.page.get_by_test_id("mark").all_inner_texts()))
    assert "Headings locked by" in lines
    assert "Locked with its section" in lines


async def test_where_a_group_writes_a_section_is_closed_to_others(delegates: Delegates, shared: LiveServer) -> None:
    chapter = import_chapter(shared, "1) Access\n\n1. First.\n\n2) Trust\n\n2. Second.\n", "Sections")
    section = id_of(shared, chapter, "2)")
    egypt, kenya = await delegates.open("egypt", chapter), await delegates.open("kenya", chapter)
    group = {
        "name": "Trust",
        "members": ["kenya"],
        "chapters": [],
        "sections": [{"chapter": chapter, "section": section}],
    }
    assert shared.request("PUT", "/api/breakout-groups/trust", json=group).status_code == 200
    try:
        await closed(egypt, "2")
        await attempt(egypt, "2", "middle: typing")
        await expect(egypt.page.get_by_test_id("spoken")).to_contain_text("with a breakout group")
        await egypt.put_caret("1")
        await egypt.write(" Free.")
        await kenya.put_caret("2")
        await kenya.write(" By the group.")
        blocks = await agree(shared, chapter, egypt, kenya)
        assert [one.text for one in blocks] == ["Access", "First. Free.", "Trust", "Second. By the group."]
    finally:
        assert shared.request("DELETE", "/api/breakout-groups/trust").status_code == 204
    await opened(egypt, "2")


@pytest.fixture
async def slow(shared: LiveServer) -> Any:
    network = SlowProxy(shared)
    await network.restore()
    yield network
    await network.cut()


async def test_a_lock_while_two_are_typing_on_a_slow_connection(
    delegates: Delegates, slow: SlowProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    egypt, ifip = [await delegates.open(who, chapter, slow.url) for who in ("egypt", "ifip")]
    vice_chair = await delegates.open("vice-chair", chapter)
    block = id_of(server, chapter, "1")
    for one in (egypt, ifip):
        await one.page.evaluate(CLOCK, block)
    await vice_chair.put_caret("1", 5)
    await egypt.put_caret("1")
    await ifip.put_caret("1", 0)
    keys = {egypt: string.ascii_lowercase * 4, ifip: string.ascii_uppercase * 4}
    typing = [asyncio.create_task(one.write(words, delay=50)) for one, words in keys.items()]
    await until(lambda: _both_written(server, chapter), "the server's having words of both")
    await vice_chair.press("Control+Alt+g", "Enter")
    await asyncio.gather(*typing)
    ruled = (await agree(server, chapter, vice_chair, egypt, ifip))[0].text
    (ruling,) = server.get(f"/api/chapters/{chapter}/rulings").json()["rulings"]
    at = (await vice_chair.page.evaluate("(at) => Date.parse(at)", ruling["at"])) / 1000
    prefix, suffix = ruled.split(FIRST)
    for one, there in ((egypt, suffix), (ifip, prefix)):
        clock = await one.page.evaluate("adrefClock")
        settled = max(clock["changedAt"], clock["closedAt"]) / 1000 - at
        shown = clock["closedAt"] / 1000 - at
        with capsys.disabled():
            sys.stdout.write(f"\n{one.who}: locked is shown after {shown:.3f} s, settled after {settled:.3f} s\n")
        assert 0 < settled < SETTLED_SECONDS
        card = one.page.get_by_test_id("kept-card")
        await expect(card).to_have_count(1)
        kept = "".join(await card.locator("ins .run-words").all_inner_texts())
        assert kept, "words on their way when the lock came"
        assert keys[one].startswith(there + kept), "no letter is lost or doubled"
        await expect(card).to_contain_text("Paragraph")
    await shoot(egypt.page, "set-aside")
    await vice_chair.press("Control+Alt+g", "Enter")
    for one in (egypt, ifip):
        await opened(one, "1")
    await egypt.put_caret("1")
    await egypt.write(" On.")
    await ifip.put_caret("1", 0)
    await ifip.write("Yes. ")
    assert (await agree(server, chapter, vice_chair, egypt, ifip))[0].text == f"Yes. {ruled} On."


async def _both_written(server: LiveServer, chapter: str) -> bool:
    text = blocks_of(server, chapter)[0].text
    return "abcde" in text and "ABCDE" in text


async def set_aside(delegates: Delegates, chapter: str, *pages: Delegate, words: str = " Kept for me.") -> None:
    """Each writes into paragraph 2 while the network holds back that it has just been locked."""
    for one in pages:
        await one.context.set_offline(True)
        await one.comes_to("offline")
    lock(delegates.server, chapter, "2", reason="being read out")
    for one in pages:
        await one.put_caret("2")
        await one.write(words)
        await one.context.set_offline(False)
        await one.comes_to("saved")


OFFLINE = (r"net::ERR_INTERNET_DISCONNECTED", r"WebSocket connection to .* failed")


async def test_what_was_written_offline_into_a_locked_paragraph_comes_back_as_a_card(delegates: Delegates) -> None:
    delegates.allow(*OFFLINE)
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    egypt, secretariat = await delegates.open("egypt", chapter), await delegates.open("secretariat", chapter)
    await set_aside(delegates, chapter, egypt)
    card = egypt.page.get_by_test_id("kept-card")
    await expect(card).to_contain_text("Paragraph")
    await expect(card.locator("ins")).to_have_text("added Kept for me.")
    await expect(card).to_contain_text("locked for Tevita Fonua")
    assert (await agree(server, chapter, egypt))[1].text == SECOND
    await egypt.page.reload()
    await expect(card.locator("ins")).to_have_text("added Kept for me.")
    await secretariat.page.reload()
    theirs = secretariat.page.get_by_test_id("kept-card")
    await secretariat.page.get_by_test_id("set-aside").locator("summary").click()
    assert "Nadia Abdel-Rahman, Egypt" in await said(theirs)
    await expect(theirs.get_by_role("button", name="Propose")).to_have_count(0)
    await egypt.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await card.get_by_role("button", name="Copy").click()
    await expect(card).to_contain_text("Copied")
    assert await egypt.page.evaluate("navigator.clipboard.readText()") == " Kept for me."
    await card.get_by_role("button", name="Propose").click()
    await expect(card).to_contain_text("it stands beside")
    await expect(secretariat.page.get_by_test_id("comments")).to_contain_text(f"{SECOND} Kept for me.")
    await card.get_by_role("button", name="Close").click()
    await expect(egypt.page.get_by_test_id("set-aside")).to_be_hidden()


@pytest.mark.parametrize("keys", ["Backspace", "Control+a, Backspace", "Control+b", "Enter"])
async def test_undo_brings_nothing_back_twice(delegates: Delegates, keys: str) -> None:
    delegates.allow(*OFFLINE)
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND, THIRD)
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await egypt.context.set_offline(True)
    await egypt.comes_to("offline")
    lock(server, chapter, "1")
    lock(server, chapter, "2")
    await egypt.put_caret("2", 5 if keys in {"Enter", "Control+b"} else 0)
    if keys == "Control+b":
        await egypt.press("Shift+Home")
    await egypt.press(*keys.split(", "))
    await egypt.context.set_offline(False)
    await egypt.comes_to("saved")
    ruled = await agree(server, chapter, egypt, ifip)
    # Who deletes everything leaves one empty paragraph, as in any editor.
    assert [one.text for one in ruled if one.text][:2] == [FIRST, SECOND]
    for label in "12":
        release(server, chapter, label)
        await opened(egypt, label)
    await egypt.paragraph("1").click()
    await egypt.press("Control+z", "Control+z")
    blocks = await agree(server, chapter, egypt, ifip)
    assert [one.text for one in blocks] == [FIRST, SECOND, THIRD]
    assert await ifip.editor.locator("strong").count() == 0


async def test_a_card_is_discarded_by_keyboard_and_stays_away(delegates: Delegates) -> None:
    delegates.allow(*OFFLINE)
    server = delegates.server
    chapter = make_chapter(server, FIRST, SECOND)
    egypt = await delegates.open("egypt", chapter)
    await set_aside(delegates, chapter, egypt)
    discard = egypt.page.get_by_test_id("kept-card").get_by_role("button", name="Discard")
    await discard.focus()
    await egypt.press("Enter")
    await expect(egypt.page.get_by_test_id("set-aside")).to_be_hidden()
    await expect(egypt.editor).to_be_focused()
    await egypt.page.reload()
    await expect(egypt.paragraph("2")).to_have_class(re.compile("is-closed"))
    assert server.get(f"/api/chapters/{chapter}/set-aside", "secretariat").json()["set_aside"] == []


async def test_from_right_to_left(delegates: Delegates) -> None:
    server = delegates.server
    chapter = make_chapter(server, "نؤكد أن الخدمة العامة تبقى عامة.", "نلتزم بتصميم الخدمات.", title="الخدمات العامة")
    set_status(server, chapter, "2", "agreed in group")
    lock(server, chapter, "1", holder="jordan", reason="قيد القراءة")
    egypt = await delegates.open("egypt", chapter)
    await egypt.page.evaluate("document.documentElement.dir = 'rtl'")
    before = await egypt.blocks()
    await attempt(egypt, "1", "middle: typing")
    assert await egypt.blocks() == before
    line = mark(egypt, before[0].id)
    text, sign = await egypt.paragraph("1").bounding_box(), await line.locator("svg").bounding_box()
    assert text is not None
    assert sign is not None
    assert sign["x"] > text["x"] + text["width"] / 2, "the line begins where the page begins"
    assert "قيد القراءة" in await said(line)
    await shoot(egypt.page, "locks-right-to-left")


@pytest.mark.skipif("ADREF_SCREENSHOTS" not in os.environ, reason="ADREF_SCREENSHOTS names no folder")
async def test_pictures(delegates: Delegates) -> None:
    server = delegates.server
    chapter = import_chapter(server, SAMPLE)
    lock(server, chapter, "1", reason="being read out")
    lock(
        server, chapter, "2", holder="egypt", reason="redrafting with Kenya and the secretariat, by the end of the day"
    )
    for label, status in zip(("3", "4", "5", "6", "7", "8"), STATUSES, strict=True):
        set_status(server, chapter, label, status)
    lock(server, chapter, "2)", "chair", scope="section", reason="approved on Tuesday")
    egypt, chair = await delegates.open("egypt", chapter), await delegates.open("chair", chapter)
    await chair.put_caret("3")
    await chair.write(" Thus.")
    await agree(server, chapter, egypt, chair)
    await egypt.put_caret("1", 3)
    await egypt.write("no")
    await expect(egypt.page.get_by_test_id("spoken")).to_contain_text("locked")
    await egypt.page.evaluate("scrollTo(0, 0)")
    await shoot(egypt.page, "locks")
    await egypt.paragraph("9").scroll_into_view_if_needed()
    await shoot(egypt.page, "locks-section")
    await chair.put_caret("2")
    await chair.page.get_by_test_id("gavel").get_by_role("button", name="Hand over").click()
    await chair.page.get_by_test_id("rulings").locator("summary").click()
    await expect(chair.page.get_by_label("For", exact=True).locator("option", has_text="Kenya").first).to_be_attached()
    await shoot(chair.page, "gavel-form")
    windows: dict[str, dict[str, Any]] = {
        "gavel-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
        "gavel-dark": {"color_scheme": "dark", "viewport": {"width": 1000, "height": 800}},
    }
    for name, options in windows.items():
        one = await delegates.open("vice-chair", chapter, **options)
        await one.put_caret("6")
        await shoot(one.page, name)
