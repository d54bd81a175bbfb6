"""Named points in a chapter's history. They stand in the document's root `versions`, so every client knows them.

What a version says of the text (its entry, its hash, its exceptions) never changes. What is published, and what was
withdrawn again, is noted with it: an act for each.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

from documents.chapter import ChapterDocument
from documents.errors import DocumentsError
from documents.model import AuthorId

ROOT: Final = "versions"
MAX_VERSIONS: Final = 1_000
"""Versions of one chapter that people named."""
MAX_AUTOMATIC: Final = 200
"""Automatic versions of one chapter: the oldest goes when there would be more."""
MAX_ACTS: Final = 100
"""How often one version can be published and withdrawn."""
_TEXTS: Final = ("symbol", "status", "exceptions", "hash", "address", "before")

Deed = Literal["publish", "withdraw"]


@dataclass(frozen=True, slots=True)
class Publication:
    """That somebody published a version, or withdrew it."""

    act: Deed
    by: AuthorId
    at: str
    """As ISO 8601 in UTC."""


@dataclass(frozen=True, slots=True)
class Version:
    """A point that has a name; the name is no other's in the chapter, and stays.

    Of one that an older program made, the fields with a default are empty.
    """

    name: str
    seq: int
    """The last entry of the journal that belongs to it."""
    at: str
    """When it was named, as ISO 8601 in UTC."""
    by: AuthorId
    symbol: str = ""
    """The document symbol, such as `WSIS+10/4/26/Pre-agreed`."""
    status: str = ""
    """The status line, such as `Status as of 17 April 2014, COB`."""
    exceptions: str = ""
    """Which paragraphs were not agreed: see `documents.versions.besides`."""
    hash: str = ""
    """Of the text: see `documents.versions.frozen`."""
    automatic: bool = False
    """Whether the server made it by itself."""
    address: str = ""
    """The last part of its public address. It is given when it is first published, and stays."""
    acts: tuple[Publication, ...] = ()
    """Oldest first."""
    before: str = ""
    """Of an automatic one: the name of the version that was restored right after it; empty for all else."""

    @property
    def id(self) -> str:
        """A name for addresses; it follows from the name."""
        return "v-" + hashlib.sha256(self.name.encode()).hexdigest()[:12]

    @property
    def published(self) -> bool:
        """Whether everybody may read it now."""
        return bool(self.acts) and self.acts[-1].act == "publish"

    def to_map(self) -> dict[str, Any]:
        """As it stands in the document, under its name; what is empty is left out."""
        said = {"seq": self.seq, "at": self.at, "by": self.by}
        texts = {key: getattr(self, key) for key in _TEXTS}
        acts = [{"act": one.act, "by": one.by, "at": one.at} for one in self.acts]
        more = {**texts, "automatic": self.automatic, "acts": acts}
        return said | {key: value for key, value in more.items() if value}

    @classmethod
    def from_map(cls, name: str, value: Mapping[str, Any]) -> "Version":
        """From what stands in the document."""
        return cls(
            name,
            int(value["seq"]),
            value["at"],
            value["by"],
            **{key: value[key] for key in _TEXTS if key in value},
            automatic=bool(value.get("automatic")),
            acts=tuple(Publication(one["act"], one["by"], one["at"]) for one in value.get("acts", ())),
        )


@dataclass(slots=True, eq=False)
class VersionExists(DocumentsError):
    """The name is another version's."""

    name: str

    def __str__(self) -> str:
        return f"a version of the name {self.name!r} is there already"


class VersionsFull(DocumentsError):
    """The chapter holds no more versions, or the version no more acts."""

    def __str__(self) -> str:
        return f"a chapter holds at most {MAX_VERSIONS} versions, and one is published or withdrawn {MAX_ACTS} times"


@dataclass(slots=True, eq=False)
class VersionNotFound(DocumentsError):
    """There is no such version in the chapter."""

    version: str

    def __str__(self) -> str:
        return f"there is no version {self.version!r} in the chapter"


@dataclass(slots=True, eq=False)
class AddressTaken(DocumentsError):
    """The public address has been given to another version, and an address stays what it is."""

    address: str

    def __str__(self) -> str:
        return f"the address /papers/{self.address} is that of another version: freeze it under another symbol"


@dataclass(slots=True, eq=False)
class PaperNotFound(DocumentsError):
    """Nothing was ever published under this address."""

    address: str

    def __str__(self) -> str:
        return f"there is no paper {self.address!r}"


@dataclass(slots=True, eq=False)
class PaperWithdrawn(DocumentsError):
    """What was published under this address is not public any more."""

    address: str

    def __str__(self) -> str:
        return f"the paper {self.address!r} was withdrawn"


def status_line(day: date, suffix: str = "") -> str:
    """As papers say it: "Status as of 17 April 2014, COB"."""
    return f"Status as of {day.day} {day:%B} {day.year}" + (f", {suffix}" if suffix else "")


def versions(document: ChapterDocument) -> list[Version]:
    """All versions, oldest first."""
    return from_root(document.value(ROOT))


def from_root(root: Mapping[str, Any]) -> list[Version]:
    """All versions that the root `versions` holds, oldest first."""
    found = [Version.from_map(name, value) for name, value in root.items()]
    return sorted(found, key=lambda one: (one.seq, one.at, one.name))


def find(document: ChapterDocument, version: str) -> Version:
    """The version of this name, or else of this id. Raises `VersionNotFound`."""
    found = versions(document)
    for one in found:
        if one.name == version:
            return one
    for one in found:
        if one.id == version:
            return one
    raise VersionNotFound(version)


def add_version(document: ChapterDocument, version: Version) -> bool:
    """Note a version, within `ChapterDocument.write`; says whether the name was free and there was room for it.

    For an automatic one there always is: the oldest that was never published goes.
    """
    kept = document.maps[ROOT]
    if version.name in kept:
        return False
    others = [one for one in versions(document) if one.automatic == version.automatic]
    if version.automatic:
        spent = [one for one in others if not one.acts][: max(0, len(others) - MAX_AUTOMATIC + 1)]
        for one in spent:
            del kept[one.name]
    elif len(others) >= MAX_VERSIONS:
        return False
    kept[version.name] = version.to_map()
    return True


def note_act(document: ChapterDocument, name: str, address: str, act: Publication) -> Version | None:
    """Note that a version was published or withdrawn, within `ChapterDocument.write`; returns it as it is then.

    None, with nothing written, when there is no such version, or no room for more acts.
    """
    value = document.maps[ROOT].get(name)
    version = None if value is None else Version.from_map(name, value)
    if version is None or len(version.acts) >= MAX_ACTS:
        return None
    noted = replace(version, address=version.address or address, acts=(*version.acts, act))
    document.maps[ROOT][name] = noted.to_map()
    return noted
