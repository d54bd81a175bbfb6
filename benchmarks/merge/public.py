"""A public editing trace of one author: a plain list of edits, or in the form of the collection editing-traces."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from benchmarks.merge.traces import FIRST_CLIENT, PARAGRAPHS, ROOT, Edit, Event, Trace, chapter


def read(path: Path) -> Trace:
    """The edits of a file, made in an empty paragraph at the end of a chapter.

    The file is JSON, [[at, deleted, inserted, …], …] or {"txns": [{"patches": [[at, deleted, inserted], …]}, …]}; if
    its name ends with `.gz` it is compressed. Raises `ValueError` where letters beyond ASCII are inserted.
    """
    data = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    patches = [patch for txn in data["txns"] for patch in txn["patches"]] if isinstance(data, dict) else data
    edits = [(at, deleted, "".join(inserted)) for at, deleted, *inserted in patches]
    texts, past, opening = chapter(random.Random(0))  # noqa: S311 (a repeatable load, not a secret)
    opening = _with_an_empty_paragraph(opening)
    document: Doc[Any] = Doc(client_id=FIRST_CLIENT)
    root = document.get(ROOT, type=XmlFragment)
    document.apply_update(opening)
    text, before = root.children[PARAGRAPHS].children[0], document.get_state()
    made: list[bytes] = []
    document.observe(lambda event: made.append(event.update))
    trace = Trace(path.name.partition(".")[0], 1, [*texts, ""], past, opening)
    for at, deleted, inserted in edits:
        if not inserted.isascii():
            raise ValueError(f"{path}: only ASCII can be placed without looking at the whole text")
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
