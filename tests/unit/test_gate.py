"""The gate lets in what editors make, cut to what is new, and refuses everything else without a trace."""

import gc
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from documents.crdt import update_v1
from documents.crdt.gate import MAX_DEPTH, MAX_SECTIONS, Admitted, Gate
from documents.crdt.ledger import NOWHERE, Kind, Ledger
from documents.crdt.update_v1 import ANY, DELETED, EMBED, FORMAT, GC, SKIP, STRING, TYPE, write_uint, write_update
from documents.errors import ClientIdTaken, RootForbidden, UpdateIncomplete, UpdateMalformed, UpdateRefused
from documents.model import SERVER
from tests.fuzz.fingerprint import fingerprint
from tests.fuzz.hostile import Draft, string

ROOT = Path(__file__).resolve().parent.parent.parent
OWN_CASES = ROOT / "tests" / "data" / "updates.json"
SHARED_CASES = Path(os.environ.get("ADREF_FUZZ_UPDATES", ROOT.parent / "shared" / "fuzz" / "updates.json"))
ROOTS = {"default": Kind.ELEMENTS, "t": Kind.TEXT, "meta": Kind.MAP}
SERVER_CLIENT = 1
NOTHING = Admitted(b"", set(), [], False, [], [])


def new_gate() -> Gate:
    return Gate(Ledger(ROOTS), frozenset(("default", "t")), SERVER_CLIENT)


def element(name: str = "paragraph", **place: Any) -> Draft:
    return Draft(TYPE, 1, write_uint(3) + string(name), **place)


def text_type(**place: Any) -> Draft:
    return Draft(TYPE, 1, write_uint(6), **place)


def words(text: str, **place: Any) -> Draft:
    return Draft(STRING, update_v1.utf16_length(text), string(text), **place)


def values(*texts: str, **place: Any) -> Draft:
    return Draft(ANY, len(texts), write_uint(len(texts)) + b"".join(b"\x77" + string(one) for one in texts), **place)


def deleted(length: int, **place: Any) -> Draft:
    return Draft(DELETED, length, write_uint(length), **place)


def gone(length: int) -> Draft:
    return Draft(GC, length, write_uint(length))


def update(*drafts: Draft, client: int = 20, clock: int = 0, deletes: Any = ()) -> bytes:
    return write_update([(client, clock, [draft.encode() for draft in drafts])] if drafts else [], list(deletes))


P, T, WORDS, ID, TAIL = (10, 0), (10, 1), (10, 2), (10, 12), (10, 13)
"""The chapter of these tests: a paragraph, its text, "hello 😀 wö" in it, its attribute id, and a second paragraph."""


@pytest.fixture
def gate() -> Gate:
    gate = new_gate()
    base = update(
        element(parent="default"), text_type(parent=P), words("hello 😀 w", parent=T),
        values("p-1", parent=P, key="id"), element("heading", origin=P), client=10,
    )  # fmt: skip
    gate.admit(base, "egypt")
    seed = update(values("title", parent="meta", key="title"), client=SERVER_CLIENT)
    gate.admit(seed, SERVER, trusted=True)
    return gate


def refused(gate: Gate, data: bytes, kind: type[UpdateRefused], author: str = "ifip", **more: Any) -> UpdateRefused:
    """Refuse, and leave the ledger as it was."""
    before = fingerprint(gate.ledger)
    with pytest.raises(kind) as caught:
        gate.admit(data, author, **more)
    assert fingerprint(gate.ledger) == before
    return caught.value


# What editors do, and what it touches


