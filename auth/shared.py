"""The state of a meeting's people, in memory, kept equal to a storage that other processes change too."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from auth.errors import RevisionConflict
from auth.state import Changes, State
from auth.storage.base import AuthStorage

T = TypeVar("T")
Build = Callable[[State], tuple[Changes, T]]
"""Works out a change of the state, and what to answer for it; pure, and so may be asked again."""

_ATTEMPTS = 10


class SharedState:
    """Reads from memory, writes through; one change at a time, each on top of the newest revision."""

    def __init__(self, storage: AuthStorage) -> None:
        self.state = State()
        self._storage = storage
        self._lock = asyncio.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back, without arguments, when rights may have been taken or changed; returns how to stop that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    async def load(self) -> None:
        """Read everything anew."""
        async with self._lock:
            await self._reload()

    async def refresh_if_changed(self) -> bool:
        """Read everything anew when another process has changed it; says whether it had."""
        async with self._lock:
            return await self._take_over()

    async def change(self, build: Build[T]) -> T:
        """Build a change of what is kept now, and keep it; built again when another process was faster."""
        async with self._lock:
            await self._take_over()
            for _ in range(_ATTEMPTS - 1):
                try:
                    return await self._attempt(build)
                except RevisionConflict:
                    await self._reload()
            return await self._attempt(build)

    async def _take_over(self) -> bool:
        if await self._storage.revision() == self.state.revision:
            return False
        await self._reload()
        return True

    async def _attempt(self, build: Build[T]) -> T:
        changes, answer = build(self.state)
        if changes:
            revision = await self._storage.apply(changes, self.state.revision)
            self.state.apply(changes, revision)
            if changes.may_take_rights():
                self._notify()
        return answer

    async def _reload(self) -> None:
        self.state = await self._storage.load()
        self._notify()

    def _notify(self) -> None:
        for callback in tuple(self._callbacks):
            callback()
