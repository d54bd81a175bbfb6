"""What other programs read in a redline for Word is what the chapter has: pandoc, docx-plus, and a schema validator."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import docx
import pypandoc
import pytest
from docx_plus.comments import read_comments
from docx_plus.revisions import accept_all_revisions, read_revisions, reject_all_revisions
from openxml_audit import FileFormat, OpenXmlValidator

from documents.formats.papers.compilation import compilation_docx
from documents.formats.papers.docx_paper import clean_docx, redline_docx
from documents.formats.papers.tracked import tracked
from documents.formats.papers.wordml import status_note
from documents.redline.redline import RedlineParagraph
from documents.versions.paper import Paper
from tests.paperkit import resolved
from tests.property.test_redline_property import rebuilt, said
from tests.property.word_people import WordChapter, paper, written

SEEDS = (*range(1, 10), 20)
"""The last one makes a long chapter."""

Told = tuple[str, str, str]
"""What happened, by whom, to which text (without white space)."""


@cache
def chapter(seed: int) -> tuple[WordChapter, Paper, bytes]:
    made = written(WordChapter(seed))
    one = paper(made.document, made.journal)
    return made, one, redline_docx(one)


def joined(told: Iterator[Told]) -> list[Told]:
    """Neighbours of which the same is told as one."""
    parts = ((kind, who, said(text).replace("\u200e", "")) for kind, who, text in told)
    groups = groupby((one for one in parts if one[2]), key=lambda one: one[:2])
    return [(*same, "".join(text for *_, text in group)) for same, group in groups]


def proposals(one: Paper) -> Iterator[RedlineParagraph]:
    """The chapter's redline, with what one delegation wrote and another deleted."""
    for changed in one.history:
        kept = [it for it in changed.changes if it.change != "struck" or one.named(it.by) != one.named(it.author)]
        if kept or changed.change != "struck":
            yield replace(changed, changes=tuple(kept))


def changes(one: Paper) -> Iterator[Told]:
    """What the chapter says that was inserted and deleted, in order, labels too, and statuses of new paragraphs."""
    for row, changed in zip(tracked(one), proposals(one), strict=True):
        dot = "" if row.level else "."
        by = (changed.by and one.named(changed.by)) or "Adref"
        if changed.change == "struck":
            yield "inserted deleted", f"{by} + {one.named(changed.struck_by)}", changed.label and changed.label + dot
        elif changed.change != "kept" or changed.label != changed.old_label:
            if changed.change != "inserted" and changed.old_label:
                yield "deleted", by, changed.old_label + dot
            if changed.change != "deleted" and changed.label:
                yield "inserted", by, changed.label + dot
        for change in changed.changes:
            if change.change == "struck":
                yield "inserted deleted", f"{one.named(change.author)} + {one.named(change.by)}", change.text
            elif change.change != "kept":
                kind = "inserted" if change.change in {"inserted", "moved-here"} else "deleted"
                moved_alone = change.change == "moved-here" and not change.move
                yield kind, one.named(change.author if moved_alone else change.by) or "Adref", change.text
        if changed.change == "inserted" and row.details is not None:
            yield "inserted", by, status_note(row.details.status, void=row.details.void)


def comments(one: Paper) -> list[tuple[str, str, str]]:
    """Who says what when of the paragraphs in a redline; sources are said too."""
    found = []
    for details in {row.id: row.details for row in tracked(one) if row.details is not None}.values():
        found += [(name, f"Contribution by {name}", "") for name in details.sources]
        found += [(note.name, note.text, note.at[:19]) for note in details.comments]
    return sorted((name, said(text), at) for name, text, at in found)


# pandoc


def pandoc(word: bytes, *options: str) -> str:
    command = [pypandoc.get_pandoc_path(), "--from=docx", *options]  # the last of two formats counts
    return subprocess.run(command, input=word, capture_output=True, check=True).stdout.decode()


def spans(node: Any, kind: str = "", who: str = "") -> Iterator[Told]:
    """The text of a tree of pandoc's, each part with the change around it, or the comment before it."""
    if isinstance(node, list):
        for one in node:
            yield from spans(one, kind, who)
    elif isinstance(node, dict) and node["t"] == "Str":
        yield kind, who, node["c"]
    elif isinstance(node, dict) and node["t"] == "Span":
        (_, classes, pairs), inner = node["c"]
        values = dict(pairs)
        known = next((name for name in classes if name in {"insertion", "deletion", "comment-start"}), "")
        if values.get("custom-style") in {"Paragraph Label", "Paragraph Status", "Title"}:
            yield from spans(inner, OWN_STYLE, who)
        elif known == "comment-start":
            yield known, f"{values['author']} {values.get('date', '')[:19]}", "".join(text for *_, text in spans(inner))
        else:
            said_by = " + ".join(filter(None, (who, values.get("author", ""))))
            yield from spans(inner, " ".join(filter(None, (kind, known))), said_by if known else who)
    elif isinstance(node, dict) and "c" in node:
        yield from spans(node["c"], kind, who)


