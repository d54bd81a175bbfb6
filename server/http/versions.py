"""Named points in a chapter's history."""

from dataclasses import asdict
from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from documents.chapter import ChapterDocument
from documents.opening import MAX_TITLE, TitleInvalid, clean_title
from documents.versions import MAX_VERSIONS, Version, add_version, versions
from server.http.guard import Reader, Registrar, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import TextsOf

router = APIRouter(prefix="/api/chapters/{chapter}/versions", tags=["versions"])


class NewVersion(BaseModel):
    """What to call the chapter as it is now."""

    name: str = Field(max_length=MAX_TITLE)


class VersionBody(BaseModel):
    """A named point, which never changes."""

    name: str
    seq: int = Field(description="The last entry of the chapter's history that belongs to it.")
    at: str = Field(description="When it was named, as ISO 8601 in UTC.")
    by: str = Field(description="The id of the participant who named it.")


class VersionList(BaseModel):
    """All named points of a chapter."""

    versions: list[VersionBody] = Field(description="Oldest first.")


@router.get("", responses=problems(401, 403, 404, 422, 503))
async def list_versions(chapter: str, _: Reader, texts: TextsOf) -> VersionList:
    """The chapter's named points."""
    found = await texts.read(chapter, versions)
    return VersionList(versions=[VersionBody(**asdict(one)) for one in found])


@router.post("", status_code=201, responses=problems(401, 403, 404, 409, 422, 503))
async def name_version(chapter: str, new: NewVersion, registrar: Registrar, services: ServicesOf) -> VersionBody:
    """Give the chapter as it is on disk now a name. The name is on disk, and known to all, when this answers."""
    name = _clean(new.name)
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    kept: list[Version] = []
    room = await services.rooms.open(chapter)

    def note(document: ChapterDocument) -> None:
        version = Version(name, room.seq, at, registrar.participant.id)
        if add_version(document, version):
            kept.append(version)

    await room.write(registrar.participant.id, note)
    if kept:
        return VersionBody(**asdict(kept[0]))
    if any(one.name == name for one in await room.read(versions)):
        raise Refusal(409, "version-exists", "a version of this name is there already")
    raise Refusal(409, "limit-reached", f"the chapter holds at most {MAX_VERSIONS} versions")


def _clean(name: str) -> str:
    try:
        return clean_title(name)
    except TitleInvalid as error:
        raise Refusal(422, "version-name-invalid", f"the name can't be used: {error.reason}") from None