@pytest.mark.parametrize(
    ("data", "touched", "inserted", "identities"),
    [
        pytest.param(update(words("x", origin=WORDS, right=(10, 3))), {P}, [], False, id="type"),
        pytest.param(update(words("x", right=WORDS)), {P}, [], False, id="type at the start"),
        pytest.param(update(deletes=[(10, 3, 2)]), {P}, [], False, id="erase"),
        pytest.param(update(Draft(FORMAT, 1, string("b") + string("true"), origin=WORDS)), {P}, [], False, id="format"),
        pytest.param(update(Draft(EMBED, 1, string("{}"), origin=WORDS)), {P}, [], False, id="embed"),
        pytest.param(update(values("left", parent=P, key="align")), {P}, [], False, id="attribute"),
        pytest.param(update(values("p-2", origin=ID), deletes=[(*ID, 1)]), {P}, [], True, id="attribute id"),
        pytest.param(update(values("12 bis", parent=TAIL, key="label")), {TAIL}, [], True, id="attribute label"),
        pytest.param(update(deletes=[(*ID, 1)]), {P}, [], True, id="attribute removed"),
        pytest.param(update(element(origin=TAIL)), {(20, 0)}, [(20, 0)], True, id="paragraph"),
        pytest.param(update(text_type(origin=TAIL)), {(20, 0)}, [(20, 0)], True, id="text in the root"),
        pytest.param(update(text_type(parent=TAIL)), {TAIL}, [], False, id="nested text"),
        pytest.param(
            update(element(parent=TAIL), text_type(parent=(20, 0)), words("x", parent=(20, 1))),
            {TAIL}, [], False, id="deeply nested",
        ),
        pytest.param(update(deletes=[(10, 0, 14)]), {P, TAIL}, [], True, id="everything deleted"),
        pytest.param(update(deletes=[(*TAIL, 1)]), {TAIL}, [], False, id="paragraph deleted"),
        pytest.param(update(words("x", parent="t")), set(), [], False, id="a text of the root"),
        pytest.param(update(deleted(3, origin=WORDS)), {P}, [], False, id="typed and erased"),
        pytest.param(update(deleted(3, origin=P)), set(), [], False, id="inserted and deleted"),
        pytest.param(update(gone(3)), set(), [], False, id="thrown away"),
        pytest.param(
            update(element(origin=P), text_type(parent=(20, 0)), words("w", parent=(20, 1)), deletes=[(10, 11, 1)]),
            {P, (20, 0)}, [(20, 0)], True, id="split",
        ),
    ],
)  # fmt: skip
def test_each_edit_names_what_it_touches(
    gate: Gate, data: bytes, touched: set[Any], inserted: list[Any], identities: bool
) -> None:
    admitted = gate.admit(data, "ifip")
    assert (admitted.update, admitted.touched, admitted.inserted) == (data, touched, inserted)
    assert admitted.identities == identities
    check_whole(gate, admitted)


def check_whole(gate: Gate, admitted: Admitted) -> None:
    """Of an update that was all new every item is placed in its list, and every deletion named."""
    parsed = update_v1.parse(admitted.update)
    assert shape(admitted) == [(client, *one, one[1]) for client, one in structs_of(parsed)]
    assert [container for *_, container in admitted.placed] == [
        gate.ledger.where(client, clock) for client, _, clock, _ in admitted.placed
    ]
    assert admitted.deletes == parsed.deletes


def shape(admitted: Admitted) -> list[tuple[int, int, int, int, object, int]]:
    """The placed items: client, kind, clock, length and value of the struct, and from which clock on it is new."""
    return [(client, one.kind, one.clock, one.length, one.value, clock) for client, one, clock, _ in admitted.placed]


def structs_of(parsed: update_v1.Update) -> list[tuple[int, tuple[int, int, int, object]]]:
    return [
        (section.client, (one.kind, one.clock, one.length, one.value))
        for section in parsed.sections
        for one in section.structs
    ]


def test_sections_may_build_on_each_other_in_any_order() -> None:
    sections = [
        (22, 0, [words("c", origin=(21, 0)).encode(), words("e", origin=(20, 3)).encode()]),
        (21, 0, [words("b", origin=(20, 2)).encode(), words("d", origin=(22, 0)).encode()]),
        (20, 0, [words("aaa", parent="t").encode(), words("x", origin=(21, 1)).encode()]),
    ]
    for order in (sections, sections[::-1], [sections[1], sections[2], sections[0]]):
        gate = new_gate()
        data = write_update(order, [])
        admitted = gate.admit(data, "ifip")
        assert admitted.update == data
        assert gate.ledger.clocks == {20: 4, 21: 2, 22: 2}
        assert {container for *_, container in admitted.placed} == {gate.ledger.roots["t"]}
        assert [(client, clock) for client, _, clock, _ in admitted.placed] == [
            (20, 0), (21, 0), (22, 0), (21, 1), (20, 3), (22, 1)
        ], "each after what it builds on"  # fmt: skip


