"""What a chapter should say when nobody's forbidden edits had ever happened: a plain model of letters and paragraphs.

It is told of every edit in the order in which they reach the server, and of what is ruled then. It knows nothing of
how the server undoes; a letter or a paragraph that the server writes anew is held for the one that it says again. Of an
edit that is partly forbidden, all that touches nothing held stays; but

- words that it moves out of a held paragraph stay there, and words that it moves into one stay where they were;
- a paragraph that it makes of a held one's words only is not made; nor one in a place that is held.

`None` stands for "either": what is not decided by these rules. Words that were moved by such an edit must then be in
one of the two places, and words that were typed must be in the text or among what was set aside.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from documents.crdt import update_v1
from documents.crdt.update_v1 import Id, Struct
from documents.model import SERVER

ROOT: Final = "default"


@dataclass(eq=False, slots=True)
class Para:
    """A paragraph, whatever elements have stood for it."""

    name: str
    kind: str
    alive: bool | None = True
    void: bool = False
    """Made where or as it may not be."""
    maker: str = SERVER
    wanted: str = ""
    """The id that it was made with."""
    free: bool = False
    """Whether it is undecided since it was empty: what comes for one that is gone is gone, as in any Yjs."""
    letters: "list[Letter]" = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Letter:
    """A letter in a paragraph; where it is moved to it is another one, of the same character."""

    char: str
    para: Para
    by: str
    """Who put it there."""
    minute: int
    first: bool
    """Whether it was typed here, and not moved here."""
    alive: bool | None = True
    void: bool = False
    kept_aside: bool = False
    """Whether its typist must find it among what was set aside, if it is not in the text."""
    free: bool = False
    """Whether it may be nowhere: undecided, and then deleted where it may be."""
    undone: set[str] = field(default_factory=set)
    """Who deleted it in vain."""


@dataclass(slots=True)
class Effect:
    """What a few edits of one client, taken together, do."""

    new_paras: list[tuple[Id, Para, Id | None]] = field(default_factory=list)
    """With the element that it was put behind."""
    new_letters: list[tuple[Id, Letter]] = field(default_factory=list)
    deleted: set[Id] = field(default_factory=set)
    copied_names: dict[Para, str] = field(default_factory=dict)


Barred = Callable[[str, str, bool], bool]
"""Whether a person may not change a paragraph: author, name, whether it is a heading."""
BarredPlace = Callable[[str, Para | None, Para], bool | None]
"""Whether a person may not make a paragraph: author, the one before, the new one."""


class Oracle:
    """See the module."""

    def __init__(self, barred: Barred, barred_place: BarredPlace) -> None:
        self._barred = barred
        self._barred_place = barred_place
        self.clocks: dict[int, int] = defaultdict(int)
        self.elements: dict[Id, Para] = {}
        self.letters: dict[Id, Letter] = {}
        self.typed: dict[str, Letter] = {}
        """Each character's first letter."""
        self.of_char: dict[str, list[Letter]] = defaultdict(list)
        self.order: dict[Letter, set[Letter]] = defaultdict(set)
        """Which letters stand directly behind which, as somebody saw it who put one of them there."""
        self.violations = 0
        self.thrown_away = 0
        self.strangers: list[str] = []
        """What the server wrote that nobody has."""
        self._lies: dict[Id, tuple[str | Id, str | None]] = {}
        self._paras: dict[Id, Para] = {}
        """In which paragraph a shared type lies."""

    # Reading updates

    def _structs(self, updates: Iterable[bytes]) -> Iterator[tuple[int, Struct]]:
        for update in updates:
            for section in update_v1.parse(update).sections:
                for struct in section.structs:
                    if struct.clock >= self.clocks[section.client] and struct.kind != update_v1.SKIP:
                        yield section.client, struct
                self.clocks[section.client] = max(self.clocks[section.client], section.end)

    def _place(self, client: int, struct: Struct) -> tuple[str | Id, str | None]:
        """In what a struct lies, and under which key."""
        beside = struct.origin or struct.right
        if struct.parent is not None:
            place: tuple[str | Id, str | None] = struct.parent, struct.key
        else:
            place = self._lies.get(beside, ("", None)) if beside else ("", None)
        for clock in range(struct.clock, struct.clock + struct.length):
            self._lies[client, clock] = place
        return place

    def _read(self, author: str, updates: list[bytes], minute: int) -> Effect:
        effect = Effect()
        for update in updates:
            effect.deleted.update(_ids(update_v1.parse(update).deletes))
        for client, struct in self._structs(updates):
            container, key = self._place(client, struct)
            item = client, struct.clock
            if struct.kind == update_v1.TYPE and container == ROOT:
                para = Para("", struct.value[1])
                self._paras[item] = self.elements[item] = para
                effect.new_paras.append((item, para, struct.origin))
            elif isinstance(container, tuple) and container in self._paras:
                para = self._paras[container]
                if struct.kind == update_v1.TYPE:
                    self._paras[item] = para
                elif struct.kind == update_v1.STRING:
                    self._read_letters(effect, author, item, struct, para, minute)
                elif key == "id" and struct.kind == update_v1.ANY and container in self.elements:
                    effect.copied_names[para] = str(struct.value)
        return effect

    def _read_letters(  # noqa: PLR0917 (called in one place)
        self, effect: Effect, author: str, item: Id, struct: Struct, para: Para, minute: int
    ) -> None:
        clock = item[1]
        for char in struct.value:
            letter = Letter(char, para, author, minute, first=char not in self.typed)
            effect.new_letters.append(((item[0], clock), letter))
            clock += len(char.encode("utf-16-le")) // 2

    # What the server writes

    def server_wrote(self, update: bytes, minute: int) -> None:
        """The draft, what it put back, and the names that it gave."""
        effect = self._read(SERVER, [update], minute)
        new = {para for _, para, _ in effect.new_paras}
        for para, name in effect.copied_names.items():
            if para not in new:
                para.name = name
        for item, para, _ in effect.new_paras:
            self._again(item, para, effect.copied_names.get(para) or self._name_by_words(para, effect))
        for item, letter in effect.new_letters:
            self._letter_again(item, letter)

    def _name_by_words(self, made: Para, effect: Effect) -> str:
        """Of a paragraph that had lost its id in this very step, and has none yet."""
        said = [letter.char for _, letter in effect.new_letters if letter.para is made]
        names = (one.para.name for char in said for one in self.of_char[char] if one.alive is True and not one.void)
        return next(names, "")

    def _again(self, item: Id, made: Para, name: str) -> None:
        """A paragraph of the server's: which one it is."""
        candidates = [para for para in dict.fromkeys(self.elements.values()) if para.name == name and para is not made]
        found = next((para for para in candidates if para.alive is not False and not para.void), None)
        if found is None and not self.clocks.keys() <= {1}:
            found = candidates[-1] if candidates else None
        if found is None:
            made.name = name
            if not self.clocks.keys() <= {1}:
                self.strangers.append(f"the server made a paragraph {name!r}")
            return
        self.elements[item] = found
        for one, para in list(self._paras.items()):
            if para is made:
                self._paras[one] = found

    def _letter_again(self, item: Id, letter: Letter) -> None:
        para = next((p for p in (self._paras_of(item), letter.para) if p is not None), letter.para)
        same = [one for one in self.of_char[letter.char] if one.para is para]
        found = next((one for wanted in (True, None, False) for one in reversed(same) if one.alive is wanted), None)
        if found is None:
            letter.para = para
            if letter.char in self.typed:
                self.strangers.append(f"the server wrote {letter.char!r} into {para.name!r}")
                letter.alive = False
            self._keep(item, letter)
            found = letter
        self.letters[item] = found

    def _paras_of(self, item: Id) -> Para | None:
        container = self._lies[item][0]
        return self._paras.get(container) if isinstance(container, tuple) else None

    def _keep(self, item: Id, letter: Letter) -> None:
        self.letters[item] = letter
        letter.para.letters.append(letter)
        self.of_char[letter.char].append(letter)
        self.typed.setdefault(letter.char, letter)

    # What people write

    def accepts(self, update: bytes) -> bool:
        """Whether the server can take it: nothing that its author made before is missing."""
        said = update_v1.parse(update)
        new = {section.client: section.end for section in said.sections if section.clock <= self.clocks[section.client]}
        known = all(
            clock + length <= max(self.clocks[client], new.get(client, 0)) for client, clock, length in said.deletes
        )
        return known and len(new) == len(said.sections)

    def edited(self, author: str, updates: list[bytes], texts: list[tuple[str, ...]], minute: int, sent: bytes) -> bool:
        """What somebody sent, edit by edit, arrives at once; returns whether any of it is forbidden.

        What was typed into a paragraph of which its typist hears, before it is sent, that it is deleted, is thrown away
        by the typist's own Yjs: it is not in what was `sent`, and can't be saved.
        """
        effect = self._read(author, updates, minute)
        kept = {
            (section.client, clock)
            for section in update_v1.parse(sent).sections
            for struct in section.structs
            if struct.kind == update_v1.STRING
            for clock in range(struct.clock, struct.clock + struct.length)
        }
        kept -= set(_ids(update_v1.parse(sent).deletes))
        thrown = {item for item, _ in effect.new_letters} - kept - effect.deleted
        self.thrown_away += len(thrown)
        effect.deleted |= thrown
        judge = Judge(self, author, effect)
        judge.judge()
        for (_, letter), before in zip(effect.new_letters, judge.first, strict=True):
            letter.first = before
        self._note_order({letter for _, letter in effect.new_letters}, texts)
        self.violations += judge.forbidden
        return judge.forbidden

    def _note_order(self, new: set[Letter], texts: list[tuple[str, ...]]) -> None:
        for said in texts:
            for text in said:
                there = Counter(text)
                for one, other in pairwise(text):
                    if there[one] == there[other] == 1:
                        self._note_pair(one, other, new)

    def _note_pair(self, one: str, other: str, new: set[Letter]) -> None:
        """Of two neighbours: what was copied into the same paragraph, there or where it is now, has no order here."""
        for left in self.of_char[one]:
            for right in self.of_char[other]:
                same = left.para is right.para and (left in new or right in new)
                if same and self._is_only(left) and self._is_only(right):
                    self.order[left].add(right)

    def _is_only(self, letter: Letter) -> bool:
        return sum(one.para is letter.para for one in self.of_char[letter.char]) == 1

    def draft(self, texts: tuple[str, ...]) -> None:
        """Note the order of what stood there first."""
        self._note_order(set(self.letters.values()), [texts])

    def barred(self, author: str, para: Para) -> bool:
        return not para.void and para.alive is not False and self._barred(author, para.name, para.kind == "heading")

    def barred_place(self, author: str, before: Para | None, made: Para) -> bool | None:
        return self._barred_place(author, before, made)


