"""The chapter's document: who is who among paragraphs, and what is read from it."""

from collections.abc import Iterable
from typing import Any

import pytest
from pycrdt import XmlElement, XmlFragment, XmlText

from documents.authorship.record import Record
from documents.chapter import MAX_LABEL, MAX_STEPS, ChapterDocument, Identity
from documents.crdt import update_v1
from documents.crdt.gate import MAX_SECTIONS
from documents.crdt.ledger import Kind
from documents.errors import DocumentBroken, RootForbidden, StorageDamaged, UpdateIncomplete, UpdateMalformed
from documents.model import SERVER, Chapter, Entry, Recovery, Snapshot
from tests.editorkit import Editor, content, replica
from tests.roomkit import opening

CHAPTER = Chapter("principles", "Principles", 1_000, SERVER)


def crowd(clients: int, each: int, document: ChapterDocument) -> bytes:
    """Everybody begins the first paragraph, `each` times: every item is to be held against all that came before."""
    first = document.item_of("p-1")
    assert first is not None
    text = next(item for item, one in document.ledger.types.items() if one.top == first and one.kind is Kind.TEXT)
    letter = update_v1.write_struct(update_v1.STRING, update_v1.write_string("x"), None, None, text)
    return update_v1.write_update([(100 + number, 0, [letter] * each) for number in range(clients)], [])


class Desk:
    """A chapter with three paragraphs, its journal, and editors that have it."""

    def __init__(self) -> None:
        self.document = ChapterDocument()
        self.entries: list[Entry] = []
        self._enter(SERVER, self.document.write(opening, SERVER, 0))

    def _enter(self, author: str, update: bytes) -> None:
        if update:
            self.entries.append(Entry(CHAPTER.id, len(self.entries) + 1, 1_000, author, update))

    def editor(self, author: str, client: int) -> Editor:
        editor = Editor(author, client, live=False)
        editor.doc.apply_update(self.document.state())
        editor.updates = []  # type: ignore[attr-defined]
        editor.doc.observe(lambda event: editor.updates.append(event.update))  # type: ignore[attr-defined]
        return editor

    def take(self, *editors: Editor) -> bytes:
        """Take what the editors made in one batch; returns the server's own update."""
        admitted = []
        for editor in editors:
            updates: list[bytes] = editor.updates  # type: ignore[attr-defined]
            for update in updates:
                admitted.append(self.document.take(update, editor.author, 0))
                self._enter(editor.author, admitted[-1].update)
            updates.clear()
        settled = self.document.settle(admitted, 0)
        self._enter(SERVER, settled)
        for editor in editors:
            editor.doc.apply_update(self.document.state())
            editor.updates.clear()  # type: ignore[attr-defined]
        return settled

    def ids(self) -> list[tuple[str, str]]:
        return [(paragraph.id, paragraph.label) for paragraph in self.document.paragraphs()]

    def recovered(self, snapshot: int | None = None) -> ChapterDocument:
        """Rebuilt from the journal, or from a snapshot of now and no tail."""
        if snapshot is None:
            return ChapterDocument.recover(Recovery(CHAPTER, None, tuple(self.entries)))
        document = self.document
        owners, record = dict(document.owners), document.record.encode()
        kept = Snapshot(CHAPTER.id, len(self.entries), 1, document.state(), owners, record)
        return ChapterDocument.recover(Recovery(CHAPTER, kept, ()))

    def check(self) -> None:
        """Ids are there, are unique, and are the same after a restart."""
        ids = [one for one, _ in self.ids()]
        assert all(ids) and len(set(ids)) == len(ids)
        for document in (self.recovered(), self.recovered(1)):
            assert document.paragraphs() == self.document.paragraphs()
            assert names(document) == names(self.document)
            assert document.runs(deleted=True) == self.document.runs(deleted=True)
            assert document.record.encode() == self.document.record.encode()


