"""Random chapters for Word: many scripts, formats, labels, comments, statuses, and people who write in them."""

from datetime import UTC, datetime
from random import Random

from documents.authorship.runs import NOBODY, Byline
from documents.chapter import ChapterDocument
from documents.gavel.rulings import STATUS, iso, set_status, standings, void
from documents.gavel.rulings import Person as Ruler
from documents.incoming.contributions import first_entries
from documents.incoming.opening import Comment, Opening, add_comment, resolve_comment
from documents.model import SERVER, Entry, Recovery
from documents.model import Chapter as Header
from documents.versions.paper import Heading, Paper, arrange, tags, take
from tests.property.redline_people import MINUTE, Block, Chapter, Draft, Person, words
from tests.property.test_redline_property import base_of

DELEGATIONS = {"amina": "Egypt", "omar": "Egypt", "kenji": "日本", "boris": "Côte d’Ivoire & “Co” <1>"}
OTHERS = ("IFIP", "Cuba")
LETTERS = (
    "abcdeéжע漢😀",
    "abcdefghij",
    "אבגדהוזab12",
    "سلامعليكم12",
    "漢字文書議定書",
    "e\u0301o\u0308n\u0303a\u0323\u0302",
    "👩‍💻🇪🇬👍🏽é",
)
FORMATS = ("strong", "em", "underline", "strike")
LABELS = ("12 bis", "12.Alt.1", "1)", "A.", "", "٣", "2.1.")
HEADER = Header("trust", "Trust", 0, "amina")
HEADING = Heading(HEADER, datetime(2026, 11, 22, tzinfo=UTC), "")


class Drafter(Person):
    """An editor that formats and labels too, and writes in some script."""

    def __init__(self, author: str, client: int, letters: str) -> None:
        super().__init__(author, client)
        self.letters = letters

    def _edit(self, what: str, random: Random, found: list[Block]) -> None:
        chance = random.random()
        one = found[random.randrange(len(found))]
        if chance < 0.1 and one.text is not None and one.said:
            start, end = sorted(random.randrange(len(one.said) + 1) for _ in range(2))
            name = random.choice(FORMATS)
            value: dict[str, str] | None = None if random.random() < 0.2 else {}
            at = [len(one.said[:place].encode()) for place in (start, end)]
            if start < end:
                one.text.format(at[0], at[1], {name: value})
        elif chance < 0.14:
            one.element.attributes["label"] = random.choice(LABELS)
        elif chance < 0.16:
            one.element.attributes["level"] = float(random.randrange(1, 7))
        else:
            super()._edit(what, random, found)


def _people(random: Random) -> list[Person]:
    authors = (*DELEGATIONS, "amina")
    return [Drafter(author, 11 + number, random.choice(LETTERS)) for number, author in enumerate(authors)]


class WordChapter(Chapter):
    """A chapter in which the secretariat rules and comments, while people write."""

    _noted = 0
    _at = 0

    def __init__(self, seed: int) -> None:
        random = Random(~seed)  # noqa: S311 (the same for the same seed)
        size = random.choice((1, 4, 8, 15, 30)) if seed % 10 else random.randrange(100, 301)
        super().__init__(seed, _draft(random, size), _people(random))
        self.steps = 40 + size

    def step(self) -> None:
        """Somebody does something."""
        super().step()
        self.write(self._void)
        if self.random.random() < 0.15:
            self.write(self._rule)

    def _void(self, document: ChapterDocument) -> None:
        for paragraph in list(standings(document)):
            if document.has_paragraph(paragraph):
                void(document, paragraph, "kenji", iso(self.minute * MINUTE))

    def _rule(self, document: ChapterDocument) -> None:
        random = self.random
        paragraph = random.choice([one.id for one in document.paragraphs() if one.id])
        what = random.randrange(6)
        self._noted += 1
        self._at += random.randrange(3) * 61_000
        if what < 2:
            by = Ruler("chair", "Annelise", "ch", "Switzerland", "chair")
            set_status(document, paragraph, random.choice(STATUS), by, iso(self.minute * MINUTE), "")
        elif what < 4:
            text = random.choice(("Why?", "First line\nsecond  line", "ראשון ושני", "漢字 😀", "a\tb"))
            name = random.choice((*DELEGATIONS.values(), *OTHERS))
            at = random.choice(("", iso(self.minute * MINUTE + self._at)))
            add_comment(Comment(f"c-{self._noted:05}", paragraph, name, random.choice(("", "kenji")), text, at))(
                document
            )
        elif what < 5 and (known := sorted(document.value("comments"))):
            resolve_comment(random.choice(known), resolved=random.random() < 0.8)(document)
        else:
            sources = document.maps["sources"]
            sources[f"s-{len(sources) + 1:05}"] = {"paragraph": paragraph, "name": random.choice(OTHERS)}


def _draft(random: Random, size: int) -> Draft:
    made = []
    for number in range(1, size + 1):
        text = words(random, random.choice(LETTERS)) * random.randrange(4)
        text = text if random.random() < 0.3 else text.strip()
        if random.random() < 0.15:
            made.append(("heading", {"label": random.choice(LABELS), "level": float(random.randrange(1, 7))}, text))
        else:
            made.append(("paragraph", {"label": str(number)}, text))
    return made


class OpenedChapter(WordChapter):
    """One that began with a draft of its own, comments and contributions in it."""

    def __init__(self, seed: int, opening: Opening) -> None:
        super().__init__(seed)
        self.journal = first_entries(HEADER, SERVER, opening.change, opening.contributions)
        self.document = ChapterDocument.recover(Recovery(HEADER, None, tuple(self.journal)))
        self.people = _people(self.random)
        self.steps = 120
        self._noted = 500


def written(chapter: WordChapter) -> WordChapter:
    """The chapter after some work."""
    for _ in range(chapter.steps):
        chapter.step()
    return chapter


def paper(document: ChapterDocument, journal: list[Entry], seq: int = 1) -> Paper:
    """Of a chapter and its journal, against the text after an entry: without another, what the chapter began with."""
    sheet = take(document)
    people = {tag: Byline(tag, tag, tag, name, "government") for tag, name in DELEGATIONS.items()}
    known = {**document.bylines(), **people}
    return arrange(sheet, base_of(journal, seq), HEADING, {tag: known.get(tag, NOBODY) for tag in tags(sheet)})