# What is refused


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        pytest.param(update(words("x", origin=(10, 14))), (10, 14), id="origin"),
        pytest.param(update(words("x", right=(99, 0))), (99, 0), id="right"),
        pytest.param(update(words("x", parent=(99, 5))), (99, 5), id="parent"),
        pytest.param(update(words("x", origin=(20, 0))), (20, 0), id="itself"),
        pytest.param(update(words("x", origin=WORDS), clock=3), (20, 0), id="gap"),
        pytest.param(update(Draft(SKIP, 2, b"\x02"), words("x", origin=WORDS)), (20, 0), id="skip"),
        pytest.param(update(deletes=[(10, 0, 15)]), (10, 14), id="deletion"),
        pytest.param(update(deletes=[(99, 0, 1)]), (99, 0), id="deletion of a stranger"),
    ],
)
def test_what_builds_on_the_unknown_is_incomplete(gate: Gate, data: bytes, missing: tuple[int, int]) -> None:
    error = refused(gate, data, UpdateIncomplete)
    assert isinstance(error, UpdateIncomplete)
    assert (error.client, error.clock) == missing


def test_a_circle_is_incomplete(gate: Gate) -> None:
    sections = [(20, 0, [words("a", origin=(21, 0)).encode()]), (21, 0, [words("b", origin=(20, 0)).encode()])]
    refused(gate, write_update(sections, []), UpdateIncomplete)


DEEP = [element(parent="default"), *(element(parent=(20, level)) for level in range(MAX_DEPTH))]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(update(words("x", origin=WORDS, right=P)), "different places", id="neighbours"),
        pytest.param(update(words("x", origin=ID, right=WORDS)), "different places", id="value and text"),
        pytest.param(update(words("x", parent=WORDS)), "not a shared type", id="parent a character"),
        pytest.param(update(words("x", parent=ID)), "not a shared type", id="parent a value"),
        pytest.param(update(words("x", origin=P)), "does not fit", id="characters among elements"),
        pytest.param(update(element(origin=WORDS)), "does not fit", id="an element in a text"),
        pytest.param(update(values("x", origin=WORDS)), "does not fit", id="a value in a text"),
        pytest.param(update(values("x", origin=P)), "does not fit", id="a value among elements"),
        pytest.param(update(words("x", parent=P, key="id")), "does not fit", id="characters as an attribute"),
        pytest.param(update(element(parent=P, key="id")), "does not fit", id="an element as an attribute"),
        pytest.param(update(values("x", right=ID)), "does not fit", id="a value before another"),
        pytest.param(update(values("x", "y", parent=P, key="a")), "several values", id="two values"),
        pytest.param(update(values("x", parent="default", key="a")), "no attributes", id="attribute of the root"),
        pytest.param(update(Draft(TYPE, 1, b"\x02", origin=P)), "no place", id="Y.Text"),
        pytest.param(update(Draft(TYPE, 1, b"\x05" + string("h"), origin=P)), "no place", id="hook"),
        pytest.param(update(words("x", origin=(10, 8))), "surrogate", id="origin in a pair"),
        pytest.param(update(words("x", right=(10, 9))), "surrogate", id="right in a pair"),
        pytest.param(update(deletes=[(10, 9, 1)]), "surrogate", id="half a pair deleted"),
        pytest.param(update(deletes=[(10, 5, 4)]), "surrogate", id="deleted up to half a pair"),
        pytest.param(update(*DEEP), "deeper", id="deep"),
        pytest.param(b"", "too early", id="nothing"),
    ],
)
def test_what_no_editor_makes_is_malformed(gate: Gate, data: bytes, reason: str) -> None:
    assert reason in str(refused(gate, data, UpdateMalformed))


