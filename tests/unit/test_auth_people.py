"""Ids and names of people: what can be kept, and what can't."""

import pytest

from auth.errors import FieldInvalid
from auth.people import (
    MAX_CHAPTERS,
    MAX_SECTIONS,
    BreakoutGroup,
    Delegation,
    Participant,
    Role,
    StakeholderGroup,
    is_chapter_id,
    is_id,
    is_name,
)

EGYPT = Delegation("egypt", "Egypt", StakeholderGroup.GOVERNMENT)


@pytest.mark.parametrize("text", ["a", "7", "vice-chair", "a" * 40])
def test_ids(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "a" * 41, "Egypt", "é", "a b", "a_b", "a\n", "adref"])
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize("text", ["A", "Côte d'Ivoire", "محمد", "日本", "x" * 200, "1"])
def test_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text", ["", " ", " A", "A ", "x" * 201, "A\nB", "A\x00", "\u200b", "...", "A\u202eB", "A\u2028B", "A\ud800"]
)
def test_what_is_no_name(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize(("text", "valid"), [("zero-draft", True), ("", False), ("a b", False), ("x" * 81, False)])
def test_ids_of_chapters(text: str, *, valid: bool) -> None:
    assert is_chapter_id(text) is valid


def test_a_value_that_cannot_be_is_named_in_the_error() -> None:
    with pytest.raises(FieldInvalid, match="id of a participant 'adref' is not valid") as caught:
        Participant("adref", "The server", EGYPT, Role.CHAIR)
    assert caught.value.field == "id of a participant"
    with pytest.raises(FieldInvalid, match="name of a delegation"):
        Delegation("x", "", StakeholderGroup.ACADEMIA)
    with pytest.raises(FieldInvalid, match="id of a chapter"):
        BreakoutGroup("g", "Group", chapters=frozenset({""}))
    with pytest.raises(FieldInvalid, match="number of chapters"):
        BreakoutGroup("g", "Group", chapters=frozenset(map(str, range(MAX_CHAPTERS + 1))))
    with pytest.raises(FieldInvalid, match="id of a chapter"):
        BreakoutGroup("g", "Group", sections=frozenset({("", "h")}))
    with pytest.raises(FieldInvalid, match="id of a section"):
        BreakoutGroup("g", "Group", sections=frozenset({("c", "a heading")}))
    with pytest.raises(FieldInvalid, match="number of sections"):
        BreakoutGroup("g", "Group", sections=frozenset(("c", str(number)) for number in range(MAX_SECTIONS + 1)))


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(FieldInvalid) as caught:
        Delegation("x", "y" * 10_000, StakeholderGroup.ACADEMIA)
    assert len(str(caught.value)) < 250
