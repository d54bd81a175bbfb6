"""The runs of a chapter: who wrote every character, and who deleted those that are gone."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from documents.authorship.runs import NOBODY, Byline, ParagraphRuns, Run, Tag
from documents.authorship.totals import tags
from server.http.authors import Act, Acts, Author, BylineBody, read_authored
from server.http.guard import Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import TextsOf

router = APIRouter(prefix="/api/chapters/{chapter}", tags=["authorship"])

Told = tuple[Act, Act | None, Author | None]
"""What is told of a run: who wrote it and when, who deleted it and when, who moved it."""


class RunBody(Act):
    """Neighbouring characters of which the same is to be said."""

    text: str
    deleted_by: Act | None = Field(None, description="Only of what was deleted.")
    moved_by: Author | None = Field(None, description="Only with `moved`, of what was first written elsewhere.")


class ParagraphRunsBody(BaseModel):
    """A paragraph or heading."""

    id: str
    label: str
    runs: list[RunBody] = Field(description="In the order of the text; neighbours differ in something.")
    deleted_by: Act | None = Field(None, description="Only of a paragraph that is gone as a whole.")


class RunList(BaseModel):
    """A chapter's text by its authors."""

    paragraphs: list[ParagraphRunsBody] = Field(description="In the order of the text.")
    authors: list[BylineBody] = Field(description="Everybody who is named in it, in the order of the text.")


@router.get("/runs", response_model_exclude_none=True, responses=problems(401, 403, 404, 422, 503))
async def list_runs(  # noqa: PLR0913, PLR0917 (what the route is made of)
    chapter: str,
    _: Reader,
    texts: TextsOf,
    services: ServicesOf,
    deleted: Annotated[bool, Query(description="With deleted text, in its place.")] = False,
    moved: Annotated[bool, Query(description="Say of what was moved who put it where it stands.")] = False,
    paragraph: Annotated[str | None, Query(max_length=100, description="Only the paragraph of this id.")] = None,
) -> RunList:
    """The text as it is committed to disk, with the author and the time of every character."""
    authored = await read_authored(texts, services.meeting, chapter, deleted=deleted)
    found = [one for one in authored.paragraphs if paragraph in {None, one.id}]
    if paragraph is not None and not found:
        raise Refusal(404, "paragraph-not-found", "there is no such paragraph in the chapter")
    return await asyncio.to_thread(_answer, found, authored.bylines, moved=moved)


def _answer(paragraphs: list[ParagraphRuns], bylines: Mapping[Tag, Byline], *, moved: bool) -> RunList:
    """Made off the event loop: a long text has tens of thousands of runs."""
    if not moved:
        paragraphs = [replace(one, runs=tuple(replace(run, moved_by=None) for run in one.runs)) for one in paragraphs]
    acts = Acts(bylines)
    named = dict.fromkeys(bylines[tag] for tag in tags(paragraphs))
    return RunList(
        paragraphs=[
            ParagraphRunsBody(
                id=one.id, label=one.label, runs=list(_runs(one.runs, acts)), deleted_by=acts.deletion(one.deleted)
            )
            for one in paragraphs
        ],
        authors=[BylineBody(**asdict(one)) for one in named if one != NOBODY],
    )


def _runs(runs: tuple[Run, ...], acts: Acts) -> Iterator[RunBody]:
    """Neighbours of which the same is told are one run, whatever else is known of them."""

    def told(run: Run) -> Told:
        mover = None if run.moved_by is None else acts.authors[run.moved_by]
        return acts.act(run.by, run.at), acts.deletion(run.deleted), mover

    for (act, deletion, mover), group in groupby(runs, told):
        text = "".join(run.text for run in group)
        yield RunBody(**dict(act), text=text, deleted_by=deletion, moved_by=mover)
