"""The secretariat's day at the page: a draft comes in from Word, papers go out, and one is published."""

import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import anyio
import pytest
from docx import Document
from playwright.async_api import Locator, expect

from tests.browser.browserkit import (
    NOT_SIGNED_IN,
    Delegate,
    Delegates,
    agree,
    blocks_of,
    make_chapter,
    shoot,
    until,
)
from tests.browser.test_page_access import tab_to, violations
from tests.browser.test_page_locks import closed, lock, set_status
from tests.livekit import LiveServer
from tests.paperkit import resolved, revisions
from tests.wordkit import dele, ins, para, word

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
REFUSED = (r"status of (403|409|413|422)",)
"""What Chromium itself says of an answer that the page goes on to explain."""
SYMBOL = "WSIS+10/4/26/Pre-agreed"
AFTER = " This was written after close of business."

# Lets go of a file over the page, as a person does who drags it there.
DROP = """
([name, type, bytes]) => {
  const files = new DataTransfer()
  files.items.add(new File([new Uint8Array(bytes)], name, { type }))
  for (const kind of ['dragenter', 'dragover', 'drop']) {
    const target = document.querySelector('main')
    target.dispatchEvent(new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }))
  }
}
"""


def zero_draft() -> bytes:
    """With changes by a delegation, and by a name that nobody bears."""
    return word(
        para("Zero draft on village libraries", style="Title"),
        para(
            "1. Every village ",
            ins(1, "Egypt", "and town "),
            dele(2, "Janan", "shall"),
            ins(3, "Janan", "should"),
            " read.",
        ),
        para("2. Libraries are open to all."),
        para("3. States [may report."),
    )


async def drop(delegate: Delegate, content: bytes, name: str = "zero-draft.docx") -> None:
    await delegate.page.evaluate(DROP, [name, WORD, list(content)])


def panel(delegate: Delegate) -> Locator:
    return delegate.page.get_by_test_id("papers")


async def open_papers(delegate: Delegate) -> Locator:
    await delegate.page.get_by_role("button", name="Papers").click()
    await expect(panel(delegate).get_by_role("heading", name="Papers")).to_be_focused()
    return panel(delegate)


def version(delegate: Delegate, title: str) -> Locator:
    """The card of a version."""
    heading = delegate.page.get_by_role("heading", name=title, exact=True)
    return panel(delegate).get_by_test_id("version").filter(has=heading)


async def download(delegate: Delegate, place: Locator, form: str, since: str = "") -> bytes:
    """Take a paper away, and read the file."""
    await place.get_by_label("Form").select_option(label=form)
    if since:
        await place.get_by_label("Changes since").select_option(label=since)
    async with delegate.page.expect_download() as downloading:
        await place.get_by_test_id("take").get_by_role("button", name="Download").click()
    found = await downloading.value
    await expect(place.get_by_role("status").filter(has_text="Downloaded")).to_contain_text(found.suggested_filename)
    return await anyio.Path(await found.path()).read_bytes()


async def rule(delegate: Delegate, label: str, status: str) -> None:
    """Set a paragraph's status by the bar."""
    bar = delegate.page.get_by_test_id("gavel")
    await delegate.put_caret(label)
    await expect(bar).to_contain_text(re.compile(rf"Paragraph \W?{label}\W"))
    await bar.get_by_label("Status").select_option(label=status)
    await bar.get_by_role("button", name="Set status").click()
    await expect(delegate.editor.locator(f".chip-{status.lower().replace(' ', '-')}").last).to_be_visible()


async def import_by_page(secretariat: Delegate) -> str:
    """Drop the zero draft on the list, say who is who, import it; returns the chapter's id."""
    page = secretariat.page
    await drop(secretariat, zero_draft())
    report = page.get_by_test_id("import-report")
    await expect(report.get_by_role("heading", name="What was read in zero-draft.docx")).to_be_focused()
    await expect(report).to_contain_text("3 paragraphs, 3 of them numbered")
    await expect(report.get_by_test_id("problems")).to_contain_text("square brackets do not match in paragraph 3")
    await expect(report.get_by_label("Egypt", exact=True)).to_have_value("egypt")
    janan = report.get_by_label("Janan")
    await expect(janan).to_have_value("")
    await expect(report.get_by_text("Who is this?").filter(visible=True)).to_have_count(1)
    await janan.select_option(label="Japan")
    await report.locator("summary", has_text="Tracked changes").click()
    await expect(report.get_by_test_id("changes")).to_contain_text("the text is deleted by Japan")
    await expect(report.get_by_text("Who is this?").filter(visible=True)).to_have_count(0)
    await shoot(page, "import-report")
    await report.get_by_role("button", name="Import as a new chapter").click()
    link = page.get_by_role("link", name="Open the chapter")
    await expect(link).to_be_focused()
    await secretariat.press("Enter")
    await secretariat.comes_to("saved")
    return page.url.rpartition("/")[2]


