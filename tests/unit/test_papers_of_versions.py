"""What papers of a version say of themselves: symbol, status line with exceptions, hash."""

import json
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from lxml import etree
from openxml_audit import FileFormat, OpenXmlValidator

from documents.formats.papers.akn import NAMESPACE, akoma_ntoso
from documents.formats.papers.compilation import compilation_docx
from documents.formats.papers.docx_paper import clean_docx, redline_docx
from documents.formats.papers.notation import bracketed
from documents.formats.papers.page import markdown, page
from documents.formats.papers.plain import plain_text
from documents.formats.papers.values import as_json
from documents.versions.paper import Edition, Paper
from tests.unit.test_papers import paper
from tests.unit.test_redline import Chapter

HASH = "c0ffee" * 10 + "beef"
STATUS = "Status as of 17 April 2014, COB"
EDITION = Edition("First <reading>", "WSIS+10/4/26/Pre-agreed", STATUS, "besides Paras 2, 21, 27-30", HASH)
LINE = f"{STATUS}, besides Paras 2, 21, 27-30"
WORD = (clean_docx, redline_docx, compilation_docx)


def of(edition: Edition, title: str = "Trust") -> Paper:
    made = paper(Chapter("Every person counts."))
    heading = made.heading
    return replace(made, heading=replace(heading, edition=edition, chapter=replace(heading.chapter, title=title)))


@pytest.mark.parametrize("write", WORD)
def test_word_has_it_above_and_below_each_page_and_in_the_properties(write: Any, tmp_path: Path) -> None:
    content = write(of(EDITION))
    document: Any = docx.Document(BytesIO(content))
    above = [one.text for one in document.sections[0].header.paragraphs]
    assert (above[0], above[1]) == (EDITION.symbol, "Trust")
    assert above[2].startswith(LINE)
    assert document.sections[0].footer.paragraphs[-1].text == f"SHA-256 of the text: {HASH}"
    properties = document.core_properties
    assert (properties.subject, properties.identifier) == (EDITION.symbol, f"sha256:{HASH}")
    assert (properties.version, properties.comments[: len(LINE)]) == (EDITION.name, LINE)
    file = tmp_path / "paper.docx"
    file.write_bytes(content)
    result = OpenXmlValidator(file_format=FileFormat.OFFICE_2019).validate(file)
    assert result.is_valid, result.errors


@pytest.mark.parametrize("write", WORD)
def test_word_takes_the_longest_titles_and_exceptions(write: Any) -> None:
    """A property of a file holds 255 characters."""
    edition = replace(EDITION, name="n" * 198, exceptions="besides Paras " + ", ".join(map(str, range(1, 400, 2))))
    document: Any = docx.Document(BytesIO(write(of(edition, "T" * 300))))
    assert document.core_properties.title == "T" * 255
    assert document.sections[0].header.paragraphs[2].text.startswith(f"{STATUS}, {edition.exceptions}")


def test_a_version_of_an_older_program_is_of_its_time() -> None:
    old = of(Edition("First", "", "", "", HASH))
    assert old.heading.status == "Status as of 22 November 2026, 19:05 UTC"
    document: Any = docx.Document(BytesIO(clean_docx(old)))
    assert document.sections[0].header.paragraphs[0].text == "Trust"


def test_pages_and_texts_have_it_around_the_text() -> None:
    html, said = page(of(EDITION)), bracketed(of(EDITION))
    assert html.index(EDITION.symbol) < html.index(LINE) < html.index("Every person") < html.index(HASH)
    assert said.startswith(f"{EDITION.symbol}\nTrust\n{LINE}\n\n")
    assert said.endswith(f"\nSHA-256 of the text: {HASH}\n")
    assert plain_text(of(EDITION)) == plain_text(paper(Chapter("Every person counts.")))


def test_markdown_has_it_in_a_comment_that_nothing_ends() -> None:
    told = markdown(of(replace(EDITION, name="-->\n<script>")))
    before, comment = told.split("<!--")
    assert "Every person counts." in before
    assert EDITION.symbol not in before
    assert comment.index("-->") == len(comment) - len("-->\n")
    assert LINE in comment
    assert HASH in comment


def test_data_and_archives_have_it_too() -> None:
    told = json.loads(as_json(of(EDITION)))["version"]
    assert told == asdict(EDITION)
    assert told["exceptions"] == "besides Paras 2, 21, 27-30"
    root = etree.fromstring(akoma_ntoso(of(EDITION)))
    space = {"a": NAMESPACE}
    assert root.xpath("//a:preface//a:docNumber/text()", namespaces=space) == [EDITION.symbol]
    assert root.xpath("//a:preface//a:docStatus/text()", namespaces=space) == [LINE]
    assert root.xpath("//a:FRBRExpression/a:FRBRalias/@value", namespaces=space) == [HASH]
