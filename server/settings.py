"""All knobs in one place; the only file that reads the environment (`ADREF_…`). `docs/settings.md` lists them all."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from auth.invitations import MAX_HOURS
from documents.limits import RoomLimits
from documents.rooms import RoomsLimits


class Settings(BaseSettings):
    """Times in seconds, sizes in bytes, unless a name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="ADREF_", extra="ignore", frozen=True)

    data: Path = Field(default=Path("data"), description="The folder that holds the meeting.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    public_url: str = Field(
        default="", description="Where browsers reach the server, for links; empty: from host and port."
    )
    origins: tuple[str, ...] = Field(
        default=(), description="Other origins whose pages may connect with this server's cookies, as a JSON list."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses or networks of proxies, with commas between, whose `X-Forwarded-For` says who asks.",
    )
    secure_cookies: bool | None = Field(
        default=None, description="Send cookies over HTTPS alone; unset: as the public URL."
    )
    page: Path = Field(
        default=Path(__file__).parent.parent / "client-sample" / "dist",
        description="The built page that browsers are given.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")

    synchronous: Literal["EXTRA", "FULL", "NORMAL", "OFF"] = Field(
        default="FULL", description="SQLite's `synchronous`: what an acknowledgement is worth (docs/storage.md)."
    )
    snapshot_updates: int = Field(default=1_000, ge=1, description="Updates after which a chapter's state is saved.")
    snapshot_seconds: float = Field(
        default=60, gt=0, description="How long after an update the state is saved at the latest."
    )
    rooms: int = Field(default=500, ge=1, description="Chapters that may be open at once.")
    room_idle_seconds: float = Field(default=120, ge=0, description="How long an empty room stays open.")
    room_inbox_bytes: int = Field(default=32 * 2**20, ge=2**16, description="What may wait in one room to be taken.")

    version_hours: float = Field(
        default=24,
        ge=0,
        le=24 * 365,
        description="How often a chapter that has changed becomes an automatic version, in hours, counted from "
        "midnight UTC; 0: never.",
    )

    session_hours: float = Field(default=12, gt=0, le=24 * 30, description="How long a sign-in lasts, in hours.")
    access_minutes: float = Field(
        default=15, gt=0, le=24 * 60, description="How long an access token serves, in minutes."
    )
    invitation_hours: float = Field(
        default=24 * 7, gt=0, le=MAX_HOURS, description="How long an invitation may be used, in hours."
    )
    rights_seconds: float = Field(
        default=0.4, gt=0, le=1, description="How often changes by other processes are looked for."
    )

    message_bytes: int = Field(default=2**20, ge=2**10, description="The largest websocket message taken.")
    request_bytes: int = Field(
        default=5 * 2**20,
        ge=2**10,
        description="The largest HTTP request body taken: a file; all others have at most 524288.",
    )
    import_memory_bytes: int = Field(
        default=2**30, ge=2**28, description="The memory that reading one upload may take, in a process of its own."
    )
    import_seconds: float = Field(default=60, gt=0, description="How long reading one upload may take.")
    messages_per_second: float = Field(
        default=100, gt=0, description="Messages a connection may send, in the long run."
    )
    messages_burst: int = Field(default=1_000, ge=1, description="Messages a connection may send at once.")
    bytes_per_second: float = Field(default=2**20, gt=0, description="Bytes a connection may send, in the long run.")
    bytes_burst: int = Field(default=8 * 2**20, ge=2**16, description="Bytes a connection may send at once.")
    locked_edits_per_second: float = Field(
        default=5, gt=0, description="Edits of a participant that may be undone, in the long run, because of a lock."
    )
    locked_edits_burst: int = Field(
        default=500, ge=10, description="Edits that may be undone before their sender is read more slowly."
    )
    locked_edits_seconds: float = Field(
        default=5, ge=0, description="How long a sender who is slowed for that may go on before it is closed (4423)."
    )
    refusals_per_second: float = Field(
        default=1, gt=0, description="Connections of a participant that may end as refused, in the long run."
    )
    refusals_burst: int = Field(
        default=20, ge=1, description="Connections that may end as refused before their owner's next ones wait."
    )
    connections: int = Field(default=2_000, ge=1, description="Websocket connections in all.")
    connections_per_participant: int = Field(default=20, ge=1, description="Websocket connections of one participant.")
    outbox_bytes: int = Field(
        default=2**20, ge=2**14, description="What may wait for a reader that does not read, before it is left behind."
    )
    stalled_seconds: float = Field(
        default=120, gt=0, description="How long a reader may stay behind before its connection is closed."
    )
    sign_ins_per_minute: int = Field(default=60, ge=1, description="Attempts to sign in from one address.")
    stop_seconds: float = Field(default=10, gt=0, description="How long a stop waits for connections to end.")

    @property
    def url(self) -> str:
        """Where browsers reach the server, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host  # IPv6
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def cookies_are_secure(self) -> bool:
        """Whether cookies are kept to HTTPS."""
        return self.url.startswith("https:") if self.secure_cookies is None else self.secure_cookies

    @property
    def room_limits(self) -> RoomLimits:
        """What concerns one room."""
        return RoomLimits(
            snapshot_updates=self.snapshot_updates,
            snapshot_seconds=self.snapshot_seconds,
            inbox_bytes=self.room_inbox_bytes,
        )

    @property
    def rooms_limits(self) -> RoomsLimits:
        """What concerns all rooms."""
        return RoomsLimits(rooms=self.rooms, idle_seconds=self.room_idle_seconds)