def test_as_deep_as_allowed(gate: Gate) -> None:
    assert gate.admit(update(*DEEP[:-1]), "ifip").update


def test_too_many_client_ids(gate: Gate) -> None:
    sections = [(100 + number, 0, [gone(1).encode()]) for number in range(MAX_SECTIONS + 1)]
    refused(gate, write_update(sections, []), UpdateMalformed)
    assert gate.admit(write_update(sections[:-1], []), "ifip").update


def test_a_refusal_after_much_was_taken_leaves_no_trace(gate: Gate) -> None:
    sections = [
        (20, 0, [element(origin=P).encode(), text_type(parent=(20, 0)).encode(), words("😀", parent=(20, 1)).encode()]),
        (21, 0, [values("x", parent=P, key="new").encode(), words("y", origin=WORDS).encode()]),
    ]
    refused(gate, write_update(sections, [(10, 3, 2), (20, 2, 1)]), UpdateMalformed)
    refused(gate, write_update(sections, [(10, 3, 2), (30, 0, 1)]), UpdateIncomplete)


def test_an_error_of_another_kind_leaves_no_trace_either(gate: Gate) -> None:
    def claims(_: int) -> str:
        raise LookupError

    before = fingerprint(gate.ledger)
    sections = [(10, 14, [words("x", origin=WORDS).encode()]), (20, 0, [words("x", origin=WORDS).encode()])]
    with pytest.raises(LookupError):
        gate.admit(write_update(sections, []), "egypt", claims=claims)
    assert fingerprint(gate.ledger) == before


# Whose client ids, whose roots


def test_a_client_id_belongs_to_whom_used_it_first(gate: Gate) -> None:
    more = update(words("x", origin=WORDS), client=10, clock=14)
    refused(gate, more, ClientIdTaken)
    assert gate.admit(more, "egypt").update == more
    assert gate.ledger.owners == {10: "egypt", SERVER_CLIENT: SERVER}


def test_a_client_id_that_another_announced_is_taken(gate: Gate) -> None:
    claims = {20: "egypt"}.get
    data = update(words("x", origin=WORDS))
    refused(gate, data, ClientIdTaken, claims=claims)
    assert gate.admit(data, "egypt", claims=claims).update == data
    assert gate.ledger.owners[20] == "egypt"


def test_one_section_of_anothers_spoils_the_update(gate: Gate) -> None:
    sections = [(20, 0, [words("x", origin=WORDS).encode()]), (10, 14, [words("y", origin=WORDS).encode()])]
    refused(gate, write_update(sections, []), ClientIdTaken)


def test_what_is_known_of_others_may_be_resent(gate: Gate) -> None:
    data = write_update(
        [(10, 0, [element(parent="default").encode()]), (20, 0, [words("x", origin=WORDS).encode()])], []
    )
    assert gate.admit(data, "ifip").update == update(words("x", origin=WORDS))


def test_nobody_but_the_server_writes_with_its_client_id(gate: Gate) -> None:
    data = update(words("x", origin=WORDS), client=SERVER_CLIENT, clock=1)
    refused(gate, data, ClientIdTaken, author=SERVER)
    assert gate.admit(data, "whoever", trusted=True).update == data
    assert gate.ledger.owners[SERVER_CLIENT] == SERVER


def test_what_is_trusted_may_add_to_any_client_id(gate: Gate) -> None:
    data = update(words("x", origin=WORDS), client=10, clock=14)
    assert gate.admit(data, "ifip", trusted=True, claims=lambda _: "acme").update == data
    assert gate.ledger.owners[10] == "egypt"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(update(values("x", parent="meta", key="title")), id="set"),
        pytest.param(update(values("x", origin=(SERVER_CLIENT, 0))), id="replace"),
        pytest.param(update(deleted(1, parent="meta", key="new")), id="set and deleted"),
        pytest.param(update(deletes=[(SERVER_CLIENT, 0, 1)]), id="delete"),
        pytest.param(update(words("x", parent="meta")), id="insert"),
        pytest.param(update(values("x", parent="other", key="a")), id="a new root"),
    ],
)
def test_the_servers_roots_are_the_servers(gate: Gate, data: bytes) -> None:
    refused(gate, data, RootForbidden)


