"""Chapters that have been written for long: made once, with a seed, and kept in `.cache`."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText, merge_updates

from benchmarks.load.building import BUILT
from benchmarks.load.places import opening
from documents.crdt import update_v1

WRITERS_FROM = 1_000_000_000
"""The first client id of those who wrote it."""
_FULL = 600_000
"""Bytes from which the next update is begun: servers take messages of 1 MiB."""
_PART = 20_000
"""Edits that are handed in together."""
_RUN = 50
"""Characters that somebody types at one place, on average."""


@dataclass(frozen=True, slots=True)
class History:
    """What a chapter was made by."""

    updates: list[bytes]
    last: tuple[int, int]
    """The client id that wrote last, and how far."""


def history(edits: int, writers: int, paragraphs: int) -> History:
    """So many edits, of one character each, a quarter of them deletions, by writers one after the other."""
    folder = BUILT / f"history-{edits}-{writers}-{paragraphs}"
    if not folder.exists():
        _keep(folder, _write(edits, writers, paragraphs))
    updates = [path.read_bytes() for path in sorted(folder.iterdir())]
    sections = update_v1.parse(updates[-1]).sections
    last = max(section.client for section in sections if section.client < opening(paragraphs).texts[0][0])
    return History(updates, next((last, section.end) for section in sections if section.client == last))


def _keep(folder: Path, updates: list[bytes]) -> None:
    new = folder.with_suffix(".new")
    new.mkdir(parents=True, exist_ok=True)
    for number, update in enumerate(updates):
        (new / f"{number:03}").write_bytes(update)
    new.rename(folder)


def _write(edits: int, writers: int, paragraphs: int) -> list[bytes]:
    chance = random.Random(1)  # noqa: S311 (a repeatable load, not a secret)
    updates, state = [opening(paragraphs).update], opening(paragraphs).update
    for number in range(writers):
        document: Doc[Any] = Doc(client_id=WRITERS_FROM + number)
        document.apply_update(state)
        left = edits // writers
        while left > 0:
            part = min(left, _PART)
            left -= part
            before = document.get_state()
            _edit(document, part, chance)
            new = document.get_update(before)
            if len(updates[-1]) + len(new) < _FULL:
                updates[-1] = merge_updates(updates[-1], new)
            else:
                updates.append(new)
        state = document.get_update()
    return updates


def _edit(document: Doc[Any], edits: int, chance: random.Random) -> None:
    root = document.get("default", type=XmlFragment)
    while edits > 0:
        element = root.children[chance.randrange(len(root.children))]
        assert isinstance(element, XmlElement)  # noqa: S101 (`opening` made it)
        text = element.children[0]
        assert isinstance(text, XmlText)  # noqa: S101
        with document.transaction():
            edits -= _sentence(text, edits, chance)


def _sentence(text: XmlText, most: int, chance: random.Random) -> int:
    """Somebody types somewhere, and takes the end of it back; returns how many characters that were."""
    at = chance.randrange(len(text) + 1)
    typed = min(most, chance.randrange(1, 2 * _RUN))
    for number in range(typed):
        text.insert(at + number, chance.choice("etaoin shrdlu"))
    back = min(most - typed, chance.randrange(typed * 2 // 3 + 1))
    for number in range(back):
        del text[at + typed - number - 1 : at + typed - number]
    return typed + back
