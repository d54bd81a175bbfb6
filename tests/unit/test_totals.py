"""What runs add up to: words and shares, who touched what, and when."""

import pytest

from documents.authorship.runs import Byline, Deletion, ParagraphRuns, Run
from documents.authorship.totals import Change, Party, Share, Touch, activity, tags, totals, touched
from documents.model import SERVER

EGYPT = Party("egypt", "Egypt", "government", 2, "#222222")
JAPAN = Party("japan", "Japan", "government", 1, "#111111")
IFIP = Party("ifip", "IFIP", "civil society", 3, "#333333")
CUBA = Party("", "Contribution by Cuba", "", 0, "")
NOBODY = Party("", "", "", 0, "")
BYLINES = {
    "amina": Byline("amina", "Amina", "egypt", "Egypt", "government", 2, "#222222"),
    "omar": Byline("omar", "Omar", "egypt", "Egypt", "government", 2, "#222222"),
    "yuki": Byline("yuki", "Yuki", "japan", "Japan", "government", 1, "#111111"),
    "yuki~2": Byline("yuki", "Yuki", "ifip", "IFIP", "civil society", 3, "#333333"),
    "@cuba": Byline("", "Contribution by Cuba", "", "", ""),
}


def paragraph(*runs: Run, id_: str = "p-1", label: str = "1", deleted: Deletion | None = None) -> ParagraphRuns:
    return ParagraphRuns(id_, label, "paragraph", runs, deleted)


def test_nothing_written() -> None:
    for paragraphs in ([], [paragraph()]):
        found = totals(paragraphs, BYLINES)
        assert (found.all, found.parties, found.groups) == (Share(), (), ())
        assert activity(paragraphs, BYLINES, 10) == ()


def test_words_by_delegation_and_by_group() -> None:
    found = totals(
        [
            paragraph(Run("States ", "amina", 1), Run("and others, ", "yuki", 2), Run("too.", "omar", 3)),
            paragraph(Run("Also IFIP", "yuki~2", 4), Run("A draft of old", SERVER, 0), Run(" Cuba", "@cuba", 0)),
        ],
        BYLINES,
    )
    assert found.parties == (
        (JAPAN, Share(2, 12)),
        (EGYPT, Share(2, 11)),
        (IFIP, Share(2, 9)),
        (CUBA, Share(1, 5)),
        (NOBODY, Share(3, 14)),
    )
    assert found.groups == (("civil society", Share(2, 9)), ("government", Share(4, 23)), ("", Share(4, 19)))
    assert found.all == Share(10, 51)


def test_a_word_is_whose_first_letter_it_is() -> None:
    runs = Run("(Int", "amina", 1), Run("er", "yuki", 1), Run("net go", "amina", 2), Run("vernance", "yuki", 2)
    found = dict(totals([paragraph(*runs)], BYLINES).parties)
    assert (found[EGYPT].words, found[JAPAN].words) == (2, 0)
    assert (found[EGYPT].characters, found[JAPAN].characters) == (10, 10)


def test_a_word_ends_with_its_paragraph() -> None:
    found = dict(totals([paragraph(Run("one", "amina", 1)), paragraph(Run("two", "yuki", 1))], BYLINES).parties)
    assert (found[EGYPT].words, found[JAPAN].words) == (1, 1)


def test_what_is_deleted_does_not_count_and_parts_nothing() -> None:
    gone = Deletion("yuki", 9)
    found = totals(
        [
            paragraph(Run("inter", "amina", 1), Run(" or ", "yuki", 1, gone), Run("net", "yuki", 1)),
            paragraph(Run("All of it", "yuki", 1, gone), id_="p-2", deleted=gone),
        ],
        BYLINES,
    )
    assert found.parties == ((JAPAN, Share(0, 3)), (EGYPT, Share(1, 5)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the State's web-site, 12 bis_x C11", 9),
        ("  –  ", 0),
        ("हिन्दी में", 2),
        ("السَّلَام عليكم", 2),
        ("cafe\u0301 naïve", 2),
        ("我们同意 the text", 6),
        ("✌️ ok 𝄞", 1),
    ],
)
def test_words_of_all_scripts(text: str, words: int) -> None:
    assert totals([paragraph(Run(text, "amina", 1))], BYLINES).all == Share(words, len(text))
    letters = [Run(letter, "amina", at) for at, letter in enumerate(text)]
    assert totals([paragraph(*letters)], BYLINES).all == Share(words, len(text))


