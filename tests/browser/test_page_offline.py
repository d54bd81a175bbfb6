"""Without a network, or without a server: no word is lost, and nothing is called saved that is not."""

import asyncio
import re
from collections.abc import Callable

from playwright.async_api import expect

from tests.browser.browserkit import OFFLINE, Delegates, Proxy, agree, invite, make_chapter, until
from tests.livekit import LiveServer


async def test_words_written_offline_are_there_for_everyone_afterwards(delegates: Delegates) -> None:
    delegates.allow(*OFFLINE)
    chapter = make_chapter(delegates.server, "First.", "Second.")
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await egypt.context.set_offline(True)
    await egypt.comes_to("offline")
    await egypt.put_caret("1")
    await egypt.write(" Written on a train.")
    await expect(egypt.status).to_contain_text("1 change kept on this device")
    await expect(egypt.page.get_by_test_id("notice")).to_contain_text("Keep writing")
    await ifip.put_caret("1", 0)
    await ifip.write("Meanwhile, ")
    await ifip.comes_to("saved")
    await egypt.context.set_offline(False)
    blocks = await agree(delegates.server, chapter, egypt, ifip)
    assert blocks[0].text == "Meanwhile, First. Written on a train."
    states = await egypt.states()
    assert [one.state for one in states][:2] == ["loading", "saved"]
    assert all("train" not in one.text or "Meanwhile" in one.text for one in states if one.state == "saved")
    await expect(egypt.page.get_by_test_id("notice")).to_have_count(0)


async def test_a_connection_that_breaks_is_said_at_once_and_mended(delegates: Delegates, proxy: Proxy) -> None:
    delegates.allow(*OFFLINE)
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter, proxy.url)
    await egypt.put_caret("1")
    await proxy.cut()
    await egypt.comes_to("offline", seconds=2)
    await egypt.write(" More.")
    await expect(egypt.status).to_contain_text("1 change kept on this device")
    await proxy.restore()
    (block,) = await agree(delegates.server, chapter, egypt)
    assert block.text == "First. More."


async def test_a_network_that_swallows_everything_is_never_called_saved(delegates: Delegates, proxy: Proxy) -> None:
    delegates.allow(*OFFLINE)
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter, proxy.url)
    await egypt.put_caret("1")
    proxy.stall()
    await egypt.write(" Into the dark.", delay=30)
    await egypt.comes_to("saving")
    assert [one.state for one in await egypt.states()][-2:] == ["saved", "saving"]
    assert delegates.server.text(chapter) == "First.\n"
    proxy.flow()
    (block,) = await agree(delegates.server, chapter, egypt)
    assert block.text == "First. Into the dark."


async def test_a_page_closed_offline_has_its_words_when_it_is_opened_again(delegates: Delegates) -> None:
    delegates.allow(*OFFLINE)
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter)
    await egypt.put_caret("1")
    await egypt.context.set_offline(True)
    await egypt.comes_to("offline")
    await egypt.write(" Kept on the device.")
    await egypt.page.close()
    await egypt.context.set_offline(False)
    assert delegates.server.text(chapter) == "First.\n"

    egypt.page = await egypt.context.new_page()
    await egypt.page.goto(egypt.url)
    await expect(egypt.page.get_by_test_id("chapter-list")).to_contain_text("1 change only on this device")
    await egypt.go(chapter)
    (block,) = await agree(delegates.server, chapter, egypt)
    assert block.text == "First. Kept on the device."
    await egypt.page.goto(egypt.url)
    await expect(egypt.page.get_by_test_id("chapter-list")).to_be_visible()
    await expect(egypt.page.get_by_test_id("chapter-list")).not_to_contain_text("only on this device")


async def test_signing_out_with_unsaved_words_is_asked_about(delegates: Delegates) -> None:
    delegates.allow(*OFFLINE)
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter)
    await egypt.put_caret("1")
    await egypt.context.set_offline(True)
    await egypt.comes_to("offline")
    await egypt.write(" Unsaved.")
    await expect(egypt.status).to_contain_text("1 change")
    await egypt.page.get_by_test_id("sign-out").click()
    await expect(egypt.page.get_by_test_id("dialog")).to_contain_text("not yet saved 1 change")
    await egypt.press("Escape")
    await expect(egypt.page.get_by_test_id("dialog")).to_have_count(0)
    await egypt.context.set_offline(False)
    (block,) = await agree(delegates.server, chapter, egypt)
    assert block.text == "First. Unsaved."


async def test_a_server_killed_while_three_write(delegates: Delegates, live: Callable[..., LiveServer]) -> None:
    delegates.allow(*OFFLINE)
    server = live()
    proxy = Proxy(server)
    await proxy.restore()
    chapter = make_chapter(server, "One.", "Two.", "Three.")
    people = [await delegates.open(who, chapter, proxy.url, server=server) for who in ("egypt", "ifip", "acme")]
    for label, one in enumerate(people, 1):
        await one.put_caret(str(label))

    async def kill() -> None:
        await until(lambda: _holds(server, chapter, "word3"), "some of the words on the disk")
        server.kill()
        await proxy.cut()

    text = " " + " ".join(f"word{number}" for number in range(12))
    await asyncio.gather(kill(), *(one.write(text, delay=20) for one in people))
    for one in people:
        await one.comes_to("offline")
        await expect(one.status).to_contain_text("1 change kept on this device")

    server.start()
    committed = server.text(chapter).splitlines()
    for label, one in enumerate(people):
        saved = [state.text.splitlines()[label] for state in await one.states() if state.state == "saved"]
        assert committed[label].startswith(max(saved, key=len)), "what was called saved is on the disk"
    await proxy.restore()
    blocks = await agree(server, chapter, *people)
    assert [block.text for block in blocks] == [f"{one}.{text}" for one in ("One", "Two", "Three")]
    await proxy.cut()


async def _holds(server: LiveServer, chapter: str, words: str) -> bool:
    return words in server.text(chapter)


async def test_a_link_opened_without_a_server_can_be_tried_again(delegates: Delegates, proxy: Proxy) -> None:
    delegates.allow(*OFFLINE)
    guest = await delegates.guest(proxy.url)
    secret = invite(delegates.server, "egypt")["link"].partition("#")[2]
    await guest.page.route(re.compile("/api/"), lambda route: route.abort("connectionrefused"))
    await guest.page.goto(f"{proxy.url}/join#{secret}")
    await expect(guest.page.get_by_role("main")).to_contain_text("Your link is still good")
    await guest.page.unroute_all()
    await guest.page.get_by_role("button", name="Try again").click()
    await expect(guest.page.get_by_test_id("chapter-list")).to_be_visible()
