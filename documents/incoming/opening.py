"""How a chapter begins, from a title or from a draft; and what is noted beside its paragraphs later."""

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass

from documents.authorship.runs import Byline, Tag
from documents.chapter import ChapterDocument, new_paragraph_id
from documents.errors import ChapterExists, DocumentsError
from documents.formats.text import DraftInvalid
from documents.incoming import revised
from documents.incoming.contributions import Contribution
from documents.incoming.draft import Block, Draft, Note
from documents.model import AuthorId, Chapter
from documents.rooms import Rooms
from documents.search import fold

MAX_TITLE = 300
"""Characters in a chapter's title."""
MAX_CONTRIBUTORS = 300
"""Who may have a part in one text that is imported: each adds the time that the whole text takes."""
MAX_SLUG = 60
"""Characters that an id takes from its title; a number may follow."""

Change = Callable[[ChapterDocument], None]

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Opening:
    """What a chapter begins with."""

    change: Change
    """Writes all of it but the contributed texts, whose paragraphs stand empty; these come after it."""
    contributions: tuple[Contribution, ...] = ()


@dataclass(slots=True, eq=False)
class TitleInvalid(DocumentsError):
    """A title that no chapter can have."""

    reason: str

    def __str__(self) -> str:
        return f"the title can't be used: {self.reason}"


@dataclass(frozen=True, slots=True)
class Comment:
    """What a delegation says of a paragraph, as it stands in the document."""

    id: str
    paragraph: str
    name: str
    """The delegation's."""
    participant: str
    """An opaque id; empty for a comment that came with an imported text."""
    text: str
    at: str
    """When, as ISO 8601 in UTC; of a comment that came with an imported text as that says it, or empty."""
    resolved: bool = False


def clean_title(text: str) -> str:
    """A title with every run of white space as one space. Raises `TitleInvalid`."""
    title = " ".join(text.split())
    if not title:
        raise TitleInvalid("it is empty")
    if len(title) > MAX_TITLE:
        raise TitleInvalid(f"it has more than {MAX_TITLE} characters")
    if _UNPRINTABLE.search(title):
        raise TitleInvalid("it holds a character that can't be printed")
    return title


def slug(title: str, empty: str = "chapter") -> str:
    """An id that can be read, from what of a title can be spelled in one; at least `empty`."""
    words: list[str] = [word for word in re.findall(r"[^\W_]+", fold(title)) if word.isascii()]
    if not any(word.isalpha() for word in words):
        words.insert(0, empty)
    taken = words[0][:MAX_SLUG]
    for word in words[1:]:
        if len(taken) + 1 + len(word) > MAX_SLUG:
            break
        taken += f"-{word}"
    return taken


async def create(rooms: Rooms, title: str, author: AuthorId, opening: Opening, *, at: int) -> Chapter:
    """Keep a new chapter under an id made from its title. `at` is in milliseconds since 1970.

    Raises `TitleInvalid`, `StorageUnavailable`. Works beside a server on the same folder: it is one commit.
    """
    return await create_by(
        rooms, title, author, lambda one: rooms.create(one, author, opening.change, opening.contributions), at=at
    )


async def create_by(
    rooms: Rooms, title: str, author: AuthorId, keep: Callable[[Chapter], Awaitable[None]], *, at: int
) -> Chapter:
    """As `create`, kept by `keep`, which raises `ChapterExists` when somebody took the id meanwhile."""
    title = clean_title(title)
    while True:
        taken = {one.id for one in await rooms.storage.chapters()}
        chapter = Chapter(_free(slug(title), taken), title, at, author)
        with suppress(ChapterExists):
            await keep(chapter)
            return chapter


def _free(wanted: str, taken: Iterable[str]) -> str:
    number = 1
    free = wanted
    while free in taken:
        number += 1
        free = f"{wanted}-{number}"
    return free


def title_only(title: str) -> Opening:
    """A chapter with an empty paragraph, so that people can type."""

    def fill(chapter: ChapterDocument) -> None:
        chapter.maps["meta"]["title"] = title
        chapter.append("paragraph", {"id": new_paragraph_id(), "label": ""}, "")

    return Opening(fill)


