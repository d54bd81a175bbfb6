"""A chapter as a page and as Markdown: the text as it is, its labels, statuses and comments."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise
from typing import Final

from documents.formats.papers.notation import numbered
from documents.formats.papers.wordml import status_note, writable
from documents.versions.paper import Edition, Formats, Heading, Paper, PaperParagraph

STYLE: Final = """
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 46rem; padding: 0 1rem; color: #1a1a1a; background: #fff;
  font: 1.0625rem/1.6 Georgia, "Times New Roman", serif; overflow-wrap: anywhere; }
header p, footer p, aside, .status { font: 0.875rem/1.4 system-ui, sans-serif; color: #444; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; }
aside { border-inline-start: 3px solid #767676; padding-inline-start: 0.75rem; margin: 0 0 1rem 1rem; }
.label, .status { unicode-bidi: isolate; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } aside, p { break-inside: avoid; } }
"""
"""The page's style sheet, the same for all."""

_ELEMENTS: Final = {"strong": "strong", "em": "em", "underline": "u", "strike": "s"}
_STRIKE: Final = "~~"
_IN_MARKDOWN: Final[Formats] = frozenset(("strong", "em", "strike"))
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~&!])")
_BEGINNING: Final = re.compile(r"(-(?=-)|[-+](?=\s|\Z)|\d+[.)](?=\s|\Z))")


def page(paper: Paper) -> str:
    """The text as a page of its own: no scripts, nothing to load."""
    heading = paper.heading
    name = escape(writable(heading.chapter.title))
    body = "\n".join(_block(one) for one in paper.paragraphs)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header>\n{_above(heading)}\n</header>\n<main>\n{body}\n</main>\n{_below(heading)}</body>\n</html>\n"
    )


def _above(heading: Heading) -> str:
    symbol = "" if heading.edition is None else heading.edition.symbol
    before = f"<bdi>{escape(symbol)}</bdi><br>" if symbol else ""
    name, status = escape(writable(heading.chapter.title)), escape(writable(heading.status))
    return f'<p>{before}<span dir="auto">{name}</span><br><span dir="auto">{status}</span></p>'


def _below(heading: Heading) -> str:
    return f"<footer>\n<p>{escape(heading.proof)}</p>\n</footer>\n" if heading.proof else ""


def _block(one: PaperParagraph) -> str:
    tag = f"h{one.level}" if one.level else "p"
    label = f'<span class="label"><bdi>{escape(writable(numbered(one)))}</bdi></span> ' if one.label else ""
    note = status_note(one.status, void=one.void)
    status = f' <span class="status" dir="ltr">{escape(note)}</span>' if note else ""
    text = "".join(_dressed(writable(said), formats) for said, formats in one.spans)
    block = f'<{tag} id="{escape(one.id)}" dir="auto">{label}{text}{status}</{tag}>'
    return "\n".join([block, *_asides(one)])


def _dressed(text: str, formats: Formats) -> str:
    said = escape(text).replace("\n", "<br>")
    for name, tag in _ELEMENTS.items():
        if name in formats:
            said = f"<{tag}>{said}</{tag}>"
    return said


def _asides(one: PaperParagraph) -> Iterator[str]:
    for source in one.sources:
        yield f'<aside dir="auto">Contribution by <bdi>{escape(writable(source))}</bdi></aside>'
    for comment in one.comments:
        settled = " (settled)" if comment.resolved else ""
        text = escape(writable(comment.text)).replace("\n", "<br>")
        yield f'<aside dir="auto"><bdi>{escape(writable(comment.name))}</bdi>{settled}: {text}</aside>'


def markdown(paper: Paper) -> str:
    """The text as Markdown (CommonMark), comments as quotations behind their paragraphs."""
    blocks = [part for one in paper.paragraphs for part in _parts(one)]
    if not any(one.level == 1 for one in paper.paragraphs):
        blocks.insert(0, f"# {_escaped(paper.heading.chapter.title)}")
    if paper.heading.edition is not None:
        blocks.append(_edition(paper.heading, paper.heading.edition))
    return "\n\n".join(blocks) + "\n"


