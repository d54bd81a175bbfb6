"""The bare text of a part of a Word file: for notes, comments, headers and footers."""

from collections.abc import Container
from typing import Final

from documents.formats.debris import without_controls
from documents.formats.word.nodes import Node

AS_TEXT: Final = {
    "w:tab": "\t", "w:br": "\n", "w:cr": "\n", "w:ptab": "\t", "w:noBreakHyphen": "\u2011", "w:softHyphen": "\u00ad",
}  # fmt: skip
"""Elements that are a character."""

_DELETED = frozenset(("w:del", "w:moveFrom", "mc:Fallback"))
_TEXTS = frozenset(("w:t", "w:delText", "m:t", "a:t", "v:textpath"))


def plain(node: Node) -> str:
    """The text as it reads with all changes accepted, in one line."""
    found: list[str] = []
    _collect(node, found)
    return " ".join(without_controls("".join(found).replace("\n", " "))[0].split())


def lines(node: Node) -> str:
    """The same with its white space, each paragraph as a line."""
    said = ("".join(map(_exact, one.walk())) for one in node.all("w:p"))
    return "\n".join(without_controls(one)[0] for one in said)


def _exact(node: Node) -> str:
    return node.text if node.name == "w:t" else AS_TEXT.get(node.name, "")


def _collect(node: Node, found: list[str]) -> None:
    if node.name in _DELETED:
        return
    if node.name == "w:t":
        found.append(node.text)
    elif node.name in AS_TEXT:
        found.append(AS_TEXT[node.name])
    for child in node.children:
        _collect(child, found)
    if node.name == "w:p":
        found.append(" ")


def every_text(node: Node, but: Container[str] = ()) -> str:
    """All text within it, in one line, whatever has become of it: for what is quoted. Not that in elements `but`."""
    texts = (one for one in node.walk(but) if one.name in _TEXTS)
    found = (one.get("string") if one.name == "v:textpath" else one.text for one in texts)
    return " ".join(without_controls(" ".join(found).replace("\n", " "))[0].split())
