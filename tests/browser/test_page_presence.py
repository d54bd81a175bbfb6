"""Who is here, and where their carets are."""

import re

from playwright.async_api import expect

from tests.browser.browserkit import OFFLINE, Delegates, Proxy, make_chapter, until
from tests.livekit import LiveServer
from tests.wirekit import presence, wire


async def test_people_stand_under_their_groups_and_leave_with_their_pages(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter)
    here = egypt.page.get_by_test_id("presence")
    await expect(here).to_contain_text("Nadia Abdel-Rahman (you)")
    ifip, observer = await delegates.open("ifip", chapter), await delegates.open("observer", chapter)
    group = here.locator(".group", has=egypt.page.get_by_role("heading", name=re.compile("^Civil society")))
    await expect(group).to_contain_text("Katarzyna Zielonka")
    await expect(group).to_contain_text("IFIP · delegate")
    await expect(group).to_contain_text("Eilidh Macrae")
    await expect(group).to_contain_text("Hebridean Library Trust · observer")
    await expect(here.get_by_role("heading", level=2)).to_have_text("Who is here 3")
    await ifip.page.close()
    await expect(here).not_to_contain_text("Katarzyna Zielonka", timeout=2_000)
    await observer.page.goto(observer.url)
    await expect(here).not_to_contain_text("Eilidh Macrae", timeout=2_000)
    await expect(here.get_by_role("heading", level=2)).to_have_text("Who is here 1")


async def test_carets_bear_name_and_delegation_and_move_at_once(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.", "Second.")
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter)
    await ifip.put_caret("2", 3)
    caret = egypt.paragraph("2").locator(".caret")
    await expect(caret).to_contain_text("Katarzyna Zielonka")
    await expect(caret).to_contain_text("IFIP")
    await expect(egypt.editor.locator(".caret")).to_have_count(1)
    await ifip.put_caret("1", 0)
    await expect(egypt.paragraph("1").locator(".caret")).to_have_count(1, timeout=1_000)
    await expect(egypt.paragraph("2").locator(".caret")).to_have_count(0, timeout=1_000)
    await ifip.page.close()
    await expect(egypt.editor.locator(".caret")).to_have_count(0, timeout=2_000)


async def test_a_caret_is_back_after_a_moment_without_network(delegates: Delegates, proxy: Proxy) -> None:
    delegates.allow(*OFFLINE)
    chapter = make_chapter(delegates.server, "First.")
    egypt, ifip = await delegates.open("egypt", chapter), await delegates.open("ifip", chapter, proxy.url)
    await ifip.put_caret("1")
    here = egypt.page.get_by_test_id("presence")
    await expect(here).to_contain_text("Katarzyna Zielonka")
    await proxy.cut()
    await expect(here).not_to_contain_text("Katarzyna Zielonka", timeout=2_000)
    await proxy.restore()
    await expect(here).to_contain_text("Katarzyna Zielonka", timeout=5_000)
    await expect(egypt.paragraph("1").locator(".caret")).to_contain_text("Katarzyna Zielonka", timeout=5_000)


async def test_nobody_can_pass_for_somebody_else(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First.")
    egypt = await delegates.open("egypt", chapter)
    forged = {"id": "chair", "name": "Annelise Brunner", "delegation_name": "Switzerland", "group": "government"}
    async with wire(shared, "acme", chapter) as socket:
        await socket.send(presence(4711, 1, {"user": forged, "cursor": None}))
        here = egypt.page.get_by_test_id("presence")
        await expect(here).to_contain_text("Caroline Whitfield-Rao")
        await expect(here).to_contain_text("Acme Networks")
        await expect(here).not_to_contain_text("Annelise")
    await expect(here).not_to_contain_text("Caroline", timeout=2_000)


async def test_two_windows_of_one_person_are_one_person(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First.")
    egypt = await delegates.open("egypt", chapter)
    other = await egypt.context.new_page()
    await other.goto(egypt.page.url)
    await expect(other.get_by_test_id("status")).to_have_attribute("data-state", "saved")
    await expect(egypt.page.get_by_test_id("presence").locator("li")).to_have_count(1)
    await egypt.put_caret("1")
    await egypt.write(" From one window.")

    async def arrived() -> bool:
        return "From one window." in (await other.get_by_test_id("editor").inner_text())

    await until(arrived, "the words in the other window")
    await expect(other.locator(".caret")).to_have_count(0)
