"""docs/import.md names every code that a report can hold, and the bounds that the reader has."""

import re
from pathlib import Path

from documents.formats.word import body, nodes, package, reader
from documents.incoming import opening
from server import apart

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "import.md").read_text()


def test_every_code_of_a_problem_is_explained() -> None:
    source = "".join(path.read_text() for path in (ROOT / "documents" / "formats" / "word").glob("*.py"))
    codes = set(re.findall(r'(?:problem\(|WordProblem\(|Problem\([^"\n]*"",) ?"([a-z-]+)"', source))
    codes |= set(re.findall(r'Problem\([^"\n]*, label, "([a-z-]+)"', source)) | {
        "footnote",
        "endnote",
        "header",
        "footer",
    }
    assert len(codes) > 25
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()


def test_the_bounds_are_those_of_the_code() -> None:
    for bound in (
        f"{package.MAX_FILE // 1_000_000} MB",
        f"{package.MAX_MEMBERS:,} parts",
        f"{package.MAX_UNPACKED // 1_000_000} MB of text parts",
        f"{package.MAX_RATIO} times",
        f"{nodes.MAX_ELEMENTS:,} elements",
        f"{nodes.MAX_ALL_ATTRIBUTES:,} attributes",
        f"{nodes.MAX_MARK // 1_000_000} MB of one piece of markup",
        f"{nodes.MAX_DEPTH} levels",
        f"{apart.MAX_HERE} files",
        f"{opening.MAX_CONTRIBUTORS} contributors",
        f"{body.MAX_PARAGRAPHS:,} paragraphs",
        f"{reader.MAX_TEXT:,} characters",
    ):
        assert bound in PAGE
