"""Any bytes, any package, any tree of elements: a text of which nothing is lost, or one of the documented refusals."""

import random
import re
from collections import Counter
from collections.abc import Mapping
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.formats import word
from documents.formats.word import WordRefused, WordText
from documents.formats.word.draft import to_draft
from documents.incoming.contributions import first_entries
from documents.incoming.draft import Draft
from documents.incoming.opening import from_draft
from documents.model import Chapter, Recovery
from tests.goldkit import marks, texts
from tests.wordkit import anchored, change, comments, dele, ins, level, lists, members, numbered, packed, para, run
from tests.wordkit import word as made

NUMBERING = lists({1: level(0, "%1.") + level(1, "(%2)", "lowerRoman")}, {1: (1, "")})
GOLD = made(
    para("C1. Title", style="Title"),
    para("One ", ins(1, "Egypt", "new "), dele(2, "Japan", "old "), anchored(0, "and said"), properties=numbered(1)),
    para(change("moveFrom", 3, "Cuba", run("moved")), mark=change("moveFrom", 4, "Cuba")),
    f"<w:tbl><w:tr><w:tc>{para('a')}</w:tc><w:tc>{para('b')}</w:tc></w:tr></w:tbl>",
    para(change("moveTo", 5, "Cuba", run("moved"))),
    parts={"comments": comments((0, "Egypt", "Why?")), "numbering": NUMBERING},
)
CHAPTER = Chapter("c", "C", 600_000, "secretariat")
NAMES = ("Egypt", "Japan", "Cuba", "Janan")


def who(name: str) -> str:
    return name if name in NAMES[:3] else ""


def read(content: bytes) -> tuple[WordText, Draft] | None:
    try:
        found = word.read(BytesIO(content))
    except WordRefused as refused:
        assert "\n" not in str(refused)
        assert len(str(refused)) < 1_000
        return None
    draft = to_draft(found, who)
    repr(draft).encode()
    return found, draft


def begun(draft: Draft) -> ChapterDocument:
    opening = from_draft(draft, lambda name: Byline("", name, name.casefold(), name, "government"), "C")
    entries = first_entries(CHAPTER, "secretariat", opening.change, opening.contributions)
    return ChapterDocument.recover(Recovery(CHAPTER, None, tuple(entries)))


