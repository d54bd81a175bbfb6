"""The storage of a meeting's people, as an interface. Two implementations pass one suite, `test_auth_storage.py`."""

from typing import Protocol

from auth.state import Changes, State


class AuthStorage(Protocol):
    """Keeps everything that `State` holds, and counts its changes.

    Several processes may use one storage: a change is made only on top of the revision that its maker has read.
    Every method raises `AuthStorageUnavailable` for a passing fault; after it nothing of the call was kept.
    """

    async def load(self) -> State:
        """All that is kept, as of one moment. Raises `AuthStorageDamaged`."""

    async def apply(self, changes: Changes, revision: int) -> int:
        """Keep the changes in one commit, on disk on return, and give the new revision.

        Raises `RevisionConflict` when what is kept is not at `revision`.
        """

    async def revision(self) -> int:
        """The number of changes so far: one small read."""
