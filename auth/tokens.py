"""Signed access tokens (JWT, HS256), and the key that signs them."""

import base64
import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from auth.errors import KeyUnsafe, TokenExpired, TokenInvalid

KEY_LENGTH = 32
"""Bytes in a signing key."""

_ALGORITHM = "HS256"
_ISSUER = "adref"
_TYPE = "access"
_REQUIRED = ["sub", "sid", "iat", "exp", "iss", "type"]
_MAX_TOKEN = 1024


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says. Times are whole seconds since 1970 (UTC)."""

    participant: str
    session: str
    issued_at: int
    expires_at: int


class Signer:
    """Signs and verifies with one key. Knows no clock: the caller says what time it is."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_LENGTH:
            raise ValueError(f"a signing key has {KEY_LENGTH} bytes, not {len(key)}")
        self._key = key

    def sign(self, claims: Claims) -> str:
        """The access token that says this."""
        payload = {
            "iss": _ISSUER,
            "type": _TYPE,
            "sub": claims.participant,
            "sid": claims.session,
            "iat": claims.issued_at,
            "exp": claims.expires_at,
        }
        return jwt.encode(payload, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str, now: float) -> Claims:
        """What the token says. Raises `TokenInvalid` for anything that `sign` did not make, and `TokenExpired`."""
        claims = _claims(self._decode(token))
        if now >= claims.expires_at:
            raise TokenExpired(claims.expires_at)
        return claims

    def successor(self, refresh_secret: str) -> str:
        """The refresh secret that replaces this one: always the same, and known to nobody without the key.

        So a refresh whose answer was lost can be repeated, though no secret is kept.
        """
        family = refresh_secret.partition(".")[0]
        # The zero byte keeps this apart from what is signed for a token, which is text.
        message = b"refresh\0" + refresh_secret.encode("ascii", "replace")
        digest = hmac.digest(self._key, message, hashlib.sha256)
        return f"{family}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def _decode(self, token: str) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN:
            raise TokenInvalid(f"it is longer than {_MAX_TOKEN} characters")
        # The library asks the machine's clock; ours is asked in `verify`.
        options: jwt.types.Options = {
            "require": _REQUIRED,
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        }
        try:
            return jwt.decode(token, self._key, algorithms=[_ALGORITHM], issuer=_ISSUER, options=options)
        except jwt.PyJWTError as error:
            raise TokenInvalid(str(error)) from None
        except ValueError:  # text outside of Unicode
            raise TokenInvalid("it can't be read") from None


def _claims(payload: dict[str, Any]) -> Claims:
    texts = payload["sub"], payload["sid"]
    times = payload["iat"], payload["exp"]
    if payload["type"] != _TYPE:
        raise TokenInvalid("it is of another type")
    if not all(type(text) is str for text in texts) or not all(type(time) is int for time in times):
        raise TokenInvalid("a claim is of the wrong kind")
    return Claims(*texts, *times)


def load_or_create_key(path: Path) -> bytes:
    """The key in this file; made, readable by its owner alone, when there is none. Raises `KeyUnsafe`, `OSError`.

    Of several processes that start at once, all get the same key.
    """
    try:
        return _read_key(path)
    except FileNotFoundError:
        _create_key(path)
        return _read_key(path)


def _read_key(path: Path) -> bytes:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        key = file.read(KEY_LENGTH + 1)
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyUnsafe(str(path), f"others than its owner may use it (mode {status.st_mode & 0o777:o}): chmod 600 it")
    if len(key) != KEY_LENGTH:
        raise KeyUnsafe(str(path), f"it does not have {KEY_LENGTH} bytes")
    return key


def _create_key(path: Path) -> None:
    """Write a draft and link it into place whole, so that nobody ever reads half a key or replaces one."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key is the meeting's
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
