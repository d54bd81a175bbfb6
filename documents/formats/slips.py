"""What looks like a slip in a text that was read: for a person to look at, whatever form it came in."""

import re
from collections.abc import Iterable, Iterator, Sequence

from documents.formats import labels
from documents.incoming.draft import Block, Problem

_NOTE_IN_TEXT = re.compile(r"Comment by Author:", re.IGNORECASE)


def of_blocks(blocks: Iterable[Block]) -> Iterator[Problem]:
    """Text that is missing, brackets that do not match, notes that were taken for text."""
    for block in blocks:
        if not block.text and block.label:
            yield Problem(block.line, block.label, f"empty-{block.kind}", f"{block.kind} {block.label} has no text")
        if not _balanced(block.text):
            message = f"square brackets do not match in {block.kind} {block.label or repr(block.text[:40])}"
            yield Problem(block.line, block.label, "unbalanced-brackets", message)
        if _NOTE_IN_TEXT.search(block.text):
            message = "'Comment by Author:' without a tab before it was kept as text"
            yield Problem(block.line, block.label, "note-in-text", message)


def _balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if depth < 0:
            return False
    return depth == 0


def of_labels(blocks: Sequence[Block]) -> Iterator[Problem]:
    """Labels that are borne twice, or are out of order."""
    for kind in ("heading", "paragraph"):
        seen: dict[object, Block] = {}
        before: Block | None = None
        for block in (block for block in blocks if block.kind == kind and block.label):
            rank = labels.rank(block.label)
            if rank in seen:
                message = f"the label {block.label} is borne by line {seen[rank].line} already"
                yield Problem(block.line, block.label, "duplicate-label", message)
            if before and rank < labels.rank(before.label):
                message = f"the label {block.label} comes after {before.label}"
                yield Problem(block.line, block.label, "label-order", message)
            seen.setdefault(rank, block)
            before = block