@given(st.randoms(use_true_random=False), st.integers(1, 12))
@settings(max_examples=400)
def test_damaged_bytes(chance: random.Random, hits: int) -> None:
    content = bytearray(GOLD)
    for _ in range(hits):
        at = chance.randrange(len(content))
        what = chance.randrange(4)
        if what == 0:
            content[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            content[at : at + chance.randrange(1, 30)] = b""
        elif what == 2:
            content[at:at] = chance.randbytes(chance.randrange(1, 8))
        else:
            content[at : at + 4] = b"\xff" * 4
        if len(content) < 10:
            break
    read(bytes(content))


PART_NAMES = st.sampled_from(sorted(members(para("x"), parts={"comments": "", "numbering": ""})))


@given(st.dictionaries(PART_NAMES, st.binary(max_size=60) | st.text(max_size=60).map(str.encode), max_size=3))
@settings(max_examples=300)
def test_parts_of_anything(parts: Mapping[str, bytes]) -> None:
    read(packed(members(para("x"), parts={"comments": comments(), "numbering": NUMBERING}) | dict(parts)))


CONTAINERS = st.sampled_from(
    re.findall(
        r"\S+",
        """
        w:p w:p w:r w:r w:ins w:del w:moveFrom w:moveTo w:tbl w:tr w:tc w:sdtContent w:hyperlink w:fldSimple w:drawing
        w:pict w:txbxContent w:ruby w:rubyBase w:rt w:unheard w:smartTag w:customXml w:altChunk m:oMath w:body
        mc:AlternateContent mc:Choice mc:Fallback w:sdt
        """,
    )
)
LEAVES = st.sampled_from(
    [
        *("w:fldChar", "w:fldChar", "w:tab", "w:br", "w:sym", "w:commentRangeStart", "w:commentReference", "w:sectPr"),
        *("w:footnoteReference", "w:moveFromRangeStart", "w:moveFromRangeEnd", "w:proofErr"),
        *("w:rPr><w:vanish/></w:rPr><w:x", "w:rPr><w:strike/><w:rPrChange/></w:rPr><w:x"),
        *("w:instrText>REF</w:instrText><w:x", "w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr><w:x"),
        "w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:x",
        "w:pPr><w:numPr><w:ins w:id='77'/></w:numPr><w:sectPr><w:sectPrChange/></w:sectPr></w:pPr><w:x",
        "w:trPr><w:ins/><w:trPrChange/></w:trPr><w:tcPr><w:cellDel/></w:tcPr><w:tblPr><w:tblPrChange/></w:tblPr><w:x",
        *("w:cellIns", "w:cellMerge", "w:sectPrChange", "w:tcPrChange", "w:pPrChange", "w:customXmlDelRangeStart"),
    ]
)
VALUES = st.sampled_from(
    ["0", "1", "2", "9", "-1", "99999999999", "begin", "separate", "end", "Title", "Kop1", "F0E0", ""]
)
AUTHORS = st.sampled_from(NAMES)
WORDS = st.integers(1000, 9999).map("word{}".format)
ATTRIBUTES = 'w:val="{0}" w:id="{0}" w:fldCharType="{0}" w:char="{0}" w:instr="{0}" w:author="{1}"'
TREES = st.recursive(
    st.builds('<w:r><w:t xml:space="preserve">{} </w:t></w:r>'.format, WORDS)
    | st.builds('<w:r><w:delText xml:space="preserve">{} </w:delText></w:r>'.format, WORDS)
    | st.builds(lambda name, value, author: f"<{name} {ATTRIBUTES.format(value, author)}/>", LEAVES, VALUES, AUTHORS),
    lambda inner: st.builds(
        lambda name, value, author, children: (
            f"<{name} {ATTRIBUTES.format(value, author)}>{''.join(children)}</{name}>"
        ),
        CONTAINERS,
        VALUES,
        AUTHORS,
        st.lists(inner, max_size=4),
    ),
    max_leaves=40,
)
PARAGRAPHS = st.lists(
    TREES.map("<w:p><w:r>{}</w:r></w:p>".format) | TREES.map("<w:p>{}</w:p>".format) | TREES, max_size=6
)


@given(PARAGRAPHS)
@settings(max_examples=200)
def test_any_tree_of_elements_loses_no_word(blocks: list[str]) -> None:
    content = members(*blocks, parts={"numbering": NUMBERING, "comments": comments((1, "Egypt", "x"))})
    file = packed(content)
    found = read(file)
    if found is None:
        return
    _, draft = found
    kept = " ".join(
        [*(words.text for block in draft.blocks for words in block.words), *(block.text for block in draft.blocks)]
        + [problem.message for problem in draft.problems]
        + [block.label for block in draft.blocks]
    )
    for one in set(re.findall(r"word\d+", " ".join(texts(file)))):
        assert one in kept
    begun(draft)
    assert Counter((one.id, one.author) for one in draft.tracked) == marks(file)


TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff"), max_size=12
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["kept", "ins", "del", "both"]), st.sampled_from(NAMES), st.sampled_from(NAMES), TEXT),
    min_size=1,
    max_size=6,
)


def _step(at: int, step: tuple[str, str, str, str]) -> str:
    kind, one, other, text = step
    if kind == "both":
        return change("ins", at, one, change("del", 100 + at, other, run(text, tag="delText")))
    return {"kept": run(text), "ins": ins(at, one, text), "del": dele(at, one, text)}[kind]


@given(st.lists(STEPS, min_size=1, max_size=5))
@settings(max_examples=300)
def test_what_goes_in_as_text_comes_out(paragraphs: list[list[tuple[str, str, str, str]]]) -> None:
    blocks = [para("t", style="Title")]
    blocks += [para("<w:r/>", *(_step(at, step) for at, step in enumerate(steps)), run("£")) for steps in paragraphs]
    text = word.read(BytesIO(made(*blocks)))
    for steps, one in zip(paragraphs, text.paragraphs[1:], strict=True):
        assert one.text == "".join(text for kind, _, _, text in steps if kind in {"kept", "ins"}) + "£"
        assert one.before == "".join(text for kind, _, _, text in steps if kind in {"kept", "del"}) + "£"
    draft = to_draft(text, who)
    document = begun(draft)
    assert [(one.label, one.text) for one in document.paragraphs()] == [(one.label, one.text) for one in draft.blocks]
    for block, paragraph in zip(draft.blocks, document.runs(deleted=True), strict=True):
        if block.words:
            told = [(words.text, words.by, words.deleted_by) for words in block.words]
            assert "".join(one.text for one in paragraph.runs) == "".join(text for text, _, _ in told)
            stands = [(run.text, run.by) for run in paragraph.runs if run.deleted is None]
            assert _by_letter(stands) == _by_letter(
                [(text, f"@{by.casefold()}" if by else "adref") for text, by, gone in told if gone is None]
            )


def _by_letter(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(letter, by) for text, by in runs for letter in text]


def test_names_of_authors_may_be_anything() -> None:
    for name in ('A & B <"C">', "", " ", "x" * 10_000, "\u202eEgypt", "Egypt"):
        found = read(made(para(ins(1, name, "text")).replace('"C"', "&quot;C&quot;")))
        assert found is not None
        assert [one.text for one in found[1].blocks] == ["text"]
