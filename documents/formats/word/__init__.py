"""Word files (.docx): read safely, with all that was tracked in them."""

from typing import BinaryIO

from documents.formats.word import reader
from documents.formats.word.errors import WordRefused
from documents.formats.word.model import WordText
from documents.formats.word.package import looks_like_word
from documents.progress import Told, untold

__all__ = ["WordRefused", "WordText", "looks_like_word", "read"]


def read(file: BinaryIO, told: Told = untold) -> WordText:
    """The text of a Word file. Raises `WordRefused` for what is none, is not safe or too large, and nothing else."""
    return reader.read(file, told)