def _ids(ranges: Iterable[tuple[int, int, int]]) -> Iterator[Id]:
    return ((client, one) for client, clock, length in ranges for one in range(clock, clock + length))


class Judge:
    """Says of each effect of an edit whether it stays."""

    def __init__(self, oracle: Oracle, author: str, effect: Effect) -> None:
        self.oracle, self.author, self.effect = oracle, author, effect
        self.forbidden = False
        self.first: list[bool] = []
        self.fresh = {letter.char for _, letter in effect.new_letters} - oracle.typed.keys()
        self.hit = {oracle.letters[item] for item in effect.deleted if item in oracle.letters}
        new = {para for _, para, _ in effect.new_paras}
        self.hit_paras = {
            oracle.elements[item]
            for item in effect.deleted
            if item in oracle.elements and oracle.elements[item] not in new
        }
        self.stay: set[Letter] = set()
        """Deleted letters that stay where they are."""
        self.either: set[Letter] = set()
        self.empty = {para for para in self.hit_paras if not any(one.alive is not False for one in para.letters)}

    def judge(self) -> None:
        self._judge_new_paras()
        for item, letter in self.effect.new_letters:
            self.first.append(letter.char not in self.oracle.typed)
            self._judge_new_letter(item, letter)
        for _, para, _ in self.effect.new_paras:
            if (
                para.letters
                and para.alive
                and self._are_undecided([one for one in para.letters if one.alive is not False])
            ):
                para.alive = None
        for letter in self.hit:
            self._judge_deleted(letter)
        for para in self.hit_paras:
            self._judge_deleted_para(para)
        self._name_new_paras()

    def _barred(self, para: Para) -> bool:
        return self.oracle.barred(self.author, para)

    def _sources(self, char: str) -> list[Letter]:
        return [letter for letter in self.hit if letter.char == char]

    def _is_held(self, name: str) -> bool:
        paras = set(self.oracle.elements.values())
        if self.oracle.barred(self.author, Para(name, "paragraph")):
            return True  # what is locked may have been deleted by who may
        return any(one.name == name and not one.void and one.alive is not False and self._barred(one) for one in paras)

    def _judge_new_paras(self) -> None:
        for item, para, behind in self.effect.new_paras:
            name = self.effect.copied_names.get(para, "")
            before = self.oracle.elements.get(behind) if behind else None
            place = self.oracle.barred_place(self.author, before, para)
            if item in self.effect.deleted:
                para.alive = False
            elif name and self._is_held(name):
                own = any(one.para is para and one.char in self.fresh for _, one in self.effect.new_letters)
                para.void = not own and self._is_carried_out(para)
                para.alive = None if not para.void else True
            elif place is not False:
                para.void, para.alive = bool(place), (True if place else None)
            elif self._is_carried_out(para):
                para.alive = None
            self.forbidden |= para.void
            para.maker = self.author

    def _name_new_paras(self) -> None:
        """A copied id stays with the paragraph that has it, if it is still there; the server gives the copy another."""
        here = {para.name for para in self.oracle.elements.values() if para.alive is not False and not para.void}
        for _, para, _ in self.effect.new_paras:
            name = self.effect.copied_names.get(para, "")
            para.wanted, para.name = name, "" if name in here else name
            here.add(name)
        for para in self.oracle.elements.values():
            if para.name == "" and para.alive is not False and not para.void and para.wanted not in here:
                para.name = para.wanted

    def _is_carried_out(self, para: Para) -> bool:
        """Whether words of a held paragraph were moved into this new one."""
        here = [letter for _, letter in self.effect.new_letters if letter.para is para]
        return any(self._is_held_word(source) for letter in here for source in self._sources(letter.char))

    def _is_held_word(self, source: Letter) -> bool:
        """Whether a word may not be carried away: one's own that was refused may."""
        return not source.kept_aside and (source.void or self._barred(source.para))

    def _judge_new_letter(self, item: Id, letter: Letter) -> None:
        para, sources = letter.para, self._sources(letter.char)
        copied = [
            one for one in self.oracle.of_char[letter.char] if self.author in one.undone or self._barred(one.para)
        ]
        fresh = letter.char in self.fresh
        self.oracle._keep(item, letter)
        if item in self.effect.deleted:
            letter.alive = False
        elif para.void or self._barred(para):
            letter.void, letter.alive, letter.kept_aside = True, False, fresh
            self.stay.update(sources)
            self.forbidden = True
        elif any(self._is_held_word(source) for source in sources):
            letter.void, letter.alive = True, False
            self.forbidden = True
        elif para.alive is False:
            letter.alive = False
        elif para.alive is None:
            letter.alive, letter.kept_aside = None, fresh and para.maker == self.author
            letter.free = para.free or (not fresh and (not sources or self._are_undecided(sources)))
            self.either.update(sources)
        elif sources and self._are_undecided(sources):
            letter.alive, letter.free = None, True
        elif any(source.void for source in sources) or (copied and not sources) or self._is_elsewhere_held(letter):
            letter.alive, letter.free = None, not sources or self._is_elsewhere_held(letter)
            letter.kept_aside = any(source.kept_aside for source in sources)

    def _is_elsewhere_held(self, letter: Letter) -> bool:
        """Whether it is what somebody else has moved to where it is held now."""
        same = self.oracle.of_char[letter.char]
        return any(one is not letter and one.alive is True and self._barred(one.para) for one in same)

    def _are_undecided(self, letters: list[Letter]) -> bool:
        return all(letter.alive is None for letter in letters)

    def _judge_deleted(self, letter: Letter) -> None:
        if letter.void or letter.para.void:
            letter.kept_aside = False
        elif self._barred(letter.para):
            letter.undone.add(self.author)
            self.forbidden |= letter.alive is not False
        elif letter in self.stay:
            letter.undone.add(self.author)
        elif letter.alive is False:
            return
        elif letter in self.either:
            letter.alive = None
        else:
            if letter.alive is None:
                for one in self.oracle.of_char[letter.char]:
                    one.free = True
            letter.alive, letter.kept_aside = False, False

    def _judge_deleted_para(self, para: Para) -> None:
        if para.void or para.alive is False or self._barred(para):
            self.forbidden |= not para.void and para.alive is not False
            return
        here = [letter for letter in para.letters if letter.alive is not False]
        if any(letter in self.stay for letter in here):
            return
        if any(letter in self.either for letter in here) or (para in self.empty and self.forbidden):
            para.alive, para.free = None, not here
            return
        para.alive = False
        for letter in here:
            letter.alive, letter.kept_aside = False, False


