"""Versions of a chapter: frozen, listed, read, published and withdrawn."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from documents.gavel.rulings import Status, iso
from documents.incoming.opening import MAX_TITLE, TitleInvalid
from documents.rooms import milliseconds
from documents.versions.freezing import MAX_SYMBOL, Wanted, freeze
from documents.versions.frozen import FrozenParagraph
from documents.versions.versions import Deed, Version, find, status_line, versions
from server.http.guard import Publisher, Reader, Registrar, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import TextsOf
from server.papers import Paper, Papers

router = APIRouter(prefix="/api/chapters/{chapter}/versions", tags=["versions"])


class NewVersion(BaseModel):
    """What to say of the chapter as it is now."""

    name: str | None = Field(None, max_length=MAX_TITLE, description="Left out: the symbol and the status line.")
    symbol: str = Field("", max_length=MAX_SYMBOL, description="A document symbol, as `WSIS+10/4/26/Pre-agreed`.")
    status: str = Field(
        "", max_length=MAX_TITLE, description="The status line; left out: `Status as of`, the date and the suffix."
    )
    day: date | None = Field(None, alias="date", description="Of the status line; left out: today, in UTC.")
    suffix: str = Field("", max_length=100, description="What follows the date in the status line, such as `COB`.")


class PublicationBody(BaseModel):
    """That a version was published, or withdrawn."""

    act: Deed
    by: str = Field(description="The id of the participant who did.")
    at: str = Field(description="When, as ISO 8601 in UTC.")


class VersionBody(BaseModel):
    """A named point, which never changes."""

    id: str = Field(description="For its address here.")
    name: str
    seq: int = Field(description="The last entry of the chapter's history that belongs to it.")
    at: str = Field(description="When it was named, as ISO 8601 in UTC.")
    by: str = Field(description="The id of the participant who named it; `adref` for an automatic one.")
    symbol: str
    status: str = Field(description="The status line.")
    exceptions: str = Field(description="Which paragraphs are not agreed, such as `besides Paras 2, 21, 27-30`.")
    hash: str = Field(
        description="SHA-256 of the text with its labels and statuses (docs/versions.md); "
        "empty in the list when an older program named it."
    )
    published: bool = Field(description="Whether everybody may read it, signed in or not.")
    address: str = Field(description="Where, when it is published: a path on this server. Empty before the first time.")
    acts: list[PublicationBody] = Field(description="Who published and withdrew it, oldest first.")
    before: str = Field(
        description="Of an automatic one that was made before a version was restored: that one's name; else empty."
    )


class VersionList(BaseModel):
    """All versions of a chapter."""

    versions: list[VersionBody] = Field(description="Those that people named, oldest first.")
    automatic: list[VersionBody] = Field(description="Those that the server made by itself, oldest first.")


class FrozenBody(BaseModel):
    """A paragraph or heading, as it was."""

    id: str
    label: str = Field(description="Literal, such as `12 bis`; empty when there was none.")
    kind: str = Field(description="`paragraph`, `heading`, or what another editor made.")
    level: int = Field(description="Of a heading; 0 for all else.")
    text: str = Field(description="To the character; what is embedded counts as a space.")
    status: Status
    void: bool = Field(description="Whether an agreed text was changed after it had been agreed.")


class VersionText(BaseModel):
    """A version with its text."""

    version: VersionBody
    title: str = Field(description="The chapter's.")
    paragraphs: list[FrozenBody]


def _papers(request: Request) -> Papers:
    papers: Papers = request.app.state.papers
    return papers


PapersOf = Annotated[Papers, Depends(_papers)]


@router.get("", responses=problems(401, 403, 404, 422, 503))
async def list_versions(chapter: str, _: Reader, texts: TextsOf) -> VersionList:
    """The chapter's versions."""
    found = await texts.read(chapter, versions)
    return VersionList(
        versions=[version_body(one) for one in found if not one.automatic],
        automatic=[version_body(one) for one in found if one.automatic],
    )


@router.post("", status_code=201, responses=problems(401, 403, 404, 409, 422, 503))
async def name_version(chapter: str, new: NewVersion, registrar: Registrar, services: ServicesOf) -> VersionBody:
    """Freeze the chapter as it is on disk now. The version is on disk, and known to all, when this answers."""
    status = new.status or status_line(new.day or datetime.now(UTC).date(), " ".join(new.suffix.split()))
    if new.name is not None and not new.name.strip():
        raise Refusal(422, "version-name-invalid", "the name can't be used: it is empty")
    wanted = Wanted(new.name or "", new.symbol, status)
    room = await services.rooms.open(chapter)
    try:
        return version_body(await freeze(room, wanted, registrar.participant.id, iso(milliseconds())))
    except TitleInvalid as error:
        raise Refusal(422, "version-name-invalid", f"the name can't be used: {error.reason}") from None


@router.get("/{version}", responses=problems(401, 403, 404, 422, 503))
async def get_version(chapter: str, version: str, _: Reader, texts: TextsOf, papers: PapersOf) -> VersionText:
    """One version with its text, as it was then."""
    found = await texts.read(chapter, lambda document: find(document, version))
    return paper_body(await papers.read(await texts.chapter(chapter), found))


@router.put("/{version}/publication", responses=problems(401, 403, 404, 409, 422, 503))
async def publish_version(chapter: str, version: str, publisher: Publisher, papers: PapersOf) -> VersionBody:
    """Let everybody read a version at its public address, signed in or not. Asked for again, it changes nothing."""
    by = publisher.participant.id
    return version_body(await papers.publish(chapter, version, by, iso(milliseconds())))


@router.delete("/{version}/publication", responses=problems(401, 403, 404, 409, 422, 503))
async def withdraw_version(chapter: str, version: str, publisher: Publisher, papers: PapersOf) -> VersionBody:
    """Withdraw a version. Its address stays its own: whoever asks there is told that it was withdrawn."""
    by = publisher.participant.id
    return version_body(await papers.withdraw(chapter, version, by, iso(milliseconds())))


def version_body(version: Version) -> VersionBody:
    """A version as the API tells of it."""
    return VersionBody(
        id=version.id,
        name=version.name,
        seq=version.seq,
        at=version.at,
        by=version.by,
        symbol=version.symbol,
        status=version.status,
        exceptions=version.exceptions,
        hash=version.hash,
        published=version.published,
        address=f"/papers/{version.address}" if version.address else "",
        acts=[PublicationBody(act=one.act, by=one.by, at=one.at) for one in version.acts],
        before=version.before,
    )


def paper_body(paper: Paper) -> VersionText:
    """A version with its text, as the API tells of it."""
    return VersionText(
        version=version_body(paper.version),
        title=paper.chapter.title,
        paragraphs=[frozen_body(one) for one in paper.text],
    )


def frozen_body(one: FrozenParagraph) -> FrozenBody:
    """A paragraph of a version, as the API tells of it."""
    return FrozenBody(
        id=one.id, label=one.label, kind=one.kind, level=one.level, text=one.text, status=one.status, void=one.void
    )