async def test_the_secretariats_day(delegates: Delegates, shared: LiveServer) -> None:
    secretariat = await delegates.sign_in("secretariat")
    chapter = await import_by_page(secretariat)
    egypt, japan, ifip = [await delegates.open(who, chapter) for who in ("egypt", "japan", "ifip")]
    await expect(egypt.paragraph("1")).to_have_text("Every village and town should read.")
    for delegate, label, words in ((egypt, "1", " By day."), (japan, "2", " By night."), (ifip, "3", "]")):
        await delegate.put_caret(label)
        await delegate.write(words)
    await agree(shared, chapter, secretariat, egypt, japan, ifip)

    vice_chair = await delegates.open("vice-chair", chapter)
    await vice_chair.put_caret("1")
    await vice_chair.page.get_by_test_id("gavel").get_by_role("button", name="Lock for me").click()
    await closed(egypt, "1")
    await egypt.put_caret("1")
    await egypt.write("No.")
    await rule(vice_chair, "1", "Agreed ad referendum")
    await rule(vice_chair, "2", "Agreed in group")
    assert await egypt.words("1") == "Every village and town should read. By day."

    # Frozen by the vice-chair, it is there for the secretariat, who has the papers open.
    papers = await open_papers(secretariat)
    await expect(papers).to_contain_text("Nothing has been frozen yet.")
    await freeze(vice_chair)
    card = version(secretariat, SYMBOL)
    await expect(card).to_contain_text("Status as of 17 April 2026, COB · besides Para 3")
    await expect(card).to_contain_text("by Tevita Fonua")

    # What is written afterwards is draft.
    await ifip.put_caret("3")
    await ifip.write(AFTER)
    await agree(shared, chapter, egypt, japan, ifip)

    await card.get_by_role("button", name="Download").first.click()
    agreed = await download(secretariat, card, "Word")
    assert [one.text for one in resolved(agreed, accept=True)][-3:] == [
        "Every village and town should read. By day.",
        "Libraries are open to all. By night.",
        "States [may report.]",
    ]
    header = "".join(paragraph.text for paragraph in Document(BytesIO(agreed)).sections[0].header.paragraphs)
    assert SYMBOL in header
    assert "Status as of 17 April 2026, COB" in header
    redline = await download(secretariat, card, "Word, tracked changes")
    made = {(one.kind, one.author, one.text) for one in revisions(redline)}
    assert {("ins", "Egypt", "and town "), ("ins", "Egypt", " By day."), ("ins", "Japan", " By night.")} <= made
    assert {("del", "Japan", "shall"), ("ins", "Japan", "should"), ("ins", "IFIP", "]")} <= made
    later = papers.get_by_role("region", name="The text of now")
    since = await download(secretariat, later, "Word, tracked changes", f"{SYMBOL}, Status as of 17 April 2026, COB")
    assert [(one.kind, one.author, one.text) for one in revisions(since)] == [("ins", "IFIP", AFTER)]

    address = await publish(secretariat, card)
    delegates.allow(*NOT_SIGNED_IN, r"404 .*/favicon\.ico", r"status of 404 .*favicon")
    await nothing_but_the_paper(delegates, address)


async def freeze(ruler: Delegate) -> None:
    """By keyboard, from the papers."""
    await open_papers(ruler)
    await tab_to(ruler, ".freeze-open")
    await ruler.press("Enter")
    await ruler.write(SYMBOL)
    form = panel(ruler).get_by_test_id("freeze")
    await form.get_by_label("Date").fill("2026-04-17")
    await form.get_by_label("Suffix").fill("COB")
    await expect(form).to_contain_text("Status as of 17 April 2026, COB")
    await ruler.press("Enter")
    await expect(panel(ruler).get_by_role("heading", name=SYMBOL)).to_be_focused()
    await expect(version(ruler, SYMBOL).get_by_role("button", name="Publish")).to_have_count(0)