def from_draft(draft: Draft, contributor: Callable[[str], Byline], title: str = "") -> Opening:
    """A chapter with all that a draft holds, under its own title unless another is given.

    A block with a source is that contributor's; with several sources it is theirs together, under all their names.
    What delegations inserted and deleted in a block is theirs. `contributor` says who stands behind a name. All other
    text is nobody's. Raises `DraftInvalid` for more than `MAX_CONTRIBUTORS`.
    """
    if not draft.blocks:
        return title_only(title or draft.title)
    blocks = {new_paragraph_id(): block for block in draft.blocks}
    sourced = ((paragraph, _source(block)) for paragraph, block in blocks.items() if block.text and not block.words)
    sources = {paragraph: source for paragraph, source in sourced if source}
    named = dict.fromkeys([*sources.values(), *revised.names(draft.blocks)])
    if len(named) > MAX_CONTRIBUTORS:
        raise DraftInvalid(f"the text has more than {MAX_CONTRIBUTORS} contributors", 0)
    bylines = {name: contributor(name) for name in named}
    tags = _tags(bylines.values())
    texts: dict[Tag, dict[str, str]] = {tag: {} for tag in tags.values()}
    for paragraph, source in sources.items():
        texts[tags[bylines[source]]][paragraph] = blocks[paragraph].text

    def fill(chapter: ChapterDocument) -> None:
        chapter.maps["meta"]["title"] = title or draft.title
        for byline, tag in tags.items():
            chapter.maps["authors"][tag] = byline.to_map()
        for paragraph, block in blocks.items():
            _add_block(chapter, paragraph, block, "" if paragraph in sources else revised.first_text(block))

    written = [Contribution(tag, texts[tag]) for tag in tags.values() if texts[tag]]
    written += revised.contributions(blocks, lambda name: tags[bylines[name]])
    return Opening(fill, tuple(written))


def _source(block: Block) -> str:
    names = dict.fromkeys(note.name for note in block.notes if note.kind == "source")
    return ", ".join(filter(None, names))


def _tags(contributors: Iterable[Byline]) -> dict[Byline, Tag]:
    """The delegations' first: a name that is merely like a delegation's must not take its tag."""
    tags: dict[Byline, Tag] = {}
    for one in sorted(dict.fromkeys(contributors), key=lambda one: not one.delegation):
        tags[one] = _free(f"@{one.delegation or slug(one.name, empty='contributor')}", tags.values())
    return tags


def _add_block(chapter: ChapterDocument, paragraph: str, block: Block, text: str) -> None:
    names = {"id": paragraph, "label": block.label}
    if block.kind == "paragraph":
        chapter.append("paragraph", names, text)
    else:
        level = block.level or (1 if block.kind == "title" else 2)
        chapter.append("heading", {**names, "level": level}, text)
    for note in block.notes:
        _add_note(chapter, paragraph, note)


def _add_note(chapter: ChapterDocument, paragraph: str, note: Note) -> None:
    """Ids count up, so that those who sort by time and id get the notes of one text in its order."""
    if note.kind == "source":
        sources = chapter.maps["sources"]
        sources[f"s-{len(sources) + 1:05}"] = {"paragraph": paragraph, "name": note.name}
    else:
        number = len(chapter.maps["comments"]) + 1
        add_comment(Comment(f"c-{number:05}", paragraph, note.name, "", note.text, note.at, note.resolved))(chapter)


def new_comment_id() -> str:
    """A fresh id for a comment."""
    return f"c-{secrets.token_hex(6)}"


def add_comment(comment: Comment) -> Change:
    """Note a comment; whether its paragraph is there has to be looked up before."""

    def add(chapter: ChapterDocument) -> None:
        value = asdict(comment)
        chapter.maps["comments"][value.pop("id")] = value

    return add


def resolve_comment(comment: str, *, resolved: bool) -> Change:
    """Mark a comment as settled or as open again; one that is not there, or is so already, is left as it is."""

    def resolve(chapter: ChapterDocument) -> None:
        value = chapter.maps["comments"].get(comment)
        if value is not None and value["resolved"] is not resolved:
            chapter.maps["comments"][comment] = {**value, "resolved": resolved}

    return resolve


def find_comment(chapter: ChapterDocument, comment: str) -> Comment | None:
    """A comment as it stands now."""
    value = chapter.maps["comments"].get(comment)
    return None if value is None else Comment(comment, **value)
