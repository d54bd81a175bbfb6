"""A redline as a page of its own, to be read by everybody, printed, and passed on: no scripts, nothing to load.

What was changed is told in three ways at once, none of them colour: by the elements `ins` and `del`, which are
underlined and struck through; by a sign and a name behind each change; and in words for those who hear the page. Text
of any direction is isolated from what stands beside it; what the page itself says does not count for a paragraph's
direction (so each such element bears its own `dir`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from typing import Final

from documents.authorship.runs import Byline, Tag
from documents.redline.redline import Change, Neighbour, ParagraphChange, RedlineParagraph, TextChange

STYLE: Final = """
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 46rem; padding: 0 1rem; color: #1a1a1a; background: #fff;
  font: 1.0625rem/1.6 Georgia, "Times New Roman", serif; }
header, .legend { font-family: system-ui, sans-serif; font-size: 0.9375rem; }
.legend { border: 1px solid #767676; border-radius: 6px; padding: 0 1rem 1rem; }
h1, h2 { line-height: 1.25; }
table { border-collapse: collapse; }
caption { text-align: start; padding: 0.5rem 0; }
th, td { border: 1px solid #767676; padding: 0.2rem 0.6rem; text-align: start; font-weight: normal; }
thead th { font-weight: bold; }
ins, del, .text { unicode-bidi: isolate; overflow-wrap: anywhere; }
ins { color: #0b5d1e; text-decoration: underline 2px; }
del { color: #8a1020; text-decoration: line-through 2px; }
ins.moved, del.moved { color: #1f3f8f; text-decoration: underline double 1px; }
del.moved { text-decoration-line: line-through; }
.who, .note, .label { font: 0.75em/1 system-ui, sans-serif; color: #444; unicode-bidi: isolate; }
.who { display: inline-block; margin: 0 0.25em; padding: 0.1em 0.3em; border: 1px solid #767676; border-radius: 3px;
  text-decoration: none; }
.label { font-size: 0.875em; margin-inline-end: 0.25em; }
.is-inserted, .is-deleted { border-inline-start: 3px solid #767676; padding-inline-start: 0.75rem; }
.is-deleted { border-inline-start-style: dashed; }
@media (max-width: 30rem) {
  body { padding: 0 0.5rem; }
  .legend { padding: 0 0.5rem 0.5rem; }
  .legend ul { padding-inline-start: 1.25rem; }
  th, td { padding: 0.2rem; font-size: 0.8125rem; }
  tbody th { overflow-wrap: anywhere; }
}
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 11pt; }
  p, h2, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
}
"""
"""The page's style sheet, the same for all."""

_VERBS: Final[Mapping[TextChange, str]] = {
    "inserted": "inserted",
    "deleted": "deleted",
    "moved-here": "moved here",
    "moved-away": "moved away",
}
_NOUNS: Final[Mapping[TextChange, str]] = {
    "inserted": "insertion",
    "deleted": "deletion",
    "moved-here": "text moved here",
    "moved-away": "text moved away",
}
_WHOLE: Final[Mapping[ParagraphChange, str]] = {"inserted": "new paragraph", "deleted": "paragraph deleted"}
_JOINED: Final[Mapping[tuple[ParagraphChange, Neighbour], str]] = {
    ("inserted", "previous"): "split off from the one before",
    ("inserted", "next"): "split off from the next one",
    ("deleted", "previous"): "joined to the one before",
    ("deleted", "next"): "joined to the next one",
}
_SIGNS: Final[Mapping[TextChange, str]] = {"inserted": "+", "deleted": "−", "moved-here": "→", "moved-away": "←"}


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over a redline."""

    title: str
    """The chapter's."""
    since: datetime
    version: str
    """The name of the earlier point; empty when only its time is known."""
    now: datetime
    """When the text was read."""
    edition: tuple[str, ...] = ()
    """What is said of the text if it is a version, a line each: its symbol, its status line, its hash."""


def page(heading: Heading, paragraphs: Iterable[RedlineParagraph], bylines: Mapping[Tag, Byline]) -> str:
    """The whole page, as HTML. Every tag in the redline needs a byline; whatever was written is escaped."""
    paragraphs = [replace(one, changes=tuple(_joined(one.changes))) for one in paragraphs]
    names = {tag: name_of(byline) for tag, byline in bylines.items()}
    body = "\n".join(_paragraph(one, names) for one in paragraphs)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Redline: {escape(heading.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{_header(heading)}\n{_legend(paragraphs, names)}\n"
        f'<main aria-label="The text with its changes">\n{body}\n</main>\n</body>\n</html>\n'
    )


def _joined(changes: Iterable[Change]) -> Iterator[Change]:
    """Neighbours that differ in their minute alone as one, at the latest; what was kept as one, whoever wrote it."""
    for _, group in groupby(changes, _told):
        some = list(group)
        at = max((one.at for one in some if one.at is not None), default=None)
        yield replace(some[0], text="".join(one.text for one in some), at=at)


def _told(change: Change) -> object:
    return "kept" if change.change == "kept" else (change.change, change.by, change.author, change.moved_by)


def name_of(byline: Byline) -> str:
    """How somebody is called in a redline: "Egypt (government)"; nothing for the draft as it was imported."""
    name = byline.delegation_name or byline.delegation or byline.name
    return f"{name} ({byline.group})" if name and byline.group else name


def _header(heading: Heading) -> str:
    since = _time(heading.since)
    if heading.version:
        since = f"“<bdi>{escape(heading.version)}</bdi>”, {since}"
    edition = "".join(f'<p dir="auto">{escape(line)}</p>\n' for line in heading.edition)
    return (
        f'<header>\n<h1 dir="auto">{escape(heading.title)}</h1>\n{edition}'
        f"<p>The text of {_time(heading.now)} against that of {since}. Times are UTC.</p>\n</header>"
    )


def _time(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment.day} {moment:%B %Y, %H:%M}</time>'


def _legend(paragraphs: list[RedlineParagraph], names: Mapping[Tag, str]) -> str:
    return (
        '<section class="legend" aria-labelledby="legend">\n<h2 id="legend">How to read it</h2>\n<ul>\n'
        "<li><ins>Underlined</ins> with + and a name: inserted, and by whom.</li>\n"
        "<li><del>Struck through</del> with − and a name: deleted, and by whom; then, who had written it.</li>\n"
        '<li><ins class="moved">Underlined twice</ins> with → and <del class="moved">struck through twice</del> '
        "with ←: moved from there to here, and by whom.</li>\n"
        "<li>A line at the side, drawn through or dashed: a paragraph that is new, or that is gone.</li>\n"
        f"</ul>\n{_tally(paragraphs, names)}\n</section>"
    )


def _tally(paragraphs: list[RedlineParagraph], names: Mapping[Tag, str]) -> str:
    counts: dict[str, Counter[TextChange]] = {}
    for paragraph in paragraphs:
        for change in paragraph.changes:
            if change.change != "kept":
                counts.setdefault(names[change.by], Counter())[change.change] += 1
    if not counts:
        return "<p>No words have changed.</p>"
    rows = "".join(
        f'<tr><th scope="row">{_name(name)}</th><td>{found["inserted"]}</td><td>{found["deleted"]}</td>'
        f"<td>{found['moved-here']}</td></tr>\n"
        for name, found in sorted(counts.items())
    )
    return (
        "<table>\n<caption>Changes by delegation</caption>\n<thead><tr>"
        '<th scope="col">Delegation</th><th scope="col">Insertions</th><th scope="col">Deletions</th>'
        f'<th scope="col">Moves</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>'
    )


def _paragraph(one: RedlineParagraph, names: Mapping[Tag, str]) -> str:
    element = "h2" if one.kind == "heading" else "p"
    inside = "".join(_change(change, names) for change in one.changes)
    side = "" if one.change == "kept" else f' class="is-{one.change}"'
    return f'<{element} dir="auto"{side}>{_note(one, names)}{_label(one)}{inside}</{element}>'


def _label(one: RedlineParagraph) -> str:
    if one.old_label == one.label:
        return f'<span class="label" dir="ltr"><bdi>{escape(one.label)}</bdi></span> ' if one.label else ""
    old = f"<del>{escape(one.old_label)}</del> " if one.old_label else ""
    new = f"<ins>{escape(one.label)}</ins>" if one.label else ""
    return (
        f'<span class="label" dir="ltr"><span class="said">label changed, from </span>{old}'
        f'<span class="said"> to </span>{new}<span class="said"> end of label</span></span> '
    )


def _note(one: RedlineParagraph, names: Mapping[Tag, str]) -> str:
    """What happened to a paragraph as a whole, in words."""
    if one.change == "kept":
        said = "" if one.kind == one.old_kind else f"was a {escape(one.old_kind)}, is a {escape(one.kind)} now"
    else:
        said = _JOINED[one.change, one.part_of] if one.part_of else _WHOLE[one.change]
        by = _by(one.by, names)
        said += f",{by}" if one.part_of and by else by
    return f'<span class="note" dir="ltr">[{said}] </span>' if said else ""


def _change(change: Change, names: Mapping[Tag, str]) -> str:
    if change.change == "kept":
        return f'<span class="text">{escape(change.text)}</span>'
    element = "ins" if change.change in {"inserted", "moved-here"} else "del"
    moved = ' class="moved"' if change.change.startswith("moved") else ""
    verb, noun, sign = (words[change.change] for words in (_VERBS, _NOUNS, _SIGNS))
    wrote = ""
    if change.author != change.by and names[change.author]:
        wrote = f"; {_name(names[change.author])} wrote it"
    elif change.moved_by is not None and names[change.moved_by]:
        wrote = f"; {_name(names[change.moved_by])} put it here"
    label = f"{sign} {_name(names[change.by])}{wrote}"
    return (
        f"<{element}{moved}{_datetime(change.at)}>"
        f'<span class="said" dir="ltr"> {verb}{_by(change.by, names)}{wrote}: </span>{escape(change.text)}'
        f'<span class="said" dir="ltr"> end of {noun} </span></{element}>'
        f'<span class="who" dir="ltr" aria-hidden="true">{label}</span>'
    )


def _datetime(minute: int | None) -> str:
    if minute is None:
        return ""
    return f' datetime="{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%dT%H:%M:%SZ}"'


def _by(tag: Tag | None, names: Mapping[Tag, str]) -> str:
    return f" by {_name(names[tag])}" if tag is not None and names[tag] else ""


def _name(name: str) -> str:
    return f"<bdi>{escape(name)}</bdi>" if name else "nobody who is known"
