"""A version restored: its text, as a new state of the chapter; and what that would change."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from auth.people import Participant
from documents.formats.redline_html import Heading, page
from documents.versions.restoring import Restored
from documents.versions.reverting import Difference
from documents.versions.versions import Version
from server.http.guard import Restorer, ServicesOf
from server.http.problems import problems
from server.http.redline import HEADERS, PAGE, BasesOf, RebuiltOf, Redline, redline_body
from server.http.texts import TextsOf
from server.http.versions import VersionBody, version_body
from server.restoring import Preview, Restoring

router = APIRouter(prefix="/api/chapters/{chapter}/versions", tags=["versions"])


class DifferenceBody(BaseModel):
    """A paragraph that is not what it was in the version."""

    id: str
    label: str = Field(description="As in the version; of one that is deleted, as it is now.")
    change: Literal["changed", "inserted", "deleted"] = Field(description="What restoring does to it.")


class RestoredBody(BaseModel):
    """What restoring a version did; in a dry run, what it would do."""

    version: VersionBody
    dry_run: bool
    changed: bool = Field(description="Whether anything was, or would be, changed.")
    paragraphs: list[DifferenceBody]
    voids: list[DifferenceBody] = Field(description="Those of them whose agreement is void by it.")
    before: VersionBody | None = Field(
        None, description="The automatic version of the text as it was; null in a dry run, and when nothing changed."
    )
    redline: Redline | None = Field(None, description="In a dry run: the restored text against that of now.")


def _restoring(services: ServicesOf, bases: BasesOf, rebuilt: RebuiltOf) -> Restoring:
    return Restoring(services.meeting, services.rooms, bases, rebuilt)


RestoringOf = Annotated[Restoring, Depends(_restoring)]


@router.post("/{version}/restore", responses=problems(401, 403, 404, 409, 422, 503))
async def restore_version(
    chapter: str,
    version: str,
    restorer: Restorer,
    restoring: RestoringOf,
    dry_run: Annotated[bool, Query(description="Change nothing, and show what would change.")] = False,
) -> RestoredBody:
    """Make the chapter's text what it was in a version, with the authors that it had. When this answers, it is on disk
    and shown to all, and the text as it was is an automatic version."""
    return await shown(restoring, chapter, version, restorer.participant, dry_run=dry_run)


@router.get("/{version}/restore", responses=PAGE | problems(401, 403, 404, 409, 422, 503), response_model=RestoredBody)
async def preview_restore(  # noqa: PLR0913, PLR0917 (what the route is made of)
    chapter: str,
    version: str,
    restorer: Restorer,
    restoring: RestoringOf,
    texts: TextsOf,
    form: Annotated[Literal["json", "html"], Query(alias="format", description="As data, or as a page.")] = "json",
) -> RestoredBody | Response:
    """What restoring a version would change: the same as a dry run of it, also as a page."""
    if form == "json":
        return await shown(restoring, chapter, version, restorer.participant, dry_run=True)
    found = await restoring.preview(chapter, version, restorer.participant)
    now = datetime.now(UTC)
    heading = Heading((await texts.chapter(chapter)).title, now, "", now)
    said = await asyncio.to_thread(page, heading, list(found.restored.changes), dict(found.bylines))
    return HTMLResponse(said, headers=HEADERS)


async def shown(
    restoring: Restoring, chapter: str, version: str, person: Participant, *, dry_run: bool
) -> RestoredBody:
    """Restore a version, or see what that would change. Raises as `Restoring.restore`."""
    if not dry_run:
        return _body(*await restoring.restore(chapter, version, person), None)
    found = await restoring.preview(chapter, version, person)
    return _body(found.version, found.restored, await asyncio.to_thread(_redline, found))


def _body(version: Version, done: Restored, redline: Redline | None) -> RestoredBody:
    return RestoredBody(
        version=version_body(version),
        dry_run=redline is not None,
        changed=bool(done.differences),
        paragraphs=list(map(_difference, done.differences)),
        voids=[_difference(one) for one in done.differences if one.paragraph in done.voided],
        before=None if done.before is None else version_body(done.before),
        redline=redline,
    )


def _difference(one: Difference) -> DifferenceBody:
    return DifferenceBody(id=one.paragraph, label=one.label, change=one.change)


def _redline(found: Preview) -> Redline:
    return redline_body(found.since, None, list(found.restored.changes), dict(found.bylines))
