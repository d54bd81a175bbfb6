"""A chapter as JSON: all that papers know of it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from documents.authorship.runs import NOBODY, ParagraphRuns
from documents.formats.papers.tracked import moment
from documents.incoming.opening import Comment
from documents.redline.redline import RedlineParagraph
from documents.versions.paper import Paper, PaperParagraph

FORMAT = 1
"""Grows when a reader of the last one would not understand it."""


def as_json(paper: Paper) -> str:
    """The text by its authors, with what was deleted; and the redline, if it is held against an earlier text."""
    return json.dumps(as_values(paper), ensure_ascii=False, indent=1) + "\n"


def as_values(paper: Paper) -> dict[str, Any]:
    """The same as plain values."""
    heading = paper.heading
    details = paper.details()
    values = {
        "adref": FORMAT,
        "chapter": {"id": heading.chapter.id, "title": heading.chapter.title},
        "at": _iso(heading.now),
        "authors": {tag: asdict(byline) for tag, byline in paper.bylines.items() if byline != NOBODY},
        "paragraphs": [_paragraph(one, details.get(one.id)) for one in paper.runs],
    }
    if heading.edition is not None:
        values["version"] = asdict(heading.edition)
    if heading.since:
        values |= {"since": heading.since, "redline": list(map(_changed, paper.changes))}
    return values


def _paragraph(one: ParagraphRuns, details: PaperParagraph | None) -> dict[str, Any]:
    values: dict[str, Any] = {"id": one.id, "label": one.label, "kind": one.kind}
    if one.deleted is not None:
        values["deleted_by"] = _act(one.deleted.by, one.deleted.at)
    values["runs"] = list(_runs(one))
    return values if details is None else {**values, **_more(details)}


def _runs(one: ParagraphRuns) -> Iterator[dict[str, Any]]:
    for run in one.runs:
        values = {"text": _whole(run.text), **_act(run.by, run.at)}
        if run.deleted is not None:
            values["deleted_by"] = _act(run.deleted.by, run.deleted.at)
        if run.moved_by is not None:
            values["moved_by"] = run.moved_by
        yield values


def _more(one: PaperParagraph) -> dict[str, Any]:
    return {
        "level": one.level,
        "text": _whole(one.text),
        "spans": [{"text": _whole(text), "formats": sorted(formats)} for text, formats in one.spans],
        "status": one.status,
        "void": one.void,
        "led_by": one.led_by,
        "sources": list(one.sources),
        "comments": list(map(_comment, one.comments)),
    }


def _comment(one: Comment) -> dict[str, Any]:
    return {key: value for key, value in asdict(one).items() if key != "paragraph"}


def _changed(one: RedlineParagraph) -> dict[str, Any]:
    values = asdict(one)
    values["at"] = _minute(one.at)
    values["changes"] = [
        {**asdict(change), "text": _whole(change.text), "at": _minute(change.at)} for change in one.changes
    ]
    return values


def _act(tag: str, minute: int) -> dict[str, Any]:
    return {"by": tag, "at": _minute(minute)}


def _minute(minute: int | None) -> str | None:
    found = moment(minute)
    return None if found is None else _iso(found)


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _whole(text: str) -> str:
    """Halves of surrogate pairs can't be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()
