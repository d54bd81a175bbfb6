"""The comments of a Word file, and which of them answers which."""

from datetime import UTC, datetime

from documents.formats.word.model import WordComment
from documents.formats.word.nodes import Node
from documents.formats.word.plain import lines, plain
from documents.formats.word.shared import clean


def read_comments(part: Node, threads: Node, *, exact: bool) -> list[WordComment]:
    """All comments, in the order of the file; `exact` in their white space. `threads` says which answers which."""
    nodes = list(part.all("w:comment"))
    extended = {one.get("w15:paraId"): one for one in threads.all("w15:commentEx")}
    ids = {name: node.get("w:id") for node in nodes for name in _paragraphs(node)}
    text = lines if exact else plain
    return [_comment(node, text(node), extended, ids) for node in nodes]


def _comment(node: Node, text: str, extended: dict[str, Node], ids: dict[str, str]) -> WordComment:
    """`extended` says more of a comment, by the ids of its paragraphs; `ids` says whose such an id is."""
    told = next((extended[name] for name in _paragraphs(node) if name in extended), Node(""))
    parent = ids.get(told.get("w15:paraIdParent"), "")
    return WordComment(
        id=node.get("w:id"),
        author=clean(node.get("w:author")),
        date=_moment(node.get("w:date")),
        text=text,
        reply_to="" if parent == node.get("w:id") else parent,
        resolved=told.get("w15:done") in {"1", "true", "on"},
    )


def _paragraphs(node: Node) -> list[str]:
    """The ids of a comment's paragraphs."""
    return [name for one in node.all("w:p") if (name := one.get("w14:paraId"))]


def _moment(date: str) -> str:
    """A date as ISO 8601 in UTC, with milliseconds; empty for what is none. Word writes local time and calls it UTC."""
    try:
        found = datetime.fromisoformat(date)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return ""
    return found.isoformat(timespec="milliseconds")[:23] + "Z"  # strftime does not pad the years before 1000
