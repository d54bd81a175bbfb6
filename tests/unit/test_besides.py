"""The exceptions of an agreed text, in the words of papers."""

import pytest

from documents.versions.besides import Stated, besides


def told(text: str) -> str:
    """Of labels in the order of the text, parted by `|`; `*`: it is not agreed; `-`: it has no label."""
    parts = [part.strip() for part in text.split("|")]
    return besides(Stated(part.rstrip("*").replace("-", ""), not part.endswith("*")) for part in parts if part)


def test_as_the_paper_of_a_meeting_says_it() -> None:
    open_ones = {2, 21, 27, 28, 29, 30}
    assert (
        besides(Stated(str(number), number not in open_ones) for number in range(1, 37)) == "besides Paras 2, 21, 27-30"
    )
    assert besides(Stated(str(number), number != 11) for number in range(1, 20)) == "besides Para 11"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("1 | 2", ""),
        ("-", ""),
        ("1* | 2*", "no paragraph is agreed"),
        ("-*", "no paragraph is agreed"),
        ("1 | 2*", "besides Para 2"),
        ("1 | 2* | 3*", "besides Paras 2, 3"),
        ("1 | 2* | 3* | 4*", "besides Paras 2-4"),
        ("1* | 2* | 3* | 4", "besides Paras 1-3"),
        # What is agreed between two that are not parts them.
        ("1* | 2* | 3 | 4* | 5*", "besides Paras 1, 2, 4, 5"),
        ("1* | 2* | 2 bis | 3* | 4*", "besides Paras 1, 2, 3, 4"),
        # "bis" and the like count on; a range covers them.
        ("1 | 2* | 2 bis* | 3*", "besides Paras 2-3"),
        ("1 | 2* | 2 bis*", "besides Paras 2, 2 bis"),
        ("1* | 2* | 2 bis* | 3", "besides Paras 1-2 bis"),
        ("1 | 2 bis* | 3", "besides Para 2 bis"),
        ("1 | 12* | 12.Alt.1* | 12 bis* | 13*", "besides Paras 12-13"),
        # A label that is left out, or goes backwards, ends the range.
        ("1 | 2* | 3* | 5* | 6*", "besides Paras 2, 3, 5, 6"),
        ("1 | 4* | 3* | 2*", "besides Paras 4, 3, 2"),
        ("1 | 1.1* | 1.2* | 1.3* | 2.1*", "besides Paras 1.1-1.3, 2.1"),
        ("1 | 3* | 3.1* | 4*", "besides Paras 3, 3.1, 4"),
        ("1 | Annex* | A.* | B.*", "besides Paras Annex, A., B."),
        # A label that two paragraphs bear is named once.
        ("1 | 2* | 2* | 3", "besides Para 2"),
        # Paragraphs without a label do not part a range, and are counted.
        ("1 | 2* | - | 3* | -* | 4*", "besides Paras 2-4 and 1 paragraph without a number"),
        ("1 | -* | -*", "besides 2 paragraphs without a number"),
    ],
)
def test_lists_and_ranges(text: str, expected: str) -> None:
    assert told(text) == expected
