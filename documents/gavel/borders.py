"""Where nothing new may come: between the paragraphs of a locked section, among locked headings, in what is others'."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from documents.chapter import TEXT_ROOT, ChapterDocument
from documents.crdt.update_v1 import Id
from documents.gavel.cards import Barred
from documents.gavel.repair import Part
from documents.gavel.rulings import HEADINGS, Lock, Place, lock_on, locks, standings
from documents.outline import DEFAULT_LEVEL, HEADING, Outline, Top
from documents.seat import Seat

Why = TypeVar("Why")


def misplaced(
    document: ChapterDocument, seat: Seat, inserted: Sequence[Id], gone: Mapping[Id, Part]
) -> Iterator[tuple[Id, Barred]]:
    """The new children of the text that may not be where they are, in order, and why.

    A new heading that may stay begins a section of its own: what comes with it behind a locked one may stay too.
    `gone` are those children, as they were, that are to be put back.
    """
    outline = _whole(document, gone) if gone else document.outline()
    new = set(inserted)
    found = among(document, outline.tops, new, lambda top, around: _why(document, seat, outline, top, around))
    for top, before, why in found:
        beside = next((one for one in (before, top) if one is not None and one.item not in new), None)
        identity = None if beside is None else document.identity(beside.item)
        name = (identity.id, identity.label) if identity else ("", "")
        yield top.item, Barred(*name, *why)


def among(
    document: ChapterDocument,
    tops: Sequence[Top],
    new: Collection[Id],
    bar: Callable[[Top, Sequence[Lock]], Why | None],
) -> Iterator[tuple[Top, Top | None, Why]]:
    """The new ones of these children that may not be where they are, in order: what decides on the place, and why.

    `bar` says why one may not, by the locks that are around its place.
    """
    borders = _Borders(document, tops, set(new))
    last, allowed = -1, None
    for place, top in enumerate(tops):
        if top.item not in new:
            continue
        before = allowed if allowed is not None and last == place - 1 else borders.before(place)
        why = bar(top, borders.around(top, before, place))
        if why is not None:
            yield top, before, why
        heads = why is None and top.tag == HEADING
        last, allowed = place, top if heads else before


def _whole(document: ChapterDocument, gone: Mapping[Id, Part]) -> Outline:
    """The outline as it is when these are back in their places."""
    here = document.outline()
    tops = []
    for block in document.sequence.line(document.ledger.roots[TEXT_ROOT]):
        if block.id in here.places:
            tops.append(here.tops[here.places[block.id]])
        elif block.id in gone:
            part, identity = gone[block.id], document.identity(block.id)
            level = part.attributes.get("level")
            known = float(level) if isinstance(level, int | float) else DEFAULT_LEVEL
            tops.append(Top(part.item, identity.id if identity else "", part.tag or "", known))
    return Outline(tops)


def _why(
    document: ChapterDocument, seat: Seat, outline: Outline, top: Top, around: Sequence[Lock]
) -> tuple[str, int] | None:
    """Why something new may not be there, and the number of the ruling."""
    sections = outline.sections(top.item)
    places = [(Place("", sections, lock, sealed=False), lock.number) for lock in around]
    said = _free_id(document, top.item)
    if said:
        lock, standing = lock_on(document, said, heading=False), standings(document).get(said)
        sealed = standing is not None and standing.sealed
        number = lock.number if lock is not None else standing.number if standing is not None else 0
        if lock is not None or sealed:
            places.append((Place(said, sections, lock, sealed), number))
    if not places and seat.by_section:
        places.append((Place("", sections, None, sealed=False), 0))
    found = ((seat.bar(place), number) for place, number in places)
    return next(((reason, number) for reason, number in found if reason is not None), None)


def _free_id(document: ChapterDocument, item: Id) -> str:
    """The id that a new child will bear: what it says, if no other has it."""
    element = document.element(item)
    said = None if element is None else element.attributes.get("id")
    return said if isinstance(said, str) and document.item_of(said) in {None, item} else ""


class _Borders:
    """Which locked sections are around a place among the children of the text."""

    def __init__(self, document: ChapterDocument, tops: Sequence[Top], new: set[Id]) -> None:
        known = locks(document)
        self._headings = known.get(HEADINGS)
        self._sections = [one for one in known.values() if one.scope == "section"]
        self._sections.sort(key=lambda one: (len(one.paragraphs), -one.number))
        self._members = {paragraph for one in self._sections for paragraph in one.paragraphs if paragraph}
        self._tops = tops
        self._new = new
        self._known: dict[str, list[Lock]] = {}

    def before(self, place: int) -> Top | None:
        """What decides to which section a place belongs: the nearest member of one, or heading, before it."""
        at = place - 1
        while at >= 0 and not self._decides(self._tops[at]):
            at -= 1
        return self._tops[at] if at >= 0 else None

    def _decides(self, top: Top) -> bool:
        return top.item not in self._new and (top.tag == HEADING or top.paragraph in self._members)

    def around(self, top: Top, before: Top | None, place: int) -> list[Lock]:
        """The locks that bar a new child from a place: of sections, the smallest."""
        found = [self._headings] if self._headings is not None and top.tag == HEADING else []
        within = [] if before is None else self._holding(before.paragraph)
        after = self._after(place) if top.tag == HEADING or not within else None
        if not within and before is not None and before.paragraph not in self._members and after is not None:
            return [*found, *(one for one in self._holding(after.paragraph) if after.paragraph != one.paragraph)][:1]
        if within and top.tag == HEADING:
            within = [one for one in within if after is not None and after.paragraph in one.paragraphs]
        return [*found, *within[:1]]

    def _after(self, place: int) -> Top | None:
        at = place + 1
        while at < len(self._tops) and not self._decides(self._tops[at]):
            at += 1
        return self._tops[at] if at < len(self._tops) else None

    def _holding(self, paragraph: str) -> list[Lock]:
        """The locked sections that a paragraph is a member of, the smallest first."""
        if paragraph not in self._members:
            return []
        found = self._known.get(paragraph)
        if found is None:
            found = self._known[paragraph] = [one for one in self._sections if paragraph in one.paragraphs]
        return found


def gains(document: ChapterDocument, seat: Seat, before: Outline) -> str | None:
    """Why an edit may not move headings so: somebody may write now what they could not; None when it is not so.

    `before` is the outline as it was before the edit. For who has rights by section.
    """
    now = document.outline()
    said = {top.item: _free_id(document, top.item) for top in now.tops if top.item not in before.places}
    free = [one for one in said.values() if one]
    changed = {(before.sections(top.item), now.sections(top.item)) for top in before.tops if top.item in now.places}
    for then, there in changed:
        reason = seat.bar(Place("", then, None, sealed=False)) if then != there else None
        if reason is None:
            continue
        ways = [there, *((one, *there) for one in free if "" in there)]
        if any(seat.bar(Place("", way, None, sealed=False)) is None for way in ways):
            return reason
    return None