def test_the_server_writes_its_roots(gate: Gate) -> None:
    data = update(
        values("new", origin=(SERVER_CLIENT, 0)), client=SERVER_CLIENT, clock=1, deletes=[(SERVER_CLIENT, 0, 1)]
    )
    admitted = gate.admit(data, SERVER, trusted=True)
    assert (admitted.update, admitted.touched, admitted.inserted, admitted.identities) == (data, set(), [], False)
    check_whole(gate, admitted)


# Resends


class Pair:
    """A reference document, and one behind the gate."""

    def __init__(self) -> None:
        self.gate = new_gate()
        self.docs: list[Doc[Any]] = [Doc(client_id=2, skip_gc=True), Doc(client_id=3, skip_gc=True)]
        for doc in self.docs:
            doc.get("default", type=XmlFragment)

    def send(self, data: bytes) -> Admitted:
        admitted = self.gate.admit(data, "egypt")
        self.docs[0].apply_update(data)
        if admitted.update:
            self.docs[1].apply_update(admitted.update)
        assert self.docs[0].get_update() and self.docs[0].get_state() == self.docs[1].get_state()
        assert str(self.docs[0]["default"]) == str(self.docs[1]["default"])
        return admitted


@pytest.mark.parametrize(
    ("drafts", "known"),
    [
        pytest.param(
            [element(parent="default"), text_type(parent=(20, 0)), words("a😀é\u0301b", parent=(20, 1))], 5, id="text"
        ),
        pytest.param([element(parent="default"), deleted(6, origin=(20, 0))], 3, id="deleted"),
        pytest.param([gone(9)], 4, id="thrown away"),
        pytest.param([element(parent="default"), values("a", "b", "c", parent=(20, 0), key="id")], 2, id="values"),
    ],
)
def test_a_resend_is_cut_to_what_is_new(drafts: list[Draft], known: int) -> None:
    whole = update(*drafts, deletes=[(20, 1, 3)] if drafts[-1].kind == ANY else [])
    pair = Pair()
    pair.send(_head(whole, known))
    admitted = pair.send(whole)
    assert admitted.update != whole
    assert update_v1.parse(admitted.update).sections[0].clock == known
    assert shape(admitted) == [
        (client, kind, clock, length, value, max(clock, known))
        for client, (kind, clock, length, value) in structs_of(update_v1.parse(whole))
        if clock + length > known
    ], "the structs as they came, and from where on they are new"
    assert pair.send(whole) == NOTHING


def _head(whole: bytes, known: int) -> bytes:
    """What of a client's only section lies below a clock, with the deletions of that."""
    parsed = update_v1.parse(whole)
    section = parsed.sections[0]
    structs = []
    for struct in section.structs:
        if struct.clock + struct.length <= known:
            structs.append(whole[struct.start : struct.end])
        elif struct.clock < known:
            structs.append(_shortened(whole, struct, known - struct.clock))
    deletes = [(client, clock, min(length, known - clock)) for client, clock, length in parsed.deletes if clock < known]
    return write_update([(section.client, 0, structs)], deletes)


def _shortened(whole: bytes, struct: update_v1.Struct, length: int) -> bytes:
    head = whole[struct.start : struct.content]
    if struct.kind in (GC, DELETED):
        return head + write_uint(length)
    if struct.kind == STRING:
        return head + string(struct.value.encode("utf-16-le")[: 2 * length].decode("utf-16-le"))
    _, at = update_v1.read_uint(whole, struct.content)
    end = at
    for _ in range(length):
        end = update_v1.skip_any(whole, end)
    return head + write_uint(length) + whole[at:end]


