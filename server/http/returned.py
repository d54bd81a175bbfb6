"""A file that comes back to its chapter: what it would change, and merging it."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel, Field

from documents.incoming.differences import Kind, State
from server.http.chapters import AuthorGiven, FileAuthor, ProblemInText
from server.http.guard import Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.redline import BasesOf
from server.http.set_aside import RunBody
from server.importing import AuthorInvalid, Brought, name_of
from server.return_report import as_values
from server.returning import Desk, take_back
from server.services import Services

router = APIRouter(prefix="/api/chapters/{chapter}/import", tags=["chapters"])


class Ground(BaseModel):
    """Against what the file was held."""

    kind: Kind = Field(
        description="`version`: the text that it was made of; `tracked`: itself without its tracked changes; "
        "`chapter`: the text of now."
    )
    seq: int | None = Field(description="Of a `version`: the last entry of the journal that it held.")
    text: str = Field(description="The same in a sentence.")


class Counts(BaseModel):
    """How many paragraphs have which state."""

    unchanged: int
    changed: int
    new: int
    removed: int
    present: int
    locked: int
    gone: int
    refused: int
    absent: int


class DifferenceBody(BaseModel):
    """A paragraph that the file has changed."""

    paragraph: str = Field(description="Its id; of a new one, the id that it gets, or would.")
    label: str
    line: int = Field(description="The paragraph of the file, counted from 1; 0 for one that is not in it.")
    state: State = Field(
        description="`changed`, `new`, `removed`: done. `present`: the chapter says so already. `locked`: set aside. "
        "`gone`: the paragraph was deleted meanwhile. `refused`: can't be merged. `absent`: not in the file, and "
        "stays, since nobody can tell whether it was. `unchanged` for one of which there is only something to note."
    )
    runs: list[RunBody] = Field(description="What the file does to the text that it was made of.")
    was: str = Field(description="That text.")
    wanted: str = Field(description="The text in the file.")
    now: str = Field(description="The text in the chapter, before the merge.")
    new_label: str | None = Field(description="The label that the file gives it; null where it keeps its own.")
    meanwhile: bool = Field(description="Whether it was changed in the chapter since the file was made.")
    conflict: bool = Field(description="Whether the same words were: then both stand side by side.")
    reason: str = Field(description="Why not all of it is done.")
    by: list[str] = Field(description="Delegations whose changes are among these, by what `as` says.")
    notes: list[str] = Field(description="What the file has changed besides, and is not taken over.")
    set_aside: int | None = Field(description="The number under which it was set aside.")


class NewCommentBody(BaseModel):
    """A comment that the chapter did not have."""

    paragraph: str
    label: str
    name: str = Field(description="By whom, as the file says.")
    text: str


class MergedBody(BaseModel):
    """What the file has changed, or would change."""

    chapter: str
    dry_run: bool
    changed: bool = Field(description="Whether there was, or is, anything to do.")
    base: Ground
    counts: Counts
    differences: list[DifferenceBody] = Field(description="In reading order, unchanged paragraphs left out.")
    comments: list[NewCommentBody]
    authors: list[FileAuthor]
    problems: list[ProblemInText]


@router.post("", responses=problems(401, 403, 404, 409, 413, 422, 503))
async def merge_file(  # noqa: PLR0913, PLR0917 (one for each part of the request)
    chapter: str,
    content: Annotated[
        bytes, Body(media_type="application/octet-stream", description="A Word file, or a text in UTF-8.")
    ],
    reader: Reader,
    services: ServicesOf,
    bases: BasesOf,
    content_type: Annotated[str, Header(description="`text/markdown` for Markdown.")] = "",
    dry_run: Annotated[bool, Query(description="Only say what would be changed.")] = False,
    as_: Annotated[
        tuple[AuthorGiven, ...],
        Query(
            alias="as",
            max_length=500,
            description="Whose the tracked changes of an author in a Word file are, for those who may import chapters: "
            "`NAME=DELEGATION`. All else is of whoever asks.",
        ),
    ] = (),
) -> MergedBody:
    """Merge a file that was made of this chapter, and edited elsewhere, into the live text, as one's own contribution.

    What others have written since stays.
    """
    file = Brought(content, name_of(content_type))
    desk = Desk(services.meeting, services.rooms, bases, _apart(services))
    try:
        merged = await take_back(desk, chapter, reader.participant, file, as_, keep=not dry_run)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refusal(422, "draft-invalid", f"line {line}: the text is not UTF-8") from None
    except AuthorInvalid as error:
        raise Refusal(422, "author-invalid", str(error)) from None
    return MergedBody.model_validate(as_values(merged))


def _apart(services: Services) -> Callable[..., Any]:
    return services.apart.run
