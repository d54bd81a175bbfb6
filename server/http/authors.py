"""Whom the words of a chapter are by, in the form in which the HTTP API says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from auth.meeting import Meeting
from documents.authorship.runs import Byline, Deletion, ParagraphRuns, Tag
from documents.authorship.totals import tags
from server.bylines import complete as complete  # noqa: PLC0414 (others find it here)
from server.http.texts import Texts


class Author(BaseModel):
    """Whom something is by. Texts are empty for what is not known; all of them for the draft as it was imported."""

    model_config = ConfigDict(frozen=True)

    delegation: str = Field(description="Its id.")
    group: str = Field(description="The stakeholder group's name.")
    participant: str = Field(description="The participant's id.")
    name: str | None = Field(None, description="Only of an imported contribution of which no more is known.")


class Act(Author):
    """By whom and when something was done."""

    at: datetime = Field(description="UTC, to the minute.")


class BylineBody(BaseModel):
    """What the sign-in said of an author when the words were written."""

    participant: str
    name: str
    delegation: str
    delegation_name: str
    group: str
    number: int = Field(description="The delegation's own number in the meeting; 0 when it has none.")
    color: str = Field(description="The delegation's colour, as `#rrggbb`; empty when it has none.")


@dataclass(frozen=True, slots=True)
class Authored:
    """A chapter's runs, and a byline for every tag in them."""

    paragraphs: list[ParagraphRuns]
    bylines: Mapping[Tag, Byline]


async def read_authored(texts: Texts, meeting: Meeting, chapter: str, *, deleted: bool) -> Authored:
    """The runs of a chapter as they are committed. Raises as `Texts.read`."""
    paragraphs, bylines = await texts.read_runs(
        chapter, lambda document: (document.runs(deleted=deleted), document.bylines()), deleted=deleted
    )
    return Authored(paragraphs, complete(bylines, tags(paragraphs), meeting))


class Acts:
    """Tells of authors and of what they did; the same is told with the same object, since a text has many runs."""

    def __init__(self, bylines: Mapping[Tag, Byline]) -> None:
        self.authors = {tag: author_body(byline) for tag, byline in bylines.items()}
        self._acts: dict[tuple[Tag, int], Act] = {}

    def act(self, tag: Tag, minute: int) -> Act:
        """What somebody did, and in which minute since 1970 (UTC)."""
        act = self._acts.get((tag, minute))
        if act is None:
            act = self._acts[tag, minute] = Act(**dict(self.authors[tag]), at=moment(minute))
        return act

    def deletion(self, deletion: Deletion | None) -> Act | None:
        """Who deleted something, if anybody did."""
        return None if deletion is None else self.act(deletion.by, deletion.at)


def author_body(byline: Byline) -> Author:
    """A byline, as it stands beside each of many runs."""
    known = byline.delegation or byline.participant or not byline.name
    name = None if known else byline.name
    return Author(delegation=byline.delegation, group=byline.group, participant=byline.participant, name=name)


def moment(minute: int) -> datetime:
    """The beginning of a minute, counted since 1970 (UTC)."""
    return datetime.fromtimestamp(minute * 60, UTC)
