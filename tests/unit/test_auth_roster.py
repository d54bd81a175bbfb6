"""The list of participants: what is read, and what each problem is called."""

import pytest

from auth.errors import RosterInvalid
from auth.people import Delegation, Participant, Role, StakeholderGroup, is_id
from auth.roster import MAX_BYTES, MAX_LINES, id_from_name, parse_roster

HEADING = "name,delegation,group,role\n"
GOOD = "Amina,Egypt,government,delegate\n"


def problems(text: str | bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(RosterInvalid) as caught:
        parse_roster(text if isinstance(text, bytes) else text.encode())
    return [(line, column, message) for line, column, message in caught.value.problems]


def only_problem(text: str | bytes) -> tuple[int, str, str]:
    (problem,) = problems(text)
    return problem


def test_a_whole_list() -> None:
    text = (
        "id,name,delegation,group,role,breakout\n"
        'chair,Nadia El-Sayed,"Chair, office of",Government,Chair,\n'
        "\n"
        ",Jörg Müller,ACME,private-sector,delegate,Group A; Group B;\n"
        ",Wei,ACME,Private Sector,Observer,Group A\n"
    )
    first, second, third = parse_roster(text.encode()).entries
    office = Delegation("chair-office-of", "Chair, office of", StakeholderGroup.GOVERNMENT)
    acme = Delegation("acme", "ACME", StakeholderGroup.PRIVATE_SECTOR)
    assert first.participant == Participant("chair", "Nadia El-Sayed", office, Role.CHAIR)
    assert first.id_given
    assert second.participant == Participant("jorg-muller", "Jörg Müller", acme, Role.DELEGATE)
    assert (second.line, second.breakout, second.id_given) == (4, ("Group A", "Group B"), False)
    assert third.participant == Participant("wei", "Wei", acme, Role.OBSERVER)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_byte_order_mark_and_line_ends(separator: str, mark: bytes, end: str) -> None:
    rows = [['"Name"', " ROLE", "Delegation", "Stakeholder Group"], ['"Amina, of; and"', "vice chair", "Egypt", "NGO"]]
    text = end.join(separator.join(row) for row in rows)
    (entry,) = parse_roster(mark + text.encode()).entries
    assert entry.participant.name == "Amina, of; and"
    assert entry.participant.role is Role.VICE_CHAIR


@pytest.mark.parametrize(
    ("written", "group"),
    [
        ("Government", StakeholderGroup.GOVERNMENT),
        ("CIVIL  SOCIETY", StakeholderGroup.CIVIL_SOCIETY),
        ("civil_society", StakeholderGroup.CIVIL_SOCIETY),
        ("private-sector", StakeholderGroup.PRIVATE_SECTOR),
        ("International Organisations", StakeholderGroup.INTERNATIONAL_ORGANIZATION),
        ("technical community", StakeholderGroup.TECHNICAL_COMMUNITY),
        ("Academia", StakeholderGroup.ACADEMIA),
    ],
)
def test_spellings_of_stakeholder_groups(written: str, group: StakeholderGroup) -> None:
    (entry,) = parse_roster(f"{HEADING}Amina,X,{written},delegate".encode()).entries
    assert entry.participant.delegation.group is group


def test_every_problem_of_every_line_is_named() -> None:
    text = (
        HEADING + ",Egypt,goverment,delegate\n"
        "Amina,,government,boss\n"
        "Amina,Egypt,government,delegate\n"
        "Amina,Egypt,civil society,delegate\n"
    )
    found = problems(text)
    assert [problem[:2] for problem in found] == [
        (2, "name"), (2, "group"), (3, "role"), (3, "delegation"), (4, "id"), (5, "group"), (5, "id")
    ]  # fmt: skip
    assert "it is empty" in found[0][2]
    assert "did you mean 'government'?" in found[1][2]
    assert "expected one of: chair, vice-chair, secretariat, delegate, observer" in found[2][2]
    assert found[4][2] == "'amina' is on line 3 too: expected an id of their own for each"
    assert found[5][2] == "civil society, but further up Egypt is in government: expected one group"


def test_the_error_is_one_sentence() -> None:
    with pytest.raises(RosterInvalid) as caught:
        parse_roster(f"{HEADING},Egypt,government,boss".encode())
    assert str(caught.value) == (
        "the list of participants can't be imported: line 2, column name: it is empty: "
        "expected a name of at most 200 printable characters (and 1 more)"
    )


@pytest.mark.parametrize(("given", "found"), [("Egypt", "'Egypt'"), ("adref", "'adref'"), ("a" * 41, "'aaa")])
def test_an_id_that_cannot_be(given: str, found: str) -> None:
    line, column, message = only_problem(f"id,{HEADING}{given},{GOOD}")
    assert (line, column) == (2, "id")
    assert message.startswith(found)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("Adref,Egypt,government,delegate", "id"),
        ("Amina,Adref,government,delegate", "delegation"),
        ("Am\u202eina,Egypt,government,delegate", "name"),
        (f"{'x' * 201},Egypt,government,delegate", "name"),
        ("Amina,Egypt,government,delegate,more", ""),
    ],
)
def test_other_problems_of_a_line(line: str, column: str) -> None:
    assert only_problem(HEADING + line)[:2] == (2, column)


