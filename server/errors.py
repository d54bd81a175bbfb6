"""What each error means outside: the status and code of an HTTP answer, and the close code of a websocket.

One total table, by exact class: a class of error that is missing from it fails a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from auth import errors as auth
from documents import errors as documents
from documents.authorship.record import RecordDamaged
from documents.formats.text import DraftInvalid
from documents.formats.word import errors as word
from documents.incoming import bringing
from documents.incoming.opening import TitleInvalid
from documents.versions import restoring, versions
from documents.versions.freezing import SymbolInvalid
from server.apart import WorkTooLarge
from server.close_codes import CloseCode


@dataclass(frozen=True, slots=True)
class Meaning:
    """How one class of error is told to a client."""

    status: int
    """Of the HTTP answer. From 500 on the error's own words stay in the log, and `title` is all that is said."""
    code: str
    """A fixed word for programs."""
    title: str
    """One line for people, the same for all errors of the class."""
    close: CloseCode


_OURS = CloseCode.SERVER_ERROR
_LATER = CloseCode.TRY_LATER
_REFUSED = CloseCode.REFUSED
_SIGN_IN = CloseCode.SIGNED_OUT
_NO = CloseCode.FORBIDDEN

UNKNOWN = Meaning(500, "internal", "The server failed; the fault is noted", _OURS)
"""Any exception that is not of ours."""

