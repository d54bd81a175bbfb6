"""The order of all text, deleted or not: the same as in the CRDT document, whatever came when."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Map, Text, XmlElement, XmlFragment, XmlText, merge_updates

from documents.authorship.authorship import Authorship
from documents.authorship.record import Record
from documents.crdt import update_v1
from documents.crdt.gate import Gate
from documents.crdt.ledger import Container, Kind
from documents.crdt.sequence import (
    MAX_STEPS,
    Block,
    Line,
    Sequence,
    beside,
    deleted_beside,
    from_units,
    text_of,
    to_units,
)
from documents.crdt.update_v1 import ANY, EMBED, FORMAT, STRING, TYPE, Id
from documents.errors import UpdateIncomplete, UpdateMalformed
from tests.fuzz import world

EMBEDDED = "\ufffc"
"""Stands for what is embedded in a text."""


class Chapter:
    """What the library makes of a chapter, and what the sequence does."""

    def __init__(self) -> None:
        self.gate: Gate = world.gate()
        self.authorship = Authorship("default", "authors", "restored", self.gate.ledger.types, world.SERVER_CLIENT)
        self.shown = new_doc()
        self.ever = new_doc()
        """Everything that was ever inserted: no deletion gets here."""

    def take(self, author: str, update: bytes) -> None:
        admitted = self.gate.admit(update, author)
        if admitted.update:
            self.authorship.place(admitted)
            self.authorship.take(admitted, author, 0)
            self.shown.apply_update(admitted.update)
            self.ever.apply_update(without_deletions(admitted.update))

    def refuses(self, author: str, update: bytes, most: int) -> bool:
        """Whether finding the places of what an update brings takes more than so many steps; if not, it is taken."""
        try:
            admitted = self.gate.admit(update, author, judge=lambda one: self.authorship.place(one, most))
        except UpdateMalformed:
            return True
        self.authorship.take(admitted, author, 0)
        if admitted.update:
            self.shown.apply_update(admitted.update)
            self.ever.apply_update(without_deletions(admitted.update))
        return False

    def restarted(self) -> "Chapter":
        """From a snapshot of now."""
        again = Chapter()
        state = self.shown.get_update()
        admitted = again.gate.load(state, dict(self.gate.ledger.owners))
        again.authorship.load(admitted, Record.decode(self.authorship.record.encode()))
        again.shown.apply_update(state)
        again.ever.apply_update(without_deletions(state))
        return again

    def check(self) -> None:
        """The library and the sequence tell the same, of what is shown and of what there ever was."""
        for name in ("default", "t"):
            root = self.gate.ledger.roots[name]
            assert self.tell(root, everything=False) == tell_node(self.shown[name])
            assert self.tell(root, everything=True) == tell_node(self.ever[name])
        self.check_links()

    def tell(self, container: Container, *, everything: bool) -> Any:
        blocks = [one for one in self.authorship.sequence.line(container) if everything or not one.deleted]
        if container.kind is Kind.TEXT:
            return from_units("".join(EMBEDDED if one.kind == EMBED else one.text for one in blocks))
        return [self._tell_type(one, everything=everything) for one in blocks if one.kind == TYPE]

    def _tell_type(self, block: Block, *, everything: bool) -> Any:
        container = self.gate.ledger.types[block.id]
        inner = self.tell(container, everything=everything)
        if container.kind is Kind.TEXT:
            return inner
        assert isinstance(block.value, tuple)
        values = container.keys.get("id")
        last = None if values is None else self.authorship.sequence.line(values).last
        return [block.value[1], None if last is None or (last.deleted and not everything) else last.value, inner]

    def check_links(self) -> None:
        """Every list can be walked both ways, and every id is found in the block that holds it."""
        sequence, ledger = self.authorship.sequence, self.gate.ledger
        kept = [*ledger.roots.values(), *ledger.types.values()]
        kept = [one for one in kept if one.kind in (Kind.TEXT, Kind.ELEMENTS)]
        held: dict[int, int] = {}
        for container in kept:
            before = None
            for block in sequence.line(container):
                assert block.prev is before
                assert sequence.at(*block.id) is block is sequence.at(block.client, block.clock + block.length - 1)
                assert len(block.text) == (block.length if block.kind == STRING else 0)
                assert ledger.where(*block.id) is container
                held[block.client] = held.get(block.client, 0) + block.length
                before = block
        places = {
            client: sum(
                end - start for start, end, container in ledger.within(client, 0, clock) if container in kept
            )
            for client, clock in ledger.clocks.items()
        }  # fmt: skip
        assert held == {client: length for client, length in places.items() if length}


def new_doc() -> "Doc[Any]":
    doc: Doc[Any] = Doc(client_id=3, skip_gc=True)
    doc.get("default", type=XmlFragment)
    doc.get("t", type=Text)
    doc.get("meta", type=Map)
    return doc


def without_deletions(data: bytes) -> bytes:
    update = update_v1.parse(data)
    sections = [
        (section.client, section.clock, [data[struct.start : struct.end] for struct in section.structs])
        for section in update.sections
    ]
    return update_v1.write_update(sections, [])


def tell_node(node: Any) -> Any:
    """What the library shows of a text, an element or a fragment."""
    if isinstance(node, XmlText | Text):
        return "".join(chunk if isinstance(chunk, str) else EMBEDDED for chunk, _ in node.diff())
    children = [tell_node(child) for child in node.children]
    if isinstance(node, XmlElement):
        return [node.tag, node.attributes.get("id"), children]
    return children


def deliver(rng: Random, log: list[tuple[str, bytes]], chapter: Chapter) -> None:
    """Let updates arrive in any order, some together, some twice; what comes too early comes again later."""
    waiting = list(log)
    while waiting:
        author, update = waiting.pop(rng.randrange(len(waiting)))
        with_it = [one for other, one in waiting if other == author and rng.random() < 0.2]
        try:
            chapter.take(author, merge_updates(update, *with_it) if with_it else update)
        except UpdateIncomplete:
            waiting.append((author, update))


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_order_is_that_of_the_library_whatever_came_when(seed: int, chance: int) -> None:
    chapter = Chapter()
    deliver(world.chance(chance), world.history(world.chance(seed), 30), chapter)
    chapter.check()


@given(st.integers(0, 10_000), st.integers(0, 70))
def test_the_order_is_the_same_after_each_update_and_after_a_restart(seed: int, at: int) -> None:
    log = world.history(world.chance(seed), 30)
    chapter = Chapter()
    for author, update in log[:at]:
        chapter.take(author, update)
        chapter.check()
    again = chapter.restarted()
    again.check()
    for author, update in log[at:]:
        for one in (chapter, again):
            one.take(author, update)
            one.check()
    assert everything(again) == everything(chapter)
    assert again.authorship.record.encode() == chapter.authorship.record.encode()


@given(st.integers(0, 10_000), st.integers(-1, 5))
def test_what_is_refused_while_it_is_placed_leaves_no_trace(seed: int, most: int) -> None:
    """Each update is tried twice: what was refused the first time goes in the second time as if it were the first."""
    chapter, other = Chapter(), Chapter()
    refused = 0
    for author, update in world.history(world.chance(seed), 40):
        lines = len(chapter.authorship.sequence)
        if chapter.refuses(author, update, most):
            refused += 1
            assert len(chapter.authorship.sequence) <= lines
            chapter.check()
            chapter.take(author, update)
        other.take(author, update)
    assert everything(chapter) == everything(other)
    assert chapter.authorship.record.encode() == other.authorship.record.encode()
    assert refused or most >= 0


def everything(chapter: Chapter) -> list[Any]:
    """All lists, deleted or not, item by item."""
    roots = chapter.gate.ledger.roots
    return [
        [(one.client, one.clock + offset, one.kind, one.text[offset : offset + 1], one.deleted)
         for one in chapter.authorship.sequence.line(container) for offset in range(one.length)]
        for container in (roots["default"], roots["t"], *(one for _, one in sorted(chapter.gate.ledger.types.items())))
    ]  # fmt: skip


@given(
    st.integers(0, 10_000), st.lists(st.sampled_from(("", "", "😀", "x😃y", "a", "e\u0301")), min_size=2, max_size=6)
)
def test_many_write_at_once_in_the_same_place(seed: int, words: list[str]) -> None:
    """Everybody types in the same few places, knowing nothing of the others."""
    rng = world.chance(seed)
    log: list[tuple[str, bytes]] = []
    first: Doc[Any] = Doc(client_id=101)
    first.get("t", type=Text).insert(0, "ab😀cd")
    log.append(("egypt", first.get_update()))
    for number, word in enumerate(words):
        doc: Doc[Any] = Doc(client_id=(102, 501, 103, 502, 504, 503)[number])
        doc.apply_update(log[0][1])
        text = doc.get("t", type=Text)
        for count in range(3):
            before = doc.get_state()
            text.insert(0 if count else rng.choice((0, 1, 2, 6, 7)), word or "z" * rng.randrange(1, 4))
            if rng.random() < 0.4:
                del text[0 : len(str(text)[0].encode())]
            log.append((world.AUTHORS[doc.client_id], doc.get_update(before)))
    chapter = Chapter()
    deliver(rng, log, chapter)
    chapter.check()


# Block by block

HERE = Container(Kind.TEXT, "t")
"""The list that everything in the following tests lies in."""


def put(sequence: Sequence, item: Id, text: str, origin: Id | None = None, right: Id | None = None) -> Block:
    units = to_units(text)
    return sequence.insert(*item, len(units), STRING, units, None, origin, right, HERE)


def parts(sequence: Sequence) -> list[str]:
    """The blocks, those that are deleted in brackets."""
    return [f"[{from_units(one.text)}]" if one.deleted else from_units(one.text) for one in sequence.line(HERE)]


def test_what_is_typed_on_is_one_block_and_what_is_typed_in_between_cuts_it() -> None:
    sequence = Sequence()
    for clock, char in enumerate("hello"):
        put(sequence, (7, clock), char, (7, clock - 1) if clock else None)
    assert parts(sequence) == ["hello"]
    put(sequence, (8, 0), "x", (7, 1), (7, 2))
    assert parts(sequence) == ["he", "x", "llo"]
    put(sequence, (7, 5), "!", (7, 4))
    assert parts(sequence) == ["he", "x", "llo!"]
    assert [one.id for one in sequence.line(HERE)] == [(7, 0), (8, 0), (7, 2)]


def test_what_is_typed_behind_what_was_deleted_is_another_block() -> None:
    sequence = Sequence()
    put(sequence, (7, 0), "ab")
    sequence.delete(7, 0, 2)
    put(sequence, (7, 2), "c", (7, 1))
    assert parts(sequence) == ["[ab]", "c"]


def test_what_has_another_right_neighbour_is_another_block() -> None:
    sequence = Sequence()
    put(sequence, (3, 0), "()")
    put(sequence, (7, 0), "a", (3, 0), (3, 1))
    put(sequence, (8, 0), "x", (7, 0), (3, 1))
    put(sequence, (7, 1), "b", (7, 0), (8, 0))
    assert parts(sequence) == ["(", "a", "b", "x", ")"]
    assert [one.right for one in sequence.line(HERE)] == [None, (3, 1), (8, 0), (3, 1), None]


def test_of_values_that_are_cut_apart_the_last_says_what_it_said() -> None:
    sequence = Sequence()
    sequence.insert(7, 0, 2, ANY, "", "the second", None, None, HERE)
    sequence.cut(7, 1)
    last = sequence.line(HERE).last
    assert last is not None and (last.id, last.value) == ((7, 1), "the second")


def test_deleting_cuts_at_both_ends_and_names_what_is_new() -> None:
    sequence = Sequence()
    put(sequence, (7, 0), "a😀bcd")
    assert [from_units(one.text) for one in sequence.delete(7, 1, 4)] == ["😀b"]
    assert parts(sequence) == ["a", "[😀b]", "cd"]
    assert [from_units(one.text) for one in sequence.delete(7, 0, 5)] == ["a", "c"]
    assert sequence.delete(7, 0, 5) == []
    assert parts(sequence) == ["[a]", "[😀b]", "[c]", "d"]
    assert sequence.delete(9, 0, 5) == []


def test_ids_are_found_in_their_blocks() -> None:
    sequence = Sequence()
    put(sequence, (7, 3), "abc")
    put(sequence, (7, 9), "d", (7, 5))
    assert [sequence.at(7, clock) is not None for clock in range(11)] == [
        False, False, False, True, True, True, False, False, False, True, False
    ]  # fmt: skip
    assert sequence.at(8, 3) is None
    assert text_of(sequence.within(7, 4, 10)) == "bcd"
    assert parts(sequence) == ["a", "bc", "d"]
    assert sequence.within(7, 6, 9) == [] == sequence.within(8, 0, 5)
    sequence.cut(7, 0)
    sequence.cut(7, 7)
    sequence.cut(8, 1)
    assert parts(sequence) == ["a", "bc", "d"]


@pytest.mark.parametrize("first", [1, 5])
def test_of_two_who_write_in_one_place_the_lower_client_id_stands_first(first: int) -> None:
    sequence = Sequence()
    put(sequence, (3, 0), "()")
    for client in (first, 6 - first):
        put(sequence, (client, 0), f"{client}", (3, 0), (3, 1))
    assert parts(sequence) == ["(", "1", "5", ")"]


def test_neighbours_are_told_without_formats() -> None:
    sequence = Sequence()
    put(sequence, (7, 0), "a")
    sequence.insert(7, 1, 1, FORMAT, "", None, (7, 0), None, HERE)
    sequence.insert(7, 2, 1, EMBED, "", None, (7, 1), None, HERE)
    sequence.insert(7, 3, 1, FORMAT, "", None, (7, 2), None, HERE)
    put(sequence, (7, 4), "bc", (7, 3))
    sequence.delete(7, 2, 5)
    first, last = sequence.at(7, 0), sequence.at(7, 5)
    assert first is not None and last is not None
    assert [one.id for one, *_ in deleted_beside(first, 1)] == [(7, 2), (7, 4)]
    assert [one.id for one, *_ in deleted_beside(last, -1)] == [(7, 4), (7, 2)]
    assert beside(first, -1) is None is beside(last, 1)
    assert beside(first, 1) is sequence.at(7, 2)
    assert [*deleted_beside(first, -1)] == []


def test_what_is_deleted_is_looked_at_so_far_however_it_is_cut() -> None:
    sequence = Sequence()
    put(sequence, (7, 0), "x")
    put(sequence, (8, 0), "y" * 2 * MAX_STEPS, (7, 0))
    sequence.delete(8, 0, 2 * MAX_STEPS)
    first = sequence.at(7, 0)
    assert first is not None
    for clock in range(0, MAX_STEPS, MAX_STEPS // 10):
        sequence.cut(8, clock)
    sequence.cut(8, MAX_STEPS)
    assert sum(end - start for _, start, end in deleted_beside(first, 1)) == MAX_STEPS


def test_an_empty_list() -> None:
    sequence = Sequence()
    assert sequence.line(HERE).last is None
    assert list(Line()) == []
    assert sequence.line(HERE) is sequence.line(HERE)


# UTF-16


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_units_are_what_clocks_count(text: str) -> None:
    units = to_units(text)
    assert len(units) == update_v1.utf16_length(text)
    assert from_units(units) == text


def test_half_a_character_is_shown_as_one_that_is_damaged() -> None:
    assert from_units(to_units("a😀")[:2]) == "a\ufffd"
