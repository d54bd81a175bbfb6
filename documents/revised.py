"""Text that comes with tracked changes: what the chapter begins with, and what each delegation then does to it.

First stand the words that nobody inserted, deleted ones too. Then comes, delegation by delegation, what it inserted;
what it moved, taken away and put elsewhere in one step, so that the words stay their authors'; what it deleted; and the
paragraphs that it deleted as a whole. So what is deleted has its author and its deleter, and what stands is what reads
with all changes accepted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from documents.contributions import Contribution, Edit
from documents.draft import Block, Words
from documents.model import SERVER
from documents.runs import Tag

TagOf = Callable[[str], Tag]
"""A delegation's tag by its name."""
Which = Callable[[Words], bool]


def _none(_: Words) -> bool:
    return False


def names(blocks: Sequence[Block]) -> Iterator[str]:
    """The delegations that changed anything, in order, with repetitions."""
    for block in blocks:
        for words in block.words:
            yield from filter(None, (words.by, words.deleted_by))
        if block.deleted_by:
            yield block.deleted_by


def first_text(block: Block) -> str:
    """What a block's paragraph begins with."""
    return "".join(words.text for words in block.words if not words.by) if block.words else block.text


def contributions(blocks: Mapping[str, Block], tag_of: TagOf) -> list[Contribution]:
    """What is done to these blocks, by the ids of their paragraphs, after they stand there as `first_text` says."""
    made = [one for one in _contributions(blocks, tag_of) if one.edits or one.removed]
    statuses = {paragraph: block.status for paragraph, block in blocks.items() if block.status}
    return [*made, Contribution(SERVER, {}, statuses=statuses)] if statuses else made


def _contributions(blocks: Mapping[str, Block], tag_of: TagOf) -> Iterator[Contribution]:
    steps = _Steps(blocks, tag_of)
    tags = dict.fromkeys(map(tag_of, names(list(blocks.values()))))
    for tag in tags:
        yield Contribution(tag, {}, steps.edits(tag, comes=lambda words: not words.moved))
    for tag in tags:
        yield Contribution(tag, {}, steps.edits(tag, comes=lambda words: words.moved, goes=lambda one: one.moved_away))
    for tag in (*tags, SERVER):
        yield Contribution(tag, {}, steps.edits(tag, goes=lambda _: True))
    for tag in (*tags, SERVER):  # last: of what somebody deletes as a whole, others may delete words
        gone = [paragraph for paragraph, block in blocks.items() if steps.deleter(block.deleted_by) == tag]
        yield Contribution(tag, {}, removed=gone)


class _Steps:
    """Keeps what stands so far, step by step."""

    def __init__(self, blocks: Mapping[str, Block], tag_of: TagOf) -> None:
        self._tag_of = tag_of
        self._words = {paragraph: block.words for paragraph, block in blocks.items() if block.words}
        self._stands = {paragraph: [not one.by for one in words] for paragraph, words in self._words.items()}
        self._by: dict[Tag, dict[str, None]] = {}
        """The paragraphs that each tag changes."""
        for paragraph, words in self._words.items():
            for tag in {tag for one in words for tag in (self._inserter(one), self.deleter(one.deleted_by)) if tag}:
                self._by.setdefault(tag, {})[paragraph] = None

    def deleter(self, name: str | None) -> Tag | None:
        """Under which tag something is deleted; None when it is not."""
        if name is None:
            return None
        return self._tag_of(name) if name else SERVER

    def _inserter(self, words: Words) -> Tag | None:
        return self._tag_of(words.by) if words.by else None

    def edits(self, tag: Tag, *, comes: Which = _none, goes: Which = _none) -> tuple[Edit, ...]:
        """What one step of a tag's does: of its insertions those that come in it, of its deletions those that go."""
        return tuple(edit for paragraph in self._by.get(tag, ()) for edit in self._edits(paragraph, tag, comes, goes))

    def _edits(self, paragraph: str, tag: Tag, comes: Which, goes: Which) -> Iterator[Edit]:
        at = 0
        stands = self._stands[paragraph]
        for place, words in enumerate(self._words[paragraph]):
            size = len(words.text.encode())
            if not stands[place] and self._inserter(words) == tag and comes(words):
                stands[place] = True
                yield Edit(paragraph, at, insert=words.text)
            elif stands[place] and self.deleter(words.deleted_by) == tag and goes(words):
                stands[place] = False
                yield Edit(paragraph, at, delete=size)
            at += size * stands[place]
