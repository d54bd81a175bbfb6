"""A meeting's people in memory: for tests, and for a meeting that nobody needs tomorrow."""

from auth.errors import RevisionConflict
from auth.state import Changes, State


class MemoryAuthStorage:
    """An `AuthStorage` that lasts as long as the process."""

    def __init__(self) -> None:
        self._state = State()

    async def load(self) -> State:
        """A copy of all that is kept."""
        return self._state.copy()

    async def apply(self, changes: Changes, revision: int) -> int:
        """Keep the changes on top of `revision`. Raises `RevisionConflict`."""
        if revision != self._state.revision:
            raise RevisionConflict(revision, self._state.revision)
        self._state.apply(changes, revision + 1)
        return self._state.revision

    async def revision(self) -> int:
        """The number of changes so far."""
        return self._state.revision
