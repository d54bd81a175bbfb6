"""Named points in a chapter's history. They stand in the document's root `versions`, so every client knows them."""

from dataclasses import asdict, dataclass
from typing import Final

from documents.chapter import ChapterDocument
from documents.model import AuthorId

ROOT: Final = "versions"
MAX_VERSIONS: Final = 1_000
"""Named points of one chapter."""


@dataclass(frozen=True, slots=True)
class Version:
    """A point that has a name; the name is no other's in the chapter, and stays."""

    name: str
    seq: int
    """The last entry of the journal that belongs to it."""
    at: str
    """When it was named, as ISO 8601 in UTC."""
    by: AuthorId


def versions(document: ChapterDocument) -> list[Version]:
    """All named points, oldest first."""
    found = [Version(name, int(value["seq"]), value["at"], value["by"]) for name, value in document.value(ROOT).items()]
    return sorted(found, key=lambda one: (one.seq, one.at, one.name))


def add_version(document: ChapterDocument, version: Version) -> bool:
    """Note a named point, within `ChapterDocument.write`; says whether the name was free and there was room for it."""
    kept = document.maps[ROOT]
    if version.name in kept or len(kept) >= MAX_VERSIONS:
        return False
    value = asdict(version)
    kept[value.pop("name")] = value
    return True
