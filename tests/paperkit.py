"""Reads papers for Word as Word would, changes accepted or rejected; it knows nothing of how they are made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ADDED = ("ins", "moveTo")
REMOVED = ("del", "moveFrom")


@dataclass
class WordParagraph:
    """A paragraph with its changes accepted or rejected."""

    bookmarks: list[str] = field(default_factory=list)
    label: str = ""
    text: str = ""
    status: str = ""
    style: str = ""


@dataclass(frozen=True)
class Revision:
    """A tracked change."""

    kind: str
    author: str
    date: str | None
    text: str


def part(paper: bytes, name: str = "word/document.xml") -> Any:
    """One part of the file, as a tree."""
    return etree.fromstring(ZipFile(BytesIO(paper)).read(name))


def resolved(paper: bytes, *, accept: bool) -> list[WordParagraph]:
    """The paragraphs that bear a bookmark, once all changes are accepted or rejected."""
    gone, mark = (REMOVED, "del") if accept else (ADDED, "ins")
    found: list[WordParagraph] = []
    open_one: WordParagraph | None = None
    for paragraph in part(paper).iter(f"{W}p"):
        one = open_one or WordParagraph()
        _add(one, paragraph, gone)
        style = _style(paragraph, accept=accept)
        one.style = style
        open_one = one if paragraph.find(f"{W}pPr/{W}rPr/{W}{mark}") is not None else None
        if open_one is None and (one.text or one.label or one.bookmarks):
            found.append(one)
    if open_one is not None:
        assert not open_one.text, "the last paragraph of a text can't lose its mark"
    return [one for one in found if one.bookmarks and (one.text or one.style)]  # but for an empty one that closes it


def _style(paragraph: Any, *, accept: bool) -> str:
    old = None if accept else paragraph.find(f"{W}pPr/{W}pPrChange/{W}pPr/{W}pStyle")
    element = paragraph.find(f"{W}pPr/{W}pStyle") if old is None else old
    return "" if element is None else str(element.get(f"{W}val"))


def _add(one: WordParagraph, paragraph: Any, gone: tuple[str, ...]) -> None:
    one.bookmarks += [str(mark.get(f"{W}name")) for mark in paragraph.iter(f"{W}bookmarkStart")]
    for run in paragraph.iter(f"{W}r"):
        around = {etree.QName(parent).localname for parent in run.iterancestors()}
        if around.isdisjoint(gone):
            style = run.find(f"{W}rPr/{W}rStyle")
            name = "" if style is None else style.get(f"{W}val")
            where = {"ParagraphLabel": "label", "ParagraphStatus": "status"}.get(name, "text")
            setattr(one, where, getattr(one, where) + _said(run))


def _said(run: Any) -> str:
    marks = {"tab": "\t", "br": "\n"}
    return "".join(child.text or marks.get(etree.QName(child).localname, "") for child in run)


def revisions(paper: bytes) -> Iterator[Revision]:
    """The tracked changes of text, labels not among them."""
    for kind in (*ADDED, *REMOVED):
        for change in part(paper).iter(f"{W}{kind}"):
            runs = [run for run in change.iter(f"{W}r") if run.find(f"{W}rPr/{W}rStyle") is None]
            if runs:
                text = "".join(map(_said, runs))
                yield Revision(kind, change.get(f"{W}author"), change.get(f"{W}date"), text)


def comments(paper: bytes) -> list[tuple[str, str, str | None]]:
    """Author, text and date of each comment."""
    return [
        (
            one.get(f"{W}author"),
            "\n".join("".join(text.text or "" for text in line.iter(f"{W}t")) for line in one.iter(f"{W}p")),
            one.get(f"{W}date"),
        )
        for one in part(paper, "word/comments.xml")
    ]
