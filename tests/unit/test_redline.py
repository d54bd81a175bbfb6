"""Redlines of what editors do: what is kept, inserted, deleted and moved, by whom, and in which paragraph."""

from collections.abc import Callable
from time import process_time
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from documents.chapter import ChapterDocument
from documents.model import SERVER, Entry
from documents.redline.base import Base
from documents.redline.redline import RedlineParagraph, read, redline, tags
from tests.editorkit import plain

MINUTE = 60_000
START = 29_000_000

Edit = Callable[[XmlFragment], None]
Short = list[tuple[str, ...]]


class Chapter:
    """A chapter with its journal, and everybody's replica of it, in which one thing happens after the other."""

    def __init__(self, *paragraphs: str) -> None:
        self.document = ChapterDocument()
        self.journal: list[Entry] = []
        self.minute = START

        def draft(document: ChapterDocument) -> None:
            for number, text in enumerate(paragraphs, 1):
                document.append("paragraph", {"id": f"p-{number}", "label": str(number)}, text)

        self._keep(self.document.write(draft, SERVER, self.at), SERVER)
        self._clients: dict[str, int] = {}

    @property
    def at(self) -> int:
        return self.minute * MINUTE

    def _keep(self, update: bytes, author: str) -> None:
        if update:
            self.journal.append(Entry("trust", len(self.journal) + 1, self.at, author, update))

    def edit(self, author: str, edit: Edit) -> None:
        """Somebody makes a change, in one transaction, a minute after the last one."""
        self.minute += 1
        client = self._clients.setdefault(author, 100 + len(self._clients))
        doc: Doc[Any] = Doc(client_id=client)
        doc.apply_update(self.document.state())
        before = doc.get_state()
        with doc.transaction():
            edit(doc.get("default", type=XmlFragment))
        admitted = self.document.take(doc.get_update(before), author, self.at)
        self._keep(admitted.update, author)
        self._keep(self.document.settle([admitted], self.at), SERVER)

    def full(self, since: int = 1) -> list[RedlineParagraph]:
        base = Base()
        base.extend(self.journal[:since])
        base.close()
        return redline(read(self.document), base)

    def short(self, since: int = 1) -> list[tuple[str, Short]]:
        """Each paragraph as its change (and what it is a part of), and its changes without times."""
        return [
            (" ".join(filter(None, (one.change, one.part_of))), [_short(change) for change in one.changes])
            for one in self.full(since)
        ]


def _short(change: Any) -> tuple[str, ...]:
    if change.change == "kept":
        return ("kept", change.text)
    wrote = () if change.author == change.by else (change.author,)
    return change.change, change.text, change.by, *wrote


def kept(text: str) -> tuple[str, Short]:
    return "kept", [("kept", text)]


def words(fragment: XmlFragment, index: int) -> XmlText:
    element = fragment.children[index]
    assert isinstance(element, XmlElement)
    found = element.children[0]
    assert isinstance(found, XmlText)
    return found


def write(index: int, at: int, text: str) -> Edit:
    return lambda fragment: words(fragment, index).insert(at, text)


def delete(index: int, start: int, end: int) -> Edit:
    def edit(fragment: XmlFragment) -> None:
        del words(fragment, index)[start:end]

    return edit


def add(index: int, text: str, tag: str = "paragraph", **attributes: str) -> Edit:
    def edit(fragment: XmlFragment) -> None:
        element = XmlElement(tag, attributes)
        fragment.children.insert(index, element)
        element.children.append(XmlText(text))

    return edit


def remove(index: int) -> Edit:
    def edit(fragment: XmlFragment) -> None:
        del fragment.children[index]

    return edit


def split(index: int, at: int, typed: str = "") -> Edit:
    """Enter in the middle: the rest is typed anew into a paragraph behind, as most editors do."""

    def edit(fragment: XmlFragment) -> None:
        text = words(fragment, index)
        rest = plain(text)[at:]
        del text[at : at + len(rest)]
        add(index + 1, typed + rest)(fragment)

    return edit


def join(index: int) -> Edit:
    """Backspace at the beginning of the next paragraph."""

    def edit(fragment: XmlFragment) -> None:
        text = words(fragment, index)
        text.insert(len(plain(text)), plain(words(fragment, index + 1)))
        del fragment.children[index + 1]

    return edit


def test_nothing_changed() -> None:
    chapter = Chapter("One here.", "Two here.")
    assert chapter.short() == [kept("One here."), kept("Two here.")]


def test_all_of_it_is_new_since_the_beginning() -> None:
    chapter = Chapter("One.")
    chapter.edit("amina", write(0, 0, "Not "))
    assert chapter.short(since=0) == [("inserted", [("inserted", "Not ", "amina"), ("inserted", "One.", SERVER)])]