# Comparing


@dataclass(frozen=True, slots=True)
class Seen:
    """What a replica shows, with the ids of elements and letters."""

    elements: tuple[tuple[Id, Mapping[str, Any], str, tuple[tuple[str, Id, Mapping[str, Any]], ...]], ...]


def seen(look: Mapping[str, Any]) -> Seen:
    """Of what the Node program says of its document."""
    return Seen(
        tuple(
            (
                (one["id"][0], one["id"][1]),
                one["attributes"],
                one["kind"],
                tuple((char, (item[0], item[1]), formats) for char, item, formats in one["words"]),
            )
            for one in look["elements"]
        )
    )


def faults(oracle: Oracle, shown: Seen, set_aside: Mapping[str, set[str]]) -> Iterator[str]:
    """What is not as it should be: a sentence each. `set_aside` is which letters were kept for whom."""
    yield from oracle.strangers
    paras: dict[Para, list[list[Letter]]] = defaultdict(list)
    counts: dict[Letter, int] = defaultdict(int)
    for item, _, _, words in shown.elements:
        para = oracle.elements.get(item)
        if para is None:
            yield f"an element {item} that nobody made"
            continue
        letters = [oracle.letters[one] for _, one, _ in words]
        paras[para].append(letters)
        for letter in letters:
            counts[letter] += 1
            if letter.para is not para:
                yield f"{letter.char!r} of {letter.para.name!r} stands in {para.name!r}"
    yield from _faults_of_paras(oracle, paras)
    yield from _faults_of_letters(oracle, counts, set_aside)
    for para, said in paras.items():
        yield from _faults_of_order(oracle, para, [letter for letters in said for letter in letters])


