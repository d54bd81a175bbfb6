"""The one rule of a journal: an entry's `seq` follows its chapter's last one."""

from collections.abc import Iterable, Mapping

from documents.errors import SequenceConflict
from documents.model import ChapterId, Entry


def follow(last: Mapping[ChapterId, int], entries: Iterable[Entry]) -> dict[ChapterId, int]:
    """The last `seq` of each chapter after these entries, given those before.

    Raises `SequenceConflict` at the first entry that does not follow, or is of a chapter that is not in `last`.
    """
    reached = dict(last)
    for entry in entries:
        before = reached.get(entry.chapter)
        if before is None or entry.seq != before + 1:
            raise SequenceConflict(entry.chapter, entry.seq)
        reached[entry.chapter] = entry.seq
    return reached
