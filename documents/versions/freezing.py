"""Freezing a chapter: its text as it is on disk becomes a version."""

import asyncio
import re
from dataclasses import dataclass, replace
from typing import Final

from documents.chapter import ChapterDocument
from documents.errors import DocumentsError
from documents.incoming.opening import TitleInvalid, clean_title
from documents.model import AuthorId
from documents.room import Room
from documents.versions import frozen
from documents.versions.frozen import Frozen
from documents.versions.versions import Version, VersionExists, VersionsFull, add_version, versions

MAX_SYMBOL: Final = 80
MAX_NAME: Final = 198
"""Bytes of a version's name in UTF-8: it is a key of the document."""
_SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+./()*_:-]*(?: [A-Za-z0-9+./()*_:-]+)*")


@dataclass(slots=True, eq=False)
class SymbolInvalid(DocumentsError):
    """A document symbol that can't be used."""

    symbol: str

    def __str__(self) -> str:
        return f"a document symbol has at most {MAX_SYMBOL} of the characters A-Z a-z 0-9 + . / ( ) * _ : - and spaces"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be said of a version."""

    name: str = ""
    """Empty: the symbol and the status line."""
    symbol: str = ""
    status: str = ""
    automatic: bool = False

    def cleaned(self) -> "Wanted":
        """With a name, and without white space too much. Raises `TitleInvalid`, `SymbolInvalid`."""
        symbol = " ".join(self.symbol.split())
        if symbol and (len(symbol) > MAX_SYMBOL or not _SYMBOL.fullmatch(symbol)):
            raise SymbolInvalid(symbol)
        status = clean_title(self.status) if self.status else ""
        name = clean_title(self.name or ", ".join(part for part in (symbol, status) if part))
        if len(name.encode()) > MAX_NAME:
            raise TitleInvalid(f"it takes more than {MAX_NAME} bytes")
        return replace(self, name=name, symbol=symbol, status=status)


async def freeze(room: Room, wanted: Wanted, author: AuthorId, at: str) -> Version:
    """Make what is on disk now a version; it is on disk, and known to all, on return. `at` is ISO 8601 in UTC.

    Raises `TitleInvalid`, `SymbolInvalid`, `VersionExists`, `VersionsFull`, and as `Room.write` does.
    """
    wanted = wanted.cleaned()
    seq, text = await room.read(lambda document: (room.seq, frozen.of_chapter(document)))
    exceptions, digest = await asyncio.to_thread(_told, text)
    version = Version(wanted.name, seq, at, author, wanted.symbol, wanted.status, exceptions, digest, wanted.automatic)
    kept: list[bool] = []

    def note(document: ChapterDocument) -> None:
        kept.append(add_version(document, version))

    await room.write(author, note)
    if kept[0]:
        return version
    if any(one.name == version.name for one in await room.read(versions)):
        raise VersionExists(version.name)
    raise VersionsFull


def _told(text: Frozen) -> tuple[str, str]:
    return frozen.exceptions(text), frozen.hash_of(text)
