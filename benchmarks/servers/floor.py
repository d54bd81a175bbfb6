"""The floor under all servers: a broadcaster in C that looks into nothing and keeps nothing."""

from collections.abc import Sequence

from benchmarks.load.building import program
from benchmarks.servers.base import Server


class Floor(Server):
    """Every update to everybody at once."""

    title = "C broadcaster, at once"
    durable = False
    window = 0

    @classmethod
    def version(cls) -> str:
        return "–"

    def command(self) -> Sequence[str]:
        return [str(program("floor")), str(self.port), str(self.window)]


class GatheringFloor(Floor):
    """What came in 10 ms in one write to each."""

    title = "C broadcaster, 10 ms"
    window = 10