def test_a_tag_that_is_not_known_is_nobody_s() -> None:
    assert totals([paragraph(Run("Two words", "wei", 1))], {}).parties == ((NOBODY, Share(2, 9)),)


def test_two_in_one_delegation_are_one_party_though_it_was_renamed() -> None:
    renamed = Byline("omar", "Omar", "egypt", "EGYPT", "government", 2, "#222222")
    runs = Run("one", "amina", 1), Run(" two", "omar", 1)
    found = totals([paragraph(*runs)], BYLINES | {"omar": renamed})
    assert found.parties == ((EGYPT, Share(2, 7)),)


def test_two_who_are_known_by_name_only_are_two_parties() -> None:
    other = Byline("", "Contribution by IFIP", "", "", "")
    found = totals([paragraph(Run("one", "@cuba", 1), Run(" two", "@i", 1))], BYLINES | {"@i": other})
    assert [(party.name, share.words) for party, share in found.parties] == [
        ("Contribution by Cuba", 1),
        ("Contribution by IFIP", 1),
    ]


def test_who_touched_which_paragraph() -> None:
    gone = Deletion("yuki", 9)
    first, second, third = touched(
        [
            paragraph(Run("Draft ", SERVER, 0, gone), Run("text ", "amina", 3), Run("more", "omar", 4, gone)),
            paragraph(Run("moved", "amina", 3, moved_by="yuki~2"), Run(" all", "yuki", 4), id_="p-2", label="2"),
            paragraph(Run("gone", "amina", 3, Deletion("amina", 5)), id_="p-3", label="", deleted=Deletion("amina", 5)),
        ],
        BYLINES,
    )
    assert first.parties == ((JAPAN, Touch(deleted=10)), (EGYPT, Touch(inserted=9)))
    assert (second.id, second.label, second.deleted) == ("p-2", "2", False)
    assert second.parties == ((JAPAN, Touch(inserted=4)), (EGYPT, Touch(inserted=5)), (IFIP, Touch(moved=5)))
    assert (third.id, third.deleted) == ("p-3", True)
    assert third.parties == ((EGYPT, Touch(inserted=4, deleted=4)),)


def test_activity_in_stretches_of_time() -> None:
    runs = [
        paragraph(Run("draft", SERVER, 7), Run("abc", "amina", 19), Run("de", "omar", 10, Deletion("yuki", 30))),
        paragraph(Run("f", "amina", 31, Deletion("amina", 39)), Run("ghij", "yuki", 30, moved_by="amina")),
    ]
    first, second, third = activity(runs, BYLINES, 10)
    assert (first.at, first.parties) == (0, ((NOBODY, Change(5, 0)),))
    assert (second.at, second.parties) == (10, ((EGYPT, Change(5, 0)),))
    assert (third.at, third.parties) == (30, ((JAPAN, Change(4, 2)), (EGYPT, Change(1, 1))))
    assert [bucket.at for bucket in activity(runs, BYLINES, 1)] == [7, 10, 19, 30, 31, 39]
    (whole,) = activity(runs, BYLINES, 1440)
    assert whole.parties == ((JAPAN, Change(4, 2)), (EGYPT, Change(6, 1)), (NOBODY, Change(5, 0)))


def test_everybody_who_is_named() -> None:
    runs = Run("a", "amina", 1, Deletion("omar", 2)), Run("b", "yuki", 1, moved_by="yuki~2"), Run("c", "amina", 3)
    assert tags([paragraph(*runs), paragraph(Run("d", SERVER, 0))]) == ["amina", "omar", "yuki", "yuki~2", SERVER]
