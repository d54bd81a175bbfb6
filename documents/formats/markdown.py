"""Markdown (CommonMark, with tables and struck-through text) as a draft: above all, the form in which papers leave.

- a heading is a heading of its level; the first of the first level, without a label, is the title;
- a paragraph is one, and its label stands before it as in the plain-text form (``12\\. Text``, ``12\\. ALT 1: Text``);
- a status in square brackets at a paragraph's end (``\\[Agreed ad ref\\]``) is its status;
- a quotation behind a paragraph, ``> Egypt: Unclear`` or ``> Contribution by Cuba``, is a comment, or a source;
- an item of a list is a paragraph, with its literal number for a label; a row of a table is one, cells apart by a bar.

Nothing is dropped silently. The codes of problems, beside those of all texts: ``bullet``, ``table``, ``code``,
``quotation``, ``link``, ``picture``, ``html``, ``line``, ``nesting``, ``control-character``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from documents.formats import labels, slips
from documents.formats.debris import without_controls
from documents.formats.notes import contribution
from documents.formats.text import MAX_BYTES, MAX_LINES, DraftInvalid
from documents.gavel.rulings import AGREED, STATUS, Status
from documents.incoming.draft import Block, BlockKind, Draft, Note, Problem

_FORMATS: Final = {"strong": "strong", "em": "em", "s": "strike"}
_ALTERNATIVE: Final = re.compile(
    r"(?:(?P<of>[^\s.]+(?: (?:bis|ter|quater))?)\. )?ALT (?P<number>\d+):\s*", re.IGNORECASE
)
_STATUS: Final = re.compile(r"\s*\[(?P<said>[A-Za-z ]{1,30})(?P<void>; changed since)?\]\Z")
_STATUSES: Final[dict[str, Status]] = {**{one: one for one in STATUS}, "agreed ad ref": "agreed ad referendum"}
_COMMENT: Final = re.compile(r"(?P<name>[^:]{1,80}?)(?P<settled> \(settled\))?: (?P<text>.*)", re.DOTALL)
_LONGEST_QUOTE: Final = 2_000
_DEEPEST: Final = 20
"""Quotations and lists within each other."""
CELLS: Final = " | "

Spans = list[tuple[str, frozenset[str]]]
PLAIN: Final[frozenset[str]] = frozenset()


def read(text: str) -> Draft:
    """The draft that a text holds. Raises `DraftInvalid` beyond 5,000,000 bytes of UTF-8 or 20,000 lines, only then."""
    if len(text.encode()) > MAX_BYTES:
        raise DraftInvalid(f"the text is larger than {MAX_BYTES} bytes", 0)
    if text.count("\n") > MAX_LINES:
        raise DraftInvalid(f"the text has more than {MAX_LINES} lines", 0)
    text, controls = without_controls(text)
    reader = _Reader()
    if controls:
        reader.problem("control-character", f"control characters were dropped: {', '.join(controls)}", 0)
    tokens = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"]).parse(text)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        reader.problem("nesting", f"what is nested deeper than {_DEEPEST} times was left out", 0)
    reader.read(tokens)
    return reader.draft()


@dataclass(slots=True)
class _Reader:
    blocks: list[Block] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    line: int = 0

    def draft(self) -> Draft:
        blocks = tuple(self.blocks)
        title = next((one.text for kind in ("title", "heading") for one in blocks if one.kind == kind and one.text), "")
        found = [*self.problems, *slips.of_blocks(blocks), *slips.of_labels(blocks)]
        if not blocks:
            found.append(Problem(0, "", "no-text", "there is no text"))
        elif not title:
            found.append(Problem(blocks[0].line, "", "no-title", "no title stands above the text"))
        return Draft(title, blocks, tuple(sorted(found, key=lambda one: one.line)))

    def problem(self, code: str, message: str, line: int | None = None) -> None:
        self.problems.append(Problem(self.line if line is None else line, "", code, message))

    def read(self, tokens: Sequence[Token]) -> None:
        """All blocks, each with what is within it."""
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = _end(tokens, at)
            if token.map:
                self.line = token.map[0] + 1
            self._block(token, tokens[at + 1 : end])
            at = max(end, at) + 1

    def _block(self, token: Token, inner: Sequence[Token]) -> None:
        readers: dict[str, Callable[[Token, Sequence[Token]], None]] = {
            "heading_open": self._heading,
            "paragraph_open": self._paragraph,
            "blockquote_open": self._quotation,
            "bullet_list_open": self._list,
            "ordered_list_open": self._list,
            "table_open": self._table,
            "fence": self._code,
            "code_block": self._code,
        }
        if token.type in readers:
            readers[token.type](token, inner)
        elif token.type == "hr":
            self.problem("line", "a line across the page was left out")
        elif token.type == "html_block":
            self.problem("html", f"HTML was left out: {_quoted(token.content)}")

    # Blocks

    def _heading(self, token: Token, inner: Sequence[Token]) -> None:
        level, spans = int(token.tag[1]), self._spans(inner)
        found = labels.heading(_text(spans))
        if found is not None:
            spans = _without(spans, len(_text(spans).rstrip()) - len(found.rest))
        label = found.label if found else ""
        first = not any(one.kind == "title" for one in self.blocks)
        kind: BlockKind = "title" if level == 1 and not label and first and not self.blocks else "heading"
        self._add(kind, label, spans, level)

    def _paragraph(self, _: Token, inner: Sequence[Token]) -> None:
        spans = self._spans(inner)
        label, spans = _labelled(spans)
        self._add("paragraph", label, spans, 0)

    def _add(self, kind: BlockKind, label: str, spans: Spans, level: int) -> None:
        found = _STATUS.search(_text(spans))
        status = _STATUSES.get(found["said"].casefold()) if found else None
        void = found is not None and bool(found["void"])
        if found is None or status is None or (void and status not in AGREED):
            status, void = None, False
        else:
            spans = _first(spans, found.start())
        spans = _stripped(spans)
        dressed = tuple(spans) if any(formats for _, formats in spans) else ()
        self.blocks.append(
            Block(
                kind, label, _text(spans), (), self.line, level=0 if kind == "title" else level, status=status,
                void=void, spans=dressed,
            )
        )  # fmt: skip

    def _quotation(self, _: Token, inner: Sequence[Token]) -> None:
        """A comment on what stands before it, or where that came from; or else text."""
        kept: list[Token] = []
        at = 0
        while at < len(inner):
            end = _end(inner, at)
            notes = self._notes(inner[at + 1 : end]) if inner[at].type == "paragraph_open" and not kept else []
            if notes:
                last = self.blocks[-1]
                self.blocks[-1] = replace(last, notes=(*last.notes, *notes))
            else:
                kept += inner[at : end + 1]
            at = max(end, at) + 1
        if kept:
            self.problem("quotation", "a quotation that is no comment was kept as text")
            self.read(kept)

    def _notes(self, inner: Sequence[Token]) -> list[Note]:
        text = _text(self._spans(inner)).strip()
        if not self.blocks:
            return []
        if source := contribution(text):
            return source
        found = _COMMENT.fullmatch(text)
        if found is None:
            return []
        return [Note("comment", found["name"].strip(), found["text"].strip(), resolved=bool(found["settled"]))]

    def _list(self, _: Token, inner: Sequence[Token]) -> None:
        at = 0
        while at < len(inner):
            end = _end(inner, at)
            if inner[at].map:
                self.line = inner[at].map[0] + 1  # type: ignore[index]
            before = len(self.blocks)
            self.read(inner[at + 1 : end])
            if len(self.blocks) > before:
                self._name_item(inner[at], before)
            at = max(end, at) + 1

    def _name_item(self, item: Token, place: int) -> None:
        block = self.blocks[place]
        if item.info:
            label = item.info if item.markup == "." else f"{item.info}{item.markup}"
            self.blocks[place] = replace(block, label=label if not block.label else block.label)
            return
        self.problem("bullet", "a list without numbers: its sign became a dash before the text", block.line)
        spans = (("– ", PLAIN), *block.spans) if block.spans else ()
        self.blocks[place] = replace(block, text=f"– {block.text}", spans=spans)

    def _table(self, _: Token, inner: Sequence[Token]) -> None:
        row: list[str] = []
        for at, token in enumerate(inner):
            if token.type == "tr_open":
                row = []
                self.line = token.map[0] + 1 if token.map else self.line
            elif token.type == "inline":
                row.append(_text(self._spans(inner[at : at + 1])).strip())
            elif token.type == "tr_close":
                self.problem("table", "a row of a table became a paragraph, its cells apart by '|'")
                self.blocks.append(Block("paragraph", "", CELLS.join(filter(None, row)), (), self.line))

    def _code(self, token: Token, _: Sequence[Token]) -> None:
        self.problem("code", "text that was set off as code became paragraphs, a line each")
        for number, line in enumerate(token.content.splitlines()):
            if line.strip():
                self.blocks.append(Block("paragraph", "", line.strip(), (), self.line + number))

    # Text

    def _spans(self, tokens: Iterable[Token]) -> Spans:
        """The text within a block, in parts of one format."""
        parts = [part for token in tokens for part in self._inline(token.children or ())]
        return [
            ("".join(text for text, _ in some), formats) for formats, some in groupby(parts, key=lambda one: one[1])
        ]

    def _inline(self, tokens: Iterable[Token]) -> Iterator[tuple[str, frozenset[str]]]:
        formats: list[str] = []
        for token in tokens:
            kind, _, way = token.type.rpartition("_")
            if kind in _FORMATS and way == "open":
                formats.append(_FORMATS[kind])
            elif kind in _FORMATS and way == "close":
                formats.remove(_FORMATS[kind])
            elif token.type == "link_open":
                self.problem("link", f"the address behind a link was left out: {_quoted(str(token.attrs.get('href')))}")
            elif token.type == "image":
                self.problem("picture", f"a picture was left out: {_quoted(token.content)}")
            elif token.type == "html_inline":
                self.problem("html", f"HTML was left out: {_quoted(token.content)}")
            elif said := " " if token.type in {"softbreak", "hardbreak"} else token.content:
                yield said, frozenset(formats)


def _end(tokens: Sequence[Token], at: int) -> int:
    """Where what opens here closes: the place itself for what holds nothing."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place
    return len(tokens) - 1


def _labelled(spans: Spans) -> tuple[str, Spans]:
    text = _text(spans)
    found = _ALTERNATIVE.match(text)
    if found:
        of = found["of"]
        return f"{of}.Alt.{found['number']}" if of else f"Alt.{found['number']}", _without(spans, found.end())
    label = labels.paragraph(text)
    if label is None:
        return "", spans
    return label.label, _without(spans, len(text.rstrip()) - len(label.rest))


def _text(spans: Spans) -> str:
    return "".join(text for text, _ in spans)


def _without(spans: Spans, letters: int) -> Spans:
    """Without so many of the first letters."""
    kept: Spans = []
    for text, formats in spans:
        rest = text[letters:]
        letters = max(0, letters - len(text))
        if rest:
            kept.append((rest, formats))
    return kept


def _first(spans: Spans, letters: int) -> Spans:
    """So many of the first letters."""
    kept: Spans = []
    for text, formats in spans:
        if part := text[:letters]:
            kept.append((part, formats))
        letters -= len(part)
    return kept


def _stripped(spans: Spans) -> Spans:
    text = _text(spans)
    return _first(_without(spans, len(text) - len(text.lstrip())), len(text.strip()))


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")
