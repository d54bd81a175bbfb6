"""Which of a Word file's paragraphs read as one, and which are gone, with all changes accepted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from documents.formats.word.model import Revision, WordParagraph

_Line = tuple[int, WordParagraph]
"""A paragraph with its number."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Paragraphs that read as one, since the ends of all but the last were deleted."""

    lines: tuple[_Line, ...]
    main: WordParagraph
    """Whose kind, label and status count."""
    gone: Revision | None = None
    """What deleted it as a whole; None where it stands."""
    left: tuple[_Line, ...] = ()
    """Paragraphs that are gone, while words of theirs stand in this one."""

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.lines[0][0]

    @property
    def parts(self) -> list[WordParagraph]:
        """Its paragraphs."""
        return [one for _, one in self.lines]


def merge(paragraphs: Iterable[WordParagraph]) -> Iterator[Merged]:
    """The paragraphs in order, each in one group."""
    group: list[_Line] = []
    for line in enumerate(paragraphs, start=1):
        group.append(line)
        if line[1].break_deleted is None:
            yield from _grouped(group)
            group = []
    if group:
        yield from _grouped(group)


def _grouped(group: Sequence[_Line]) -> Iterator[Merged]:
    known = [one for _, one in group if one.bookmark and not one.is_gone]
    return _of_ours(group, known[0]) if known else _of_others(group)


def _of_ours(group: Sequence[_Line], main: WordParagraph) -> Iterator[Merged]:
    """Our own files say which paragraph stands. Those before and behind it of which no word does are gone alone."""
    ends = [None, *(one.break_deleted for _, one in group)]
    standing = [at for at, (_, one) in enumerate(group) if not one.is_gone or one.text]
    first, last = standing[0], standing[-1] + 1
    for at, line in enumerate(group):
        if at == first:
            lines = tuple(group[first:last])
            yield Merged(lines, main, left=tuple(one for one in lines if one[1].is_gone))
        elif not first < at < last:
            yield Merged((line,), line[1], line[1].break_deleted or ends[at])


def _of_others(group: Sequence[_Line]) -> Iterator[Merged]:
    """A paragraph that is gone as a whole stands alone; one whose end alone is gone reads on in the next."""
    lines: list[_Line] = []
    for line in group:
        lines.append(line)
        alone = len(lines) == 1 and not line[1].text.strip()
        if line[1].break_deleted is None or alone:
            yield _other(lines)
            lines = []
    if lines:
        yield _other(lines)


def _other(lines: Sequence[_Line]) -> Merged:
    last = lines[-1][1]
    return Merged(tuple(lines), last, None if any(one.text.strip() for _, one in lines) else last.break_deleted)
