"""One connection's place in a room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from documents.authorship.runs import Byline
from documents.crdt.update_v1 import Id
from documents.errors import DocumentsError
from documents.model import AuthorId, ClientId

if TYPE_CHECKING:
    from documents.gavel.rulings import Place
    from documents.gavel.set_aside import SetAside


@dataclass(frozen=True, slots=True)
class Denial:
    """Why somebody may only read."""

    code: str
    """For programs: `storage`, or what the sign-in gives (`role`, `group`, …)."""
    text: str
    """For people: one sentence."""


STORAGE_FAILING: Final = Denial("storage", "The server cannot save at the moment; it takes your changes when it can.")


Bar = Callable[["Place"], str | None]
"""Why somebody may not change what is there, one sentence for people; None when they may."""


def nothing_barred(_place: "Place") -> str | None:
    """For whoever may change everything."""
    return None


class Client(Protocol):
    """What a room needs of a connection. Nothing here blocks, and nothing raises, closed or not."""

    def send(self, message: bytes) -> bool:
        """Send a message. False: it went, but send nothing more until `Room.caught_up` is called for the seat."""

    def denied(self, denial: Denial) -> None:
        """Tell the client that it may only read; what it sent was not used."""

    def allowed(self) -> None:
        """Tell the client that it may write again."""

    def set_aside(self, kept: "SetAside") -> None:
        """Tell the client that some of what it sent was undone, and what was kept of it; `number` 0: nothing."""

    def refused(self, error: DocumentsError) -> None:
        """What the client sent breaks the rules, and nothing of it was used: end the connection and say why."""


def byline_of(author: AuthorId, stamp: Mapping[str, Any]) -> Byline:
    """The byline that goes with a stamp."""
    return Byline.from_map({**stamp, "participant": author})


class Seat:
    """A client in a room. `author` never changes; the sign-in may change the rest while the client sits here."""

    __slots__ = (
        "allowed", "allowed_under", "answered", "asked", "author", "bar", "behind", "by_section", "byline", "client",
        "gaps", "had", "held_back", "joined", "left", "read_only", "sent", "stamp", "taken", "waited",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 (it is all that the sign-in says)
        self,
        client: Client,
        author: AuthorId,
        stamp: Mapping[str, Any],
        read_only: Denial | None,
        *,
        bar: Bar = nothing_barred,
        by_section: bool = False,
        joined: int = 0,
    ) -> None:
        self.client = client
        self.author = author
        self.stamp = stamp
        """What presence says of this person, in place of whatever the client says."""
        self.byline = byline_of(author, stamp)
        """What is said of this person beside the words that come from here."""
        self.read_only = read_only
        """Why this client may not write; None when it may."""
        self.bar = bar
        """What of the text it may not change: asked for paragraphs that are held."""
        self.by_section = by_section
        """Whether that depends on the section, so that it is to be asked for every paragraph."""
        self.allowed: set[Id] = set()
        """Paragraphs for which it was asked and did not bar; see `Gavel.allowed`."""
        self.allowed_under: tuple[object, ...] = ()
        """What that was found under."""
        self.had: Mapping[ClientId, int] = {}
        """What the client had when it connected, as a state vector."""
        self.answered = False
        """Whether it has answered step 1 since."""
        self.held_back = False
        """Whether it is shown nothing yet, until it has answered step 1: then its answer holds nothing that it heard
        on this connection."""
        self.joined = joined
        """When it connected, in milliseconds since 1970."""
        self.behind: dict[ClientId, int] | None = None
        """For a client that reads too slowly or is held back: what it has, as a state vector; None when it keeps up."""
        self.asked = False
        """Whether it was asked for what it has (step 1) and has not answered yet."""
        self.gaps = 0
        """Answers to step 1, in a row, that still built on something unknown."""
        self.sent = 0
        """How many edits came from here,"""
        self.taken = 0
        """and how many of them were taken, or turned away."""
        self.waited = 0.0
        """Seconds for which its edits were made to wait, since others were undone, and that nobody has counted yet."""
        self.left = False
        """Whether the connection is closed."""

    def send(self, message: bytes, clocks: Mapping[ClientId, int]) -> None:
        """Send, unless the client is behind. `clocks` is all that it has been sent, this message included."""
        if self.behind is None and not self.client.send(message):
            self.behind = dict(clocks)