def test_a_resend_with_all_of_its_deletions(gate: Gate) -> None:
    gate.admit(update(deletes=[(10, 3, 2)]), "ifip")
    whole = update(words("x", origin=WORDS), deletes=[(10, 2, 5), (10, 12, 1)])
    admitted = gate.admit(whole, "ifip")
    new = [(10, 2, 1), (10, 5, 2), (10, 12, 1)]
    assert admitted.update == update(words("x", origin=WORDS), deletes=new)
    assert admitted.deletes == new
    assert gate.admit(whole, "ifip") == NOTHING


def test_a_resend_of_several_clients(gate: Gate) -> None:
    first = write_update(
        [(21, 0, [words("b", origin=WORDS).encode()]), (20, 0, [words("a", origin=WORDS).encode()])], []
    )
    gate.admit(first, "ifip")
    whole = write_update(
        [
            (22, 0, [words("c", origin=(20, 0)).encode()]),
            (21, 0, [words("b", origin=WORDS).encode(), words("d", origin=(22, 0)).encode()]),
            (20, 0, [words("a", origin=WORDS).encode()]),
        ],
        [],
    )
    new = update_v1.parse(gate.admit(whole, "ifip").update)
    assert sorted((one.client, one.clock, one.end) for one in new.sections) == [(21, 1, 2), (22, 0, 1)]


def test_a_cut_that_parts_a_pair_is_refused(gate: Gate) -> None:
    gate.admit(update(words("ab", origin=WORDS)), "ifip")
    assert "surrogate" in str(refused(gate, update(words("a😀c", origin=WORDS)), UpdateMalformed))


@pytest.mark.parametrize(
    ("right", "kind"), [((99, 0), UpdateIncomplete), (ID, UpdateMalformed), ((10, 9), UpdateMalformed)]
)
def test_the_new_part_of_a_resend_is_judged_by_its_right_neighbour_too(
    gate: Gate, right: tuple[int, int], kind: type[UpdateRefused]
) -> None:
    gate.admit(update(words("ab", origin=WORDS)), "ifip")
    refused(gate, update(words("abc", origin=WORDS, right=right)), kind)


def test_a_resend_that_lies_about_what_is_known_makes_no_pairs_there(gate: Gate) -> None:
    gate.admit(update(words("abcd", origin=WORDS)), "ifip")
    gate.admit(update(words("😀cde", origin=WORDS)), "ifip")
    assert gate.admit(update(words("x", origin=(20, 0)), client=21), "acme").update


# What was thrown away


def test_what_builds_on_what_was_thrown_away_is_thrown_away(gate: Gate) -> None:
    gate.admit(update(gone(3)), "ifip")
    late = [
        words("abc", origin=(20, 1)), words("x", origin=WORDS, right=(20, 2)), text_type(parent=(20, 0)),
        words("y", parent=(21, 4)), values("z", parent=(20, 2), key="id"), words("ok", origin=WORDS),
    ]  # fmt: skip
    admitted = gate.admit(update(*late, client=21), "ifip")
    kept = update_v1.parse(admitted.update).sections[0].structs
    assert [(one.kind, one.length) for one in kept] == [(GC, 3), (GC, 1), (GC, 1), (GC, 1), (GC, 1), (STRING, 2)]
    assert [container is NOWHERE for *_, container in admitted.placed] == [True] * 5 + [False]
    assert admitted.touched == {P}


def test_what_lies_in_a_type_deleted_before_it_was_seen_is_thrown_away(gate: Gate) -> None:
    gate.admit(update(deleted(1, origin=P)), "ifip")
    admitted = gate.admit(update(text_type(parent=(20, 0)), client=21), "ifip")
    assert admitted.update == update(gone(1), client=21)


def test_the_rest_of_what_was_partly_thrown_away(gate: Gate) -> None:
    gate.admit(update(gone(3)), "ifip")
    assert gate.admit(update(words("abcde", origin=WORDS)), "ifip").update == update(gone(2), clock=3)


