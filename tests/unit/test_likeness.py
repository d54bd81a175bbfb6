"""Which paragraph of one text is which of another."""

from collections import Counter

import pytest

from documents.incoming import likeness


def test_what_is_much_longer_is_not_compared_word_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []
    compare = likeness._likeness

    def watched(one: Counter[str], other: Counter[str]) -> float:
        compared.append((one.total(), other.total()))
        return compare(one, other)

    monkeypatch.setattr(likeness, "_likeness", watched)
    left = [("", "one two three"), ("", "one two three four five six seven eight"), ("", "")]
    right = [("", "one two three four five six seven nine"), ("", "one two four"), ("", "")]
    assert sorted(likeness.paired(left, right)) == [(0, 1), (1, 0)]
    assert compared == [(3, 3), (8, 8)]


def test_those_of_one_label_may_differ_more() -> None:
    found = list(likeness.paired([("7", "one two three")], [("7", "one two three and " + "more " * 10)]))
    assert found == [(0, 0)]
    assert list(likeness.paired([("7", "one two three")], [("7", "one two three and " + "more " * 20)])) == []
