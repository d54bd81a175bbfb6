"""What papers are made of: a chapter read once, between two changes of it, and put in order at leisure.

`take` reads; nothing of what it returns changes afterwards, so all else can be done in another thread.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from pycrdt import XmlElement, XmlFragment, XmlText

from documents.authorship.runs import Byline, ParagraphRuns, Tag
from documents.chapter import ChapterDocument
from documents.gavel.rulings import AGREED, DRAFT, Lock, Standing, locks, standings
from documents.incoming.opening import Comment
from documents.model import Chapter
from documents.outline import HEADING, level_of
from documents.redline import redline as redlines
from documents.redline.base import Base
from documents.redline.redline import RedlineParagraph, Text, redline

FORMATS: Final = ("strong", "em", "underline", "strike")
"""The formats that papers show; others are left out."""

Formats = frozenset[str]
PLAIN: Final[Formats] = frozenset()


@dataclass(frozen=True, slots=True)
class Dress:
    """How a paragraph looks."""

    level: int
    """Of a heading, 1 to 6; 0 for all else."""
    spans: tuple[tuple[str, Formats], ...]
    """Its text, to the character, in parts of one format."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a paragraph came from."""

    paragraph: str
    name: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that papers say of a chapter."""

    text: Text
    runs: tuple[ParagraphRuns, ...]
    """With what was deleted."""
    bylines: Mapping[Tag, Byline]
    comments: tuple[Comment, ...]
    """In the order of time."""
    sources: tuple[Source, ...]
    standings: Mapping[str, Standing]
    locks: Mapping[str, Lock]
    dresses: Mapping[str, Dress]
    """By paragraph, of those that are there."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What is said of a text that is a version."""

    name: str
    symbol: str
    """The document symbol; empty when it has none."""
    status: str
    """The status line; empty for a version that an older program made."""
    exceptions: str
    """Which paragraphs were not agreed: see `documents.versions.besides`."""
    hash: str
    """SHA-256 of the text: see `documents.versions.frozen`."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above and below a paper."""

    chapter: Chapter
    now: datetime
    """When the text was this."""
    since: str
    """The earlier text that it is held against, in words; empty for the text that the chapter began with."""
    version: str = ""
    """The name of the version that this was, if it was one."""
    since_at: datetime | None = None
    """When the text was that; None for the text that the chapter began with."""
    seq: int = 0
    """The number of the journal's last entry that the text holds; 0 when that is not known."""
    edition: Edition | None = None
    """Which version the text is; None for the text of now."""

    @property
    def status(self) -> str:
        """The status line, with what was not agreed: "Status as of 17 April 2014, COB, besides Paras 2, 21, 27-30"."""
        edition = self.edition or Edition("", "", "", "", "")
        line = edition.status or f"Status as of {told(self.now)}"
        return ", ".join(part for part in (line, edition.exceptions) if part)

    @property
    def proof(self) -> str:
        """How it can be shown that this is the version's text; empty for the text of now."""
        return "" if self.edition is None else f"SHA-256 of the text: {self.edition.hash}"


@dataclass(frozen=True, slots=True)
class PaperParagraph:
    """A paragraph, as the text has it now."""

    id: str
    label: str
    kind: str
    level: int
    """Of a heading, 1 to 6; 0 for all else."""
    spans: tuple[tuple[str, Formats], ...]
    status: str
    void: bool
    """Whether its text was changed after it was agreed."""
    led_by: str
    """The delegation that holds its lock; empty when none does."""
    sources: tuple[str, ...]
    comments: tuple[Comment, ...]

    @property
    def text(self) -> str:
        """What it says, to the character."""
        return "".join(text for text, _ in self.spans)

    @property
    def agreed(self) -> bool:
        """Whether it stands as it was agreed."""
        return self.status in AGREED and not self.void


@dataclass(frozen=True, slots=True)
class Paper:
    """A chapter, ready to be written in any form."""

    heading: Heading
    paragraphs: tuple[PaperParagraph, ...]
    runs: tuple[ParagraphRuns, ...]
    """By author, with what was deleted."""
    changes: tuple[RedlineParagraph, ...]
    """Against the earlier text."""
    history: tuple[RedlineParagraph, ...]
    """The same, with what was written since and deleted again."""
    bylines: Mapping[Tag, Byline]
    """Of everybody who is named."""
    dropped: tuple[PaperParagraph, ...] = ()
    """What is known of paragraphs that are gone: their notes."""

    def named(self, tag: Tag | None) -> str:
        """The delegation behind a tag; empty for nobody."""
        if tag is None or tag not in self.bylines:
            return ""
        byline = self.bylines[tag]
        return byline.delegation_name or byline.delegation or byline.name

    def details(self) -> dict[str, PaperParagraph]:
        """All paragraphs by id, those that are gone too."""
        return {one.id: one for one in (*self.dropped, *self.paragraphs)}


