"""Yjs 13 and 14 tell who wrote and who deleted what as the server does, whatever real editors have sent."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from documents.authorship.content_map import content_map, gone
from documents.authorship.runs import NOBODY, Byline, ParagraphRuns, Tag
from documents.chapter import ChapterDocument
from tests.fuzz.peers import NODE, Peer
from tests.property.test_gate_traffic import SEEDS, traffic

START = 29_900_000
"""Minutes since 1970, in the year 2026."""
GROUPS = {"egypt": "government", "ifip": "civil society", "acme": "private sector", "chair": "government"}

Character = tuple[object, ...]


def byline(author: str, capacity: str = "") -> Byline:
    return Byline(author, author.title(), author + capacity, author.upper(), GROUPS[author], 1, "#1f5fa8")


def chapter_of(seed: int) -> ChapterDocument:
    """A chapter in which editors have written, taken in as a room does; half way, one is sent by another delegation."""
    document = ChapterDocument()
    sent = traffic(seed)[0]
    for index, one in enumerate(sent):
        at = (START + index // 10) * 60_000
        changed = "-now-of-another" if one.author == "egypt" and index > len(sent) / 2 else ""
        who = byline(one.author, changed)
        if document.is_in_new_capacity(one.author, who):
            document.introduce(one.author, who)
            document.tell_authorship(at)
        admitted = document.take(one.update, one.author, at)
        document.introduce(one.author, who)
        document.settle([admitted], at)
        document.tell_authorship(at)
    return document


def said_by_server(runs: Iterable[ParagraphRuns], bylines: Mapping[Tag, Byline]) -> Iterator[Character]:
    """Each character with its paragraph, its author, its time, and who deleted it when."""
    for paragraph in runs:
        for run in paragraph.runs:
            deletion = (None, None) if run.deleted is None else (person(run.deleted.by, bylines), run.deleted.at)
            for char in re.sub(r"\s", "", run.text):
                yield paragraph.id, paragraph.label, char, person(run.by, bylines), run.at, *deletion


def person(tag: Tag, bylines: Mapping[Tag, Byline]) -> Character:
    found = bylines.get(tag, NOBODY)
    return found.delegation, found.group, found.participant


def said_by_client(paragraphs: Iterable[Mapping[str, Any]]) -> Iterator[Character]:
    """The same, of what a client made of it. What stands for a picture, or between elements, is left out by both."""
    for paragraph in paragraphs:
        for run in paragraph["runs"]:
            deletion = act(run["deleted_by"]) if "deleted_by" in run else (None, None)
            for char in re.sub(r"\s", "", run["text"]):
                yield paragraph["id"], paragraph["label"], char, *act(run), *deletion


def unnamed(character: Character) -> Character:
    """Without the paragraph: what one was called that is gone is for the server to say."""
    return character[2:]


def act(said: Mapping[str, Any]) -> Character:
    """Who did something, and in which minute, if that is said."""
    at = datetime.fromisoformat(said["at"]).timestamp() // 60 if "at" in said else None
    return (said["delegation"], said["group"], said["participant"]), at


@pytest.fixture(scope="module")
def libraries() -> Iterator[Peer]:
    with Peer(["node", str(NODE / "colour-both.mjs")]) as peer:
        yield peer


@pytest.mark.parametrize("seed", SEEDS)
def test_clients_say_what_the_server_says(libraries: Peer, seed: int) -> None:
    document = chapter_of(seed)
    bylines, record = document.bylines(), document.record
    data = content_map(record.insertions(), gone(record), bylines)
    answer = libraries.ask({"update": document.state().hex(), "map": data.hex()})
    assert "error" not in answer, answer["error"]
    visible = list(said_by_server(document.runs(), bylines))
    assert list(said_by_client(answer["visible"])) == visible
    assert list(said_by_client(answer["live"])) == [(*place, who, None, None, None) for *place, who, _, _, _ in visible]
    everything = list(said_by_server(document.runs(deleted=True), bylines))
    assert list(map(unnamed, said_by_client(answer["deleted"]))) == list(map(unnamed, everything))
    assert len({who for _, _, _, who, *_ in visible}) > 2
