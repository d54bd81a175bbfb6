"""Words that moved: as whom they were inserted where they had stood, told where they arrive."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from documents.formats.word.model import Piece, WordParagraph

_Author = tuple[str, int]
"""An author as the file spells it, empty for nobody; and of how many characters."""


def with_authors(paragraphs: Iterable[WordParagraph]) -> tuple[WordParagraph, ...]:
    """The same paragraphs, where the pieces that arrive by a move know their authors, if the move's ends are alike."""
    paragraphs = tuple(paragraphs)
    left, arrived = _ends(paragraphs)
    known = {
        move: _authors(left[move]) for move, pieces in arrived.items() if _text(pieces) == _text(left.get(move, []))
    }
    return tuple(replace(one, pieces=list(_told(one.pieces, known))) for one in paragraphs) if known else paragraphs


def _ends(paragraphs: Iterable[WordParagraph]) -> tuple[dict[str, list[Piece]], dict[str, list[Piece]]]:
    """What left and what arrived, by the names of the moves."""
    left: dict[str, list[Piece]] = {}
    arrived: dict[str, list[Piece]] = {}
    for piece in (piece for one in paragraphs for piece in one.pieces):
        if piece.deleted is not None and piece.deleted.kind == "moved-away" and piece.deleted.move:
            left.setdefault(piece.deleted.move, []).append(piece)
        if move := _arrival(piece):
            arrived.setdefault(move, []).append(piece)
    return left, arrived


def _arrival(piece: Piece) -> str:
    """By which move a piece arrives; empty for none."""
    return piece.inserted.move if piece.inserted is not None and piece.inserted.kind == "moved-here" else ""


def _text(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _authors(pieces: Iterable[Piece]) -> list[_Author]:
    return [("" if one.inserted is None else one.inserted.author, len(one.text)) for one in pieces]


def _told(pieces: Iterable[Piece], known: dict[str, list[_Author]]) -> Iterator[Piece]:
    """The pieces, cut where another author begins. What is told of is taken from `known`."""
    for piece in pieces:
        authors, text = known.get(_arrival(piece)), piece.text
        if authors is None:
            yield piece
            continue
        while text:
            author, length = authors.pop(0)
            if length > len(text):
                authors.insert(0, (author, length - len(text)))
            yield replace(piece, text=text[:length], author=author)
            text = text[length:]
