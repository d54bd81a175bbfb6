"""Where the load types: a paragraph for each client, in a document that has the shape of a chapter."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from documents.crdt import update_v1

FIRST_ID = 3_000_000_000
"""The first client id of those who type. Real ones are random and as long."""
SETUP_ID = 2_999_999_999
"""The client id that makes the paragraphs."""
XML_TEXT = 6


@dataclass(frozen=True, slots=True)
class Opening:
    """A document to begin with."""

    update: bytes
    texts: tuple[tuple[int, int], ...]
    """The id (client, clock) of each paragraph's text, in order."""
    end: int
    """How far `SETUP_ID` has written in it."""


@cache
def opening(paragraphs: int) -> Opening:
    """A document with so many empty paragraphs, `p-0` and so on."""
    document: Doc[Any] = Doc(client_id=SETUP_ID)
    root = document.get("default", type=XmlFragment)
    for number in range(paragraphs):
        element = root.children.append(XmlElement("paragraph", {"id": f"p-{number}", "label": str(number + 1)}))
        element.children.append(XmlText(""))
    update = document.get_update()
    (section,) = update_v1.parse(update).sections
    texts = tuple(
        (section.client, struct.clock)
        for struct in section.structs
        if struct.kind == update_v1.TYPE and struct.value[0] == XML_TEXT
    )
    return Opening(update, texts, section.end)


def typed(clock: int) -> str:
    """What a client of the load client has typed by this clock."""
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    return (alphabet * (clock // 26 + 1))[:clock]