OWN_STYLE = "label, status or title"
NAMES = {"insertion": "inserted", "deletion": "deleted", "insertion deletion": "inserted deleted"}


@pytest.mark.parametrize("seed", SEEDS)
def test_pandoc_reads_every_change_and_comment(seed: int) -> None:
    _, one, word = chapter(seed)
    found = list(spans(json.loads(pandoc(word, "--to=json", "--track-changes=all"))["blocks"]))
    told = joined((NAMES[kind], who, text) for kind, who, text in found if kind in NAMES)
    assert told == joined(changes(one))
    noted = [(*who.rsplit(" ", 1), said(text)) for kind, who, text in found if kind == "comment-start"]
    assert sorted((name, text, at) for name, at, text in noted) == comments(one)


@pytest.mark.parametrize("seed", SEEDS)
def test_pandoc_accepts_the_text_of_now_and_rejects_to_the_draft(seed: int) -> None:
    made, _, word = chapter(seed)
    for choice, document in (("accept", made.document), ("reject", rebuilt(made.journal[:1]))):
        found = json.loads(pandoc(word, "--from=docx+styles", "--to=json", f"--track-changes={choice}"))["blocks"]
        text = "".join(run.text for paragraph in document.runs() for run in paragraph.runs)
        assert said("".join(text for kind, _, text in spans(found) if kind != OWN_STYLE)) == said(text), choice


@pytest.mark.parametrize("seed", SEEDS)
def test_pandoc_finds_no_change_in_a_clean_paper(seed: int) -> None:
    found = spans(json.loads(pandoc(clean_docx(chapter(seed)[1]), "--to=json", "--track-changes=all"))["blocks"])
    assert {kind for kind, *_ in found} <= {"", "comment-start"}


# docx-plus

KINDS = {"insertion": "inserted", "move_to": "inserted", "deletion": "deleted", "move_from": "deleted"}
Marks = list[tuple[str, str]]
"""Paragraph marks that came or went, and by whom, in order."""


def marks(one: Paper) -> Marks:
    found = []
    for row in tracked(one):
        found += [("paragraph_mark_insertion", row.mark_inserted.name or "Adref")] if row.mark_inserted else []
        found += [("paragraph_mark_deletion", row.mark_deleted.name or "Adref")] if row.mark_deleted else []
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_docx_plus_reads_every_change_and_comment(seed: int) -> None:
    _, one, word = chapter(seed)
    document = docx.Document(BytesIO(word))
    found = read_revisions(document)
    told = joined((KINDS[it.revision_type], it.author, it.text) for it in found if it.revision_type in KINDS)
    assert told == joined((kind.split()[-1], who.split(" + ")[-1], text) for kind, who, text in changes(one))
    others = [(it.revision_type, it.author) for it in found if it.revision_type not in KINDS]
    assert [it for it in others if it[0] != "format_paragraph"] == marks(one)
    noted = read_comments(document)
    assert sorted(
        (it.author, said(it.text), f"{it.timestamp:%FT%T}" if it.timestamp else "") for it in noted
    ) == comments(one)
    settled = {(note.name, said(note.text)) for it in one.paragraphs for note in it.comments if note.resolved}
    assert settled <= {(it.author, said(it.text)) for it in noted if it.resolved}


@pytest.mark.parametrize("seed", SEEDS)
def test_docx_plus_accepts_the_text_of_now_and_rejects_to_the_draft(seed: int) -> None:
    made, _, word = chapter(seed)
    for resolve, document in (
        (accept_all_revisions, made.document), (reject_all_revisions, rebuilt(made.journal[:1])),
    ):  # fmt: skip
        opened = docx.Document(BytesIO(word))
        resolve(opened)
        assert not read_revisions(opened)
        out = BytesIO()
        opened.save(out)
        found = "".join(it.text for it in resolved(out.getvalue(), accept=True))  # it leaves joined paragraphs apart
        assert said(found) == said("".join(run.text for paragraph in document.runs() for run in paragraph.runs))


# The schema


@pytest.mark.parametrize("write", [clean_docx, redline_docx, compilation_docx])
@pytest.mark.parametrize("seed", SEEDS)
def test_papers_for_word_are_of_the_schema(write: Callable[[Paper], bytes], seed: int, tmp_path: Path) -> None:
    file = tmp_path / "paper.docx"
    file.write_bytes(write(chapter(seed)[1]))
    result = OpenXmlValidator(file_format=FileFormat.OFFICE_2019).validate(file)
    assert result.is_valid, result.errors[:5]