def _faults_of_paras(oracle: Oracle, shown: Mapping[Para, list[list[Letter]]]) -> Iterator[str]:
    for para in dict.fromkeys(oracle.elements.values()):
        times, text = len(shown.get(para, ())), _text(letter for said in shown.get(para, ()) for letter in said)
        if para.void and times:
            yield f"a stray paragraph {para.name!r} is there: {text!r}"
        elif not para.void and para.alive is True and times == 0:
            yield f"the paragraph {para.name!r} is gone"
        elif not para.void and para.alive is False and times:
            yield f"the deleted paragraph {para.name!r} is back: {text!r}"
        elif times > 1:
            yield f"the paragraph {para.name!r} is there {times} times"


def _faults_of_letters(
    oracle: Oracle, counts: Mapping[Letter, int], set_aside: Mapping[str, set[str]]
) -> Iterator[str]:
    for char, letters in oracle.of_char.items():
        shown = sum(counts.get(letter, 0) for letter in letters)
        for letter in letters:
            count, where = counts.get(letter, 0), f"{char!r} of {letter.by} in {letter.para.name!r}"
            aside = letter.kept_aside or char in set_aside.get(letter.by, set())
            if letter.alive is True and count != 1:
                yield f"{where} is there {count} times"
            elif letter.alive is False and count:
                yield f"{where} is there, {'which is forbidden' if letter.void else 'though it was deleted'}"
            elif letter.alive is None and (count > 1 or (shown == 0 and not (letter.free or aside) and _only(letters))):
                yield f"{where} is there {count} times, and {shown} times in all"
            if letter.kept_aside and shown == 0 and char not in set_aside.get(letter.by, set()):
                yield f"{where} is neither in the text nor set aside"


