"""What each may do, and what becomes of an open page when that changes."""

from playwright.async_api import expect
from pycrdt import XmlFragment

from tests.browser.browserkit import NOT_SIGNED_IN, Delegate, Delegates, agree, blocks_of, make_chapter
from tests.livekit import LiveServer
from tests.wirekit import replica

WITHIN_MS = 1_000


async def try_to_write(delegate: Delegate, label: str) -> None:
    """All the ways in which somebody may try to change a paragraph."""
    await delegate.paragraph(label).click()
    await delegate.write("No")
    await delegate.press("Enter", "Backspace", "Delete", "Control+b", "Control+z", "Control+x")
    await delegate.paragraph(label).dblclick()
    await delegate.press("Delete", "Control+x", "Control+v")
    await delegate.page.keyboard.insert_text("No")


async def test_an_observer_reads_and_cannot_write(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First words.", "Second words.")
    observer, egypt = await delegates.open("observer", chapter), await delegates.open("egypt", chapter)
    before = await observer.blocks()
    await expect(observer.editor).to_have_attribute("contenteditable", "false")
    await expect(observer.editor).to_have_attribute("aria-readonly", "true")
    await expect(observer.status).to_have_text("Read only")
    await expect(observer.page.get_by_test_id("notice")).to_contain_text("You are reading as an observer")
    await expect(observer.page.get_by_role("button", name="Bold")).to_have_count(0)
    await expect(observer.page.get_by_role("button", name="Add a comment")).to_have_count(0)
    await try_to_write(observer, "1")
    assert await observer.blocks() == before
    await egypt.put_caret("2")
    await egypt.write(" Live.")
    blocks = await agree(delegates.server, chapter, observer, egypt)
    assert [block.text for block in blocks] == ["First words.", "Second words. Live."]


async def test_an_observers_script_changes_nothing(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First words.")
    egypt = await delegates.open("egypt", chapter)
    before = blocks_of(shared, chapter)
    async with replica(shared, "observer", chapter) as (editor, socket):
        for update in (editor.type(" Forged."), editor.paragraph("Forged."), editor.change(_delete_all)):
            await socket.send(b"\x00\x02" + _length(update) + update)
        await socket.synced()
        assert "denied" in socket.kinds()
    await egypt.put_caret("1")
    await egypt.write(" True.")
    blocks = await agree(shared, chapter, egypt)
    assert blocks == [before[0]._replace(text="First words. True.")]


def _delete_all(text: XmlFragment) -> None:
    del text.children[: len(text.children)]


def _length(body: bytes) -> bytes:
    """A length as the messages have it."""
    rest, digits = len(body), bytearray()
    while rest > 127:
        digits.append(128 | rest & 127)
        rest >>= 7
    return bytes([*digits, rest])


async def test_rights_taken_and_given_back_bite_in_the_open_page(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First.")
    japan = await delegates.open("japan", chapter)
    await japan.put_caret("1")
    await japan.write(" Before.")
    await agree(shared, chapter, japan)
    assert shared.request("PATCH", "/api/participants/japan", json={"role": "observer"}).status_code == 200
    await expect(japan.status).to_have_attribute("data-state", "read-only", timeout=WITHIN_MS)
    await expect(japan.editor).to_have_attribute("contenteditable", "false", timeout=WITHIN_MS)
    await expect(japan.page.get_by_test_id("notice")).to_contain_text("can no longer edit")
    await try_to_write(japan, "1")
    assert shared.text(chapter) == "First. Before.\n"
    assert shared.request("PATCH", "/api/participants/japan", json={"role": "delegate"}).status_code == 200
    await expect(japan.status).to_have_attribute("data-state", "saved", timeout=WITHIN_MS)
    await expect(japan.editor).to_have_attribute("contenteditable", "true", timeout=WITHIN_MS)
    await expect(japan.page.get_by_test_id("notice")).to_have_count(0)
    await japan.put_caret("1")
    await japan.write(" After.")
    (block,) = await agree(shared, chapter, japan)
    assert block.text == "First. Before. After."


async def test_a_breakout_group_closes_a_chapter_to_others(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First.")
    brazil = await delegates.open("brazil", chapter)
    group = {"name": "Group for a test", "members": ["kenya"], "chapters": [chapter]}
    assert shared.request("PUT", "/api/breakout-groups/group-for-a-test", json=group).status_code == 200
    await expect(brazil.editor).to_have_attribute("contenteditable", "false", timeout=WITHIN_MS)
    await expect(brazil.page.get_by_test_id("notice")).to_contain_text("you can comment on it, but not change it")
    kenya = await delegates.open("kenya", chapter)
    await kenya.put_caret("1")
    await kenya.write(" By the group.")
    await agree(shared, chapter, kenya, brazil)
    assert shared.request("DELETE", "/api/breakout-groups/group-for-a-test").status_code == 204
    await expect(brazil.editor).to_have_attribute("contenteditable", "true", timeout=WITHIN_MS)


async def test_who_is_shut_out_is_told_so(delegates: Delegates, shared: LiveServer) -> None:
    delegates.allow(*NOT_SIGNED_IN)
    chapter = make_chapter(shared, "First.")
    kenya = await delegates.open("kenya", chapter)
    try:
        assert shared.request("PATCH", "/api/participants/kenya", json={"active": False}).status_code == 200
        heading = kenya.page.get_by_role("heading", level=1)
        await expect(heading).to_have_text("You are signed out", timeout=WITHIN_MS)
        await expect(kenya.page.get_by_role("main")).to_contain_text("your access was withdrawn")
        await expect(kenya.editor).to_have_count(0)
        await kenya.page.reload()
        await expect(heading).to_have_text("Open the link that was sent to you")
    finally:
        shared.request("PATCH", "/api/participants/kenya", json={"active": True})


async def test_words_written_offline_by_who_may_no_longer_write_are_not_lost_unseen(
    delegates: Delegates, shared: LiveServer
) -> None:
    delegates.allow(r"net::ERR_INTERNET_DISCONNECTED", r"WebSocket connection to .* failed")
    chapter = make_chapter(shared, "First.")
    brazil = await delegates.open("brazil", chapter)
    await brazil.put_caret("1")
    await brazil.context.set_offline(True)
    await brazil.comes_to("offline")
    await brazil.write(" Too late.")
    try:
        assert shared.request("PATCH", "/api/participants/brazil", json={"role": "observer"}).status_code == 200
        await brazil.context.set_offline(False)
        await expect(brazil.status).to_have_attribute("data-state", "read-only")
        assert shared.text(chapter) == "First.\n"
        await expect(brazil.page.locator("body")).to_contain_text("Too late.")
    finally:
        shared.request("PATCH", "/api/participants/brazil", json={"role": "delegate"})
    (block,) = await agree(shared, chapter, brazil)
    assert block.text == "First. Too late."
