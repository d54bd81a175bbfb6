"""Search that minds neither case, accents, typography nor look-alike letters; its places are those of the original."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.search import Match, find, fold


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("C11", "see С11. Cooperation", "С11"),
        ("с11", "see C11. Cooperation", "C11"),
        ("c11", "see Ｃ１１", "Ｃ１１"),
        ("BETA", "Α ΒΕΤΑ test", "ΒΕΤΑ"),
        ("sao paulo", "in São\u00a0 Paulo.", "São\u00a0 Paulo"),
        ("cote d'ivoire", "Co\u0302te d’Ivoire\u0301!", "Co\u0302te d’Ivoire\u0301"),
        ("non-binding", "a non\u2011binding text", "non\u2011binding"),
        ('"new"', "this “New” council", "“New”"),
        ("fin", "a ﬁne", "ﬁn"),
        ("cooperation", "co\u00adopera\u00adtion now", "co\u00adopera\u00adtion"),
        ("STRASSE", "die Straße", "Straße"),
        ("malmo", "Malmø", "Malmø"),
        ("ميثاق", "مِيثَاق عام", "مِيثَاق"),
        ("нет", "НЕТ", "НЕТ"),
    ],
)
def test_the_match_is_marked_in_the_original_text(query, text, found):
    (match,) = find(query, ["other", text])
    assert match.index == 1
    assert text[match.start : match.end] == found


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("C11", "C12"),
        ("C1", "Cl"),
        ("10", "lO"),
        ("か", "きく"),
        ("が", "か"),
        ("पत", "पुत"),
        ("", "text"),
        (" \u00a0", "a b"),
        ("\u0301", "é"),
    ],
)
def test_what_is_not_the_same_is_not_found(query, text):
    assert find(query, [text]) == []


def test_every_place_in_order_none_overlapping():
    assert find("aa", ["aaaa", "", "Àa"]) == [Match(0, 0, 2), Match(0, 2, 4), Match(2, 0, 2)]
    assert find("f", ["oﬀ"]) == [Match(0, 1, 2)]


def test_every_character_folds_once_and_for_all_whatever_its_case():
    every = map(chr, range(sys.maxunicode + 1))
    for character in (letter for letter in every if unicodedata.category(letter) not in {"Cn", "Co", "Cs"}):
        folded = fold(character)
        assert folded == fold(folded)
        assert folded == fold(character.upper()) == fold(character.lower()), hex(ord(character))


@given(st.text(), st.text(min_size=1), st.text())
def test_what_stands_in_a_text_is_found_there(before, query, after):
    text = before + query + after
    matches = find(query, [text])
    assert bool(matches) == bool(fold(query).strip())
    ends = [0, *(match.end for match in matches)]
    for match, end in zip(matches, ends, strict=False):
        assert end <= match.start < match.end <= len(text)
        assert fold(query).strip() in fold(text[match.start : match.end])


@given(st.text())
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