async def publish(secretariat: Delegate, card: Locator) -> str:
    """Returns the public address, which is a link on the card."""
    await shoot(secretariat.page, "papers")
    await card.get_by_role("button", name="Publish").click()
    question = secretariat.page.get_by_test_id("dialog")
    await expect(question).to_contain_text("without signing in")
    await question.get_by_role("button", name="Publish").click()
    link = card.get_by_role("link", name=re.compile("wsis-10-4-26-pre-agreed$"))
    await expect(link).to_be_visible()
    await expect(card).to_contain_text("Published by Miriam Okonjo-Lindqvist")
    return str(await link.get_attribute("href"))


async def nothing_but_the_paper(delegates: Delegates, address: str) -> None:
    """Somebody who is not signed in reads the paper there, and no word of the draft."""
    guest = await delegates.guest()
    answer = await guest.page.goto(guest.url + address)
    assert answer is not None
    assert answer.status == 200
    text = await guest.page.locator("body").inner_text()
    for words in (
        SYMBOL,
        "Status as of 17 April 2026, COB",
        "besides Para 3",
        "By day.",
        "By night.",
        "States [may report.]",
    ):
        assert words in text
    assert AFTER.strip() not in await guest.page.content()
    for form in (".txt", ".json"):
        found = await guest.page.request.get(f"{guest.url}{address}{form}")
        assert found.status == 200
        assert AFTER.strip() not in await found.text()
    await guest.page.goto(guest.url)
    await expect(guest.page.get_by_role("heading", name="Open the link that was sent to you")).to_be_visible()


