"""The chapter's document: the CRDT document, the gate before it, and what is read from it.

Its shape: the root fragment `default` holds the text, each child a paragraph (or heading) with the attributes `id`
(stable, never reused) and `label` (literal). All other roots are maps that the server alone writes and clients read:
`meta`, `comments`, `sources`, `versions`, and who wrote what: `authors` and `authorship`.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pycrdt import Doc, Map, StickyIndex, XmlElement, XmlFragment, XmlText

from documents.authorship.authorship import Authorship
from documents.authorship.parts import Reader
from documents.authorship.record import Record, RecordDamaged
from documents.authorship.runs import Byline, ParagraphRuns, Tag
from documents.crdt import protocol, update_v1
from documents.crdt.gate import Admitted, Gate
from documents.crdt.ledger import Kind, Ledger
from documents.crdt.sequence import Block, Sequence
from documents.crdt.update_v1 import Id
from documents.errors import DocumentBroken, StorageDamaged, UpdateRefused
from documents.model import SERVER, AuthorId, ClientId, Recovery, Snapshot
from documents.outline import DEFAULT_LEVEL, HEADING, Outline, Top

TEXT_ROOT: Final = "default"
AUTHORS: Final = "authors"
"""The root that says of each tag who that is."""
AUTHORSHIP: Final = "authorship"
"""The root that says under which tag each client's ids were written: from `client:clock` on, up to the next key."""
RESTORED: Final = "restored"
"""The root that says which text the server's own text says again: from its `clock:length` to `client:clock`."""
LOCKS: Final = "locks"
STATUSES: Final = "statuses"
RULINGS: Final = "rulings"
"""The roots of what was ruled on paragraphs: see `documents.gavel.rulings`."""
SERVER_ROOTS: Final = (
    "meta", "comments", "sources", "versions", AUTHORS, AUTHORSHIP, LOCKS, STATUSES, RULINGS, RESTORED,
)  # fmt: skip
SERVER_CLIENT: Final = 1
"""The client id of what the server writes, in every chapter."""

MAX_LABEL: Final = 100
"""Characters of a paragraph's label; a longer one is not taken."""

MANY_TYPES: Final = 500
MANY_IDS: Final = 50_000
"""A document of more elements and texts, or of more items, deleted ones too, is large."""
MAX_STEPS: Final = 500_000
"""How many items may be passed in search of the places of an update's own. Editors that were apart for hours and wrote
in one spot take a step for each item there; what was made to take long takes the square."""

_PARAGRAPH_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a paragraph is called."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as it reads now."""

    id: str
    label: str
    kind: str
    """The element's name: `paragraph`, `heading`, or what another editor made."""
    text: str


def new_paragraph_id() -> str:
    """A fresh id for a paragraph."""
    return f"p-{secrets.token_hex(6)}"


