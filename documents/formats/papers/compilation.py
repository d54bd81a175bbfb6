"""The compilation: each paragraph as it was, then what each delegation proposed for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import zip_longest
from typing import Final

from documents.authorship.runs import Tag
from documents.formats.papers.docx_paper import new
from documents.formats.papers.tracked import NOBODY, Piece, Row
from documents.formats.papers.wordml import Writer, lines, writable
from documents.redline.redline import THEN, Change, RedlineParagraph
from documents.versions.paper import PLAIN, Paper, PaperParagraph

BOLD: Final = frozenset(("strong",))
_CONTEXT: Final = 40
"""Characters of the text before a change that say where it is."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one delegation did to a paragraph, or said of it."""

    by: str
    """"Egypt, Government"; empty for nobody."""
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A paragraph of a compilation."""

    paragraph: RedlineParagraph
    details: PaperParagraph | None
    text: str
    """As it was; of a new one, nothing."""
    proposals: tuple[Proposal, ...]


def compiled(paper: Paper) -> list[Entry]:
    """Every paragraph of then or now, with what was proposed for it."""
    details = paper.details()
    parties = {paper.named(tag): party(paper, tag) for tag in paper.bylines}
    found = ((one, details.get(one.id)) for one in paper.changes)
    return [Entry(one, more, _then(one), tuple(_proposals(paper, parties, one, more))) for one, more in found]


def compilation_docx(paper: Paper) -> bytes:
    """The compilation, for Word."""
    since = paper.heading.since or "the draft"
    document = new(paper.heading, f"{paper.heading.status}: compilation of proposals on {since}")
    entries = compiled(paper)
    writer = Writer(map(_row, entries), {})
    body = document.element.body
    if not any(one.details is not None and one.details.level == 1 for one in entries):
        document.add_paragraph(writable(paper.heading.chapter.title), style="Title")
    for entry in entries:
        body.sectPr.addprevious(writer.paragraph(_row(entry)))
        for proposal in entry.proposals:
            who = ((f"{proposal.by}: ", BOLD),) if proposal.by else ()
            body.sectPr.addprevious(lines("Proposal", *who, ("; ".join(proposal.said), PLAIN)))
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _row(entry: Entry) -> Row:
    one, details = entry.paragraph, entry.details
    level = details.level if details is not None else 0
    new_one = " (new)" if one.change == "inserted" else ""
    text = entry.text + new_one if entry.text else new_one.strip()
    label = one.label if one.change == "inserted" else one.old_label
    return Row(
        "", label, label, level, level, None, False, False,
        (Piece(((text, PLAIN),), "kept", NOBODY),), None,
    )  # fmt: skip


def _then(one: RedlineParagraph) -> str:
    return "".join(change.text for change in one.changes if change.change in THEN)


def _proposals(
    paper: Paper, parties: Mapping[str, str], one: RedlineParagraph, details: PaperParagraph | None
) -> Iterator[Proposal]:
    found: dict[str, list[str]] = {}
    if one.by is not None and one.change == "inserted" and not one.part_of:
        text = "".join(change.text for change in one.changes).strip()
        found[party(paper, one.by)] = [f"new paragraph: “{text}”" if text else "new paragraph"]
    elif one.by is not None and one.change == "deleted" and not one.part_of:
        found[party(paper, one.by)] = ["delete the paragraph"]
    else:
        for by, said in _changed(paper, one.changes):
            found.setdefault(by, []).append(said)
    for comment in details.comments if details is not None else ():
        found.setdefault(parties.get(comment.name, comment.name), []).append(f"comment: {comment.text}")
    for by, all_said in found.items():
        yield Proposal(by, tuple(all_said))


def _changed(paper: Paper, changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Each change in words, with who made it."""
    before, replaced = "", None
    for change, after in zip_longest(changes, changes[1:]):
        text, by = change.text.strip(), party(paper, change.by)
        if change is not replaced and change.change != "kept" and text:
            if after is not None and _replaces(change, after):
                replaced = after
                yield by, f"replace “{text}” with “{after.text.strip()}”"
            else:
                yield by, _in_words(change, text, before.strip())
        before += change.text if change.change in THEN else ""


def _replaces(change: Change, after: Change) -> bool:
    """Whether the next change puts something in the place of what this one deletes."""
    if (change.change, after.change) != ("deleted", "inserted"):
        return False
    return after.by == change.by and bool(after.text.strip())


def _in_words(change: Change, text: str, before: str) -> str:
    if change.change in THEN:
        return f"{'delete' if change.change == 'deleted' else 'move away'} “{text}”"
    verb = "insert" if change.change == "inserted" else "move here"
    return f"{verb} “{text}” " + (f"after “{before[-_CONTEXT:].strip()}”" if before else "at the beginning")


def party(paper: Paper, tag: Tag) -> str:
    """How a compilation calls a delegation: "Egypt, Government"; empty for nobody."""
    name = paper.named(tag)
    group = paper.bylines[tag].group if tag in paper.bylines else ""
    return f"{name}, {group[:1].upper()}{group[1:]}" if name and group else name
