"""The list of participants as CSV: read in whole, or refused with every problem named by its line and column."""

import csv
import difflib
import hashlib
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auth.errors import RosterInvalid, RosterProblem, shown
from auth.people import MAX_NAME, Delegation, Participant, Role, StakeholderGroup, is_id, is_name

MAX_BYTES = 1_000_000
MAX_LINES = 5_000
"""Participants in one list."""
MAX_COLUMNS = 100

_REQUIRED = ("name", "delegation", "group", "role")
_COLUMNS: Mapping[str, str] = {
    "id": "id",
    "name": "name",
    "delegation": "delegation",
    "group": "group",
    "stakeholder group": "group",
    "role": "role",
    "breakout": "breakout",
    "breakout group": "breakout",
    "breakout groups": "breakout",
}
_ROLES: Mapping[str, Role] = {role.replace("-", " "): role for role in Role}
_GROUPS: Mapping[str, StakeholderGroup] = {group.value: group for group in StakeholderGroup} | {
    "governments": StakeholderGroup.GOVERNMENT,
    "state": StakeholderGroup.GOVERNMENT,
    "member state": StakeholderGroup.GOVERNMENT,
    "private": StakeholderGroup.PRIVATE_SECTOR,
    "business": StakeholderGroup.PRIVATE_SECTOR,
    "industry": StakeholderGroup.PRIVATE_SECTOR,
    "ngo": StakeholderGroup.CIVIL_SOCIETY,
    "international organisation": StakeholderGroup.INTERNATIONAL_ORGANIZATION,
    "international organizations": StakeholderGroup.INTERNATIONAL_ORGANIZATION,
    "international organisations": StakeholderGroup.INTERNATIONAL_ORGANIZATION,
    "intergovernmental organization": StakeholderGroup.INTERNATIONAL_ORGANIZATION,
    "technical": StakeholderGroup.TECHNICAL_COMMUNITY,
    "academic": StakeholderGroup.ACADEMIA,
}


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One line of a list."""

    line: int
    """Counted from 1 in the file; a line's cells may hold line breaks."""
    participant: Participant
    breakout: tuple[str, ...]
    """Names of breakout groups."""
    id_given: bool
    """The id stands in the list, and is not made from the name."""


@dataclass(frozen=True, slots=True)
class Roster:
    """A list of participants without problems: their ids differ, and each delegation sits in one group."""

    entries: tuple[RosterEntry, ...]


def parse_roster(data: bytes) -> Roster:
    """Read a list: CSV in UTF-8, separated by commas, semicolons or tabs, with a line of headings.

    Columns: name, delegation, group, role; id and breakout (groups separated by semicolons) may be left out; others
    are passed over. Raises `RosterInvalid`, and nothing else, with all problems.
    """
    rows = _rows(_text(data))
    reader = _Reader(_headings(rows[0]))
    for line, cells in rows[1:]:
        reader.read(line, cells)
    if reader.problems:
        raise RosterInvalid(tuple(reader.problems))
    return Roster(tuple(reader.entries))


