"""Breakout groups: who may write which chapters."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from auth.people import MAX_CHAPTERS, MAX_NAME, MAX_PARTICIPANTS, BreakoutGroup
from documents.errors import ChapterNotFound
from server.http.guard import Manager, Neighbour, ServicesOf
from server.http.problems import problems

router = APIRouter(prefix="/api/breakout-groups", tags=["breakout groups"])


class GroupContent(BaseModel):
    """What a breakout group is."""

    name: str = Field(max_length=MAX_NAME)
    members: list[str] = Field([], max_length=MAX_PARTICIPANTS, description="Ids of participants.")
    chapters: list[str] = Field(
        [],
        max_length=MAX_CHAPTERS,
        description="Ids of chapters, which no delegates but the members of groups that name them may write.",
    )


class GroupBody(BaseModel):
    """A breakout group."""

    id: str
    name: str
    members: list[str]
    chapters: list[str]

    @classmethod
    def of(cls, group: BreakoutGroup) -> "GroupBody":
        """From the meeting's own record."""
        return cls(id=group.id, name=group.name, members=sorted(group.members), chapters=sorted(group.chapters))


class GroupList(BaseModel):
    """All breakout groups."""

    groups: list[GroupBody] = Field(description="By id.")


@router.get("", responses=problems(401, 403, 503))
async def list_groups(_: Neighbour, services: ServicesOf) -> GroupList:
    """All breakout groups."""
    return GroupList(groups=[GroupBody.of(one) for one in services.meeting.breakout_groups()])


@router.put("/{group}", responses=problems(401, 403, 404, 409, 422, 503))
async def put_group(group: str, content: GroupContent, _: Manager, services: ServicesOf) -> GroupBody:
    """Add a breakout group, or change the one of this id."""
    known = {one.id for one in await services.storage.chapters()}
    for chapter in content.chapters:
        if chapter not in known:
            raise ChapterNotFound(chapter)
    kept = await services.meeting.put_group(
        BreakoutGroup(group, content.name, frozenset(content.members), frozenset(content.chapters))
    )
    return GroupBody.of(kept)


@router.delete("/{group}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def delete_group(group: str, _: Manager, services: ServicesOf) -> None:
    """Drop a breakout group: a chapter that no other names is open to all delegates again."""
    await services.meeting.delete_group(group)
