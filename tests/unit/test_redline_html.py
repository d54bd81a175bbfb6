"""The page of a redline: whoever reads, hears or prints it learns who changed what."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from documents.authorship.runs import NOBODY, Byline
from documents.formats.redline_html import Heading, name_of, page
from documents.model import SERVER
from documents.redline.redline import Change, RedlineParagraph

AT = 29_000_000
HEADING = Heading(
    "Trust <&>", datetime(2026, 11, 22, 9, 5, tzinfo=UTC), "COB", datetime(2026, 11, 22, 19, 5, tzinfo=UTC)
)
BYLINES = {
    SERVER: NOBODY,
    "amina": Byline("amina", "Amina", "egypt", "Egypt", "government", 1, "#1f5fa8"),
    "kenji": Byline("kenji", "Kenji", "japan", "日本", "government", 2, "#a8431f"),
    "@x": Byline("", "<script>alert(1)</script>", "", "", ""),
}


class Reader(HTMLParser):
    """Reads a page, and sees to it that its elements are closed as they were opened."""

    VOID = ("meta",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.seen = ""
        """What the eye reads in the main part."""
        self.heard = ""
        """What a screen reader says there."""
        self.texts: dict[str, list[str]] = {"ins": [], "del": []}
        """The words in each kind of change."""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.open]
        if "main" not in tags:
            return
        said = any(attributes.get("class") == "said" for _, attributes in self.open)
        hidden = any("aria-hidden" in attributes for _, attributes in self.open)
        self.seen += "" if said else data
        self.heard += "" if hidden else data
        for tag in self.texts:
            if tag in tags and not said:
                self.texts[tag].append(data)


def paragraph(*changes: Change, **more: object) -> RedlineParagraph:
    values: dict[str, object] = {
        "id": "p-1", "label": "1", "kind": "paragraph", "change": "kept", "by": None, "at": None, "old_label": "1",
        "old_kind": "paragraph", "part_of": None, "changes": changes,
    }  # fmt: skip
    return RedlineParagraph(**(values | more))  # type: ignore[arg-type]


def read(*paragraphs: RedlineParagraph) -> Reader:
    return Reader(page(HEADING, paragraphs, BYLINES))


def test_changes_are_told_to_eyes_and_ears() -> None:
    found = read(
        paragraph(
            Change("Ke", "kept", SERVER, AT, SERVER),
            Change("pt ", "kept", "amina", AT, "amina"),
            Change("new", "inserted", "amina", AT, "amina"),
            Change("old", "deleted", "kenji", AT, "amina"),
            Change("here", "moved-here", "kenji", AT, SERVER),
            Change("away", "moved-away", "kenji", None, "amina"),
        )
    )
    assert found.texts == {"ins": ["new", "here"], "del": ["old", "away"]}
    egypt, japan = "Egypt (government)", "日本 (government)"
    assert found.seen.strip() == (
        f"1 Kept new+ {egypt}old− {japan}; {egypt} wrote ithere→ {japan}away← {japan}; {egypt} wrote it"
    )
    assert found.heard.strip() == (
        f"1 Kept  inserted by {egypt}: new end of insertion "
        f" deleted by {japan}; {egypt} wrote it: old end of deletion "
        f" moved here by {japan}: here end of text moved here "
        f" moved away by {japan}; {egypt} wrote it: away end of text moved away"
    )
    assert [attributes.get("class") for _, attributes in found.elements].count("text") == 1
    times = [attributes.get("datetime") for tag, attributes in found.elements if tag in {"ins", "del"}]
    assert [time for time in times if time] == ["2025-02-19T21:20:00Z"] * 3


def test_what_somebody_types_for_minutes_is_one_insertion() -> None:
    minutes = [Change(letter, "inserted", "amina", AT + number, "amina") for number, letter in enumerate("word")]
    found = read(paragraph(*minutes, Change("s", "inserted", "kenji", AT, "kenji")))
    assert found.texts["ins"] == ["word", "s"]
    times = [attributes.get("datetime") for tag, attributes in found.elements if tag == "ins"]
    assert [time for time in times if time] == ["2025-02-19T21:23:00Z", "2025-02-19T21:20:00Z"]


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({"change": "inserted", "by": "amina"}, "[new paragraph by Egypt (government)]"),
        ({"change": "deleted", "by": "amina"}, "[paragraph deleted by Egypt (government)]"),
        (
            {"change": "inserted", "by": "kenji", "part_of": "previous"},
            "[split off from the one before, by 日本 (government)]",
        ),
        (
            {"change": "inserted", "by": "kenji", "part_of": "next"},
            "[split off from the next one, by 日本 (government)]",
        ),
        (
            {"change": "deleted", "by": "kenji", "part_of": "previous"},
            "[joined to the one before, by 日本 (government)]",
        ),
        ({"change": "deleted", "by": "kenji", "part_of": "next"}, "[joined to the next one, by 日本 (government)]"),
        ({"change": "inserted", "by": SERVER}, "[new paragraph]"),
        ({"kind": "heading"}, "[was a paragraph, is a heading now]"),
        ({}, ""),
    ],
)
def test_what_happened_to_a_paragraph(more: dict[str, str], note: str) -> None:
    found = read(paragraph(Change("Text", "kept", SERVER, AT, SERVER), **more))
    assert found.seen.strip() == f"{note} 1 Text".strip()
    assert found.heard == found.seen


def test_a_label_that_changed() -> None:
    found = read(paragraph(label="12 bis", old_label="12"))
    assert (found.texts["del"], found.texts["ins"]) == (["12"], ["12 bis"])
    assert found.heard.strip() == "label changed, from 12  to 12 bis end of label"


def test_whatever_was_written_is_text() -> None:
    nasty = "<script>&amp;\"'</p></main>"
    found = read(
        paragraph(
            Change(nasty, "kept", SERVER, AT, SERVER),
            Change(nasty, "inserted", "@x", AT, "@x"),
            label="<b>",
            old_label="<i>",
            old_kind="<u>",
        )
    )
    names = {tag for tag, _ in found.elements}
    assert not names & {"script", "b", "i", "u"}
    assert found.seen.count(nasty) == 2
    assert "<script>alert(1)</script>" in found.seen
    assert "was a <u>, is a paragraph now" in found.seen
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith(("on", "style"))]


def test_the_direction_of_a_paragraph_is_that_of_its_text() -> None:
    """All that the page itself says in a paragraph has a direction of its own, so that it does not count."""
    text = page(
        HEADING,
        [
            paragraph(Change("نص", "inserted", "amina", AT, "amina"), change="inserted", by="amina"),
            paragraph(Change("عنوان", "kept", SERVER, AT, SERVER), kind="heading", old_kind="heading"),
        ],
        BYLINES,
    )
    blocks = [attributes for tag, attributes in Reader(text).elements if tag in {"p", "h2"} and "dir" in attributes]
    assert [one["dir"] for one in blocks] == ["auto", "auto"]

    class Outside(HTMLParser):
        depth = 0
        counted = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            isolated = tag == "bdi" or (tag not in {"p", "h2"} and "dir" in dict(attrs))
            self.depth += bool(self.depth) or isolated

        def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (whichever it is)
            self.depth -= bool(self.depth)

        def handle_data(self, data: str) -> None:
            self.counted += "" if self.depth else data

    outside = Outside()
    outside.feed(text[text.index("<main") : text.index("</main>")])
    assert outside.counted.split() == ["نص", "عنوان"]


def test_it_stands_alone() -> None:
    text = page(HEADING, [paragraph()], BYLINES)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    for word in ("http:", "https:", "url(", "src=", "href=", "@import", "<script", "<link"):
        assert word not in text
    assert "<title>Redline: Trust &lt;&amp;&gt;</title>" in text
    assert '“<bdi>COB</bdi>”, <time datetime="2026-11-22T09:05:00Z">22 November 2026, 09:05</time>' in text
    assert "@media print" in text


def test_the_legend_counts_by_delegation() -> None:
    changes = [Change("x", "inserted", "amina", AT, "amina"), Change("y", "deleted", "amina", AT, SERVER)]
    text = page(HEADING, [paragraph(*changes), paragraph(*changes)], BYLINES)
    assert '<th scope="row"><bdi>Egypt (government)</bdi></th><td>2</td><td>2</td><td>0</td>' in text
    assert "No words have changed." in page(HEADING, [paragraph()], BYLINES)


def test_names() -> None:
    assert [name_of(byline) for byline in BYLINES.values()] == [
        "",
        "Egypt (government)",
        "日本 (government)",
        "<script>alert(1)</script>",
    ]
