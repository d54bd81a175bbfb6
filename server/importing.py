"""A file as a draft: whichever form it has, and with who is who among its authors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from documents.formats import markdown, word
from documents.formats import text as plain_text
from documents.formats.word.draft import to_draft
from documents.incoming.draft import Draft
from documents.progress import Told, untold
from server.contributors import People, plain_name

WORD_ENDINGS: Final = (".doc", ".docm", ".docx", ".dotm", ".dotx")
MARKDOWN_ENDINGS: Final = (".md", ".markdown")
MARKDOWN: Final = "text/markdown"
"""The media type of Markdown."""
_START: Final = 8


@dataclass(slots=True, eq=False)
class AuthorInvalid(ValueError):
    """Somebody said for whom an author of the file stands, and that can't be."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Brought:
    """A file as it came."""

    content: bytes
    name: str = ""
    """Its end may tell the form."""


def read(file: BinaryIO, name: str = "", told: Told = untold) -> Draft | word.WordText:
    """What a file says: a Word file by its first bytes or the end of its name, Markdown by the latter, else a text in
    the plain-text form.

    Raises `WordRefused`, `DraftInvalid`, `UnicodeDecodeError`.
    """
    start = file.read(_START)
    file.seek(0)
    if word.looks_like_word(start) or name.casefold().endswith(WORD_ENDINGS):
        return word.read(file, told)
    content = file.read(plain_text.MAX_BYTES + 4)  # one more than with a byte order mark: some files never end
    if len(content) > plain_text.MAX_BYTES + 3:
        raise plain_text.DraftInvalid(f"the text is larger than {plain_text.MAX_BYTES} bytes", 0)
    read_text = markdown.read if name.casefold().endswith(MARKDOWN_ENDINGS) else plain_text.read
    return read_text(content.decode("utf-8-sig"))


def read_content(content: bytes, name: str = "") -> Draft | word.WordText:
    """As `read`, for what came by the network. Raises as it does."""
    return read(BytesIO(content), name)


def name_of(media_type: str) -> str:
    """A name for what came by the network, whose end says which form it has, as far as its media type does."""
    return "file.md" if media_type.partition(";")[0].strip().casefold() == MARKDOWN else ""


def drafted(found: Draft | word.WordText, meeting: People | None, given: Sequence[str] = ()) -> Draft:
    """What was read as a draft, its authors taken for delegations of the meeting where their names say so.

    `given` says more: ``"NAME=DELEGATION"``, by the author's name in the file and a delegation's name or id. Raises
    `AuthorInvalid`.
    """
    if isinstance(found, Draft):
        if given:
            raise AuthorInvalid("a plain text has no authors of changes, of whom it could be said who they are")
        return found
    known = delegations_by_name(meeting)
    names = dict(said(one, found, meeting) for one in given)
    return to_draft(found, lambda name: names.get(plain_name(name)) or known(name))


def delegations_by_name(meeting: People | None) -> Callable[[str], str]:
    """Finds the delegation's name for a delegation's or a participant's; nothing is guessed.

    Empty for a name that nobody has, or that participants of different delegations have.
    """
    names: dict[str, set[str]] = {}
    for person in meeting.participants() if meeting else ():
        names.setdefault(plain_name(person.name), set()).add(person.delegation.name)
    found = {name: bearers.pop() for name, bearers in names.items() if len(bearers) == 1}
    found |= {plain_name(one.name): one.name for one in (meeting.delegations() if meeting else ())}
    return lambda name: found.get(plain_name(name), "")


def said(given: str, found: word.WordText, meeting: People | None) -> tuple[str, str]:
    """An author's plain name and the name of the delegation, as ``"NAME=DELEGATION"`` says. Raises `AuthorInvalid`."""
    name, _, delegation = given.rpartition("=")
    if not name.strip() or not delegation.strip():
        raise AuthorInvalid(f"{given!r} does not say who is who: write NAME=DELEGATION")
    if plain_name(name) not in map(plain_name, found.authors):
        raise AuthorInvalid(f"the file has no author {name!r}")
    for one in meeting.delegations() if meeting else ():
        if delegation.strip() == one.id or plain_name(delegation) == plain_name(one.name):
            return plain_name(name), one.name
    raise AuthorInvalid(f"the meeting has no delegation {delegation!r}")
