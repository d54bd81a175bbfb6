"""Every error that `auth` raises, in one tree. Each has fields; `str()` gives one sentence for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class AuthError(Exception):
    """The root of the tree."""


class SignInRequired(AuthError):
    """Nobody is signed in by what was presented: sign in, or refresh, and try again."""


class NotSignedIn(SignInRequired):
    """Nothing was presented at all."""

    def __str__(self) -> str:
        return "you are not signed in"


@dataclass(slots=True, eq=False)
class TokenInvalid(SignInRequired):
    """Not an access token of this meeting."""

    reason: str

    def __str__(self) -> str:
        return f"the access token is not valid: {self.reason}"


@dataclass(slots=True, eq=False)
class TokenExpired(SignInRequired):
    """A good access token whose time is over: refresh."""

    expired_at: int

    def __str__(self) -> str:
        return "the access token has expired"


@dataclass(slots=True, eq=False)
class SessionEnded(SignInRequired):
    """The session is over, or never was: a new sign-in is needed, refreshing does not help."""

    reason: str

    def __str__(self) -> str:
        return f"the session has ended: {self.reason}"


class InvitationRefused(AuthError):
    """An invitation that opens no session."""


class InvitationUnknown(InvitationRefused):
    """No invitation has this secret or id."""

    def __str__(self) -> str:
        return "there is no such invitation"


@dataclass(slots=True, eq=False)
class InvitationExpired(InvitationRefused):
    """Its time is over."""

    expired_at: int

    def __str__(self) -> str:
        return "the invitation has expired: ask the secretariat for a new one"


@dataclass(slots=True, eq=False)
class InvitationRevoked(InvitationRefused):
    """It was taken back."""

    revoked_at: int

    def __str__(self) -> str:
        return "the invitation was revoked: ask the secretariat for a new one"


@dataclass(slots=True, eq=False)
class Forbidden(AuthError):
    """Somebody who is signed in may not do this."""

    action: str
    reason: str

    def __str__(self) -> str:
        return f"you may not {self.action.replace('-', ' ')}: {self.reason}"


@dataclass(slots=True, eq=False)
class ParticipantNotFound(AuthError):
    """There is no participant of that id."""

    participant: str

    def __str__(self) -> str:
        return f"there is no participant {self.participant!r}"


@dataclass(slots=True, eq=False)
class ParticipantInactive(AuthError):
    """The participant is there, and is not active in this meeting."""

    participant: str

    def __str__(self) -> str:
        return f"participant {self.participant!r} is not active"


@dataclass(slots=True, eq=False)
class GroupNotFound(AuthError):
    """There is no breakout group of that id."""

    group: str

    def __str__(self) -> str:
        return f"there is no breakout group {self.group!r}"


@dataclass(slots=True, eq=False)
class FieldInvalid(AuthError):
    """A value that can't be kept, and what is expected in its place."""

    field: str
    value: object
    expected: str

    def __str__(self) -> str:
        return f"{self.field} {shown(self.value)} is not valid: expected {self.expected}"


@dataclass(slots=True, eq=False)
class LimitReached(AuthError):
    """There would be more of something than a meeting holds. Nothing was changed."""

    what: str
    limit: int

    def __str__(self) -> str:
        return f"a meeting holds at most {self.limit} {self.what}"


class RosterProblem(NamedTuple):
    """One thing wrong in a roster. ``line`` counts from 1; ``column`` is empty when the whole line is meant."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"line {self.line}{column}: {self.message}"


@dataclass(slots=True, eq=False)
class RosterInvalid(AuthError):
    """A list of participants with problems, in the order of their lines. Nothing of it was imported."""

    problems: Sequence[RosterProblem]

    def __str__(self) -> str:
        more = len(self.problems) - 1
        rest = f" (and {more} more)" if more else ""
        return f"the list of participants can't be imported: {self.problems[0]}{rest}"


@dataclass(slots=True, eq=False)
class KeyUnsafe(AuthError):
    """The file of the signing key can't be relied on."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"the signing key {self.path} can't be used: {self.reason}"


class AuthStorageError(AuthError):
    """The storage did not do what it was asked."""


@dataclass(slots=True, eq=False)
class AuthStorageUnavailable(AuthStorageError):
    """A passing fault (disk full, I/O error, locked): nothing of the call was kept; trying again may succeed."""

    reason: str

    def __str__(self) -> str:
        return f"the storage is unavailable: {self.reason}"


@dataclass(slots=True, eq=False)
class AuthStorageDamaged(AuthStorageError):
    """What was read back is not what was written."""

    reason: str

    def __str__(self) -> str:
        return f"what is stored of the participants is damaged: {self.reason}"


@dataclass(slots=True, eq=False)
class RevisionConflict(AuthStorageError):
    """Somebody else changed the storage since it was read: read again. Nothing was kept."""

    expected: int
    found: int

    def __str__(self) -> str:
        return f"the storage is at revision {self.found}, not {self.expected}"


def shown(value: object) -> str:
    """A value as it stands in a message, quoted and cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