def id_from_name(name: str) -> str:
    """An id for a name, always the same. One that can't be spelled in an id in full gets a part of its hash."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    whole = not any(character.isalnum() and not character.isascii() for character in letters)
    if slug and whole and len(slug) <= 40:
        return slug
    return f"{slug[:29] or 'n'}-{hashlib.sha256(letters.encode()).hexdigest()[:10]}"


@dataclass(slots=True)
class _Reader:
    """Reads line after line and remembers what later ones must agree with."""

    columns: Sequence[str | None]
    problems: list[RosterProblem] = field(default_factory=list)
    entries: list[RosterEntry] = field(default_factory=list)
    delegations: dict[str, Delegation] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    """The line of each participant's id."""

    def read(self, line: int, cells: Sequence[str]) -> None:
        if len(cells) > len(self.columns):
            message = f"{len(cells)} cells under {len(self.columns)} headings: is a cell to be put in quotation marks?"
            self.problems.append(RosterProblem(line, "", message))
            return
        row = {column: cell for column, cell in zip(self.columns, cells, strict=False) if column}
        name = self._name(line, "name", row.get("name", ""))
        role = self._word(line, "role", row.get("role", ""), _ROLES)
        delegation = self._delegation(line, row)
        breakout = self._breakout(line, row.get("breakout", ""))
        given = row.get("id", "")
        id_ = self._id(line, given, name)
        if name and role and delegation and id_:
            entry = RosterEntry(line, Participant(id_, name, delegation, Role(role)), breakout, bool(given))
            self.entries.append(entry)

    def _problem(self, line: int, column: str, message: str) -> None:
        self.problems.append(RosterProblem(line, column, message))

    def _name(self, line: int, column: str, cell: str) -> str | None:
        if is_name(cell):
            return cell
        found = f"{shown(cell)} can't be used" if cell else "it is empty"
        self._problem(line, column, f"{found}: expected a name of at most {MAX_NAME} printable characters")
        return None

    def _word(self, line: int, column: str, cell: str, words: Mapping[str, str]) -> str | None:
        plain = _plain(cell)
        if plain in words:
            return words[plain]
        near = difflib.get_close_matches(plain[:MAX_NAME], words, n=1)
        hint = f"did you mean {str(words[near[0]])!r}? " if near else ""
        found = f"{shown(cell)} is not known" if cell else "it is empty"
        expected = ", ".join(dict.fromkeys(words.values()))
        self._problem(line, column, f"{found}: {hint}expected one of: {expected}")
        return None

    def _delegation(self, line: int, row: Mapping[str, str]) -> Delegation | None:
        name = self._name(line, "delegation", row.get("delegation", ""))
        group = self._word(line, "group", row.get("group", ""), _GROUPS)
        if name is None or group is None:
            return None
        id_ = id_from_name(name)
        if not is_id(id_):
            self._problem(line, "delegation", f"{shown(name)} is reserved: expected another name")
            return None
        known = self.delegations.setdefault(id_, Delegation(id_, name, StakeholderGroup(group)))
        if known.group != group:
            self._problem(
                line, "group", f"{group}, but further up {known.name} is in {known.group}: expected one group"
            )
        return known

    def _breakout(self, line: int, cell: str) -> tuple[str, ...]:
        names = {id_from_name(name): name for part in cell.split(";") if (name := part.strip())}
        for id_, name in names.items():
            if self._name(line, "breakout", name) and not is_id(id_):
                self._problem(line, "breakout", f"{shown(name)} is reserved: expected another name")
        return tuple(names.values())

    def _id(self, line: int, given: str, name: str | None) -> str | None:
        id_ = given or (id_from_name(name) if name else "")
        if not id_:
            return None
        if not is_id(id_):
            self._problem(line, "id", f"{shown(id_)} can't be used: expected 1 to 40 characters of a-z, 0-9 and '-'")
            return None
        first = self.lines.setdefault(id_, line)
        if first != line:
            self._problem(line, "id", f"{shown(id_)} is on line {first} too: expected an id of their own for each")
        return id_


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _refused(1, f"the list is larger than {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refused(line, "not UTF-8: expected the list to be saved as “CSV UTF-8”") from None


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The lines that hold something, headings first, each with its number."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), skipinitialspace=True, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cells):
                rows.append((line, [unicodedata.normalize("NFC", cell).strip() for cell in cells]))
            line = reader.line_num + 1
            if len(rows) > MAX_LINES + 1:
                raise _refused(rows[-1][0], f"more than {MAX_LINES} participants")
    except csv.Error as error:
        raise _refused(line, f"can't be read ({error}): is a quotation mark left open?") from None
    if not rows:
        raise _refused(1, f"the list is empty: expected the headings {', '.join(_REQUIRED)}")
    return rows


def _separator(text: str) -> str:
    """The one by which most headings are found."""
    heading = next((line for line in text.splitlines() if line.strip()), "")

    def found(separator: str) -> int:
        return sum(_plain(cell.strip(' "')) in _COLUMNS for cell in heading.split(separator))

    return max(",;\t", key=found)


def _headings(row: tuple[int, list[str]]) -> list[str | None]:
    """What each column holds; None for one that is passed over."""
    line, cells = row
    if len(cells) > MAX_COLUMNS:
        raise _refused(line, f"more than {MAX_COLUMNS} columns")
    columns = [_COLUMNS.get(_plain(cell)) for cell in cells]
    problems = [
        RosterProblem(line, column, "the heading is missing" + _near_heading(cells, column))
        for column in _REQUIRED
        if column not in columns
    ]
    named = [column for column in columns if column]
    twice = dict.fromkeys(column for column in named if named.count(column) > 1)
    problems += [RosterProblem(line, column, "the heading is there twice") for column in twice]
    for optional in {"id", "breakout"}.difference(named):
        near = _near_heading(cells, optional)
        if near:
            problems.append(RosterProblem(line, optional, f"a heading is not known{near}"))
    if problems:
        raise RosterInvalid(tuple(problems))
    return columns


def _near_heading(cells: Sequence[str], column: str) -> str:
    unknown = [cell for cell in cells if cell and _plain(cell) not in _COLUMNS and len(cell) <= MAX_NAME]
    near = difflib.get_close_matches(column, [_plain(cell) for cell in unknown], n=1, cutoff=0.75)
    return f": {near[0]!r} looks like it" if near else ""


def _plain(text: str) -> str:
    return re.sub(r"[\s_/-]+", " ", text.casefold()).strip()


def _refused(line: int, message: str) -> RosterInvalid:
    return RosterInvalid((RosterProblem(line, "", message),))
