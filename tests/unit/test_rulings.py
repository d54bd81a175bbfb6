"""What was ruled: kept in the document, read back the same, logged in full, within its bounds."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pycrdt import XmlElement, XmlText

from documents.authorship.runs import Byline
from documents.chapter import LOCKS, RULINGS, STATUSES, ChapterDocument
from documents.gavel import rulings
from documents.gavel.rulings import (
    AGREED,
    HEADINGS,
    MAX_LOCKS,
    MAX_RULINGS,
    MAX_TEXT,
    STATUS,
    Lock,
    Person,
    Standing,
    drop_lock,
    has_room,
    holding,
    lock_on,
    locks,
    put_lock,
    section_members,
    set_status,
    standings,
    text_hash,
    text_of,
    void,
)
from documents.model import SERVER, Chapter, Entry, Recovery

VICE_CHAIR = Person("vice-chair", "Tevita Fonua", "tonga", "Tonga", "vice-chair")
CHAIR = Person("chair", "Annelise Brunner", "switzerland", "Switzerland", "chair")
EGYPT = Person("", "", "egypt", "Egypt")
ACME = Person("acme", "Søren Halkjær", "acme", "Acme Networks")
AT = "2026-01-02T03:04:05.678Z"

LINES = [
    ("heading", "h-1", 1), ("paragraph", "p-1", None), ("heading", "h-2", 2), ("paragraph", "p-2", None),
    ("heading", "h-3", 3), ("paragraph", "p-3", None), ("heading", "h-4", None), ("paragraph", "p-4", None),
    ("heading", "h-5", 1), ("list", "p-5", None),
]  # fmt: skip


def fill(document: ChapterDocument) -> None:
    for kind, paragraph, level in LINES:
        attributes: dict[str, Any] = {"id": paragraph, "label": ""}
        document.append(
            kind, attributes if level is None else {**attributes, "level": level}, f"The text of {paragraph}"
        )


class Chapters:
    """A chapter, and its journal."""

    def __init__(self) -> None:
        self.document = ChapterDocument()
        self.entries: list[Entry] = []
        self.do(fill)

    def do(self, change: Callable[[ChapterDocument], Any]) -> Any:
        """Change it in one step; returns what the change returns."""
        done: list[Any] = []
        update = self.document.write(lambda document: done.append(change(document)), SERVER, 0)
        if update:
            self.entries.append(Entry("trust", len(self.entries) + 1, 0, SERVER, update))
        return done[0]

    def lock(self, paragraph: str, scope: rulings.Scope = "paragraph", holder: Person = EGYPT, **more: Any) -> Lock:
        lock = Lock(paragraph, scope, 0, VICE_CHAIR, holder, "reading", AT, "", **more)
        kept: Lock = self.do(lambda document: put_lock(document, lock, "lock"))
        return kept

    def set_status(self, paragraph: str, status: rulings.Status, by: Person = CHAIR) -> Standing | None:
        standing: Standing | None = self.do(lambda document: set_status(document, paragraph, status, by, AT, "third"))
        return standing

    def write_into(self, paragraph: str, text: str) -> None:
        def change(document: ChapterDocument) -> None:
            item = document._paragraphs[paragraph]
            element = document.element(item)
            assert element is not None
            inner = element.children[0]
            assert isinstance(inner, XmlText)
            inner.insert(0, text)

        self.do(change)

    def remove(self, paragraph: str) -> None:
        def change(document: ChapterDocument) -> None:
            ids = [one.id for one in document.paragraphs()]
            del document._text.children[ids.index(paragraph)]

        self.do(change)

    def recovered(self) -> ChapterDocument:
        return ChapterDocument.recover(Recovery(Chapter("trust", "Trust", 0, SERVER), None, tuple(self.entries)))

    def acts(self) -> list[tuple[str, str, str]]:
        return [(one["act"], one["paragraph"], one["by"]["participant"]) for one in rulings.log(self.document)]

    def check(self) -> None:
        """What is known is what a document says that nobody has read, and has counted right."""
        for document in (self.document, self.recovered()):
            known = (dict(locks(document)), dict(standings(document)), rulings.log(document))
            del rulings._known_of[document]
            assert (dict(locks(document)), dict(standings(document)), rulings.log(document)) == known
        acts = rulings.log(self.document)
        assert acts == rulings.log(self.recovered())
        assert [one["n"] for one in acts] == list(range(1, len(acts) + 1))
        assert self.document.value(RULINGS).keys() == {str(one["n"]) for one in acts}


@pytest.fixture
def chapter() -> Chapters:
    return Chapters()


# Locks


def test_a_lock_is_kept_and_logged(chapter: Chapters) -> None:
    lock = chapter.lock("p-1")
    assert lock == Lock("p-1", "paragraph", 1, VICE_CHAIR, EGYPT, "reading", AT, "")
    assert locks(chapter.document) == {"p-1": lock}
    assert chapter.document.value(LOCKS) == {"p-1": lock.to_map()}
    holder = {"participant": "", "name": "", "delegation": "egypt", "delegation_name": "Egypt"}
    assert rulings.log(chapter.document) == [
        {
            "n": 1, "act": "lock", "paragraph": "p-1", "by": VICE_CHAIR.to_map(), "at": AT, "reason": "reading",
            "scope": "paragraph", "for": holder, "until": "",
        }
    ]  # fmt: skip
    chapter.check()


def test_a_renewed_lock_keeps_its_number(chapter: Chapters) -> None:
    chapter.set_status("p-1", "draft")
    lock = chapter.lock("p-1")
    assert lock.number == 2
    later = replace(lock, until="2030-01-01T00:00:00.000Z")
    assert chapter.do(lambda document: put_lock(document, later, "renew")) == later
    handed = replace(later, holder=ACME)
    assert chapter.do(lambda document: put_lock(document, handed, "hand-over")).number == 2
    assert locks(chapter.document) == {"p-1": handed}
    assert [act for act, _, _ in chapter.acts()] == ["status", "lock", "renew", "hand-over"]
    assert [one.get("until") for one in rulings.log(chapter.document)] == [None, "", later.until, later.until]
    chapter.check()


def test_a_dropped_lock_is_gone_and_stays_in_the_log(chapter: Chapters) -> None:
    lock = chapter.lock("p-1")
    assert chapter.do(lambda document: drop_lock(document, "p-1", CHAIR, "break", "time is up", AT)) == lock
    assert chapter.do(lambda document: drop_lock(document, "p-1", CHAIR, "break", "again", AT)) is None
    assert locks(chapter.document) == {}
    assert chapter.acts() == [("lock", "p-1", "vice-chair"), ("break", "p-1", "chair")]
    assert rulings.log(chapter.document)[1]["reason"] == "time is up"
    assert chapter.lock("p-1").number == 3
    chapter.check()


def test_which_lock_holds_a_paragraph(chapter: Chapters) -> None:
    document = chapter.document
    headings = chapter.lock(HEADINGS, "headings")
    outer = chapter.lock("h-1", "section", paragraphs=tuple(section_members(document, "h-1")))
    inner = chapter.lock("h-2", "section", paragraphs=tuple(section_members(document, "h-2")))
    own = chapter.lock("p-3", holder=ACME)
    holders = {
        item.paragraph: lock_on(document, item.paragraph, heading=item.kind == "heading")
        for item in rulings.items(document)
    }
    assert holders == {
        "h-1": headings, "p-1": outer, "h-2": headings, "p-2": inner, "h-3": headings, "p-3": own, "h-4": headings,
        "p-4": outer, "h-5": headings, "p-5": None,
    }  # fmt: skip
    own_heading = chapter.lock("h-5", holder=ACME)
    assert lock_on(document, "h-5", heading=True) == own_heading
    chapter.do(lambda document: drop_lock(document, HEADINGS, VICE_CHAIR, "release", "", AT))
    assert lock_on(document, "h-2", heading=True) == inner
    assert lock_on(document, "h-1", heading=True) == outer
    assert HEADINGS not in holding(document)


def test_what_is_known_is_the_same_object_until_it_changes(chapter: Chapters) -> None:
    document = chapter.document
    before = locks(document), holding(document), standings(document)
    chapter.write_into("p-1", "more ")
    assert all(
        one is other
        for one, other in zip(before, (locks(document), holding(document), standings(document)), strict=True)
    )
    chapter.lock("p-1")
    assert locks(document) is not before[0]
    assert before[0] == {}
    assert holding(document) is not before[1]
    assert standings(document) is before[2]
    chapter.set_status("p-1", "bracketed")
    assert standings(document) is not before[2]
    assert before[2] == {}


# Statuses


@pytest.mark.parametrize("status", STATUS)
def test_a_status_is_kept_with_the_exact_text(chapter: Chapters, status: rulings.Status) -> None:
    chapter.write_into("p-1", "  [é 𝄞]\n")
    standing = chapter.set_status("p-1", status)
    text = "  [é 𝄞]\nThe text of p-1"
    assert standing == Standing(status, 1, CHAIR, AT, text, hashlib.sha256(text.encode()).hexdigest())
    assert standings(chapter.document) == {"p-1": standing}
    assert standing.sealed is (status == "agreed")
    assert chapter.document.value(STATUSES) == {"p-1": standing.to_map()}
    assert "void" not in standing.to_map()
    (act,) = rulings.log(chapter.document)
    assert act == {
        "n": 1, "act": "status", "paragraph": "p-1", "by": CHAIR.to_map(), "at": AT, "reason": "third",
        "status": status, "hash": standing.hash,
    }  # fmt: skip
    chapter.check()


def test_a_status_needs_a_paragraph_that_is_not_too_long(chapter: Chapters) -> None:
    assert chapter.set_status("p-9", "agreed") is None
    chapter.remove("p-4")
    assert chapter.set_status("p-4", "agreed") is None
    chapter.write_into("p-1", "x" * (MAX_TEXT - len("The text of p-1")))
    assert chapter.set_status("p-1", "agreed") is not None
    chapter.write_into("p-1", "x")
    assert chapter.set_status("p-1", "agreed") is None
    assert len(rulings.log(chapter.document)) == 1


@pytest.mark.parametrize("status", STATUS)
def test_a_change_voids_what_was_agreed(chapter: Chapters, status: rulings.Status) -> None:
    standing = chapter.set_status("p-1", status)
    assert standing is not None
    assert not chapter.do(lambda document: void(document, "p-1", "chair", "then"))
    chapter.write_into("p-1", "not ")
    assert chapter.do(lambda document: void(document, "p-1", "chair", "now")) is (status in AGREED)
    assert not chapter.do(lambda document: void(document, "p-1", "chair", "later"))
    if status in AGREED:
        voided = standings(chapter.document)["p-1"]
        assert voided == replace(standing, void={"at": "now", "by": "chair"})
        assert voided.sealed is standing.sealed
        assert chapter.document.value(STATUSES)["p-1"]["void"] == {"at": "now", "by": "chair"}
        assert chapter.acts() == [("status", "p-1", "chair"), ("void", "p-1", "chair")]
        assert rulings.log(chapter.document)[1]["hash"] == standing.hash
    else:
        assert standings(chapter.document) == {"p-1": standing}
    chapter.check()


def test_nothing_is_voided_where_nothing_was_set(chapter: Chapters) -> None:
    assert not chapter.do(lambda document: void(document, "p-1", "chair", AT))
    assert rulings.log(chapter.document) == []


def test_what_is_deleted_is_void_and_setting_a_status_anew_heals(chapter: Chapters) -> None:
    chapter.set_status("p-1", "agreed")
    chapter.set_status("p-2", "agreed")
    chapter.remove("p-1")
    assert chapter.do(lambda document: void(document, "p-1", "chair", AT))
    chapter.write_into("p-2", "not ")
    assert chapter.do(lambda document: void(document, "p-2", "chair", AT))
    standing = chapter.set_status("p-2", "agreed")
    assert standing is not None
    assert (standing.void, standing.text) == (None, "not The text of p-2")
    chapter.check()


def test_who_voided_has_the_names_of_their_last_byline(chapter: Chapters) -> None:
    document = chapter.document
    for delegation in ("Egypt", "Kenya"):
        document.introduce("nadia", Byline("nadia", "Nadia", delegation.lower(), delegation, "government"))
        document.tell_authorship(0)
    chapter.set_status("p-1", "agreed")
    chapter.write_into("p-1", "not ")
    assert chapter.do(lambda document: void(document, "p-1", "nadia", AT))
    assert rulings.log(document)[-1]["by"] == Person("nadia", "Nadia", "kenya", "Kenya").to_map()


# Bounds


def test_a_chapter_holds_so_many_locks(chapter: Chapters) -> None:
    def fill_up(document: ChapterDocument) -> None:
        for number in range(MAX_LOCKS - 1):
            put_lock(document, Lock(f"q-{number}", "paragraph", 0, VICE_CHAIR, EGYPT, "", AT, ""), "lock")

    chapter.do(fill_up)
    assert has_room(chapter.document, "p-1")
    chapter.lock("p-1")
    assert not has_room(chapter.document, "p-2")
    assert has_room(chapter.document, "p-1")
    assert has_room(chapter.document)
    chapter.do(lambda document: drop_lock(document, "q-0", VICE_CHAIR, "release", "", AT))
    assert has_room(chapter.document, "p-2")
    chapter.check()


def test_the_log_ends_and_what_ends_a_ruling_goes_on(chapter: Chapters) -> None:
    lock = chapter.lock("p-1")
    chapter.set_status("p-2", "agreed")

    def fill_up(document: ChapterDocument) -> None:
        for _ in range(MAX_RULINGS - 3):
            put_lock(document, lock, "renew")

    chapter.do(fill_up)
    assert has_room(chapter.document, "p-1")
    assert chapter.set_status("p-3", "draft") is not None
    assert not has_room(chapter.document)
    assert not has_room(chapter.document, "p-1")
    assert chapter.set_status("p-3", "bracketed") is None
    chapter.write_into("p-2", "not ")
    assert chapter.do(lambda document: void(document, "p-2", "chair", AT))
    chapter.do(lambda document: drop_lock(document, "p-1", CHAIR, "break", "", AT))
    assert [act for act, _, _ in chapter.acts()[-3:]] == ["status", "void", "break"]
    chapter.check()


# Text and sections


def test_the_exact_text_of_a_paragraph(chapter: Chapters) -> None:
    def write(document: ChapterDocument) -> None:
        children = document._text.children
        mixed = children.append(XmlElement("paragraph", {"id": "mixed", "label": ""}))
        text = mixed.children.append(XmlText("a\nb\tc  "))
        text.insert(1, "B", {"bold": True})
        text.insert_embed(2, {"src": "x.png"})
        mixed.children.append(XmlElement("hard_break"))
        mixed.children.append(XmlText("é😀"))
        nested = children.append(XmlElement("bullet_list", {"id": "nested", "label": ""}))
        for words in ("ab", "c"):
            item = nested.children.append(XmlElement("list_item"))
            block = item.children.append(XmlElement("paragraph"))
            block.children.append(XmlText(words))
        children.append(XmlElement("paragraph", {"id": "empty", "label": ""}))

    chapter.do(write)
    document = chapter.document
    assert text_of(document, "mixed") == "aB \nb\tc   é😀"
    assert text_of(document, "nested") == "ab\nc"
    assert text_of(document, "empty") == ""
    assert text_of(document, "none") is None
    assert text_of(document, "p-1") == "The text of p-1"
    assert [(item.paragraph, text) for item, text in rulings.texts(document)] == [
        (item.paragraph, text_of(document, item.paragraph)) for item in rulings.items(document)
    ]
    chapter.remove("p-1")
    assert text_of(document, "p-1") is None
    assert text_hash("é") == hashlib.sha256(b"\xc3\xa9").hexdigest()


@pytest.mark.parametrize(
    ("heading", "members"),
    [
        ("h-1", ["h-1", "p-1", "h-2", "p-2", "h-3", "p-3", "h-4", "p-4"]),
        ("h-2", ["h-2", "p-2", "h-3", "p-3"]),
        ("h-3", ["h-3", "p-3"]),
        ("h-4", ["h-4", "p-4"]),  # it does not say its level
        ("h-5", ["h-5", "p-5"]),
        ("p-1", []),
        ("none", []),
        ("", []),
    ],
)
def test_what_a_section_is(chapter: Chapters, heading: str, members: list[str]) -> None:
    assert section_members(chapter.document, heading) == members
    assert section_members(chapter.recovered(), heading) == members


def test_sections_are_told_from_the_inside(chapter: Chapters) -> None:
    found = {item.paragraph: item.sections for item in rulings.items(chapter.document)}
    assert found["h-3"] == found["p-3"] == ("h-3", "h-2", "h-1")
    assert found["p-4"] == ("h-4", "h-1")
    assert found["p-5"] == ("h-5",)


def test_text_before_the_first_heading_is_in_no_section() -> None:
    document = ChapterDocument()
    document.write(lambda chapter: chapter.append("paragraph", {"id": "p-1", "label": "12 bis"}, "x"), SERVER, 0)
    assert rulings.items(document) == [rulings.Item("p-1", "12 bis", "paragraph", ())]
