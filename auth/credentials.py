"""What invitations and sessions have in common: a secret that is kept as a hash only, a lifetime, an end."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Something that lets one participant in for a time. Times are whole seconds since 1970 (UTC)."""

    id: str
    participant: str
    created_at: int
    expires_at: int
    """From this second on it is of no use."""
    revoked_at: int | None = None

    def is_open(self, now: float) -> bool:
        """Whether it is of use at this time."""
        return self.revoked_at is None and now < self.expires_at


def new_secret() -> str:
    """256 random bits as 43 characters that can stand in an address."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """The SHA-256 in hex, which is kept in the secret's stead. No salt: the secrets are random and long."""
    return hashlib.sha256(secret.encode("ascii", "replace")).hexdigest()


def surplus(held: Iterable[Credential], now: float, limit: int) -> tuple[str, ...]:
    """Ids of what to drop of one participant so that one more can be added: all that has expired, and beyond the
    limit those that were revoked, then the oldest."""
    ordered = sorted(held, key=lambda one: (now < one.expires_at, one.revoked_at is None, one.created_at))
    expired = sum(now >= one.expires_at for one in ordered)
    excess = len(ordered) - limit + 1
    return tuple(one.id for one in ordered[: max(expired, excess)])