TABLE: Mapping[type[Exception], Meaning] = {
    documents.DocumentsError: UNKNOWN,
    documents.ChapterNotFound: Meaning(404, "chapter-not-found", "There is no such chapter", CloseCode.NO_CHAPTER),
    documents.ChapterExists: Meaning(409, "chapter-exists", "There is such a chapter already", _REFUSED),
    documents.StorageError: Meaning(503, "storage", "The server cannot save at the moment", _LATER),
    documents.StorageUnavailable: Meaning(503, "storage", "The server cannot save at the moment", _LATER),
    documents.SequenceConflict: Meaning(503, "storage", "The server cannot save at the moment", _LATER),
    documents.StorageDamaged: Meaning(500, "storage-damaged", "What is stored of this chapter is damaged", _OURS),
    documents.ProtocolError: Meaning(400, "protocol", "Not of the protocol", _REFUSED),
    documents.MessageMalformed: Meaning(400, "message-malformed", "Not a message of the protocol", _REFUSED),
    documents.MessageTooLarge: Meaning(413, "message-too-large", "A message is too large", CloseCode.TOO_BIG),
    documents.UpdateRefused: Meaning(400, "update-refused", "The update is refused", _REFUSED),
    documents.UpdateMalformed: Meaning(400, "update-malformed", "Not an update of a chapter", _REFUSED),
    documents.UpdateIncomplete: Meaning(409, "update-incomplete", "The update builds on what is unknown", _REFUSED),
    documents.ClientIdTaken: Meaning(409, "client-id-taken", "The client id belongs to another", _REFUSED),
    documents.RootForbidden: Meaning(403, "root-forbidden", "The server alone writes this", _REFUSED),
    documents.ReadOnly: Meaning(503, "read-only", "The chapter is read-only at the moment", _LATER),
    documents.RoomBusy: Meaning(503, "busy", "Too busy: try again later", _LATER),
    documents.DocumentBroken: Meaning(500, "document-broken", "The chapter has to be rebuilt", _OURS),
    DraftInvalid: Meaning(422, "draft-invalid", "The text can't be read as a chapter", _REFUSED),
    word.WordRefused: Meaning(422, "word-broken", "The Word file can't be read", _REFUSED),
    word.WordBroken: Meaning(422, "word-broken", "The Word file can't be read", _REFUSED),
    word.WordLocked: Meaning(422, "word-locked", "The Word file is of the old form, or has a password", _REFUSED),
    word.WordMacros: Meaning(422, "word-macros", "The Word file holds macros", _REFUSED),
    word.WordUnsafe: Meaning(422, "word-unsafe", "The Word file is not safe to read", _REFUSED),
    word.WordTooLarge: Meaning(413, "word-too-large", "The Word file is too large", _REFUSED),
    WorkTooLarge: Meaning(413, "too-large", "It is too large", _REFUSED),
    bringing.OtherChapter: Meaning(409, "other-chapter", "The file is of another chapter", _REFUSED),
    bringing.NotTaken: Meaning(409, "not-taken", "The chapter did not take the changes", _REFUSED),
    RecordDamaged: Meaning(500, "storage-damaged", "What is stored of this chapter is damaged", _OURS),
    TitleInvalid: Meaning(422, "title-invalid", "The title can't be used", _REFUSED),
    SymbolInvalid: Meaning(422, "symbol-invalid", "The document symbol can't be used", _REFUSED),
    versions.VersionExists: Meaning(409, "version-exists", "There is such a version already", _REFUSED),
    versions.VersionsFull: Meaning(409, "limit-reached", "The chapter holds no more of these", _NO),
    versions.VersionNotFound: Meaning(404, "version-not-found", "There is no such version", _NO),
    versions.AddressTaken: Meaning(409, "address-taken", "The public address is another paper's", _REFUSED),
    versions.PaperNotFound: Meaning(404, "paper-not-found", "There is no such paper", _NO),
    versions.PaperWithdrawn: Meaning(410, "paper-withdrawn", "The paper was withdrawn", _NO),
    restoring.RestoreRefused: Meaning(409, "restore-refused", "The version can't be restored", _NO),
    restoring.LogFull: Meaning(409, "limit-reached", "The chapter holds no more of these", _NO),
    auth.AuthError: UNKNOWN,
    auth.SignInRequired: Meaning(401, "sign-in-required", "Sign in first", _SIGN_IN),
    auth.NotSignedIn: Meaning(401, "not-signed-in", "You are not signed in", _SIGN_IN),
    auth.TokenInvalid: Meaning(401, "token-invalid", "The access token is not valid", _SIGN_IN),
    auth.TokenExpired: Meaning(401, "token-expired", "The access token has expired", _SIGN_IN),
    auth.SessionEnded: Meaning(401, "session-ended", "The session has ended", _SIGN_IN),
    auth.InvitationRefused: Meaning(404, "invitation-refused", "The invitation is not good", _SIGN_IN),
    auth.InvitationUnknown: Meaning(404, "invitation-unknown", "There is no such invitation", _SIGN_IN),
    auth.InvitationExpired: Meaning(410, "invitation-expired", "The invitation has expired", _SIGN_IN),
    auth.InvitationRevoked: Meaning(410, "invitation-revoked", "The invitation was revoked", _SIGN_IN),
    auth.Forbidden: Meaning(403, "forbidden", "You may not do this", _NO),
    auth.ParticipantNotFound: Meaning(404, "participant-not-found", "There is no such participant", _NO),
    auth.ParticipantInactive: Meaning(409, "participant-inactive", "The participant is not active", _SIGN_IN),
    auth.GroupNotFound: Meaning(404, "group-not-found", "There is no such breakout group", _NO),
    auth.FieldInvalid: Meaning(422, "field-invalid", "A value can't be used", _REFUSED),
    auth.LimitReached: Meaning(409, "limit-reached", "The meeting holds no more of these", _NO),
    auth.RosterInvalid: Meaning(422, "roster-invalid", "The list of participants can't be imported", _REFUSED),
    auth.KeyUnsafe: Meaning(500, "key-unsafe", "The signing key can't be used", _OURS),
    auth.AuthStorageError: Meaning(503, "storage", "The server cannot save at the moment", _LATER),
    auth.AuthStorageUnavailable: Meaning(503, "storage", "The server cannot save at the moment", _LATER),
    auth.AuthStorageDamaged: Meaning(500, "storage-damaged", "What is stored of the people is damaged", _OURS),
    auth.RevisionConflict: Meaning(503, "busy", "Too busy: try again later", _LATER),
}


def meaning_of(error: BaseException) -> Meaning:
    """How to tell of an error. Never raises."""
    return TABLE.get(type(error), UNKNOWN) if isinstance(error, Exception) else UNKNOWN


def close_code_of(error: BaseException) -> CloseCode:
    """With what a websocket is closed for an error."""
    return meaning_of(error).close
