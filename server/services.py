"""What the routes work with: built once by `server.app`, handed to everything that serves."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auth.meeting import Meeting
from documents.rooms import Rooms
from documents.storage.base import Storage
from server.apart import Apart
from server.settings import Settings

if TYPE_CHECKING:  # they work with the services themselves
    from server.connections import Connections
    from server.metrics import Metrics


@dataclass(slots=True)
class Services:
    """The open meeting and everything around it."""

    settings: Settings
    storage: Storage
    meeting: Meeting
    rooms: Rooms
    connections: "Connections"
    metrics: "Metrics"
    stopping: bool = False
    """Set when the server has begun to stop."""
    apart: Apart = field(init=False)
    """Does what concerns uploads."""

    def __post_init__(self) -> None:
        self.apart = Apart(self.settings.import_seconds, self.settings.import_memory_bytes)
