"""A chapter as a paper to take away, in every form."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from documents.incoming.opening import MAX_TITLE
from documents.versions.paper import take
from documents.versions.versions import Version, find
from server.exports import FORMS, Archive, Point, export, file_name
from server.http.guard import NOT_KEPT, Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.redline import BasesOf, RebuiltOf, earlier_point
from server.http.texts import Texts, TextsOf
from server.http.versions import PapersOf
from server.paper_forms import PaperForm
from server.papers import Papers

router = APIRouter(prefix="/api/chapters/{chapter}/export", tags=["papers"])

_JSON: Final = {"description": "An object: docs/papers.md tells what is in it."}
_BYTES: Final = {"type": "string", "format": "binary"}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The paper, as a file.",
        "content": {
            form.media_type.partition(";")[0]: {"schema": _JSON if name is PaperForm.JSON else _BYTES}
            for name, form in FORMS.items()
        },
    }
}
_HEADERS: Final = NOT_KEPT | {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""A page that is looked at where it lies may look as it does, and nothing else."""


@router.get("", response_class=Response, responses=_FILE | problems(401, 403, 404, 422, 503))
async def export_chapter(  # noqa: PLR0913, PLR0917 (what the route is made of)
    chapter: str,
    _: Reader,
    texts: TextsOf,
    bases: BasesOf,
    services: ServicesOf,
    rebuilt: RebuiltOf,
    papers: PapersOf,
    form: Annotated[PaperForm, Query(alias="format", description="Which paper.")],
    since: Annotated[
        str,
        Query(
            max_length=MAX_TITLE,
            description="For what is compared: a version's name or id, or a time as ISO 8601; left out: the draft that "
            "the chapter began with.",
        ),
    ] = "",
    version: Annotated[
        str,
        Query(max_length=MAX_TITLE, description="The version to take, by its name or id; left out: the text of now."),
    ] = "",
) -> Response:
    """The chapter as a paper: for Word, with or without tracked changes, as a compilation, in brackets, and others."""
    chosen = FORMS[form]
    if since and not chosen.compares:
        raise Refusal(422, "since-not-used", f"a paper of the form {form} is not held against an earlier text")
    # Found before the text is read, so that it is not later.
    point = await earlier_point(texts, bases, chapter, since) if since else None
    archive = Archive(bases, services.meeting)
    told = await _version(chapter, version, point, texts, papers) if version else None
    if told is None:
        seq, sheet = await texts.read_runs_at(chapter, take, deleted=True)
    else:
        seq, sheet = told.seq, await rebuilt.look(chapter, told.seq, take)
    paper = await export(chosen, await texts.chapter(chapter), sheet, point, archive, seq=seq, version=told)
    name = f'attachment; filename="{file_name(chapter, chosen, told)}"'
    return Response(paper, headers={**_HEADERS, "Content-Disposition": name}, media_type=chosen.media_type)


async def _version(chapter: str, version: str, point: Point | None, texts: Texts, papers: Papers) -> Version:
    """The version, with its hash proved."""
    found = await texts.read(chapter, lambda document: find(document, version))
    if point is not None and found.seq < point.seq:
        raise Refusal(422, "versions-reversed", "the version is earlier than what it is held against: swap the two")
    return (await papers.read(await texts.chapter(chapter), found)).version