async def test_nobody_sees_what_they_may_not_do(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First.")
    name_version(shared, chapter, "First reading")
    egypt, vice_chair = await delegates.open("egypt", chapter), await delegates.open("vice-chair", chapter)
    expected = {egypt: ["Download", "Compare", "Proof"], vice_chair: ["Download", "Compare", "Proof"]}
    for delegate, labels in expected.items():
        papers = await open_papers(delegate)
        card = version(delegate, "First reading")
        await expect(card.locator(".version-row button")).to_have_text(labels)
        await expect(papers.get_by_role("button", name="Freeze this text")).to_be_visible(
            visible=delegate is vice_chair
        )
    paper = await download(egypt, panel(egypt).get_by_role("region", name="The text of now"), "Plain text")
    assert paper.decode().endswith("1. First.\n")
    observer = await delegates.sign_in("observer")
    await expect(observer.page.get_by_role("button", name="Import a draft")).to_have_count(0)


def name_version(server: LiveServer, chapter: str, name: str) -> dict[str, Any]:
    answer = server.request("POST", f"/api/chapters/{chapter}/versions", "secretariat", json={"name": name})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_what_another_freezes_is_said_and_two_can_be_compared(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First.")
    name_version(shared, chapter, "First reading")
    egypt = await delegates.open("egypt", chapter)
    await egypt.put_caret("1")
    await egypt.write(" More.")
    await agree(shared, chapter, egypt)
    name_version(shared, chapter, "Second reading")
    await expect(egypt.page.get_by_test_id("spoken")).to_contain_text("Frozen: Second reading")
    await open_papers(egypt)
    await expect(panel(egypt).locator(".version-title")).to_have_text(["Second reading", "First reading"])
    card = version(egypt, "First reading")
    await card.get_by_role("button", name="Compare").click()
    await card.get_by_label("Compare with").select_option(label="Second reading")
    delegates.allow(r"404 .*/favicon\.ico", r"status of 404 .*favicon")
    async with egypt.context.expect_page() as opened:
        await card.get_by_role("link", name="Open the redline").click()
    await expect((await opened.value).locator("ins[datetime]")).to_contain_text("More.")
    proof = version(egypt, "Second reading")
    await proof.get_by_role("button", name="Proof").click()
    await expect(proof.locator("code")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    await egypt.press("Escape")
    await expect(panel(egypt)).to_be_hidden()
    await expect(egypt.page.get_by_role("button", name="Papers")).to_be_focused()


async def test_a_version_is_restored_after_saying_what_will_happen(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First.", "Second.")
    name_version(shared, chapter, "First reading")
    egypt, chair = await delegates.open("egypt", chapter), await delegates.open("chair", chapter)
    await egypt.put_caret("2")
    await egypt.write(" Spoilt.")
    await agree(shared, chapter, egypt, chair)
    await open_papers(chair)
    await version(chair, "First reading").get_by_role("button", name="Restore").click()
    question = chair.page.get_by_test_id("dialog")
    await expect(question).to_contain_text("Put back as they were: paragraph 2.")
    await expect(question.get_by_role("button", name="Leave the text as it is")).to_be_focused()
    await shoot(chair.page, "restore")
    await question.get_by_role("button", name="Restore").click()
    await expect(panel(chair).get_by_role("status").filter(has_text="Restored")).to_contain_text("1 paragraph changed")
    found = await agree(shared, chapter, egypt, chair)
    assert [block.text for block in found] == ["First.", "Second."]
    await panel(chair).get_by_text("Automatic versions").click()
    await expect(panel(chair).get_by_role("list", name="Automatic versions").get_by_test_id("version")).to_have_count(1)


def edited(paper: bytes, changes: dict[str, str]) -> bytes:
    """The Word file as somebody gives it back who has replaced words without tracking that."""
    made = BytesIO()
    with ZipFile(BytesIO(paper)) as old, ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode() if name == "word/document.xml" else ""
            for before, after in changes.items():
                assert not content or before in content
                content = content.replace(before, after)
            new.writestr(name, content or old.read(name))
    return made.getvalue()


async def test_an_edited_file_comes_back(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First words.", "Second words.", "Third words.")
    egypt, observer = await delegates.open("egypt", chapter), await delegates.open("observer", chapter)
    await open_papers(observer)
    await expect(panel(observer).get_by_role("button", name="Bring an edited file back")).to_be_hidden()
    await open_papers(egypt)
    paper = await download(egypt, panel(egypt).get_by_role("region", name="The text of now"), "Word")
    lock(shared, chapter, "1")
    back = edited(paper, {"First words": "First big words", "Second words": "Second small words"})
    place = panel(egypt).get_by_test_id("bring-back")
    await place.get_by_role("button", name="Bring an edited file back").click()
    await place.locator("input[type=file]").set_input_files(
        {"name": "from-the-capital.docx", "mimeType": WORD, "buffer": back}
    )
    report = place.get_by_test_id("merge-report")
    await expect(report.get_by_role("heading", name="What from-the-capital.docx would change")).to_be_focused()
    await expect(report).to_contain_text("1 paragraph changed, 1 that can’t be brought in.")
    await expect(report.locator('[data-state="changed"] ins')).to_contain_text("small")
    await expect(report.locator('[data-state="locked"] ins')).to_contain_text("big")
    assert await violations(egypt.page) == []
    await shoot(egypt.page, "bring-back")
    assert [block.text for block in blocks_of(shared, chapter)][1] == "Second words."
    await place.get_by_role("button", name="Bring this in").click()
    said = panel(egypt).get_by_role("status").filter(has_text="Brought in from from-the-capital.docx")
    await expect(said).to_contain_text("1 paragraph changed")
    found = await agree(shared, chapter, egypt, observer)
    assert [block.text for block in found] == ["First words.", "Second small words.", "Third words."]
    await egypt.press("Escape")
    await expect(egypt.page.get_by_test_id("kept-card")).to_contain_text("big")


async def test_a_role_that_changes_changes_what_is_shown(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First.")
    kenya = await delegates.open("kenya", chapter)
    notice = kenya.page.locator('[data-topic="rights"]')

    def make(role: str) -> None:
        answer = shared.request("PATCH", "/api/participants/kenya", json={"role": role})
        assert answer.status_code == 200, answer.text

    try:
        make("observer")
        await expect(notice).to_contain_text("You are reading as an observer")
        make("vice-chair")
        await expect(notice).to_have_count(0)
        papers = await open_papers(kenya)
        await expect(papers.get_by_role("button", name="Freeze this text")).to_be_visible()
    finally:
        make("delegate")


async def test_the_chair_is_shown_what_was_set_aside_of_others(delegates: Delegates, shared: LiveServer) -> None:
    chapter = make_chapter(shared, "First.", "Second.")
    set_status(shared, chapter, "1", "agreed")
    egypt = await delegates.open("egypt", chapter)
    await egypt.put_caret("2")
    await egypt.write(" Late.")
    await egypt.context.set_offline(True)
    delegates.allow(r"net::ERR_INTERNET_DISCONNECTED", r"WebSocket connection to .* failed")
    await egypt.comes_to("offline")
    await egypt.put_caret("2")
    await egypt.write(" Offline.")
    set_status(shared, chapter, "2", "agreed")
    await egypt.context.set_offline(False)
    await expect(egypt.page.get_by_test_id("kept-card")).to_have_count(1)
    chair = await delegates.open("chair", chapter)
    await expect(chair.page.get_by_test_id("set-aside")).to_contain_text("1 edit set aside")


@pytest.mark.parametrize("content", [zero_draft()[:300], b"PK\x03\x04", b"\xff\xfe\x00"])
async def test_a_file_that_is_refused_is_told_of_in_one_line_and_another_can_be_chosen(
    delegates: Delegates, content: bytes
) -> None:
    delegates.allow(*REFUSED)
    secretariat = await delegates.sign_in("secretariat")
    await drop(secretariat, content, "broken.docx")
    place = secretariat.page.get_by_test_id("import")
    await expect(place.locator(".import-trouble")).to_have_text(re.compile(r"^broken\.docx: \S.*\.$"))
    await expect(place.get_by_test_id("import-report")).to_be_hidden()
    await place.locator("input[type=file]").set_input_files(
        {"name": "draft.txt", "mimeType": "text/plain", "buffer": b"A title\n\n1. First.\n"}
    )
    await expect(place.get_by_test_id("import-report")).to_contain_text("1 paragraph")
    await expect(place.locator(".import-trouble")).to_be_empty()


async def test_nothing_is_lost_when_the_server_cannot_be_reached(delegates: Delegates) -> None:
    delegates.allow(r"net::ERR_INTERNET_DISCONNECTED")
    secretariat = await delegates.sign_in("secretariat")
    await drop(secretariat, zero_draft())
    report = secretariat.page.get_by_test_id("import-report")
    await report.get_by_label("Janan").select_option(label="Japan")
    await report.get_by_label("Title of the chapter").fill("A title of our own")
    keep = report.get_by_role("button", name="Import as a new chapter")
    await expect(keep).to_be_enabled()
    await secretariat.context.set_offline(True)
    await keep.click()
    await expect(secretariat.page.locator(".import-trouble")).to_contain_text("The server cannot be reached")
    await secretariat.context.set_offline(False)
    await keep.click()
    await expect(secretariat.page.locator(".import-done")).to_contain_text("Imported: A title of our own")


async def test_a_draft_is_imported_by_keyboard_alone(delegates: Delegates) -> None:
    secretariat = await delegates.sign_in("secretariat")
    await secretariat.page.get_by_role("button", name="Import a draft").focus()
    await secretariat.press("Enter")
    await expect(secretariat.page.locator("input[type=file]")).to_be_focused()
    async with secretariat.page.expect_file_chooser() as choosing:
        await secretariat.press("Space")
    await (await choosing.value).set_files({"name": "draft.docx", "mimeType": WORD, "buffer": zero_draft()})
    heading = secretariat.page.get_by_role("heading", name="What was read in draft.docx")
    await expect(heading).to_be_focused()
    await tab_to(secretariat, "select")
    await tab_to(secretariat, ".import-report button[type=submit]")
    await secretariat.press("Enter")
    await expect(secretariat.page.get_by_role("link", name="Open the chapter")).to_be_focused()


@pytest.mark.parametrize("colors", ["light", "dark"])
async def test_axe_finds_nothing_wrong_with_papers_and_imports(
    delegates: Delegates, shared: LiveServer, colors: str
) -> None:
    secretariat = await delegates.sign_in("secretariat", color_scheme=colors)
    await drop(secretariat, zero_draft())
    report = secretariat.page.get_by_test_id("import-report")
    await expect(report).to_be_visible()
    assert await violations(secretariat.page) == []
    chapter = make_chapter(shared, "First.")
    made = name_version(shared, chapter, "First reading")
    shared.request("PUT", f"/api/chapters/{chapter}/versions/{made['id']}/publication")
    await secretariat.go(chapter)
    papers = await open_papers(secretariat)
    for name in ("Freeze this text", "Compare"):
        await papers.get_by_role("button", name=name).click()
    await until(secretariat.page.locator(".papers-page").is_visible, "papers")
    assert await violations(secretariat.page) == []