def names(document: ChapterDocument) -> dict[Any, Identity]:
    """Which item bears which name, of the paragraphs that are there."""
    return {item: name for item, name in document._identities.items() if not document._is_deleted(item)}


@pytest.fixture
def desk() -> Desk:
    return Desk()


START = [("p-1", "1"), ("p-2", "2"), ("p-3", "3")]


def test_typing_changes_no_identity(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.type("x")
    assert desk.take(egypt) == b""
    assert desk.ids() == START
    desk.check()


def test_the_tail_of_a_split_paragraph_gets_a_fresh_id_and_no_label(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.split(0, 4)
    assert desk.take(egypt) != b""
    first, second, *rest = desk.ids()
    assert first == ("p-1", "1")
    assert second[0] not in dict(START) and second[1] == ""
    assert rest == START[1:]
    assert desk.document.lines()[:2] == ["Para", "graph 1."]
    desk.check()


def test_an_editor_that_puts_the_head_into_the_new_element_changes_nothing_of_that(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.add("Head", 0, id="p-1", label="1")
    desk.take(egypt)
    assert desk.ids()[1:] == START
    assert desk.ids()[0][0] != "p-1"
    desk.check()


def test_a_copied_id_with_another_label_keeps_the_label(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.add(at=1, id="p-1", label="1 bis")
    desk.take(egypt)
    assert desk.ids()[1][0] != "p-1"
    assert desk.ids()[1][1] == "1 bis"
    desk.check()


def test_what_a_foreign_editor_drops_is_put_back(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    del egypt.paragraph(0).attributes["id"]
    del egypt.paragraph(1).attributes["label"]
    for name in ("id", "label"):
        del egypt.paragraph(2).attributes[name]
    desk.take(egypt)
    assert desk.ids() == START
    desk.check()


def test_the_id_of_a_paragraph_cannot_be_changed_and_its_label_can(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.paragraph(0).attributes["id"] = "p-2"
    egypt.paragraph(1).attributes["id"] = "mine"
    egypt.paragraph(1).attributes["label"] = "12.Alt.1"
    desk.take(egypt)
    assert desk.ids() == [("p-1", "1"), ("p-2", "12.Alt.1"), ("p-3", "3")]
    desk.check()


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, "ä", "p-9\n", 7, None, True, ["p-9"], {"id": "p-9"}, "../etc"])
def test_an_id_that_is_none_is_replaced(desk: Desk, bad: Any) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.add(id=bad, label="4")
    desk.take(egypt)
    assert desk.ids()[3][0].startswith("p-")
    assert desk.ids()[3][1] == "4"
    desk.check()


@pytest.mark.parametrize("bad", ["x" * (MAX_LABEL + 1), 4, None, ["4"]])
def test_a_label_that_is_none_is_not_taken(desk: Desk, bad: Any) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.add(id="p-4", label=bad)
    egypt.paragraph(0).attributes["label"] = bad
    desk.take(egypt)
    assert desk.ids() == [*START, ("p-4", "")]
    desk.check()


def test_a_new_paragraph_without_attributes_gets_them(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.add("Plain.")
    desk.take(egypt)
    assert desk.ids()[3][0].startswith("p-") and desk.ids()[3][1] == ""
    desk.check()


def test_cut_and_paste_keeps_the_id(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    del egypt.text.children[0]
    egypt.add("Paragraph 1.", 2, id="p-1", label="1")
    assert desk.take(egypt) == b""
    assert desk.ids() == [START[1], START[2], START[0]]
    desk.check()
    egypt.split(2, 4)
    desk.take(egypt)
    assert desk.ids()[:3] == [START[1], START[2], START[0]]
    desk.check()


def test_cut_in_one_batch_and_pasted_in_a_later_one(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    del egypt.text.children[0]
    desk.take(egypt)
    egypt.add(id="p-1", label="1")
    desk.take(egypt)
    assert desk.ids() == [START[1], START[2], START[0]]
    desk.check()


def test_pasted_before_it_is_cut_in_one_batch(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.add(id="p-1", label="1")
    del egypt.text.children[0]
    desk.take(egypt)
    assert desk.ids() == [START[1], START[2], START[0]]
    desk.check()


def test_the_same_id_by_two_people_at_once(desk: Desk) -> None:
    egypt, ifip = desk.editor("egypt", 11), desk.editor("ifip", 22)
    egypt.add("By Egypt.", id="p-4", label="4")
    ifip.add("By IFIP.", id="p-4", label="4")
    desk.take(egypt, ifip)
    by_text = {paragraph.text: (paragraph.id, paragraph.label) for paragraph in desk.document.paragraphs()}
    assert by_text["By Egypt."] == ("p-4", "4")
    assert by_text["By IFIP."][0] != "p-4" and by_text["By IFIP."][1] == ""
    desk.check()


def test_many_copies_in_one_batch(desk: Desk) -> None:
    egypt, ifip = desk.editor("egypt", 11), desk.editor("ifip", 22)
    for editor in (egypt, ifip):
        for index in (2, 1, 0):
            editor.split(index, 4)
    desk.take(egypt, ifip)
    assert len(desk.ids()) == 9
    assert {name: label for name, label in desk.ids() if label} == dict(START)
    desk.check()


def test_attributes_set_at_once_by_two_people(desk: Desk) -> None:
    egypt, ifip = desk.editor("egypt", 11), desk.editor("ifip", 22)
    for editor in (egypt, ifip):
        editor.paragraph(0).attributes["id"] = f"{editor.author}-1"
        editor.paragraph(0).attributes["label"] = editor.author
        del editor.paragraph(1).attributes["id"]
    desk.take(egypt, ifip)
    assert desk.ids()[0] in [("p-1", "egypt"), ("p-1", "ifip")]
    assert desk.ids()[1:] == START[1:]
    assert replica(desk.document.state()).paragraph(0).attributes["id"] == "p-1"
    desk.check()


def test_the_server_writes_against_an_editor_that_insists(desk: Desk) -> None:
    """A client that writes the id again and again at once with the server: in the end it is the server's."""
    egypt, ifip = desk.editor("egypt", 11), desk.editor("ifip", 22)
    for number in range(10):
        egypt.paragraph(0).attributes["id"] = f"mine-{number}"
        if number % 2:
            ifip.paragraph(0).attributes["id"] = f"or-mine-{number}"
            desk.take(ifip)
        desk.take(egypt)
        assert desk.ids() == START
    desk.check()


def test_a_paragraph_that_is_edited_while_another_deletes_it(desk: Desk) -> None:
    egypt, ifip = desk.editor("egypt", 11), desk.editor("ifip", 22)
    del egypt.text.children[0]
    ifip.paragraph(0).attributes["align"] = "left"
    ifip.split(0, 4)
    desk.take(egypt, ifip)
    assert [label for _, label in desk.ids()] == ["1", "2", "3"], "the copy is all that is left of it"
    assert desk.ids()[0][0] == "p-1"
    desk.check()


def test_what_the_server_appends_is_known_by_its_name(desk: Desk) -> None:
    desk._enter(
        SERVER, desk.document.write(lambda it: it.append("heading", {"id": "h-1", "label": "I"}, "Title"), SERVER, 0)
    )
    egypt = desk.editor("egypt", 11)
    egypt.split(3, 2)
    del egypt.paragraph(3).attributes["label"]
    desk.take(egypt)
    assert desk.ids()[3] == ("h-1", "I")
    assert desk.ids()[4][0] != "h-1"
    desk.check()


def test_elements_inside_a_paragraph_have_no_identity(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    with egypt.doc.transaction():
        outer = egypt.text.children.append(XmlElement("list", {"id": "p-4", "label": "4"}))
        inner = outer.children.append(XmlElement("list_item", {"id": "p-4"}))
        inner.children.append(XmlText("Item."))
    assert desk.take(egypt) == b""
    assert desk.ids()[3] == ("p-4", "4")
    desk.check()


def test_a_text_beside_the_paragraphs_is_let_be(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.text.children.append(XmlText("Loose."))
    assert desk.take(egypt) == b""
    assert desk.document.lines()[3] == "Loose."


# Reading


def test_lines_and_paragraphs() -> None:
    document = ChapterDocument()

    def change(it: ChapterDocument) -> None:
        it.append("heading", {"id": "h", "label": "A"}, "Title")
        it.append("paragraph", {"id": "p", "label": "1"}, "")
        list_ = it._text.children.append(XmlElement("bullet_list", {"id": "l", "label": ""}))
        for word in ("one", "two"):
            item = list_.children.append(XmlElement("list_item"))
            item.children.append(XmlElement("paragraph")).children.append(XmlText(word))
        words = it._text.children.append(XmlElement("paragraph", {"id": "e", "label": ""})).children.append(
            XmlText("ab")
        )
        words.insert_embed(1, {"image": "x"})
        words.format(0, 1, {"bold": True})

    document.write(change, SERVER, 0)
    assert document.lines() == ["Title", "", "one", "two", "a b"]
    assert [(one.kind, one.text) for one in document.paragraphs()][2] == ("bullet_list", "one two")


def test_a_paragraph_that_is_gone_has_its_last_label_after_a_restart_too(desk: Desk) -> None:
    """The library keeps values that one client has replaced one after the other as one item."""
    egypt = desk.editor("egypt", 11)
    for label in ("1 bis", "1 ter"):
        egypt.paragraph(0).attributes["label"] = label
    del egypt.text.children[0]
    desk.take(egypt)
    for document in (desk.document, desk.recovered(), desk.recovered(1)):
        (gone, *_) = document.runs(deleted=True)
        assert (gone.id, gone.label, gone.deleted and gone.deleted.by) == ("p-1", "1 ter", "egypt")


def test_since_gives_what_is_lacking_and_passes_over_what_is_not_known(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    before = dict(desk.document.clocks)
    egypt.type("New ")
    del egypt.words(1)[0:2]
    desk.take(egypt)
    late = replica(desk.entries[0].update)
    late.doc.apply_update(desk.document.since(before | {999: 5, 11: 0}))
    assert content(late) == content(egypt)
    assert str(late.words(0)) == "New Paragraph 1."
    assert content(replica(desk.document.since({}))) == content(late)
    assert content(replica(desk.document.since({77: 1}))) == content(late)
    assert desk.document.since({1: 2**40, 11: 2**40}) == desk.document.since(desk.document.clocks)


def test_has_all_of(desk: Desk) -> None:
    egypt, ifip = desk.editor("egypt", 11), desk.editor("ifip", 22)
    for editor in (egypt, ifip):
        editor.paragraph(0).attributes["align"] = editor.author
    desk.take(egypt, ifip)
    assert desk.document.has_all_of(egypt.doc.get_update()), "the value that lost, no update has deleted"
    assert desk.document.has_all_of(b"\0\0")
    egypt.type("x")
    assert not desk.document.has_all_of(egypt.doc.get_update())
    desk.take(egypt)
    assert desk.document.has_all_of(egypt.doc.get_update())
    del egypt.words(0)[0:1]
    assert not desk.document.has_all_of(egypt.doc.get_update())
    with pytest.raises(UpdateMalformed):
        desk.document.has_all_of(b"\x01")


# Errors


def fingerprint(document: ChapterDocument) -> Any:
    return document.state(), dict(document.clocks), document.owners.copy(), document.paragraphs()


def test_a_refused_update_changes_nothing(desk: Desk) -> None:
    before = fingerprint(desk.document)
    egypt = desk.editor("egypt", 11)
    egypt.type("a")
    egypt.type("b")
    updates: list[bytes] = egypt.updates  # type: ignore[attr-defined]
    with pytest.raises(UpdateIncomplete):
        desk.document.take(updates[1], "egypt", 0)
    egypt.maps["comments"]["c"] = "x"
    with pytest.raises(RootForbidden):
        desk.document.take(egypt.doc.get_update(), "egypt", 0)
    assert fingerprint(desk.document) == before


def test_a_change_that_raises_breaks_the_document(desk: Desk) -> None:
    def change(it: ChapterDocument) -> None:
        it.maps["meta"]["half"] = True
        raise ValueError("the other half")

    with pytest.raises(DocumentBroken, match="the other half"):
        desk.document.write(change, SERVER, 0)


def test_a_change_that_no_gate_lets_in_breaks_the_document(desk: Desk) -> None:
    def change(it: ChapterDocument) -> None:
        it._doc.get("secret", type=XmlFragment).children.append(XmlElement("x"))

    with pytest.raises(DocumentBroken, match="secret"):
        desk.document.write(change, SERVER, 0)


def damaged(entries: Iterable[Entry]) -> Recovery:
    return Recovery(CHAPTER, None, tuple(entries))


def test_a_damaged_journal_is_named(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    for _ in range(3):
        egypt.type("x")
    desk.take(egypt)
    with pytest.raises(StorageDamaged, match="entry 3"):
        ChapterDocument.recover(damaged([*desk.entries[:1], *desk.entries[2:]]))
    with pytest.raises(StorageDamaged, match="entry 4"):
        ChapterDocument.recover(damaged([*desk.entries[:3], Entry(CHAPTER.id, 4, 1, "egypt", b"\xff")]))
    with pytest.raises(StorageDamaged, match="entry 0"):
        ChapterDocument.recover(Recovery(CHAPTER, Snapshot(CHAPTER.id, 4, 1, b"\x01\x01", {}, Record().encode()), ()))


def test_a_snapshot_whose_record_is_none_or_another_s_is_damaged(desk: Desk) -> None:
    egypt = desk.editor("egypt", 11)
    egypt.type("x")
    desk.take(egypt)
    state, owners = desk.document.state(), dict(desk.document.owners)
    for record in (b"", b"\x01", desk.document.record.encode()[:-1], ChapterDocument().record.encode()):
        with pytest.raises(StorageDamaged, match="entry 0"):
            ChapterDocument.recover(Recovery(CHAPTER, Snapshot(CHAPTER.id, 2, 1, state, owners, record), ()))


def test_what_would_stand_among_too_much_is_refused_whole() -> None:
    """Thirty kilobytes can ask for seconds of work: it is counted, and ends at a bound."""
    document = Desk().document
    before = document.state(), document.record.encode(), dict(document.clocks)
    with pytest.raises(UpdateMalformed):
        document.take(crowd(MAX_SECTIONS, 3, document), "egypt", 0)
    assert (document.state(), document.record.encode(), dict(document.clocks)) == before
    assert document.sequence.steps < 2 * MAX_STEPS, "and it ended soon"
    taken = document.take(crowd(MAX_SECTIONS // 2, 1, document), "egypt", 0)
    assert len(taken.placed) == MAX_SECTIONS // 2
    assert document.lines()[0] == "Paragraph 1." + "x" * (MAX_SECTIONS // 2)
    assert [run.text for run in document.runs()[0].runs] == ["Paragraph 1.", "x" * (MAX_SECTIONS // 2)]


def test_what_was_let_in_once_is_let_in_again_from_the_journal_however_long_it_takes() -> None:
    desk = Desk()
    update = crowd(MAX_SECTIONS, 3, desk.document)
    desk.document.take(update, "egypt", 0, trusted=True)
    desk.entries.append(Entry(CHAPTER.id, 2, 1_000, "egypt", update))
    assert desk.recovered().state() == desk.document.state()