@pytest.mark.parametrize("cell", ["Adref", "A;\u200b", "x" * 201])
def test_a_breakout_group_that_cannot_be(cell: str) -> None:
    assert only_problem(f"{HEADING.strip()},breakout\n{GOOD.strip()},{cell}")[:2] == (2, "breakout")


def test_headings_that_are_missing_or_misspelt() -> None:
    assert only_problem("name,delegaton,group,role\n" + GOOD) == (
        1, "delegation", "the heading is missing: 'delegaton' looks like it"
    )  # fmt: skip
    assert only_problem("name,delegation,group,role,brekout\n" + GOOD) == (
        1, "breakout", "a heading is not known: 'brekout' looks like it"
    )  # fmt: skip
    assert only_problem("name,delegation,group,role,role\n" + GOOD) == (1, "role", "the heading is there twice")
    assert [column for _, column, _ in problems("Amina\n")] == ["name", "delegation", "group", "role"]


def test_other_columns_are_passed_over() -> None:
    (entry,) = parse_roster(b"email,name,delegation,group,role\na@b,Amina,Egypt,government,delegate").entries
    assert entry.participant.name == "Amina"


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"", 1, "empty"),
        (b"\n \n", 1, "empty"),
        ((HEADING + GOOD).encode() + b"\xe9,", 3, "not UTF-8"),
        ((HEADING + GOOD).encode("utf-16"), 1, "not UTF-8"),
        (f'{HEADING}{GOOD}"Amina,Egypt\n\n'.encode(), 3, "quotation mark"),
        (b"x" * (MAX_BYTES + 1), 1, "larger than"),
        (HEADING.encode() + b"x" * 200_000, 2, "can't be read"),
        (b"name," * 200_000, 1, "more than 100 columns"),
    ],
)
def test_what_is_no_list_at_all(data: bytes, line: int, words: str) -> None:
    problem = only_problem(data)
    assert problem[:2] == (line, "")
    assert words in problem[2]


def test_as_many_participants_as_a_meeting_holds() -> None:
    lines = [f"Person {number},Egypt,government,delegate" for number in range(MAX_LINES + 1)]
    assert len(parse_roster((HEADING + "\n".join(lines[:-1])).encode()).entries) == MAX_LINES
    assert only_problem(HEADING + "\n".join(lines)) == (MAX_LINES + 2, "", f"more than {MAX_LINES} participants")


def test_a_line_number_counts_the_breaks_inside_of_cells() -> None:
    text = (
        'name,delegation,group,role,note\nAmina,Egypt,government,delegate,"two\nlines"\n,Egypt,government,delegate,\n'
    )
    assert only_problem(text)[:2] == (4, "name")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Egypt", "egypt"), ("Côte d'Ivoire", "cote-d-ivoire"), ("  A & B ", "a-b"), ("ﬁnland", "finland")],
)
def test_ids_made_from_names(name: str, expected: str) -> None:
    assert id_from_name(name) == expected


def test_names_that_an_id_cannot_spell_get_different_ids() -> None:
    names = ["محمد", "日本", "Иван", "Иван I", "Øystein", "x" * 200, "x" * 199]
    ids = [id_from_name(name) for name in names]
    assert all(map(is_id, ids))
    assert len(set(ids)) == len(names)
    assert ids == [id_from_name(name) for name in names]
