"""The runs of a chapter: who wrote every character, and who deleted those that are gone."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import asdict, replace
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from documents.runs import NOBODY, ParagraphRuns, Run, Tag
from documents.totals import tags
from server.http.authors import Act, Author, BylineBody, act_body, author_body, deletion_body, read_authored
from server.http.guard import Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import TextsOf

router = APIRouter(prefix="/api/chapters/{chapter}", tags=["authorship"])


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
    if not moved:
        found = [replace(one, runs=tuple(replace(run, moved_by=None) for run in one.runs)) for one in found]
    named = dict.fromkeys(authored.bylines[tag] for tag in tags(found))
    authors = {tag: author_body(byline) for tag, byline in authored.bylines.items()}
    return RunList(
        paragraphs=[_paragraph(one, authors) for one in found],
        authors=[BylineBody(**asdict(one)) for one in named if one != NOBODY],
    )


def _paragraph(paragraph: ParagraphRuns, authors: Mapping[Tag, Author]) -> ParagraphRunsBody:
    return ParagraphRunsBody(
        id=paragraph.id,
        label=paragraph.label,
        runs=list(_runs(paragraph.runs, authors)),
        deleted_by=deletion_body(paragraph.deleted, authors),
    )


def _runs(runs: tuple[Run, ...], authors: Mapping[Tag, Author]) -> Iterator[RunBody]:
    """Neighbours of which the same is told are one run, whatever else is known of them."""

    def told(run: Run) -> Hashable:
        deleted = run.deleted and (authors[run.deleted.by], run.deleted.at)
        return authors[run.by], run.at, deleted, run.moved_by and authors[run.moved_by]

    for _, group in groupby(runs, told):
        first, *others = group
        yield RunBody(
            **act_body(authors[first.by], first.at).model_dump(),
            text=first.text + "".join(run.text for run in others),
            deleted_by=deletion_body(first.deleted, authors),
            moved_by=None if first.moved_by is None else authors[first.moved_by],
        )
