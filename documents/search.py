"""Search as a person means it: case, accents, typography and look-alike letters make no difference."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_LOOK_ALIKES = str.maketrans(
    # Cyrillic, Greek and barred Latin letters, in lower case, by the Latin letter that one of their cases looks like.
    "авекмнорстухѕіјһүԁԛԝӏ" + "αβεζηικμνορτυχϲ" + "ıøłđħŧ",
    "abekmhopctyxsijhydqwl" + "abezhikmnoptyxc" + "ioldht",
)
_PUNCTUATION = str.maketrans(
    dict.fromkeys("‘’‚‛′ʼ`", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−", "-")
)
_LETTERS_OF_THEIR_OWN = (0, 7, 8, 9)
"""Combining classes of marks that make another letter (vowel signs, nukta, voicing, virama) rather than accent one."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where the query stands: ``texts[index][start:end]``, in code points of the original text."""

    index: int
    start: int
    end: int


def fold(text: str) -> str:
    """The text with everything gone that a search should not mind. Folding again changes nothing.

    Case, accents, compatibility forms (ligatures, full width), invisible format characters, kinds of quotation mark,
    dash and space, and letters of other scripts that look like Latin ones: "С11" in Cyrillic and "C11" fold alike.
    """
    return "".join(letter for letter, _ in _folded(text))


def find(query: str, texts: Iterable[str]) -> list[Match]:
    """Every place where the query stands, in order, none overlapping within a text; none for a blank query."""
    wanted = fold(query).strip()
    return [match for index, text in enumerate(texts) for match in _matches(wanted, index, text)] if wanted else []


def _matches(wanted: str, index: int, text: str) -> list[Match]:
    folded = _folded(text)
    letters = "".join(letter for letter, _ in folded)
    places = [place for _, place in folded] + [len(text)]
    found: list[Match] = []
    at = letters.find(wanted)
    while at >= 0:
        after = at + len(wanted)
        # Up to the next letter, so that accents behind the last one are marked too; a ligature is marked whole.
        end = max(places[after], places[after - 1] + 1)
        if not found or found[-1].end <= places[at]:
            found.append(Match(index, places[at], end))
        at = letters.find(wanted, after)
    return found


def _folded(text: str) -> list[tuple[str, int]]:
    """Folded letters, each with the place in the text that it comes from; a run of spaces is one."""
    folded: list[tuple[str, int]] = []
    for place, character in enumerate(text):
        for letter in _fold_character(character):
            if letter != " " or not folded or folded[-1][0] != " ":
                folded.append((letter, place))
    return folded


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character.translate(_PUNCTUATION)).casefold())
    return "".join(
        " " if letter.isspace() else letter
        for letter in plain.translate(_PUNCTUATION).translate(_LOOK_ALIKES)
        if unicodedata.category(letter) != "Cf" and unicodedata.combining(letter) in _LETTERS_OF_THEIR_OWN
    )