def take(document: ChapterDocument) -> Sheet:
    """Read a chapter, between two changes of it. Quick after `ChapterDocument.warm_up` with what was deleted."""
    comments = [Comment(key, **value) for key, value in document.value("comments").items()]
    sources = sorted(document.value("sources").items())
    return Sheet(
        redlines.read(document),
        tuple(document.runs(deleted=True)),
        document.bylines(),
        tuple(sorted(comments, key=lambda one: (one.at, one.id))),
        tuple(Source(value["paragraph"], value["name"]) for _, value in sources),
        standings(document),
        locks(document),
        dict(_dresses(document)),
    )


def tags(sheet: Sheet) -> Iterator[Tag]:
    """Everybody who can be named in a paper of this, each perhaps many times."""
    for paragraph in sheet.runs:
        for run in paragraph.runs:
            yield run.by
            yield from () if run.deleted is None else (run.deleted.by,)
            yield from () if run.moved_by is None else (run.moved_by,)
        yield from () if paragraph.deleted is None else (paragraph.deleted.by,)
    for _, (tag, _) in sheet.text.paragraphs:
        yield tag


def arrange(sheet: Sheet, base: Base, heading: Heading, bylines: Mapping[Tag, Byline]) -> Paper:
    """Put it in order; `bylines` are of all `tags`, the base is of the same chapter and not later."""
    changes, history = (tuple(redline(sheet.text, base, struck=struck)) for struck in (False, True))
    there = [one for one in sheet.runs if one.deleted is None]
    gone = {one.id: one for change in ("struck", "deleted") for one in history if one.change == change}
    for runs in there:
        gone.pop(runs.id, None)
    paragraphs = (_paragraph(sheet, runs.id, runs.label, runs.kind, _spans(sheet, runs)) for runs in there)
    dropped = (_paragraph(sheet, one.id, one.old_label, one.old_kind, ()) for one in gone.values())
    return Paper(heading, _noted(sheet, paragraphs), sheet.runs, changes, history, bylines, _noted(sheet, dropped))


def _noted(sheet: Sheet, paragraphs: Iterable[PaperParagraph]) -> tuple[PaperParagraph, ...]:
    """The paragraphs with what is noted beside them."""
    sources: dict[str, list[str]] = defaultdict(list)
    comments: dict[str, list[Comment]] = defaultdict(list)
    for source in sheet.sources:
        sources[source.paragraph].append(source.name)
    for comment in sheet.comments:
        comments[comment.paragraph].append(comment)
    return tuple(replace(one, sources=tuple(sources[one.id]), comments=tuple(comments[one.id])) for one in paragraphs)


def _spans(sheet: Sheet, runs: ParagraphRuns) -> tuple[tuple[str, Formats], ...]:
    """The text that can be read, with its formats as far as they are known."""
    text = "".join(run.text for run in runs.runs if run.deleted is None)
    dress = sheet.dresses.get(runs.id)
    if dress is not None and "".join(said for said, _ in dress.spans) == text:
        return dress.spans
    return ((text, PLAIN),) if text else ()


def _paragraph(
    sheet: Sheet, paragraph: str, label: str, kind: str, spans: tuple[tuple[str, Formats], ...]
) -> PaperParagraph:
    """As it stands, without its notes."""
    standing, lock, dress = sheet.standings.get(paragraph), sheet.locks.get(paragraph), sheet.dresses.get(paragraph)
    level = dress.level if dress else 2 * (kind == HEADING)
    return PaperParagraph(
        id=paragraph,
        label=label,
        kind=kind,
        level=level,
        spans=spans,
        status=DRAFT if standing is None else standing.status,
        void=standing is not None and standing.void is not None,
        led_by="" if lock is None or lock.scope == "headings" else lock.holder.delegation_name,
        sources=(),
        comments=(),
    )


# How it looks


def _dresses(document: ChapterDocument) -> Iterator[tuple[str, Dress]]:
    for child in document.children:
        if isinstance(child, XmlElement) and isinstance(paragraph := child.attributes.get("id"), str):
            level = level_of(child.attributes.get("level")) if child.tag == HEADING else 0
            yield paragraph, Dress(level, _joined(_formatted(child)))


def _formatted(node: XmlElement | XmlFragment | XmlText) -> Iterator[tuple[str, Formats]]:
    """The text of an element, as `documents.authorship.parts` reads it."""
    if isinstance(node, XmlText):
        for chunk, attributes in node.diff():
            yield chunk if isinstance(chunk, str) else " ", _known(attributes)
        return
    begun = False
    for child in node.children:
        if begun and not isinstance(child, XmlText):
            yield " ", PLAIN
        for part in _formatted(child):
            begun = True
            yield part


def _known(attributes: Mapping[str, object] | None) -> Formats:
    return frozenset(name for name in FORMATS if (attributes or {}).get(name) is not None)


def _joined(spans: Iterable[tuple[str, Formats]]) -> tuple[tuple[str, Formats], ...]:
    joined: list[tuple[str, Formats]] = []
    for text, formats in spans:
        if joined and joined[-1][1] == formats:
            joined[-1] = joined[-1][0] + text, formats
        elif text:
            joined.append((text, formats))
    return tuple(joined)


def told(moment: datetime) -> str:
    """A moment as papers tell it, in UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
