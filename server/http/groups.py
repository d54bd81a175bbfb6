"""Breakout groups: who may write which chapters, and which sections of chapters."""

from collections.abc import Iterable

from fastapi import APIRouter
from pydantic import BaseModel, Field

from auth.people import MAX_CHAPTERS, MAX_NAME, MAX_PARTICIPANTS, MAX_SECTIONS, BreakoutGroup
from documents.errors import ChapterNotFound
from server.http.guard import Manager, Neighbour, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import Texts, TextsOf
from server.services import Services

router = APIRouter(prefix="/api/breakout-groups", tags=["breakout groups"])


class SectionBody(BaseModel):
    """A section of a chapter."""

    chapter: str
    section: str = Field(description="The id of its heading.")


class GroupContent(BaseModel):
    """What a breakout group is."""

    name: str = Field(max_length=MAX_NAME)
    members: list[str] = Field([], max_length=MAX_PARTICIPANTS, description="Ids of participants.")
    chapters: list[str] = Field(
        [],
        max_length=MAX_CHAPTERS,
        description="Ids of chapters, which no delegates but the members of groups that name them may write.",
    )
    sections: list[SectionBody] = Field(
        [],
        max_length=MAX_SECTIONS,
        description="Sections that no delegates but the members of groups that name them may write, "
        "whoever may write the rest of the chapter.",
    )


class GroupBody(BaseModel):
    """A breakout group."""

    id: str
    name: str
    members: list[str]
    chapters: list[str]
    sections: list[SectionBody]

    @classmethod
    def of(cls, group: BreakoutGroup) -> "GroupBody":
        """From the meeting's own record."""
        return cls(
            id=group.id,
            name=group.name,
            members=sorted(group.members),
            chapters=sorted(group.chapters),
            sections=[SectionBody(chapter=chapter, section=section) for chapter, section in sorted(group.sections)],
        )


class GroupList(BaseModel):
    """All breakout groups."""

    groups: list[GroupBody] = Field(description="By id.")


@router.get("", responses=problems(401, 403, 503))
async def list_groups(_: Neighbour, services: ServicesOf) -> GroupList:
    """All breakout groups."""
    return GroupList(groups=[GroupBody.of(one) for one in services.meeting.breakout_groups()])


@router.put("/{group}", responses=problems(401, 403, 404, 409, 422, 503))
async def put_group(group: str, content: GroupContent, _: Manager, texts: TextsOf, services: ServicesOf) -> GroupBody:
    """Add a breakout group, or change the one of this id."""
    sections = frozenset((one.chapter, one.section) for one in content.sections)
    await _check_chapters(services, [*content.chapters, *(one.chapter for one in content.sections)])
    await _check_sections(texts, sections)
    kept = await services.meeting.put_group(
        BreakoutGroup(group, content.name, frozenset(content.members), frozenset(content.chapters), sections)
    )
    return GroupBody.of(kept)


async def _check_chapters(services: Services, chapters: Iterable[str]) -> None:
    known = {one.id for one in await services.storage.chapters()}
    for chapter in chapters:
        if chapter not in known:
            raise ChapterNotFound(chapter)


async def _check_sections(texts: Texts, sections: Iterable[tuple[str, str]]) -> None:
    headings: dict[str, set[str]] = {}
    for chapter, section in sorted(sections):
        if chapter not in headings:
            headings[chapter] = {one.id for one in await texts.paragraphs(chapter) if one.kind == "heading"}
        if section not in headings[chapter]:
            raise Refusal(422, "section-not-found", f"there is no heading {section!r} in the chapter {chapter!r}")


@router.delete("/{group}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def delete_group(group: str, _: Manager, services: ServicesOf) -> None:
    """Drop a breakout group: a chapter that no other names is open to all delegates again."""
    await services.meeting.delete_group(group)