class ChapterDocument:
    """One chapter in memory. Not safe to use after `DocumentBroken`."""

    def __init__(self) -> None:
        self._doc: Doc[Any] = Doc(client_id=SERVER_CLIENT, skip_gc=True)
        self._text = self._doc.get(TEXT_ROOT, type=XmlFragment)
        self.maps: dict[str, Map[Any]] = {name: self._doc.get(name, type=Map) for name in SERVER_ROOTS}
        """The server-owned roots. Change them inside `write` only."""
        roots = {TEXT_ROOT: Kind.ELEMENTS} | dict.fromkeys(SERVER_ROOTS, Kind.MAP)
        ledger = Ledger(roots)
        self._gate = Gate(ledger, frozenset((TEXT_ROOT,)), SERVER_CLIENT)
        self._deletions_known = True
        self._authorship = Authorship(TEXT_ROOT, AUTHORS, RESTORED, ledger.types, SERVER_CLIENT)
        self._reader = Reader(self._authorship, ledger.roots[TEXT_ROOT])
        self._bylines: dict[Tag, Byline] = {}
        self._new_bylines: dict[Tag, Byline] = {}
        self._identities: dict[Id, Identity] = {}
        self._paragraphs: dict[str, Id] = {}
        self._unsettled: list[Id] = []
        """What the server itself made that bears another name than it should."""
        self._outline: Outline | None = None
        self.ruled = 0
        """Grows with every change of what was ruled on paragraphs."""

    # Filling it

    @classmethod
    def recover(cls, recovery: Recovery) -> "ChapterDocument":
        """Rebuild a chapter from what the storage kept. Raises `StorageDamaged`."""
        document = cls()
        snapshot = recovery.snapshot
        seq = 0
        try:
            if snapshot is not None:
                document._load(snapshot)
                seq = snapshot.seq
            for entry in recovery.tail:
                seq = entry.seq
                document.take(entry.update, entry.author, entry.at, trusted=True)
        except (UpdateRefused, DocumentBroken, RecordDamaged) as error:
            raise StorageDamaged(f"chapter {recovery.chapter.id!r}, entry {seq}", str(error)) from error
        document._index_all()
        document._find_untold()
        return document

    def _load(self, snapshot: Snapshot) -> None:
        record = Record.decode(snapshot.record)
        admitted = self._gate.load(snapshot.state, dict(snapshot.owners))
        self._apply(snapshot.state)
        if any(record.known(client) != clock for client, clock in self.clocks.items()):
            raise RecordDamaged("it is not of this state")
        self._authorship.load(admitted, record)
        self._learn_bylines()

    def take(  # noqa: PLR0913 (one place gives all of them)
        self,
        update: bytes,
        author: AuthorId,
        at: int,
        *,
        trusted: bool = False,
        claims: Callable[[ClientId], AuthorId | None] = lambda _: None,
        before: Callable[[Admitted], None] = lambda _: None,
    ) -> Admitted:
        """Let an update in and apply it; `at` is when, in milliseconds since 1970.

        `before` is called with what was let in while the text is still as it was. Raises `UpdateRefused` with nothing
        changed, or `DocumentBroken`.
        """

        def judge(admitted: Admitted) -> None:
            if admitted.update:
                before(admitted)
            if admitted.update or trusted:
                self._authorship.place(admitted, None if trusted else MAX_STEPS)

        admitted = self._gate.admit(update, author, trusted=trusted, claims=claims, judge=judge)
        if admitted.update:
            self._apply(admitted.update)
        if admitted.update or trusted:  # what a snapshot knew already may still be new to the record
            self._enter(admitted, author, at)
        return admitted

    def _enter(self, admitted: Admitted, author: AuthorId, at: int) -> None:
        self._authorship.take(admitted, author, at)
        self._reader.forget(admitted.touched)
        if self._outline is not None and self._changes_outline(admitted):
            self._outline = None
        if self._authorship.spent:
            self._reader.forget(self._authorship.spent)
            self._authorship.spent.clear()
        if self._authorship.named:
            self._learn_bylines()

    def _apply(self, update: bytes) -> None:
        self._deletions_known = False
        try:
            self._doc.apply_update(update)
        except BaseException as error:  # a panic in Rust is a BaseException
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise DocumentBroken(f"it failed on an admitted update ({error})") from error

    def write(self, change: Callable[["ChapterDocument"], None], author: AuthorId, at: int) -> bytes:
        """Make the server's own change, in one step, and return the update that it makes (empty if none).

        `author` and `at` (milliseconds since 1970) are those of the journal's entry; what is inserted is the server's.
        `change` must not raise: what it did until then stands in the document and nowhere else (`DocumentBroken`).
        """
        self._deletions_known = False
        updates: list[bytes] = []
        subscription = self._doc.observe(lambda event: updates.append(event.update))
        try:
            with self._doc.transaction():
                change(self)
            for update in updates:
                admitted = self._gate.admit(update, SERVER, trusted=True, judge=self._authorship.place)
                self._enter(admitted, author, at)
                self._note(admitted)
                self._see_rulings(admitted)
        except BaseException as error:  # a panic in Rust is a BaseException
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise DocumentBroken(f"the server's own change failed ({error!r})") from error
        finally:
            self._doc.unobserve(subscription)
        return updates[0] if updates else b""

    def _see_rulings(self, admitted: Admitted) -> None:
        where = self.ledger.where
        deleted = (where(client, clock) for client, clock, _ in admitted.deletes)
        changed = (*(one[3] for one in admitted.placed), *deleted)
        self.ruled += any(one is not None and one.root in (LOCKS, STATUSES) for one in changed)

    def _note(self, admitted: Admitted) -> None:
        """Learn the names that the server itself gave to paragraphs; `settle` mends what it copied."""
        if admitted.identities:
            for item in self._elements(dict.fromkeys((*admitted.inserted, *admitted.touched))):
                if self._is_wrong(item):
                    self._unsettled.append(item)

    def discard(self) -> None:
        """Free the memory, which takes a while: in a thread of its own, if anybody waits. Of no use afterwards."""
        self._authorship.sequence.clear()

    # Who is who among paragraphs

    def settle(self, admitted: Iterable[Admitted], at: int) -> bytes:
        """Give every paragraph that these updates brought or renamed an id of its own; returns the update it took.

        An editor that splits a paragraph copies its id, and one that does not know our attributes drops them. The
        paragraph that was there keeps its id and label; the new one gets a fresh id and, if copied, no label.
        """
        changed = [item for one in admitted if one.identities for item in (*one.inserted, *one.touched)]
        changed += self._unsettled
        self._unsettled.clear()
        if not changed:
            return b""
        wrong = [item for item in self._elements(dict.fromkeys(changed)) if self._is_wrong(item)]
        if not wrong:
            return b""
        naming = self._naming(wrong)
        return self.write(lambda _: self.apply(naming), SERVER, at)

    def _naming(self, items: Iterable[Id]) -> bytes:
        """The update that gives paragraphs their names. Through the elements it would take the square of their number,
        since each of these is counted off from the first."""
        structs = []
        for item in items:
            identity = self._identities[item]
            for key, text in (("id", identity.id), ("label", identity.label)):
                last = self._last_value(item, key)
                before = None if last is None else (last.client, last.clocks[1] - 1)
                structs.append(update_v1.write_attribute(item, key, text, before))
        return update_v1.write_update([(SERVER_CLIENT, self.ledger.known(SERVER_CLIENT), structs)], [])

    def _last_value(self, item: Id, key: str) -> Block | None:
        """The last value that an attribute of an element has had; it is that now, unless it is deleted."""
        values = self.ledger.types[item].keys.get(key)
        return None if values is None else self.sequence.line(values).last

    def _said(self, item: Id, key: str) -> str | None:
        """The text that an attribute of an element has; None where it has none, or something else than text."""
        last = self._last_value(item, key)
        return last.value if last is not None and not last.deleted and isinstance(last.value, str) else None

    def _is_wrong(self, item: Id) -> bool:
        """Whether a paragraph is called otherwise than it should be."""
        identity = self._identity_for(item)
        return identity.id != self._said(item, "id") or identity.label != self._said(item, "label")

    def _identity_for(self, item: Id) -> Identity:
        """What a paragraph should be called, given what it says; noted as its name from now on."""
        said_id, said_label = self._said(item, "id"), self._said(item, "label")
        before = self._identities.get(item)
        label = before.label if before else ""
        if said_label is not None and len(said_label) <= MAX_LABEL:
            label = said_label
        if before is not None:
            identity = Identity(before.id, label)
        elif said_id is not None and _PARAGRAPH_ID.match(said_id):
            holder = self._paragraphs.get(said_id)
            if holder is None or self._is_deleted(holder):
                identity = Identity(said_id, label)
            else:
                copied = self._identities[holder].label == label
                identity = Identity(new_paragraph_id(), "" if copied else label)
        else:
            identity = Identity(new_paragraph_id(), label)
        if identity != before:
            self._outline = None
        self._identities[item] = identity
        self._paragraphs[identity.id] = item
        return identity

    def _index_all(self) -> None:
        """Learn all paragraphs' names from the document, which an earlier `settle` has put right."""
        tops = [item for item, container in self._gate.ledger.types.items() if container.top == item]
        for item in self._elements(tops):
            self._identity_for(item)

    def _elements(self, items: Iterable[Id]) -> Iterator[Id]:
        """The elements that are there, of these children of the root."""
        for item in items:
            block = None if self._is_deleted(item) else self.sequence.at(*item)
            value = None if block is None or block.deleted else block.value
            if isinstance(value, tuple) and value[0] == update_v1.XML_ELEMENT_TYPE:
                yield item

    def find(self, item: Id) -> XmlElement | None:
        """A child of the text that is there, also if only this `write` made it; None if it is no element."""
        place = {"item": {"client": item[0], "clock": item[1]}, "assoc": 0}
        with self._doc.transaction() as transaction:
            index = StickyIndex.from_json(place).get_index(transaction)
        element = self._text.children[index]
        return element if isinstance(element, XmlElement) else None

    def _is_deleted(self, item: Id) -> bool:
        ranges = self._gate.ledger.deleted.get(item[0])
        return ranges is not None and item[1] in ranges

    def identity(self, item: Id) -> Identity | None:
        """What a child of the text is called, or was before it was deleted; None before `settle` has named it."""
        return self._identities.get(item)

    def item_of(self, paragraph: str) -> Id | None:
        """The item of the paragraph that has this id, if it is in the text."""
        item = self._paragraphs.get(paragraph)
        return None if item is None or self._is_deleted(item) else item

    def is_gone(self, item: Id) -> bool:
        """Whether a paragraph, an element or a text is not there any more."""
        block = self.sequence.at(*item)
        return block is None or block.deleted

    def element(self, item: Id) -> XmlElement | None:
        """A child of the text, if it is an element that is there."""
        return None if self.is_gone(item) else self.find(item)

    def outline(self) -> Outline:
        """The children of the text that are there now, in order."""
        if self._outline is None:
            line = self.sequence.line(self.ledger.roots[TEXT_ROOT])
            here = [block for block in line if not block.deleted and block.kind == update_v1.TYPE]
            self._outline = Outline([self._top(block) for block in here])
        return self._outline

    def _top(self, block: Block) -> Top:
        type_, name = cast("tuple[int, str]", block.value)
        identity = self._identities.get(block.id)
        tag = name if type_ == update_v1.XML_ELEMENT_TYPE else ""
        level: object = None
        if tag == HEADING and (element := self.element(block.id)) is not None:
            level = element.attributes.get("level")
        known = float(level) if isinstance(level, int | float) else DEFAULT_LEVEL
        return Top(block.id, identity.id if identity else "", tag, known)

    def _changes_outline(self, admitted: Admitted) -> bool:
        if admitted.identities or any(one[3].key == "level" for one in admitted.placed):
            return True
        ids = [(client, clock, clock + length) for client, clock, length in admitted.deletes]
        if any(any(self.ledger.types_within(*one)) for one in ids):
            return True
        return any(container.key == "level" for one in ids for *_, container in self.ledger.within(*one))

    @property
    def sequence(self) -> Sequence:
        """The order of all text. Not to be changed."""
        return self._authorship.sequence

    @property
    def ledger(self) -> Ledger:
        """What the gate knows of the document. Not to be changed."""
        return self._gate.ledger

    @property
    def has_restored(self) -> bool:
        """Whether the server has ever put text back here."""
        return self._authorship.restored

    def apply(self, update: bytes) -> None:
        """Apply an update of the server's own. Inside `write` only."""
        self._doc.apply_update(update)

    # Who wrote what

    @property
    def record(self) -> Record:
        """Who inserted and who deleted every id. Not to be changed."""
        return self._authorship.record

    def is_in_new_capacity(self, author: AuthorId, byline: Byline) -> bool:
        """Whether an author that is known here now writes for another delegation, or in another group."""
        known = self._known_byline(author)
        return known is not None and known.capacity != byline.capacity

    def introduce(self, author: AuthorId, byline: Byline) -> None:
        """Say who an author is; `tell_authorship` will let clients know.

        Whoever is in a new capacity gets another tag, for all that is taken after that has been told: what was written
        before stays what it was.
        """
        tag = self._authorship.tag(author)
        known = self._known_byline(author)
        if known is byline or known == byline:
            return
        if known is not None and known.capacity != byline.capacity:
            tag = f"{author}~{int(tag.partition('~')[2] or 1) + 1}"
        self._new_bylines[tag] = byline

    def _known_byline(self, author: AuthorId) -> Byline | None:
        tag = self._authorship.tag(author)
        return self._new_bylines.get(tag) or self._bylines.get(tag)

    def tell_authorship(self, at: int) -> bytes:
        """Let clients know whose words are new; returns the update that says it, empty when they know."""
        bylines, self._new_bylines = self._new_bylines, {}
        begun, self._authorship.begun = self._authorship.begun, {}
        if not bylines and not begun:
            return b""

        def tell(_: ChapterDocument) -> None:
            for tag, byline in bylines.items():
                self.maps[AUTHORS][tag] = byline.to_map()
            for (client, clock), tag in begun.items():
                self.maps[AUTHORSHIP][f"{client}:{clock}"] = tag

        return self.write(tell, SERVER, at)

    def bylines(self) -> dict[Tag, Byline]:
        """Who the authors are that have written here."""
        return dict(self._bylines)

    def runs(self, *, deleted: bool = False) -> list[ParagraphRuns]:
        """The text in runs: of which everybody wrote which. With `deleted`, what was deleted too, in its place.

        Text that was moved is where it stands now, and its authors are those who wrote it first.
        """
        return self._reader.runs(deleted=deleted)

    def warm_up(self, seconds: float, *, deleted: bool) -> bool:
        """Make `runs` quick by reading for about so long; returns whether more of it would be of no use."""
        return self._reader.warm_up(seconds, deleted=deleted)

    def reader(self) -> Reader:
        """Reads the text with its authorship."""
        return self._reader

    def authorship_problems(self) -> list[str]:
        """Where what clients are told of authorship is not what the record says, a sentence each."""
        told, known = self.value(AUTHORSHIP), self._told()
        return [
            f"the map of authorship says {told.get(key)!r} from {key}, and the record {known.get(key)!r}"
            for key in sorted(told.keys() | known.keys())
            if told.get(key) != known.get(key)
        ]

    def _told(self) -> dict[str, Tag]:
        """What the root `authorship` should hold."""
        authors = self.record.authors()
        return {f"{client}:{clock}": tag for client, clock, tag in authors if self._authorship.is_told(client, clock)}

    def _find_untold(self) -> None:
        """After a recovery: what an older program did not tell clients."""
        told = self.value(AUTHORSHIP)
        self._authorship.begun = {
            (client, clock): tag
            for client, clock, tag in self.record.authors()
            if self._authorship.is_told(client, clock) and f"{client}:{clock}" not in told
        }

    def _learn_bylines(self) -> None:
        tags, self._authorship.named = self._authorship.named, []
        for tag in tags:
            value = self.maps[AUTHORS].get(tag)
            if isinstance(value, dict):
                self._bylines[tag] = Byline.from_map(value)

    # Reading it

    @property
    def clocks(self) -> Mapping[ClientId, int]:
        """The state vector: the first clock of each client that is not known."""
        return self._gate.ledger.clocks

    @property
    def is_large(self) -> bool:
        """Whether reading all of it takes more than a few milliseconds."""
        return len(self.ledger.types) > MANY_TYPES or sum(self.clocks.values()) > MANY_IDS

    @property
    def owners(self) -> dict[ClientId, AuthorId]:
        """Who owns each client id that has written."""
        return self._gate.ledger.owners

    def has_all_of(self, update: bytes) -> bool:
        """Whether an update brings nothing new. Raises `UpdateMalformed`."""
        return self._gate.has_all_of(update) or (self._learn_deletions() and self._gate.has_all_of(update))

    def _learn_deletions(self) -> bool:
        """Let the ledger know of deletions that no update named: of two values that were set at once, one goes."""
        if self._deletions_known:
            return False
        self._deletions_known = True
        deletions = self._doc.get_update(protocol.write_state_vector(self.clocks))
        return bool(self._gate.admit(deletions, SERVER, trusted=True).update)

    def state(self) -> bytes:
        """The whole document, deleted text included, as one update."""
        return self._doc.get_update()

    def since(self, clocks: Mapping[ClientId, int]) -> bytes:
        """What someone with this state vector lacks. Clocks that are not known here are passed over."""
        known = self.clocks
        usable = {client: min(clock, known[client]) for client, clock in clocks.items() if client in known}
        return self._doc.get_update(protocol.write_state_vector(usable)) if usable else self.state()

    @property
    def children(self) -> Iterable[XmlElement | XmlFragment | XmlText]:
        """The children of the text, in order. Not to be changed."""
        children: Iterable[XmlElement | XmlFragment | XmlText] = self._text.children
        return children

    def paragraphs(self) -> list[Paragraph]:
        """The children of the text, in order."""
        return [_read(child) for child in self._text.children]

    def count(self, tag: str) -> int:
        """How many children of the text are elements of this name, without reading what they say."""
        return sum(isinstance(child, XmlElement) and child.tag == tag for child in self._text.children)

    def has_paragraph(self, paragraph: str) -> bool:
        """Whether a paragraph of this id is in the text."""
        item = self._paragraphs.get(paragraph)
        return item is not None and not self._is_deleted(item)

    def lines(self) -> list[str]:
        """The text, a line for each block of text (a list has a line for each of its paragraphs)."""
        return [line for child in self._text.children for line in _lines(child)]

    def value(self, root: str) -> dict[str, Any]:
        """A server-owned root, as plain values."""
        found: dict[str, Any] = self.maps[root].to_py() or {}
        return found

    def append(self, tag: str, attributes: Mapping[str, Any], text: str) -> None:
        """Add a paragraph at the end. Inside `write` only."""
        element = self._text.children.append(XmlElement(tag, dict(attributes)))
        element.children.append(XmlText(text))


def _identity(element: XmlElement) -> Identity | None:
    found, label = element.attributes.get("id"), element.attributes.get("label")
    return Identity(found, label) if isinstance(found, str) and isinstance(label, str) else None


def _read(child: XmlElement | XmlFragment | XmlText) -> Paragraph:
    text = " ".join(_lines(child))
    if not isinstance(child, XmlElement):
        return Paragraph("", "", "text", text)
    identity = _identity(child) or Identity("", "")
    return Paragraph(identity.id, identity.label, child.tag or "", text)


def _lines(node: XmlElement | XmlFragment | XmlText) -> list[str]:
    if isinstance(node, XmlText):
        return [_plain(node)]
    children = list(node.children)
    inner = [child for child in children if not isinstance(child, XmlText)]
    if len(inner) == len(children) and any(list(child.children) for child in inner):
        return [line for child in inner for line in _lines(child)]
    return ["".join(_plain(child) if isinstance(child, XmlText) else " " for child in children)]


def _plain(text: XmlText) -> str:
    """The characters alone: formats are dropped, and what is embedded (an image, say) counts as a space."""
    chunks = (chunk if isinstance(chunk, str) else " " for chunk, _ in text.diff())
    return "".join(chunks).replace("\n", " ")
