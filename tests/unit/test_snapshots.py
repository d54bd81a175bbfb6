"""When snapshots are taken: after so many updates, and under load no more often than they may cost."""

import asyncio
from collections.abc import Callable

from documents.model import Chapter, Entry, Snapshot
from documents.snapshots import SnapshotKeeper
from documents.storage.memory import MemoryStorage
from tests.roomkit import until


class Stage:
    """A keeper, and what it has taken. Taking one costs 20 ms of a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.taken: list[int] = []
        self.saved = 0
        self.storage = MemoryStorage()
        self.keeper = SnapshotKeeper(
            self.storage, 0, updates=10, seconds=3600, wake=lambda: None, saved=self.count, share=0.02, clock=self.clock
        )

    def clock(self) -> float:
        return self.now

    def count(self) -> None:
        self.saved += 1

    async def consider(self, seq: int) -> None:
        """A step ended with this entry."""
        self.keeper.consider(seq, self._take(seq))
        await until(lambda: self.saved == len(self.taken))
        await asyncio.sleep(0)

    def _take(self, seq: int) -> Callable[[], Callable[[], Snapshot]]:
        def take() -> Callable[[], Snapshot]:
            self.now += 0.020
            self.taken.append(seq)
            return lambda: Snapshot("c", seq, 0, b"state", {}, b"")

        return take


async def test_under_load_snapshots_take_no_more_than_their_share_of_the_time() -> None:
    stage = Stage()
    await stage.storage.create_chapter(
        Chapter("c", "C", 0, "a"), [Entry("c", seq, 0, "a", b"") for seq in range(1, 101)]
    )
    await stage.consider(9)
    assert stage.taken == []
    await stage.consider(10)
    stage.now += 0.9
    await stage.consider(40)
    assert stage.taken == [10]
    stage.now += 0.2
    await stage.consider(50)
    assert stage.taken == [10, 50]
    stage.now += 5
    await stage.consider(55)
    assert stage.taken == [10, 50], "still ten updates after the last"
    await stage.keeper.stop()