def test_insertions_and_deletions_by_name() -> None:
    chapter = Chapter("The quick fox.")
    chapter.edit("amina", write(0, 4, "very "))
    chapter.edit("kenji", delete(0, 9, 15))
    chapter.edit("kenji", delete(0, 4, 9))
    assert chapter.short() == [("kept", [("kept", "The "), ("deleted", "quick ", "kenji", SERVER), ("kept", "fox.")])]
    (paragraph,) = chapter.full(since=2)
    assert [(one.text, one.change, one.by, one.author, one.at) for one in paragraph.changes] == [
        ("The ", "kept", SERVER, SERVER, START),
        ("very ", "deleted", "kenji", "amina", START + 3),
        ("quick ", "deleted", "kenji", SERVER, START + 2),
        ("fox.", "kept", SERVER, SERVER, START),
    ]
    assert chapter.short(since=4) == [kept("The fox.")]
    assert set(tags(chapter.full(since=2))) == {SERVER, "amina", "kenji"}


def test_what_came_and_went_in_between_is_not_shown() -> None:
    chapter = Chapter("One.")
    chapter.edit("amina", write(0, 4, " Two."))
    chapter.edit("amina", delete(0, 4, 9))
    chapter.edit("amina", add(1, "Three."))
    chapter.edit("kenji", remove(1))
    assert chapter.short() == [kept("One.")]


def test_paragraphs_come_and_go() -> None:
    chapter = Chapter("One.", "Two.")
    chapter.edit("amina", add(1, "New."))
    chapter.edit("kenji", remove(2))
    first, new, gone = chapter.full()
    assert (first.change, first.by, first.at) == ("kept", None, None)
    assert (new.change, new.by, new.at) == ("inserted", "amina", START + 1)
    assert (gone.change, gone.by, gone.at, gone.label) == ("deleted", "kenji", START + 2, "2")
    assert chapter.short()[1:] == [
        ("inserted", [("inserted", "New.", "amina")]),
        ("deleted", [("deleted", "Two.", "kenji", SERVER)]),
    ]


def test_words_that_move_to_another_paragraph() -> None:
    chapter = Chapter("Every word matters. One.", "Two.", "Three.")

    def move(fragment: XmlFragment) -> None:
        delete(0, 0, 20)(fragment)
        write(2, 0, "Every word matters. ")(fragment)

    chapter.edit("kenji", move)
    assert chapter.short() == [
        ("kept", [("moved-away", "Every word matters. ", "kenji", SERVER), ("kept", "One.")]),
        kept("Two."),
        ("kept", [("moved-here", "Every word matters. ", "kenji", SERVER), ("kept", "Three.")]),
    ]
    chapter.edit("boris", delete(2, 0, 6))
    assert chapter.short() == [
        (
            "kept",
            [
                ("deleted", "Every ", "boris", SERVER),
                ("moved-away", "word matters. ", "kenji", SERVER),
                ("kept", "One."),
            ],
        ),
        kept("Two."),
        ("kept", [("moved-here", "word matters. ", "kenji", SERVER), ("kept", "Three.")]),
    ]
    assert {change.at for one in chapter.full() for change in one.changes if change.by == "kenji"} == {START + 1}


def test_words_that_were_written_and_moved_since() -> None:
    chapter = Chapter("One.", "Two.")
    chapter.edit("amina", write(0, 4, " Every word."))
    chapter.edit("kenji", lambda fragment: (delete(0, 4, 16)(fragment), write(1, 4, " Every word.")(fragment))[0])
    assert chapter.short() == [kept("One."), ("kept", [("kept", "Two."), ("inserted", " Every word.", "amina")])]
    assert chapter.full()[1].changes[1].moved_by == "kenji"


def test_enter_does_not_make_a_paragraph_red() -> None:
    chapter = Chapter("One here. Two here.", "Three.")
    chapter.edit("kenji", split(0, 10))
    assert chapter.short() == [kept("One here. "), ("inserted previous", [("kept", "Two here.")]), kept("Three.")]
    assert chapter.full()[1].by == "kenji"
    chapter.edit("kenji", join(0))
    assert chapter.short() == [kept("One here. Two here."), kept("Three.")]


def test_enter_and_then_some_words() -> None:
    chapter = Chapter("One here. Two here.", "Three.")
    chapter.edit("kenji", split(0, 10, "Indeed, "))
    chapter.edit("amina", write(1, 17, " Always."))
    assert chapter.short()[1] == (
        "inserted previous",
        [("inserted", "Indeed, ", "kenji"), ("kept", "Two here."), ("inserted", " Always.", "amina")],
    )


def test_enter_twice() -> None:
    chapter = Chapter("One here. Two here. Three here.")
    chapter.edit("kenji", split(0, 20))
    chapter.edit("kenji", split(0, 10))
    assert chapter.short() == [
        kept("One here. "),
        ("inserted previous", [("kept", "Two here. ")]),
        ("inserted previous", [("kept", "Three here.")]),
    ]


def test_an_editor_that_splits_off_the_head() -> None:
    chapter = Chapter("Zero.", "One here. Two here.")

    def head(fragment: XmlFragment) -> None:
        delete(1, 0, 10)(fragment)
        add(1, "One here. ")(fragment)

    chapter.edit("kenji", head)
    assert chapter.short() == [kept("Zero."), ("inserted next", [("kept", "One here. ")]), kept("Two here.")]
    assert [one.id for one in chapter.full()][2] == "p-2"