def _only(letters: list[Letter]) -> bool:
    """Whether all that is left of a character is undecided, and nobody has deleted it."""
    return any(letter.alive is None for letter in letters) and not any(letter.alive for letter in letters)


def _faults_of_order(oracle: Oracle, para: Para, shown: list[Letter]) -> Iterator[str]:
    if sum(one is para for one in oracle.elements.values()) > 1:
        return  # what comes late for a paragraph that was made anew may stand a letter off: a named limit
    if len({letter.char for letter in shown}) != len(shown):
        return  # what was doubled, by two who moved it at once, stands in no order that could be told
    place = {letter: index for index, letter in enumerate(shown)}
    for start in shown:
        todo, done = list(oracle.order[start]), set[Letter]()
        while todo:
            letter = todo.pop()
            if letter in done:
                continue
            done.add(letter)
            if letter in place:
                if place[letter] < place[start]:
                    yield f"in {para.name!r} {letter.char!r} should stand behind {start.char!r}: {_text(shown)!r}"
                    return
                continue  # what stands behind that one is seen from there
            todo.extend(oracle.order[letter])


def _text(letters: Iterable[Letter]) -> str:
    return "".join(letter.char for letter in letters)


def decide(oracle: Oracle, shown: Seen) -> None:
    """Let what was undecided be as it turned out."""
    there = {oracle.letters[item] for _, _, _, words in shown.elements for _, item, _ in words}
    here = {oracle.elements[item] for item, _, _, _ in shown.elements if item in oracle.elements}
    for letter in oracle.letters.values():
        if letter.alive is None:
            letter.alive = letter in there
            letter.kept_aside = letter.kept_aside and not letter.alive
    for para in oracle.elements.values():
        if para.alive is None and not para.void:
            para.alive = para in here
