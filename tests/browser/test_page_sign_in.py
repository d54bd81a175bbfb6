"""Signing in by a link, and out again."""

import re
import time

import pytest
from playwright.async_api import expect

from tests.browser.browserkit import NOT_SIGNED_IN, Delegates, invite, make_chapter, until
from tests.livekit import LiveServer


async def test_a_link_signs_in_and_leaves_no_secret_in_the_address(delegates: Delegates, shared: LiveServer) -> None:
    names = {"egypt": "Nadia Abdel-Rahman", "ifip": "Katarzyna Zielonka", "acme": "Caroline Whitfield-Rao"}
    for who, name in names.items():
        delegate = await delegates.sign_in(who)
        await expect(delegate.page.get_by_test_id("whoami")).to_contain_text(name)
        assert delegate.page.url == f"{shared.url}/"
        assert "#" not in await delegate.page.evaluate("location.href + document.cookie")


async def test_a_reload_stays_signed_in_and_going_back_does_not_sign_in_anew(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "First")
    delegate = await delegates.open("egypt", chapter)
    await delegate.page.reload()
    await delegate.comes_to("saved")
    await delegate.page.go_back()
    await expect(delegate.page.get_by_test_id("chapter-list")).to_be_visible()
    assert invite_count(delegates.server, "egypt") == 1


def invite_count(server: LiveServer, who: str) -> int:
    """How many sessions the newest invitation of a participant has opened."""
    found = server.get(f"/api/participants/{who}/invitations").json()["invitations"]
    return int(found[-1]["used"])


@pytest.mark.parametrize("kind", ["bad", "cut", "empty", "expired", "revoked"])
async def test_a_link_that_does_not_work_is_explained_calmly(delegates: Delegates, kind: str) -> None:
    server = delegates.server
    delegates.allow(r"status of (404|409|410|422)", *NOT_SIGNED_IN)
    invitation = invite(server, "acme", hours=0.0002)
    link = invitation["link"]
    match kind:
        case "bad":
            link = link.partition("#")[0] + "#ThisIsNoInvitationAtAll"
        case "cut":
            link = link[:-5]
        case "empty":
            link = link.partition("#")[0]
        case "revoked":
            assert server.request("DELETE", f"/api/invitations/{invitation['id']}").status_code == 204
        case "expired":
            await until(lambda: _past(invitation["expires_at"]), "the invitation's end")
    guest = await delegates.guest()
    await guest.page.goto(link)
    words = {"expired": "expired", "revoked": "no longer valid", "empty": "incomplete"}.get(kind, "does not work")
    await expect(guest.page.get_by_role("heading", level=1)).to_contain_text(words)
    main = guest.page.get_by_role("main")
    await expect(main).to_contain_text(re.compile("secretariat|whole link"))
    await expect(main).not_to_contain_text(re.compile(r"error|\b4\d\d\b|exception", re.IGNORECASE))
    assert "#" not in guest.page.url


async def _past(moment: float) -> bool:
    return time.time() > moment + 1


async def test_signing_out_ends_the_session_and_takes_the_copies_along(delegates: Delegates) -> None:
    chapter = make_chapter(delegates.server, "Words that another user of this device must not find.")
    delegate = await delegates.open("acme", chapter)
    delegates.allow(*NOT_SIGNED_IN)
    await delegate.page.get_by_test_id("sign-out").click()
    await expect(delegate.page.get_by_role("heading", level=1)).to_have_text("Open the link that was sent to you")
    assert await delegate.page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))") == []
    assert await delegate.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('acme'))") == []
    await delegate.page.goto(f"{delegate.url}/chapters/{chapter}")
    await expect(delegate.page.get_by_role("heading", level=1)).to_have_text("Open the link that was sent to you")


async def test_a_chapter_that_is_not_there_is_said_to_be_so(delegates: Delegates) -> None:
    delegates.allow(r"status of 404")
    delegate = await delegates.sign_in("ifip")
    await delegate.page.goto(f"{delegate.url}/chapters/nowhere")
    await expect(delegate.page.get_by_role("heading", level=1)).to_have_text("There is no such chapter")
    await delegate.page.get_by_role("button").click()
    await expect(delegate.page.get_by_test_id("chapter-list")).to_be_visible()
