"""Lists of participants, any that can be written, and bytes that are none."""

import csv
import io
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from auth.errors import RosterInvalid
from auth.people import MAX_NAME, Role, StakeholderGroup, is_id, is_name
from auth.roster import Roster, id_from_name, parse_roster

COLUMNS = ["id", "name", "delegation", "group", "role", "breakout"]
ids = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True).filter(is_id)
# Normal form C, as the parser gives names; no separator of breakout groups.
names = (
    st.text(st.characters(codec="utf-8", exclude_characters=";"), min_size=1, max_size=30)
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(lambda text: is_name(text) and is_id(id_from_name(text)))
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Lines without problems: ids differ, and a delegation has one name and one group."""
    groups = draw(st.dictionaries(names, st.sampled_from(StakeholderGroup), min_size=1, max_size=4))
    delegations = list({id_from_name(name): name for name in groups}.values())
    breakout = st.lists(names, max_size=3, unique_by=id_from_name).map(";".join)
    return [
        [id_, draw(names), name := draw(st.sampled_from(delegations)), groups[name],
         draw(st.sampled_from(Role)), draw(breakout)]
        for id_ in draw(st.lists(ids, unique=True, max_size=8))
    ]  # fmt: skip


def written(table: list[list[str]], separator: str, end: str, *, mark: bool) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows([COLUMNS, *table])
    return out.getvalue().encode("utf-8-sig" if mark else "utf-8")


def read(roster: Roster) -> list[list[str]]:
    people = ((entry.participant, ";".join(entry.breakout)) for entry in roster.entries)
    return [[p.id, p.name, p.delegation.name, p.delegation.group, p.role, breakout] for p, breakout in people]


@given(tables(), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_written_is_read_back(table: list[list[str]], separator: str, end: str, mark: bool) -> None:
    assert read(parse_roster(written(table, separator, end, mark=mark))) == table


def check(data: bytes) -> None:
    try:
        roster = parse_roster(data)
    except RosterInvalid as refused:
        assert refused.problems
        assert str(refused)
        assert all(problem.line >= 1 and problem.message for problem in refused.problems)
    else:
        people = [entry.participant.id for entry in roster.entries]
        assert len(people) == len(set(people))


@given(st.binary(max_size=500))
@example(b'\xef\xbb\xbf"')
@example(b"\x00")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    check(data)


@given(
    st.lists(
        st.lists(st.one_of(st.text(max_size=12), st.sampled_from([*COLUMNS, *Role, *StakeholderGroup])), max_size=8),
        max_size=6,
    ),
    st.sampled_from(",;\t"),
    st.booleans(),
)
def test_any_lines_are_read_or_refused(rows: list[list[str]], separator: str, heading: bool) -> None:
    lines = [separator.join(row) for row in [COLUMNS] * heading + rows]
    check("\n".join(lines).encode("utf-8", "surrogatepass"))


@given(tables(), st.data())
def test_a_damaged_list_is_read_or_refused(table: list[list[str]], data: st.DataObject) -> None:
    whole = written(table, ",", "\n", mark=False)
    at = data.draw(st.integers(0, len(whole)))
    check(whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 4)) :])


@given(st.text(max_size=MAX_NAME))
def test_an_id_from_any_name_has_the_form_of_an_id(name: str) -> None:
    id_ = id_from_name(name)
    assert is_id(id_) or id_ == "adref"
    assert id_ == id_from_name(name)
