"""A server whose disk fails: the page says so, keeps the words, and has them saved when it can."""

import resource
from collections.abc import Callable

from playwright.async_api import expect

from tests.browser.browserkit import OFFLINE, Delegates, agree, make_chapter
from tests.livekit import LiveServer


async def test_a_disk_that_fails_is_not_called_saved(delegates: Delegates, live: Callable[..., LiveServer]) -> None:
    delegates.allow(*OFFLINE)  # the server ends before the page
    server = live()
    chapter = make_chapter(server, "First.")
    egypt = await delegates.open("egypt", chapter, server=server)
    await egypt.put_caret("1")
    await egypt.write(" Good.")
    await agree(server, chapter, egypt)
    seen = len(await egypt.states())
    unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
    await egypt.write(" Bad days.", delay=20)
    await expect(egypt.status).to_contain_text("Not saved yet — 1 change kept on this device")
    await expect(egypt.page.get_by_test_id("notice")).to_contain_text("The server cannot save at the moment")
    await egypt.write(" More of them.")
    assert server.text(chapter) == "First. Good.\n"
    states = (await egypt.states())[seen:]
    assert "saved" not in [one.state for one in states], states

    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
    await egypt.comes_to("saved", seconds=30)
    (block,) = await agree(server, chapter, egypt)
    assert block.text == "First. Good. Bad days. More of them."
    await expect(egypt.page.get_by_test_id("notice")).to_have_count(0)
