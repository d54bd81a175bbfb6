"""A public editing trace: the automerge-paper's, of one author, as JSON."""

import json
import random
from pathlib import Path
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from benchmarks.merge.traces import FIRST_CLIENT, PARAGRAPHS, ROOT, Edit, Event, Trace, chapter


def read(path: Path) -> Trace:
    """The edits of a file of [[at, deleted, inserted, …], …], made in an empty paragraph at the end of a chapter."""
    edits = [(at, deleted, "".join(inserted)) for at, deleted, *inserted in json.loads(path.read_text())]
    texts, opening = chapter(random.Random(0))  # noqa: S311 (a repeatable load, not a secret)
    opening = _with_an_empty_paragraph(opening)
    document: Doc[Any] = Doc(client_id=FIRST_CLIENT)
    root = document.get(ROOT, type=XmlFragment)
    document.apply_update(opening)
    text, before = root.children[PARAGRAPHS].children[0], document.get_state()
    made: list[bytes] = []
    document.observe(lambda event: made.append(event.update))
    trace = Trace(path.stem, 1, [*texts, ""], opening)
    for at, deleted, inserted in edits:
        if not (inserted + str(text)[at : at + deleted] if deleted > 1 else inserted).isascii():
            raise ValueError(f"{path}: only plain letters can be placed without looking at the whole text")
        with document.transaction():
            if deleted:
                del text[at : at + deleted]
            if inserted:
                text.insert(at, inserted)
        trace.events.append(Event(0, Edit(len(texts), at, deleted, inserted), made.pop()))
    trace.rejoined = [document.get_update(before)]
    return trace


def _with_an_empty_paragraph(opening: bytes) -> bytes:
    document: Doc[Any] = Doc(client_id=9)
    root = document.get(ROOT, type=XmlFragment)
    document.apply_update(opening)
    element = root.children.append(XmlElement("paragraph", {"id": "public", "label": ""}))
    element.children.append(XmlText(""))
    return document.get_update()
