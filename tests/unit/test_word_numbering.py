"""Labels as Word shows them: levels, restarts, starts that are overridden, numbers that come with styles."""

from io import BytesIO

import pytest

from documents.formats import word
from documents.formats.word.numbering import roman
from tests.wordkit import STYLES, change, level, lists, numbered, para
from tests.wordkit import word as made

OUTLINE = level(0, "%1.") + level(1, "%1.%2") + level(2, "(%3)", "lowerLetter") + level(3, "%4)", "lowerRoman")


def labels(numbering: str, *blocks: str, styles: str = STYLES) -> list[str]:
    found = word.read(BytesIO(made(*blocks, parts={"numbering": numbering, "styles": styles})))
    return [paragraph.label for paragraph in found.paragraphs]


def items(*places: tuple[int, int]) -> list[str]:
    """A paragraph of each list and level."""
    return [para("text", properties=numbered(list_id, at)) for list_id, at in places]


def test_levels_count_on_and_begin_anew_under_each_other() -> None:
    one = lists({5: OUTLINE}, {1: (5, "")})
    places = [(1, 0), (1, 1), (1, 1), (1, 2), (1, 2), (1, 3), (1, 0), (1, 1), (1, 2)]
    assert labels(one, *items(*places)) == ["1", "1.1", "1.2", "(a)", "(b)", "i)", "2", "2.1", "(a)"]


def test_lists_of_one_kind_go_on_with_each_other_unless_a_start_is_given() -> None:
    again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'
    two = lists({5: OUTLINE}, {1: (5, ""), 2: (5, ""), 3: (5, again)})
    assert labels(two, *items((1, 0), (2, 0), (3, 0), (3, 0), (1, 0))) == ["1", "2", "7", "8", "9"]


def test_a_level_restarts_only_after_the_level_it_names() -> None:
    never = level(0, "%1.") + level(1, "%2)", more='<w:lvlRestart w:val="0"/>')
    assert labels(lists({5: never}, {1: (5, "")}), *items((1, 0), (1, 1), (1, 0), (1, 1))) == ["1", "1)", "2", "2)"]


def test_a_list_can_have_a_level_of_its_own() -> None:
    own = f'<w:lvlOverride w:ilvl="0">{level(0, "Article %1", "upperRoman", 4)}</w:lvlOverride>'
    assert labels(lists({5: OUTLINE}, {1: (5, own)}), *items((1, 0), (1, 0))) == ["Article IV", "Article V"]


def test_numbers_that_come_with_a_style() -> None:
    style = (
        '<w:style w:type="paragraph" w:styleId="Par"><w:name w:val="Par"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/><w:basedOn w:val="Par"/>'
        "</w:style></w:styles>"
    )
    of_style = level(0, "%1.") + level(1, "%1.%2.", more='<w:pStyle w:val="Sub"/>')
    found = labels(
        lists({5: of_style}, {1: (5, "")}),
        para("a", style="Par"),
        para("b", style="Sub"),
        para("c", style="Par", properties='<w:numPr><w:numId w:val="0"/></w:numPr>'),
        para("d", style="Par"),
        styles=STYLES.replace("</w:styles>", style),
    )
    assert found == ["1", "1.1", "", "2"]


def test_a_list_can_lead_to_another_by_a_style() -> None:
    style = (
        '<w:style w:type="numbering" w:styleId="Kind"><w:name w:val="Kind"/>'
        '<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style></w:styles>'
    )
    led = lists({5: '<w:numStyleLink w:val="Kind"/>', 6: level(0, "§%1")}, {1: (5, ""), 2: (6, "")})
    assert labels(led, *items((1, 0)), styles=STYLES.replace("</w:styles>", style)) == ["§1"]


def test_what_is_joined_to_the_next_paragraph_takes_no_number() -> None:
    gone = para("gone", properties=numbered(1), mark=change("del", 1, "Egypt"))
    assert labels(lists({5: OUTLINE}, {1: (5, "")}), *items((1, 0)), gone, *items((1, 0))) == ["1", "", "2"]


def test_a_list_without_numbers_becomes_dashes() -> None:
    found = word.read(
        BytesIO(made(*items((1, 0)), parts={"numbering": lists({5: level(0, "\uf0b7", "bullet")}, {1: (5, "")})}))
    )
    assert [(one.label, one.text) for one in found.paragraphs] == [("", "– text")]
    assert found.paragraphs[0].problems[0].code == "bullet"


@pytest.mark.parametrize(
    ("form", "start", "label"),
    [
        ("upperLetter", 27, "AA"),
        ("lowerLetter", 53, "aaa"),
        ("lowerRoman", 1994, "mcmxciv"),
        ("decimalZero", 3, "03"),
        ("none", 1, ""),
        ("arabicAbjad", 4, "4"),
        ("lowerLetter", 30_000, "30000"),
        ("upperRoman", 30_000, "30000"),
        ("decimal", 999_999_999, "32767"),
    ],
)
def test_forms_of_numbers(form: str, start: int, label: str) -> None:
    assert labels(lists({5: level(0, "%1.", form, start)}, {1: (5, "")}), *items((1, 0))) == [label]


def test_numbers_that_lead_nowhere_are_none() -> None:
    one = lists({5: OUTLINE}, {1: (6, ""), 2: (5, "")})
    assert labels(one, *items((1, 0), (9, 0), (2, 8), (2, 77))) == ["", "", "", ""]


def test_roman_numerals() -> None:
    assert [roman(number) for number in (1, 4, 9, 40, 1990, 3999)] == ["i", "iv", "ix", "xl", "mcmxc", "mmmcmxcix"]


def test_a_long_label_is_cut_and_named() -> None:
    found = word.read(BytesIO(made(*items((1, 0)), parts={"numbering": lists({5: level(0, "x" * 300)}, {1: (5, "")})})))
    assert len(found.paragraphs[0].label) == 100
    assert found.paragraphs[0].problems[0].code == "numbering"
