"""Why a Word file is not read: one class for each reason, one sentence for a person."""

from dataclasses import dataclass

from documents.errors import DocumentsError


@dataclass(slots=True, eq=False)
class WordRefused(DocumentsError):
    """A Word file that is not read. Nothing of it was used."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class WordBroken(WordRefused):
    """Not a Word file, or one of which a part that is needed is missing or can't be read."""

    def __str__(self) -> str:
        return f"this can't be read as a Word file: {self.reason}"


class WordLocked(WordRefused):
    """A file that is protected by a password, or of the old form (.doc)."""


class WordMacros(WordRefused):
    """A file with macros."""


class WordUnsafe(WordRefused):
    """A file that holds what no word processor writes, and what harms those who read it."""

    def __str__(self) -> str:
        return f"the Word file is not safe to read: {self.reason}"


class WordTooLarge(WordRefused):
    """A file, or a part of it once unpacked, beyond the bounds."""

    def __str__(self) -> str:
        return f"the Word file is too large: {self.reason}"
