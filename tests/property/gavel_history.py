"""Random histories under the gavel: which violations there are, and what happens around them."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from documents.gavel.rulings import HEADINGS
from tests.property.gavel_editors import Browser
from tests.property.gavel_world import PEOPLE, Act, Failure, World

Edit = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Hand:
    """What somebody is about to do, to which paragraph, beside which others."""

    world: World
    target: str
    names: list[str]
    random: Random
    far: bool = False

    def text(self, most: int = 3) -> str:
        """New words."""
        return self.world.letters.text(1 + self.random.randrange(most))

    def other(self) -> str:
        """Another paragraph, most often a neighbour."""
        at = self.names.index(self.target) if self.target in self.names else 0
        near = [self.names[i] for i in (at - 1, at + 1) if 0 <= i < len(self.names)]
        far = [name for name in self.names if name != self.target] if self.far or not near else []
        return self.random.choice(near * 2 + far or [self.target])


def _share(random: Random) -> float:
    return random.choice((0.0, 0.2, 0.4, 0.5, 0.7, 1.0))


def _on(what: str, **how: Any) -> Callable[[Hand], Edit]:
    """An edit of the target, with arguments that are given, or made by a function of the hand."""

    def edit(hand: Hand) -> Edit:
        made = {name: value(hand) if callable(value) else value for name, value in how.items()}
        return what, {"paragraph": hand.target, **made}

    return edit


SHARE = {"at": lambda hand: _share(hand.random)}
RANGE = {"a": lambda hand: _share(hand.random), "b": lambda hand: _share(hand.random)}
TEXT = {"text": Hand.text}
PLACE = {"to": lambda hand: _share(hand.random)}

KINDS: Final[Mapping[str, Callable[[Hand], Edit]]] = {
    "type": _on("type", **SHARE, **TEXT),
    "insert": _on("paste", **SHARE, **TEXT),
    "delete letters": _on("erase", **RANGE),
    "delete all": _on("clear"),
    "replace": _on("replace", **RANGE, **TEXT),
    "paste over": _on("rewrite", text=lambda hand: hand.text(6)),
    "paste paragraphs over": _on(
        "pasteOver", **RANGE, other=Hand.other, texts=lambda hand: [hand.text(), hand.text()], id=None
    ),
    "format": _on(
        "format",
        **RANGE,
        mark=lambda hand: hand.random.choice(("strong", "em")),
        on=lambda hand: hand.random.random() < 0.7,
    ),
    "label": _on("attribute", name="label", value=lambda hand: f"{hand.random.randrange(99)} bis"),
    "identity": _on("attribute", name="id", value=lambda hand: hand.random.choice(("p-9", hand.other()))),
    "unknown attribute": _on("attribute", name="align", value="right"),
    "delete paragraph": _on("drop"),
    "split in the middle": _on("split", at=lambda hand: hand.random.choice((0.3, 0.5, 0.7))),
    "split at the start": _on("split", at=0.0),
    "split at the end": _on("split", at=1.0),
    "join backward": _on("join", forward=False),
    "join forward": _on("join", forward=True),
    "merge": _on("merge"),
    "move": _on("move", **PLACE),
    "delete across": _on("across", **RANGE, other=Hand.other),
    "replace across": _on("across", **RANGE, other=Hand.other, **TEXT),
    "duplicate": _on("duplicate", **PLACE),
    "forge its id": _on("forge", **PLACE, **TEXT),
    "change its kind": _on("kind", kind=lambda hand: hand.random.choice(("heading", "paragraph")), level=2),
    "insert between": _on("insert", kind="paragraph", **TEXT, id=None, level=2),
    "new heading": _on("insert", kind="heading", **TEXT, id=None, level=2),
    "undo": _on("undo"),
    "redo": _on("redo"),
}
"""All that people do to a paragraph, lawful where it is not held."""

GENTLE: Final = (
    "type",
    "type",
    "type",
    "insert",
    "delete letters",
    "replace",
    "insert between",
    "format",
    "split in the middle",
)
"""What the lawful mostly do."""
HOLDERS: Final = ("type", "type", "insert", "delete letters", "replace", "split in the middle", "type")

BOUNDS: Final[Mapping[str, str]] = {
    "far": "who selects across paragraphs goes to a neighbour",
    "moves": "stock editors move no paragraphs",
    "flight": "who edits against a ruling has heard of what became of the edit before",
    "offline": "who is offline does so once",
    "deletions": "who is offline deletes nothing else",
    "meanwhile": "nor does the holder, while somebody is away who has edited against a ruling",
    "sections": "nobody makes new paragraphs while sections are locked, but against the ruling",
    "leave": "what is on the way arrives before somebody goes offline",
    "release": "and before a lock is released",
    "restart": "and before the server restarts",
    "minute": "and within the minute",
}
"""What is left out of the histories, each by name: what may go wrong then is named in `docs/gavel.md`."""

LOCKABLE: Final = ("p-2", "p-3", "p-4", "h-2")


class History:
    """One history, from a seed; `kind` is the only violation in it, or None for all of them.

    `lift` names the bounds that do not hold in it.
    """

    def __init__(
        self,
        browser: Browser,
        seed: int,
        kind: str | None,
        *,
        lawful: bool = False,
        lift: frozenset[str] = frozenset(),
    ) -> None:
        self.browser = browser
        self.seed = seed
        self.lift = lift
        self._away: set[str] = set()
        self.random = Random(seed)  # noqa: S311 (chance is all that it is for)
        self.world = World(browser, seed)
        self.kind = kind
        self.lawful = lawful
        self.target = self.random.choice(LOCKABLE)
        self.names: list[str] = []
        self.kinds: dict[str, str] = {}

    async def play(self) -> None:
        """Let it happen. Raises `Failure`."""
        try:
            await self._play()
        finally:
            await self.world.rooms.close()

    async def _play(self) -> None:
        world, random = self.world, self.random
        self.kinds = {author: random.choice(("stock", "stock", "plain")) for author in PEOPLE}
        await world.start(self.kinds)
        await self._know()
        for _ in range(random.randrange(4)):
            await self._gentle()
        if random.random() < 0.5:
            await world.do("quiet")
        await self._know()
        if not self.lawful:
            await self._lock()
        for _ in range(random.randrange(8, 30)):
            await self._step()
        await world.do("check")
        await self._end()

    async def _know(self) -> None:
        await self.world.do("settle")
        self.names = [name for name, _ in await self.world.names()]
        if self.target not in self.names:
            self.target = self.random.choice(self.names)

    async def _lock(self) -> None:
        chance = self.random.random()
        if self.kind == "insert between" or (self.kind is None and chance < 0.2):
            await self.world.do("lock_section", self.random.choice(("h-1", "h-2")))
            self._choose_in_section()
        elif self.kind == "new heading" or (self.kind is None and chance < 0.3):
            await self.world.do("lock_headings")
        elif chance < 0.37:
            await self.world.do("seal", self.target)
        else:
            await self.world.do("lock", self.target, wait=self.random.random() < 0.7)

    def _choose_in_section(self) -> None:
        for _, members in self.world.rulings.sections.values():
            self.target = self.random.choice(members)

    async def _step(self) -> None:
        steps = (
            (self._offend, 0 if self.lawful else 5),
            (self._gentle, 5),
            (self._hold, 3),
            (self._deliver, 9),
            (self._connection, 2),
            (self._rule, 0 if self.lawful else 1),
            (self._disturb, 1),
        )
        step = self.random.choices([one for one, _ in steps], [weight for _, weight in steps])[0]
        await step()

    async def _do(self, author: str, kind: str, target: str) -> None:
        what, arguments = KINDS[kind](Hand(self.world, target, self.names, self.random, "far" in self.lift))
        if what in {"undo", "redo"}:
            arguments = {}
        await self.world.do("edit", author, what, **arguments)
        if self.random.random() < 0.5 and self.world.people[author].room is not None:
            await self.world.do("post", author)

    async def _offend(self) -> None:
        author = self.random.choice(("amina", "amina", "boris"))
        kind = self.kind or self.random.choice(list(KINDS))
        for _ in range(self.random.choice((1, 1, 2, 3))):
            if not await self._may_go_on(author):
                return
            await self._do(author, "type" if self._rewrites(author, kind) else kind, self.target)
            if self.random.random() < 0.4:
                await self._do(author, "type", self.target)

    def _rewrites(self, author: str, kind: str) -> bool:
        """Whether an edit rewrites all paragraphs that it passes, as stock editors do."""
        return kind == "move" and self.kinds[author] == "stock" and "moves" not in self.lift

    async def _may_go_on(self, author: str) -> bool:
        """Let somebody hear of what became of their last forbidden edit; False: they are away, and have done one."""
        world = self.world
        if world.people[author].room is None:
            new = author not in self._away
            self._away.add(author)
            return new or "offline" in self.lift
        self._away.discard(author)
        if "flight" not in self.lift:
            await world.do("post", author)
            await world.do("settle")
            await world.do("take", author)
        return True

    def _only_adds(self, author: str) -> bool:
        return "deletions" not in self.lift and self.world.people[author].room is None

    async def _gentle(self) -> None:
        author = self.random.choice(PEOPLE)
        kind = self.random.choice(GENTLE) if self.random.random() < 0.85 else self.random.choice(list(KINDS))
        if self._only_adds(author) or self._rewrites(author, kind):
            kind = "type"
        free = [name for name in self.names if not self.world.rulings.bars(author, name, name.startswith("h"))]
        sections = self.world.rulings.sections and "sections" not in self.lift
        if kind in {"insert between", "new heading", "split in the middle"} and sections:
            kind = "type"
        if free:
            await self._do(author, kind, self.random.choice(free))

    async def _hold(self) -> None:
        kind = self.random.choice(HOLDERS)
        only_adds = self._only_adds("holder") or (bool(self._away) and "meanwhile" not in self.lift)
        await self._do("holder", "type" if only_adds else kind, self.target)

    async def _deliver(self) -> None:
        for author in self.random.sample(PEOPLE, self.random.choice((1, 2, 4))):
            if self.world.people[author].room is None:
                continue
            if self.random.random() < 0.6:
                await self.world.do("post", author, self.random.choice((1, 2, None)))
            if self.random.random() < 0.5:
                await self.world.do("settle")
                await self.world.do("take", author, self.random.choice((1, 2, None)))

    async def _connection(self) -> None:
        author = self.random.choice(PEOPLE)
        if self.world.people[author].room is None:
            await self.world.do("come_back", author)
        else:
            await self._arrives("leave")  # else it is sent again, as an answer to step 1
            await self.world.do("leave", author)

    async def _arrives(self, bound: str) -> None:
        if bound not in self.lift:
            await self.world.do("quiet")

    async def _rule(self) -> None:
        world, random = self.world, self.random
        rulings = world.rulings
        if random.random() < 0.5:
            keys = [*rulings.paragraphs, *rulings.sections, *([HEADINGS] if rulings.headings else [])]
            if keys:
                await self._arrives("release")
                await world.do("release", random.choice(keys), wait=random.random() < 0.5)
        else:
            await self._know()
            if random.random() < 0.3:
                self.target = random.choice(self.names)
            if self.target not in rulings.paragraphs and self.target not in rulings.sealed:
                await world.do(
                    "lock", self.target, random.choice(("holder", "holder", "boris")), wait=random.random() < 0.7
                )

    async def _disturb(self) -> None:
        chance = self.random.random()
        if chance < 0.3:
            await self._arrives("restart")
            await self.world.do("restart")
        elif chance < 0.6:
            await self.world.do("check")
            await self._know()
        else:
            await self._arrives("minute")
            await self.world.do("pass_a_minute")

    async def _end(self) -> None:
        """After the release nothing that was refused comes back."""
        for key in [*self.world.rulings.paragraphs, *self.world.rulings.sections]:
            await self.world.do("release", key)
        await self._know()
        for _ in range(3):
            await self._gentle()
        await self.world.do("check")


# Understanding a failure


async def play(browser: Browser, seed: int, kinds: Mapping[str, str], acts: Sequence[Act]) -> World:
    """Let these things happen. Raises `Failure`."""
    world = World(browser, seed)
    try:
        await world.start(kinds)
        for act, arguments, named in acts:
            await world.do(act, *arguments, **named)
        await world.check()
    except Failure as failure:
        failure.world = world
        raise
    finally:
        await world.rooms.close()
    return world


def failure_of(browser: Browser, seed: int, kinds: Mapping[str, str], acts: Sequence[Act]) -> Failure | None:
    """How these things fail, if they do."""
    try:
        asyncio.run(play(browser, seed, kinds, acts))
    except Failure as failure:
        return failure
    return None


def shrunk(browser: Browser, seed: int, kinds: Mapping[str, str], acts: list[Act], like: str) -> list[Act]:
    """The fewest of these things that still fail alike."""
    size = max(1, len(acts) // 2)
    while size:
        start = 0
        while start < len(acts):
            fewer = acts[:start] + acts[start + size :]
            failure = failure_of(browser, seed, kinds, fewer)
            if failure is not None and kind_of(failure) == like:
                acts = fewer
            else:
                start += size
        size //= 2
    return acts


def kind_of(failure: Failure) -> str:
    """What went wrong first, without names."""
    return re.sub(r"'[^']*'|\[.*|\d+", "…", str(failure).splitlines()[0])


def told(history: History, failure: Failure) -> str:
    """A failure for people to read: the fewest things that bring it about."""
    browser, seed, kinds, acts = history.browser, history.seed, history.kinds, history.world.done
    again = failure_of(browser, seed, kinds, acts)
    who = f"History(browser, {seed}, {history.kind!r}), with {kinds}"
    if again is None:
        return f"{who}:\n  {failure}"
    acts = shrunk(browser, seed, kinds, acts, kind_of(again))
    least = failure_of(browser, seed, kinds, acts)
    assert least is not None
    happened = "\n  ".join(least.world.said)
    return f"{who}:\n  {least}\nof which it takes {acts}:\n  {happened}"
