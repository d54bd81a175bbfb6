"""Updates as editors make them: several people type, one character at a time, in the paragraphs of one chapter."""

import random
from collections.abc import Iterator
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

PARAGRAPHS = 36


def opening(paragraphs: int = PARAGRAPHS) -> bytes:
    """A chapter with paragraphs to type in."""
    document: Doc[Any] = Doc(client_id=10)
    root = document.get("default", type=XmlFragment)
    for number in range(paragraphs):
        element = root.children.append(XmlElement("paragraph", {"id": f"p-{number}", "label": str(number)}))
        element.children.append(XmlText("The text as it stood."))
    return document.get_update()


def keystrokes(
    count: int, people: int, seed: int = 1, *, paragraphs: int = PARAGRAPHS, every: int = 1
) -> Iterator[tuple[str, bytes]]:
    """`count` updates as (author, update); each person types in bursts of about 30, and deletes now and then.

    Of the chapter's paragraphs they type in each `every`th.
    """
    begun = opening(paragraphs)
    free = range(0, paragraphs, every)
    chance = random.Random(seed)  # noqa: S311 (a repeatable load, not a secret)
    made: list[bytes] = []
    writers = []
    for number in range(people):
        document: Doc[Any] = Doc(client_id=1000 + number)
        root = document.get("default", type=XmlFragment)
        document.apply_update(begun)
        document.observe(lambda event: made.append(event.update))
        writers.append((f"person-{number}", root))
    texts = {author: root.children[0].children[0] for author, root in writers}
    for _ in range(count):
        author, root = chance.choice(writers)
        if chance.random() < 1 / 30:
            texts[author] = root.children[chance.choice(free)].children[0]
        text: XmlText = texts[author]
        length = len(text)
        if length > 10 and chance.random() < 0.12:
            del text[length - 1 : length]
        else:
            text.insert(length, chance.choice("etaoin shrdlu"))
        yield author, made.pop()
