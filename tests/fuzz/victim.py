"""Applies admitted updates to real documents, one episode a line: run as a process of its own, since it may die.

In: {"base": hex, "updates": [hex], "careful": bool}. Out: {"xml": …, "loaded": …, "state": hex, "clocks": {…}}, or
{"error": …}. A careful run says {"applied": n} before each update, so that the last line names the killer.
"""

import json
import math
import sys
from typing import Any

from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText

from documents.crdt.update_v1 import read_uint


def document() -> Doc[Any]:
    """An empty document as the server has it."""
    doc: Doc[Any] = Doc(client_id=1, skip_gc=True)
    doc["default"] = XmlFragment()
    doc["t"] = Text()
    return doc


def plain(value: Any) -> Any:
    """A value that JSON can carry, the same for every library."""
    if isinstance(value, bytes | bytearray):
        return ["bytes", value.hex()]
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else str(value)
    return value


def runs(diff: list[tuple[Any, dict[str, Any] | None]]) -> list[Any]:
    """Formatted text, neighbours of the same format joined."""
    out: list[Any] = []
    for insert, attributes in diff:
        formats = plain(attributes or {})
        if out and isinstance(insert, str) and isinstance(out[-1][0], str) and out[-1][1] == formats:
            out[-1][0] += insert
        else:
            out.append([plain(insert), formats])
    return out


def attributes(node: Any) -> dict[str, Any]:
    """The attributes of an element or a text."""
    return {name: value for name, value in node.attributes}  # noqa: C416 (pycrdt iterates over pairs, as no mapping does)


def tree(node: Any) -> Any:
    """An element, text or fragment as plain lists."""
    if isinstance(node, XmlText):
        return ["text", plain(attributes(node)), runs(node.diff())]
    children = [tree(child) for child in node.children]
    if isinstance(node, XmlElement):
        return [node.tag, plain(attributes(node)), children]
    return children


def dump(doc: Doc[Any]) -> Any:
    """All that can be seen of a document."""
    str(doc["default"])
    return [tree(doc["default"]), runs(doc["t"].diff())]


def clocks(doc: Doc[Any]) -> dict[int, int]:
    """A document's state vector."""
    data = doc.get_state()
    count, at = read_uint(data, 0)
    out = {}
    for _ in range(count):
        client, at = read_uint(data, at)
        out[client], at = read_uint(data, at)
    return {client: clock for client, clock in out.items() if clock}


def play(episode: dict[str, Any]) -> dict[str, Any]:
    """Apply an episode's updates one by one; load the outcome once more from its state."""
    doc = document()
    doc.apply_update(bytes.fromhex(episode["base"]))
    for number, update in enumerate(episode["updates"]):
        if episode.get("careful"):
            sys.stdout.write(json.dumps({"applied": number}) + "\n")
            sys.stdout.flush()
            dump(doc)
        doc.apply_update(bytes.fromhex(update))
    state = doc.get_update()
    loaded = document()
    loaded.apply_update(state)
    seen = clocks(doc)
    if clocks(loaded) != seen:
        return {"error": "the state, loaded again, has other clocks"}
    return {"xml": dump(doc), "loaded": dump(loaded), "state": state.hex(), "clocks": seen}


def main() -> None:
    """Answer each line of stdin."""
    for line in sys.stdin:
        try:
            answer = json.dumps(play(json.loads(line)))
        except BaseException as error:  # noqa: BLE001 (a panic in Rust is a BaseException; it is the answer)
            answer = json.dumps({"error": f"{type(error).__name__}: {error}"})
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