def _edition(heading: Heading, edition: Edition) -> str:
    """What is said of the version, as a comment: it is not of the text."""
    said = filter(None, (edition.symbol, edition.name, heading.status, heading.proof))
    lines = (_flat(line).replace("--", "- -").replace(">", "") for line in said)
    return "\n".join(["<!--", *lines, "-->"])


def _parts(one: PaperParagraph) -> Iterator[str]:
    note = _escaped(status_note(one.status, void=one.void))
    line = " ".join(filter(None, (_escaped(numbered(one)), _signed(one.spans).strip(), note)))
    yield "#" * one.level + f" {line}" if one.level else _begun(line)
    for source in one.sources:
        yield f"> Contribution by {_escaped(source)}"
    for comment in one.comments:
        settled = " (settled)" if comment.resolved else ""
        yield f"> {_begun(_escaped(comment.name))}{settled}: {_escaped(comment.text)}"


def _begun(line: str) -> str:
    """A line that begins nothing: a number would be taken for a list's, which Markdown counts anew, dashes for a rule.

    What else may begin something is escaped wherever it stands.
    """
    line = line.strip()
    found = _BEGINNING.match(line)
    return f"{line[: found.end() - 1]}\\{line[found.end() - 1 :]}" if found else line


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text of one format, without spaces at its ends if it has any."""

    text: str
    sign: str = ""
    """Before and behind it: of strong or emphasised text."""
    struck: bool = False


def _signed(spans: Iterable[tuple[str, Formats]]) -> str:
    """The text with Markdown's signs for its formats.

    Markdown knows a sign by what stands on both sides of it. A letter would make it none, or another one, where
    punctuation or a second sign is on the other side: such a letter is written as its number.
    """
    said: list[str] = []
    for before, after in pairwise((_Piece(""), *_pieces(spans), _Piece(""))):
        closing = before.sign + (_STRIKE if before.struck and not after.struck else "")
        opening = (_STRIKE if after.struck and not before.struck else "") + after.sign
        first, inner, last = after.text[:1], after.text[1:-1], after.text[1:][-1:]
        letters = [_escaped(part) for part in (first, inner, last) if part]
        if closing and not opening and _needs_mark(closing, before.text[-1]):
            letters[:1] = map(_as_mark, first)
        if opening and not closing and _needs_mark(opening, after.text[0]):
            said[-1:] = map(_as_mark, before.text[-1:])
        said += (closing, opening, *letters)
    return "".join(said)


def _pieces(spans: Iterable[tuple[str, Formats]]) -> Iterator[_Piece]:
    """The text in parts that look alike in Markdown.

    Of neighbours that have signs, every other one has underscores: two signs of one kind would be read as one.
    """
    known = ((_flat(text), formats & _IN_MARKDOWN) for text, formats in spans if text)
    sign = ""
    for formats, some in groupby(known, key=lambda span: span[1]):
        text = "".join(said for said, _ in some)
        inner = text.strip() if formats else text
        start = text.find(inner) if inner else len(text)
        if before := text[:start]:
            sign = ""
            yield _Piece(before)
        if inner:
            letter = "_" if sign.startswith("*") else "*"
            sign = letter * (2 * ("strong" in formats) + ("em" in formats))
            yield _Piece(inner, sign, "strike" in formats)
        if behind := text[start + len(inner) :]:
            sign = ""
            yield _Piece(behind)


def _needs_mark(signs: str, inner: str) -> bool:
    """Whether signs need a space or a mark outside, given the letter within."""
    return len(set(signs)) > 1 or signs[0] == "_" or _is_mark(inner)


def _is_mark(letter: str) -> bool:
    """Whether Markdown takes it for punctuation."""
    return unicodedata.category(letter)[0] in "PS"


def _as_mark(letter: str) -> str:
    """A letter as its number, which begins and ends with punctuation; a space or a mark as it is."""
    return _escaped(letter) if letter.isspace() or _is_mark(letter) else f"&#{ord(letter)};"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _flat(text))


def _flat(text: str) -> str:
    """On one line, since a line may begin anything in Markdown."""
    return re.sub(r"[\r\n\t\x0b\x0c\x85\u2028\u2029]", " ", writable(text))
