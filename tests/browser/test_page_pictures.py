"""What the page looks like: pictures for people to judge, kept when $ADREF_SCREENSHOTS names a folder."""

import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.browserkit import OFFLINE, Delegates, agree, import_chapter, make_chapter, shoot
from tests.browser.test_page_comments import SAMPLE
from tests.livekit import LiveServer

pytestmark = pytest.mark.skipif("ADREF_SCREENSHOTS" not in os.environ, reason="ADREF_SCREENSHOTS names no folder")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}


@pytest.fixture
async def delegates(browser: Browser, live: Callable[..., LiveServer]) -> AsyncIterator[Delegates]:
    """Participants of a meeting that has nothing but what is to be seen."""
    made = Delegates(browser, live())
    yield made
    await made.close()


async def test_the_pages_of_a_meeting(delegates: Delegates) -> None:
    delegates.allow(*OFFLINE)
    chapter = import_chapter(delegates.server, SAMPLE)
    egypt = await delegates.sign_in("egypt")
    await expect(egypt.page.get_by_test_id("chapter-link").first).to_be_visible()
    await shoot(egypt.page, "list")
    await egypt.page.get_by_label("Search").fill("digital identity")
    await expect(egypt.page.get_by_text("found")).to_be_visible()
    await shoot(egypt.page, "search")
    await egypt.go(chapter)
    await shoot(egypt.page, "chapter-opened")
    ifip, acme = await delegates.open("ifip", chapter), await delegates.open("acme", chapter)
    chair, observer = await delegates.open("chair", chapter), await delegates.open("observer", chapter)
    for one, label, offset in ((ifip, "1", 70), (acme, "2", 20), (chair, "4", 60)):
        await one.put_caret(label, offset)
    await acme.press("Shift+Control+ArrowRight", "Shift+Control+ArrowRight")
    await egypt.put_caret("3", 12)
    await egypt.write("in particular ", delay=10)
    await agree(delegates.server, chapter, egypt, ifip, acme, chair, observer)
    await expect(egypt.editor.locator(".caret")).to_have_count(3)
    await shoot(egypt.page, "chapter-with-carets")
    await shoot(observer.page, "observer")
    await egypt.press("Control+Alt+m")
    await egypt.write("Egypt would keep “equal standing”, and asks the secretariat for the wording of 2003.")
    await shoot(egypt.page, "comment-writing")
    await egypt.press("Control+Enter")
    await expect(egypt.page.get_by_test_id("comments")).to_contain_text("the wording of 2003")
    await shoot(egypt.page, "comment")
    await egypt.context.set_offline(True)
    await egypt.put_caret("5")
    await egypt.write(" [including by 2030 - Egypt]")
    await expect(egypt.page.get_by_test_id("notice")).to_be_visible()
    await shoot(egypt.page, "offline")
    await egypt.page.get_by_test_id("sign-out").click()
    await expect(egypt.page.get_by_test_id("dialog")).to_be_visible()
    await shoot(egypt.page, "sign-out-warning")


async def test_small_dark_and_from_right_to_left(delegates: Delegates) -> None:
    delegates.allow(r"status of 40\d")
    chapter = import_chapter(delegates.server, SAMPLE)
    phone = await delegates.sign_in("egypt", **PHONE)
    await shoot(phone.page, "phone-list")
    await phone.go(chapter)
    await shoot(phone.page, "phone-chapter")
    ifip = await delegates.open("ifip", chapter)
    await ifip.put_caret("3", 30)
    await phone.paragraph("3").scroll_into_view_if_needed()
    await phone.put_caret("3", 0)
    await shoot(phone.page, "phone-writing")
    dark = await delegates.open("acme", chapter, color_scheme="dark")
    await shoot(dark.page, "dark")
    arabic = make_chapter(
        delegates.server,
        "نؤكد أن الخدمة العامة تبقى عامة حين تُقدَّم بالوسائل الرقمية، "
        "وأن واجبات الدولة تجاه كل شخص تتبع الخدمة أينما قُدِّمت.",
        "We reaffirm that a public service does not cease to be public.",
        "אנו מאשרים כי שירות ציבורי נשאר ציבורי [ALT 1: תמיד - Israel].",
        title="الخدمات العامة الرقمية",
    )
    jordan, japan = await delegates.open("jordan", arabic), await delegates.open("japan", arabic)
    await japan.put_caret("1", 30)
    await jordan.put_caret("3", 10)
    await expect(jordan.editor.locator(".caret")).to_have_count(1)
    await shoot(jordan.page, "right-to-left")
    guest = await delegates.guest()
    await guest.page.goto(f"{guest.url}/join#wrong")
    await expect(guest.page.get_by_role("heading", level=1)).to_be_visible()
    await shoot(guest.page, "bad-link")
