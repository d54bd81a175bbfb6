"""Text that comes with tracked changes: what the chapter begins with, and what each delegation then does to it.

First stand the words that nobody inserted, deleted ones too. Then comes, delegation by delegation, what it inserted;
what it moved, taken away and put elsewhere in one step, so that the words stay their authors'; what it deleted; and the
paragraphs that it deleted as a whole. So what is deleted has its author and its deleter, and what stands is what reads
with all changes accepted. Moved words that would not be known again as their authors' (`documents.authorship.moves`
wants whole words) are inserted as theirs instead.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from documents.authorship.runs import Tag
from documents.chapter import ChapterDocument
from documents.incoming.contributions import Contribution, Edit, begun
from documents.incoming.draft import Block, Words
from documents.model import SERVER

TagOf = Callable[[str], Tag]
"""A delegation's tag by its name."""
Which = Callable[[Words], bool]
Place = tuple[str, int]
"""A paragraph's id, and the number of the words in it."""

_TRIALS: Final = 5


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
    steps = _Steps(blocks, tag_of, _unknown(blocks, tag_of))
    made = [one for one in (*_comes(steps), *_goes(steps)) if one.edits or one.removed]
    statuses = {paragraph: block.status for paragraph, block in blocks.items() if block.status}
    void = [paragraph for paragraph, block in blocks.items() if block.void]
    stays = {paragraph: block for paragraph, block in blocks.items() if block.deleted_by is None}
    spans = {paragraph: block.spans for paragraph, block in stays.items() if block.spans}
    return [*made, Contribution(SERVER, {}, spans=spans, statuses=statuses, void=void)] if statuses or spans else made


def _comes(steps: "_Steps") -> Iterator[Contribution]:
    for tag in (*steps.tags, SERVER):
        yield Contribution(tag, {}, steps.edits(tag, comes=lambda words: not words.moved))
    for tag in steps.tags:
        yield Contribution(tag, {}, steps.edits(tag, comes=lambda words: words.moved, goes=lambda one: one.moved_away))


def _goes(steps: "_Steps") -> Iterator[Contribution]:
    for tag in (*steps.tags, SERVER):
        yield Contribution(tag, {}, steps.edits(tag, goes=lambda _: True))
    for tag in (*steps.tags, SERVER):  # last: of what somebody deletes as a whole, others may delete words
        yield Contribution(tag, {}, removed=steps.removed(tag))


# Words that move


def _unknown(blocks: Mapping[str, Block], tag_of: TagOf) -> Collection[Place]:
    """The moved words that would not be known as their authors': found by trying."""
    moved = {
        (paragraph, place): words
        for paragraph, block in blocks.items()
        for place, words in enumerate(block.words)
        if words.moved and words.author is not None
    }
    involved = {
        paragraph: block
        for paragraph, block in blocks.items()
        if any(one.moved or one.moved_away for one in block.words)
    }
    unknown: set[Place] = set()
    for _ in range(_TRIALS if moved else 0):
        authors = _tried(_Steps(involved, tag_of, unknown))
        wrong = {at for at, words in moved.items() if authors.get(at) != {_tag(words.author, tag_of)}}
        if wrong <= unknown:
            return unknown
        unknown |= wrong
    return moved


def _tag(name: str | None, tag_of: TagOf) -> Tag:
    return tag_of(name) if name else SERVER


def _tried(steps: "_Steps") -> dict[Place, set[Tag]]:
    """Who would be the authors of all words, if only insertions and moves were made."""
    made = [one for one in _comes(steps) if one.edits]

    def fill(chapter: ChapterDocument) -> None:
        for paragraph, block in steps.blocks.items():
            chapter.append("paragraph", {"id": paragraph, "label": ""}, first_text(block))

    document = begun(fill, made)
    authors: dict[Place, set[Tag]] = {}
    for one in document.runs():
        letters = [run.by for run in one.runs for _ in run.text]
        at = 0
        for place, words in steps.standing(one.id):
            authors[one.id, place] = set(letters[at : at + len(words.text)])
            at += len(words.text)
    return authors


class _Steps:
    """Keeps what stands so far, step by step."""

    def __init__(self, blocks: Mapping[str, Block], tag_of: TagOf, unknown: Collection[Place]) -> None:
        self.blocks = blocks
        self.tags = list(dict.fromkeys(map(tag_of, names(list(blocks.values())))))
        self._tag_of = tag_of
        self._unknown = unknown
        self._words = {paragraph: block.words for paragraph, block in blocks.items() if block.words}
        self._stands = {paragraph: [not one.by for one in words] for paragraph, words in self._words.items()}
        self._by: dict[Tag, dict[str, None]] = {}
        """The paragraphs that each tag changes."""
        for paragraph, words in self._words.items():
            inserters = {self._inserter((paragraph, place), one) for place, one in enumerate(words)}
            for tag in filter(None, inserters.union(self._deleter(one.deleted_by) for one in words)):
                self._by.setdefault(tag, {})[paragraph] = None

    def standing(self, paragraph: str) -> Iterator[tuple[int, Words]]:
        """The words that stand in a paragraph so far, with their numbers."""
        stands = self._stands.get(paragraph, ())
        return ((at, words) for at, words in enumerate(self._words.get(paragraph, ())) if stands[at])

    def removed(self, tag: Tag) -> list[str]:
        """The paragraphs that a tag deletes as a whole."""
        return [paragraph for paragraph, block in self.blocks.items() if self._deleter(block.deleted_by) == tag]

    def _deleter(self, name: str | None) -> Tag | None:
        """Under which tag something is deleted; None when it is not."""
        if name is None:
            return None
        return self._tag_of(name) if name else SERVER

    def _inserter(self, at: Place, words: Words) -> Tag | None:
        if at in self._unknown:
            return _tag(words.author, self._tag_of)
        return self._tag_of(words.by) if words.by else None

    def edits(self, tag: Tag, *, comes: Which = _none, goes: Which = _none) -> tuple[Edit, ...]:
        """What one step of a tag's does: of its insertions those that come in it, of its deletions those that go."""
        return tuple(edit for paragraph in self._by.get(tag, ()) for edit in self._edits(paragraph, tag, comes, goes))

    def _edits(self, paragraph: str, tag: Tag, comes: Which, goes: Which) -> Iterator[Edit]:
        at = 0
        stands = self._stands[paragraph]
        for place, words in enumerate(self._words[paragraph]):
            size = len(words.text.encode())
            at_once = (paragraph, place) in self._unknown
            if not stands[place] and self._inserter((paragraph, place), words) == tag and (at_once or comes(words)):
                stands[place] = True
                yield Edit(paragraph, at, insert=words.text)
            elif stands[place] and self._deleter(words.deleted_by) == tag and goes(words):
                stands[place] = False
                yield Edit(paragraph, at, delete=size)
            at += size * stands[place]