def test_a_huge_hole_among_the_paragraphs_costs_nothing(gate: Gate) -> None:
    length = 2**30
    gate.admit(update(deleted(length, origin=P), element(origin=TAIL)), "ifip")
    admitted = gate.admit(update(deletes=[(20, 0, length + 1)]), "ifip")
    assert admitted.touched == {(20, length)}


# Snapshots


def test_values_that_others_replaced_come_back_in_one_struct(gate: Gate) -> None:
    data = update(values("a", "b", origin=ID), deletes=[(*ID, 1), (20, 0, 2)])
    assert gate.admit(data, "ifip").update == data


def test_a_chapter_is_the_same_after_its_snapshot() -> None:
    doc: Doc[Any] = Doc(client_id=10, skip_gc=True)
    fragment, meta = doc.get("default", type=XmlFragment), doc.get("meta", type=Map)
    gate = new_gate()
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    paragraph = fragment.children.append(XmlElement("paragraph"))
    for label in ("1", "1 bis", "2"):
        paragraph.attributes["label"] = label
    text = paragraph.children.append(XmlText("a 😀 b"))
    text.format(0, 2, {"b": True})
    del text[2:6]
    meta["title"] = "A chapter"
    doc.unobserve(subscription)
    for data in updates:
        gate.admit(data, "egypt", trusted=True)
    loaded = new_gate()
    loaded.load(doc.get_update(), {10: "egypt"})
    assert fingerprint(loaded.ledger) == fingerprint(gate.ledger)


def test_a_damaged_snapshot_is_refused() -> None:
    with pytest.raises(UpdateIncomplete):
        new_gate().load(update(words("x", origin=WORDS)), {})


def test_has_all_of(gate: Gate) -> None:
    assert gate.has_all_of(update_v1.EMPTY)
    assert gate.has_all_of(update(element(parent="default"), client=10))
    assert not gate.has_all_of(update(element(origin=TAIL)))
    assert not gate.has_all_of(update(deletes=[(10, 3, 2)]))
    gate.admit(update(deletes=[(10, 3, 2)]), "ifip")
    assert gate.has_all_of(update(deletes=[(10, 3, 2)]))


# What has killed or parted documents


def corpus(path: Path) -> list[Any]:
    if not path.exists():
        return []
    data = json.loads(path.read_text())
    return [
        pytest.param(data["base"], case["hex"], id=f"{number}-{case['seen']}")
        for number, case in enumerate(data["updates"])
    ]


def attacked(base: str) -> Gate:
    gate = new_gate()
    gate.admit(bytes.fromhex(base), "egypt", trusted=True)
    gate.ledger.owners.clear()
    return gate


@pytest.mark.parametrize(("base", "data"), corpus(OWN_CASES))
def test_our_own_hostile_updates(base: str, data: str) -> None:
    refused(attacked(base), bytes.fromhex(data), UpdateRefused)


def test_hostile_updates_from_outside() -> None:
    cases = corpus(SHARED_CASES)
    if not cases:
        pytest.skip(f"there is no {SHARED_CASES}")
    for case in cases:
        base, data = case.values
        refused(attacked(str(base)), bytes.fromhex(str(data)), UpdateRefused)


def test_what_a_large_update_costs_grows_with_its_size() -> None:
    """Neither many small deletions nor clients that wait for each other cost more than their number."""

    def cost(share: int) -> float:
        count, length = MAX_SECTIONS // share, 50_000 // share
        sections = [(100 + number, 0, [words("ab", origin=(101 + number, 0)).encode()]) for number in range(count - 1)]
        sections.append((99 + count, 0, [words("x" * length, parent="t").encode()]))
        data = write_update(sections, [(99 + count, clock, 1) for clock in range(0, length, 2)])
        return min(_time(lambda: new_gate().admit(data, "ifip")) for _ in range(3))

    assert cost(1) < 10 * cost(4), "four times as much costs about four times as much, and not sixteen times"


def _time(act: Callable[[], object]) -> float:
    """Without the garbage collector, whose work grows with all that other tests have left."""
    gc.disable()
    try:
        start = time.process_time()
        act()
        return time.process_time() - start
    finally:
        gc.enable()
