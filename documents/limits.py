"""How a room behaves, and the count of what rooms did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """How a room behaves. Times in seconds, sizes in bytes."""

    snapshot_updates: int = 1_000
    """Updates after which the state is saved."""
    snapshot_seconds: float = 60.0
    """How long after an update the state is saved at the latest."""
    snapshot_share: float = 0.02
    """Of the time, for what of a snapshot holds up the chapter: under load fewer are taken."""
    presence_seconds: float = 0.1
    """How often at most it is said who is here and where: what is new of one person meanwhile is said once."""
    inbox_bytes: int = 32 * 2**20
    """What may wait in a room; beyond it a sender is turned away (`RoomBusy`)."""
    batch_updates: int = 4_096
    """Messages taken in one step."""
    slice_seconds: float = 0.01
    """After so much work on one batch others have their turn on the event loop."""
    step_seconds: float = 0.1
    """After so much work a step takes no more: what has come besides waits for the next one."""
    undone_burst: float = 0.06
    """Seconds of work on one person's edits that may be undone soon; who costs more has to wait (`inbox.Turns`)."""
    undone_share: float = 0.015
    """The same in the long run: of each second."""
    undone_rest: float = 4.0
    """For how many times as long as an edit took that was undone its sender's next ones wait in any case."""
    gaps: int = 5
    """Answers to step 1, in a row, that still build on something unknown, before a client is refused."""
    hold_back_seconds: float = 1.0
    """How long a client that comes back is shown nothing at most, while it has not said what it did meanwhile."""
    retry_seconds: float = 0.25
    """The first wait before a failing storage is tried again; it doubles up to `retry_most`."""
    retry_most: float = 5.0


@dataclass(slots=True)
class Counts:
    """What the rooms of a server have done so far, for the metrics."""

    updates: int = 0
    """Updates let in and committed, the server's own included."""
    steps: int = 0
    """Commits of a room: `updates / steps` is how many went together."""
    known: int = 0
    """Updates that brought nothing new."""
    incomplete: int = 0
    """Updates that built on something unknown."""
    refused: int = 0
    denied: int = 0
    """Updates of somebody who may only read."""
    rebuilds: int = 0
    """Times that a room went back to what was committed."""
    snapshots: int = 0
