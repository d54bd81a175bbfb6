"""A version as a page, and as plain text: to be read by everybody, printed, and passed on. No scripts, nothing to load.

Text of any direction stands in a paragraph of its own direction; what the page itself says (labels, statuses) does not
count for it.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from documents.gavel.rulings import DRAFT
from documents.outline import HEADING
from documents.versions.frozen import FrozenParagraph
from server.papers import Paper

STYLE: Final = """
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 46rem; padding: 0 1rem; color: #1a1a1a; background: #fff;
  font: 1.0625rem/1.6 Georgia, "Times New Roman", serif; }
header, footer { font-family: system-ui, sans-serif; font-size: 0.9375rem; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; }
.symbol { text-align: end; font-weight: bold; }
.text { white-space: pre-line; unicode-bidi: isolate; overflow-wrap: anywhere; }
.label, .status { font-family: system-ui, sans-serif; font-size: 0.875em; unicode-bidi: isolate; }
.status { color: #444; }
footer { border-top: 1px solid #767676; margin-top: 2rem; overflow-wrap: anywhere; }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 11pt; }
  p { break-inside: avoid; }
  h2, h3, h4, h5, h6 { break-after: avoid; }
}
"""
"""The page's style sheet, the same for all."""


def page(paper: Paper) -> str:
    """The whole page, as HTML; whatever was written is escaped."""
    title = escape(paper.chapter.title)
    body = "\n".join(map(_paragraph, paper.text))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}: {escape(paper.version.name)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'{_header(paper)}\n<main aria-label="The text">\n{body}\n</main>\n{_footer(paper)}\n</body>\n</html>\n'
    )


def plain(paper: Paper) -> str:
    """What the page says, a line for each paragraph."""
    version = paper.version
    head = [version.symbol, paper.chapter.title, version.name, _claims(paper)]
    lines = [line for line in head if line]
    lines += ["", *map(_line, paper.text), "", f"SHA-256 of the text: {version.hash}"]
    return "".join(f"{line}\n" for line in lines)


def _claims(paper: Paper) -> str:
    """The status line with its exceptions: "Status as of 17 April 2014, COB (besides Paras 2, 21, 27-30)"."""
    version = paper.version
    exceptions = f"({version.exceptions})" if version.exceptions else ""
    return " ".join(part for part in (version.status, exceptions) if part)


def _header(paper: Paper) -> str:
    return "\n".join(["<header>", *_head(paper), "</header>"])


def _head(paper: Paper) -> Iterator[str]:
    version = paper.version
    if version.symbol:
        yield f'<p class="symbol"><bdi>{escape(version.symbol)}</bdi></p>'
    yield f'<h1 dir="auto">{escape(paper.chapter.title)}</h1>'
    yield f'<p dir="auto">{escape(version.name)}</p>'
    if claims := _claims(paper):
        yield f'<p dir="auto">{escape(claims)}</p>'


def _footer(paper: Paper) -> str:
    version = paper.version
    address = escape(version.address)
    return (
        f'<footer>\n<p>Frozen <time datetime="{escape(version.at)}">{escape(version.at[:16].replace("T", " "))} UTC'
        f"</time>. SHA-256 of the text: <code>{escape(version.hash)}</code></p>\n"
        f'<p><a href="/papers/{address}.docx">For Word</a> · <a href="/papers/{address}.txt">As plain text</a> · '
        f'<a href="/papers/{address}.json">As JSON</a></p>\n'
        "</footer>"
    )


def _paragraph(one: FrozenParagraph) -> str:
    element = f"h{max(2, one.level)}" if one.kind == HEADING else "p"
    label = f'<span class="label" dir="ltr"><bdi>{escape(_stop(one))}</bdi></span> ' if one.label else ""
    status = f' <span class="status" dir="ltr">[{escape(_status(one))}]</span>' if _status(one) else ""
    return f'<{element} dir="auto">{label}<bdi class="text">{escape(one.text)}</bdi>{status}</{element}>'


def _line(one: FrozenParagraph) -> str:
    parts = (_stop(one), one.text.replace("\n", " "), f"[{_status(one)}]" if _status(one) else "")
    return " ".join(part for part in parts if part)


def _stop(one: FrozenParagraph) -> str:
    """A paragraph's label as it is written: "12." """
    return f"{one.label}." if one.label and one.label[-1].isalnum() else one.label


def _status(one: FrozenParagraph) -> str:
    """What is said of a paragraph; nothing of a draft."""
    return "" if one.status == DRAFT else one.status + ", changed since" * one.void