def test_a_join_does_not_either() -> None:
    chapter = Chapter("One here. ", "Two here.", "Three.")
    chapter.edit("kenji", join(0))
    assert chapter.short() == [kept("One here. "), ("deleted previous", [("kept", "Two here.")]), kept("Three.")]
    gone = chapter.full()[1]
    assert (gone.id, gone.label, gone.by) == ("p-2", "2", "kenji")


def test_an_editor_that_joins_to_the_second() -> None:
    chapter = Chapter("Zero.", "One here. ", "Two here.")

    def into_second(fragment: XmlFragment) -> None:
        write(2, 0, "One here. ")(fragment)
        remove(1)(fragment)

    chapter.edit("kenji", into_second)
    assert chapter.short() == [kept("Zero."), ("deleted next", [("kept", "One here. ")]), kept("Two here.")]


def test_an_undone_deletion_is_none() -> None:
    chapter = Chapter("One here. Two here.")
    chapter.edit("kenji", delete(0, 4, 9))
    chapter.edit("kenji", write(0, 4, "here."))
    assert chapter.short() == [kept("One here. Two here.")]


def test_a_heading_made_of_a_paragraph() -> None:
    chapter = Chapter("One.", "Two here.")

    def retype(fragment: XmlFragment) -> None:
        remove(1)(fragment)
        add(1, "Two here.", "heading", id="p-2", label="2 bis")(fragment)

    chapter.edit("kenji", retype)
    assert chapter.short() == [kept("One."), kept("Two here.")]
    one = chapter.full()[1]
    assert (one.id, one.kind, one.old_kind, one.label, one.old_label) == ("p-2", "heading", "paragraph", "2 bis", "2")


def test_a_label_that_changed() -> None:
    chapter = Chapter("One.")
    for label in ("1 bis", "1 ter"):

        def relabel(fragment: XmlFragment, label: str = label) -> None:
            element = fragment.children[0]
            assert isinstance(element, XmlElement)
            element.attributes["label"] = label

        chapter.edit("kenji", relabel)
    assert [(one.old_label, one.label) for since in (1, 2, 3) for one in chapter.full(since)] == [
        ("1", "1 ter"),
        ("1 bis", "1 ter"),
        ("1 ter", "1 ter"),
    ]


def test_two_sentences_that_change_places() -> None:
    """One of them has moved: the shorter one."""
    chapter = Chapter("Start. First things. Second things come then. End.")

    chapter.edit("kenji", delete(0, 7, 46))
    chapter.edit("kenji", write(0, 7, "Second things come then. First things. "))
    ((change, changes),) = chapter.short()
    assert change == "kept"
    assert ("moved-here", "First things. ", "kenji", SERVER) in changes
    assert [one for one in changes if one[0] == "kept"] == [
        ("kept", "Start. "),
        ("kept", "Second things come then. "),
        ("kept", "End."),
    ]


def test_a_word_typed_into_what_somebody_deletes_goes_with_it() -> None:
    """No update says that it is deleted: neither when it is the base, nor now."""
    chapter = Chapter("One.", "Two.")
    state = chapter.document.state()
    late: Doc[Any] = Doc(client_id=7)
    late.apply_update(state)
    before = late.get_state()
    words(late.get("default", type=XmlFragment), 1).insert(4, " Late.")
    chapter.edit("amina", remove(1))
    admitted = chapter.document.take(late.get_update(before), "boris", chapter.at)
    chapter._keep(admitted.update, "boris")
    chapter.edit("amina", write(0, 4, " More."))
    assert chapter.short(since=3) == [("kept", [("kept", "One."), ("inserted", " More.", "amina")])]
    assert chapter.short()[1] == ("deleted", [("deleted", "Two.", "amina", SERVER)])


def test_characters_beyond_the_first_plane_stay_whole() -> None:
    chapter = Chapter("a😀b")
    chapter.edit("amina", write(0, 5, "𐐀"))
    chapter.edit("kenji", delete(0, 1, 5))
    assert chapter.short() == [
        ("kept", [("kept", "a"), ("deleted", "😀", "kenji", SERVER), ("inserted", "𐐀", "amina"), ("kept", "b")])
    ]


def test_a_text_that_was_turned_upside_down_takes_no_longer_than_its_length() -> None:
    """Eight times the text must not take the square of that."""

    def seconds(count: int) -> float:
        lines = [f"sentence{number} stands here. " for number in range(count)]
        chapter = Chapter("".join(lines), "End.")

        def turn(fragment: XmlFragment) -> None:
            delete(0, 0, len("".join(lines)))(fragment)
            for line in lines:
                write(0, 0, line)(fragment)

        chapter.edit("kenji", turn)
        began = process_time()
        found = chapter.full()
        took = process_time() - began
        moved = sum(len(change.text) for change in found[0].changes if change.change == "moved-here")
        assert moved == sum(map(len, lines)) - max(map(len, lines))
        return took

    small = min(seconds(25) for _ in range(3))
    assert seconds(200) < 30 * small + 0.05
