"""The text in the field's own notation: square brackets around what is not agreed, with who wants it.

``[and inclusive - Egypt]`` was added by Egypt, ``[rapid - Japan delete]`` is of the draft and Japan would delete it,
``[fair - Cuba; Japan delete]`` is both. ``ALT 1`` stands before an alternative, ``[led by Egypt]`` behind a paragraph
that Egypt redrafts, ``[Agreed ad ref]`` behind what is agreed, whose text then stands without brackets.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from documents.authorship.runs import ParagraphRuns, Run
from documents.formats.papers.wordml import status_note
from documents.redline.redline import Change
from documents.versions.paper import Heading, Paper, PaperParagraph

Wish = tuple[str, str]
"""Who added something, and who would delete it; empty for nobody."""

NOTHING: Final[Wish] = ("", "")
_ALTERNATIVE: Final = re.compile(r"(?P<of>.*?)[. \u00a0]?alt[. \u00a0]?(?P<number>\d{1,2})\Z", re.IGNORECASE)


def bracketed(paper: Paper) -> str:
    """A line for each paragraph, headings between blank lines. Against the earlier text, if the paper has one."""
    details = paper.details()
    if paper.heading.since:
        found = ((one.id, one.change == "deleted", _of_changes(paper, one.changes)) for one in paper.changes)
    else:
        found = ((one.id, one.deleted is not None, _of_runs(paper, one)) for one in paper.runs)
    blocks = (_block(details.get(one), gone, list(wishes)) for one, gone, wishes in found)
    return _above(paper.heading) + "".join(blocks).strip("\n") + "\n" + _below(paper.heading)


def _above(heading: Heading) -> str:
    """What is said of a version, a line each."""
    if heading.edition is None:
        return ""
    said = filter(None, (heading.edition.symbol, heading.chapter.title, heading.status))
    return "".join(f"{_clean(line)}\n" for line in said) + "\n"


def _below(heading: Heading) -> str:
    return f"\n{heading.proof}\n" if heading.proof else ""


def _block(one: PaperParagraph | None, gone: bool, parts: list[tuple[str, Wish]]) -> str:
    agreed = one is not None and one.agreed and not gone
    text = _clean(one.text) if one is not None and agreed else "".join(_said(*part) for part in _joined(parts))
    if gone and not text.strip():
        return ""
    if one is None:
        return f"{text}\n"
    notes = [f"[led by {one.led_by}]" if one.led_by else "", "" if gone else status_note(one.status, void=one.void)]
    line = " ".join(filter(None, (numbered(one), text.strip(), *notes)))
    return f"\n{line}\n\n" if one.level else f"{line}\n"


def numbered(one: PaperParagraph) -> str:
    """A paragraph's label as it stands before its text: "12.", "1)", "12. ALT 1:"; empty for none."""
    alternative = _ALTERNATIVE.match(one.label)
    if alternative:
        of = alternative["of"]
        return f"{of}. ALT {alternative['number']}:" if of else f"ALT {alternative['number']}:"
    return one.label if one.level or not one.label else f"{one.label}."


def _of_runs(paper: Paper, paragraph: ParagraphRuns) -> Iterator[tuple[str, Wish]]:
    """What anybody ever wrote here, but for what they took back themselves."""
    for run in paragraph.runs:
        wish = _wish(paper, run)
        if wish is not None:
            yield run.text, wish


def _wish(paper: Paper, run: Run) -> Wish | None:
    wants = paper.named(run.by)
    if run.deleted is None:
        return wants, ""
    deletes = paper.named(run.deleted.by)
    return None if run.deleted.by == run.by or deletes in {"", wants} else (wants, deletes)


def _of_changes(paper: Paper, changes: Iterable[Change]) -> Iterator[tuple[str, Wish]]:
    for change in changes:
        by, author = paper.named(change.by), paper.named(change.author)
        if change.change == "kept":
            yield change.text, NOTHING
        elif change.change in {"inserted", "moved-here"}:
            yield change.text, (by, "")
        else:
            yield change.text, ("" if author == by else author, by)


def _joined(parts: Iterable[tuple[str, Wish]]) -> Iterator[tuple[str, Wish]]:
    for wish, group in groupby(parts, key=lambda part: part[1]):
        yield _clean("".join(text for text, _ in group)), wish


def _said(text: str, wish: Wish) -> str:
    """The text in brackets, unless nobody wants anything of it; outer spaces stay outside."""
    wants, deletes = wish
    inner = text.strip()
    if wish == NOTHING or not inner:
        return text if not deletes else ""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    who = "; ".join(filter(None, (wants, deletes and f"{deletes} delete")))
    return f"{before}[{inner} - {who}]{after}"


def _clean(text: str) -> str:
    return re.sub(r"[\t\r\n\x0b\x0c\x85\u2028\u2029]", " ", text)
