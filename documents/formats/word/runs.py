"""What stands within a paragraph of a Word file: runs of text, changes around them, and all that is not text."""

import re
from dataclasses import dataclass, field
from typing import Final

from documents.formats.debris import without_controls
from documents.formats.word.model import (
    PLAIN,
    Formats,
    Piece,
    Revision,
    RevisionKind,
    WordParagraph,
    WordProblem,
)
from documents.formats.word.nodes import Node
from documents.formats.word.numbering import MAX_LABEL
from documents.formats.word.plain import AS_TEXT, every_text
from documents.formats.word.shared import (
    BOOKMARK,
    LABEL_STYLE,
    LEFT_TO_RIGHT,
    MAX_QUOTE,
    STATUS_STYLE,
    TRACKED,
    Field,
    NoteText,
    Shared,
    Where,
    chosen,
    quoted,
)  # fmt: skip

MAX_FIELDS: Final = 50
"""Fields within each other; further ones are not told from text."""

MAX_BOOKMARK: Final = 40
"""Characters of a bookmark's name."""

_GOOGLE: Final = "goog_rdk_"
"""The tags of those form's fields that Google Docs puts around every change."""
_TRANSPARENT: Final = frozenset((
    "w:hyperlink", "w:fldSimple", "w:smartTag", "w:customXml", "w:dir", "w:bdo", "w:sdtContent", "w:rt", "w:rubyBase",
))  # fmt: skip
_FORMATS: Final = (
    ("strong", "w:b"),
    ("em", "w:i"),
    ("underline", "w:u"),
    ("strike", "w:strike"),
    ("strike", "w:dstrike"),
)
_OTHER_FORMATS: Final = ("w:caps", "w:smallCaps", "w:vertAlign", "w:highlight", "w:color", "w:shd")
_SPACES: Final = re.compile(r"[\t\n\r]+")
_WITHIN: Final = re.compile(r'\\l ("[^"]*"|\S+)')
"""What the code of a link says that leads to a place in the same file."""
_PRIVATE: Final = re.compile("[\ue000-\uf8ff]")


@dataclass(slots=True)
class Runs:
    """Reads the content of one paragraph into it."""

    shared: Shared
    into: WordParagraph
    boxes: list[Node] = field(default_factory=list)
    """The contents of text boxes that hang on it, to be read after it."""
    _seen: set[WordProblem | str] = field(default_factory=set)
    """The problems and comments that were noted already."""
    _label: str = ""
    """What one of our own files tells as the label, so far."""

    def problem(self, code: str, message: str) -> None:
        """Note a problem, each once."""
        one = WordProblem(code, message)
        if one not in self._seen:
            self._seen.add(one)
            self.into.problems.append(one)

    def read(self, node: Node, where: Where) -> None:
        """All that stands within a node."""
        before = Node("")
        for child in chosen(node):
            self._inline(child, where)
            if child.name == "w:bookmarkEnd" and before.get("w:name") == self.into.bookmark != "":
                self.into.is_gone = True
            before = child

    def changed(self, node: Node, kind: RevisionKind) -> Revision:
        """Note a tracked change."""
        revision = self.shared.revision(node, kind)
        self.into.revisions.append(revision)
        return revision

    def formatting(self, properties: Node | None) -> None:
        """Note tracked changes of properties: only that there were some."""
        for node in properties.walk() if properties else ():
            if node.name.endswith("Change") and node.name.startswith("w:"):
                who = self.changed(node, "formatting").author
                self.problem("format-change", f"a change of the form alone, by {who or 'nobody named'}, was accepted")
        numbered = properties.find("w:numPr", "w:ins") if properties else None
        if numbered is not None:
            self.changed(numbered, "formatting")

    def _inline(self, node: Node, where: Where) -> None:
        name = node.name
        if name == "w:r":
            self._run(node, where)
        elif name in TRACKED:
            self.read(node, where.within(self.changed(node, TRACKED[name])))
        elif name in {"w:commentRangeStart", "w:commentReference"}:
            self._comment(node)
        elif name in {"m:oMath", "m:oMathPara"}:
            self.problem("equation", "an equation was kept as its letters and signs, one after the other")
            self._add(every_text(node, ("w:del", "w:moveFrom")), where)  # their text stands among the changes
        elif name == "w:sdt":
            self._control(node, where)
        elif name in _TRANSPARENT:
            self._around(node)
            self.read(node, where)
        elif name in {"w:subDoc", "w:altChunk"}:
            self.embedded(node)
        elif name != "w:pPr":
            self._mark(node)
            self.unknown(node)

    def _mark(self, node: Node) -> None:
        if node.name == "w:bookmarkStart" and node.get("w:name").startswith(BOOKMARK):
            self.into.bookmark = self.into.bookmark or node.get("w:name")[:MAX_BOOKMARK]
        self.shared.mark(node)

    def embedded(self, node: Node) -> None:
        """Say that a file within the file is left out."""
        self.problem("embedded-file", f"a file within the file was left out: {quoted(every_text(node))}")

    def unknown(self, node: Node) -> None:
        """Quote the text within something that is not known here, if it has any."""
        if text := every_text(node):
            self.problem("unknown-element", f"text within {node.name[:60]!r} was left out: {quoted(text)}")

    def _around(self, node: Node) -> None:
        """What an element says of the text within it."""
        if node.name == "w:fldSimple":
            self._computed(node.get("w:instr"))
        if address := self.shared.links.get(node.get("r:id")):
            self._link(address)

    def _control(self, node: Node, where: Where) -> None:
        if is_unfilled(node):
            told = quoted(every_text(node))
            self.problem("content-control", f"a field that nobody filled in was left out: {told}")
            return
        if not (node.value("w:sdtPr", "w:tag") or "").startswith(_GOOGLE):
            self.problem("content-control", "a form's field was kept as the text in it")
        self.read(node, where)

    def _comment(self, node: Node) -> None:
        if node.get("w:id") not in self._seen:
            self._seen.add(node.get("w:id"))
            self.into.comments.append(node.get("w:id"))

    def _run(self, node: Node, where: Where) -> None:
        properties = node.find("w:rPr")
        self.formatting(properties)
        if properties is not None and self._hidden(properties):
            if text := every_text(node):
                self.problem("hidden-text", f"hidden text was left out: {quoted(text)}")
            return
        style = properties.value("w:rStyle") if properties else None
        if style in {LABEL_STYLE, STATUS_STYLE}:
            self._own(style, "".join(one.text for one in node.walk() if one.name in {"w:t", "w:delText"}), where)
            return
        for child in chosen(node):
            self._content(child, where, properties)

    def _own(self, style: str | None, text: str, where: Where) -> None:
        """What our own files tell by a style: the label or the status. Those that are deleted do not count."""
        text = text.replace(LEFT_TO_RIGHT, "")
        if where.deleted is not None:
            self.problem("label-changed", f"what was deleted before the text was its label or status: {quoted(text)}")
        elif style == STATUS_STYLE:
            self.into.status += text
        else:
            self._label += text  # word processors cut runs as they like
            self.into.label = self._label.removesuffix(" " if self.into.kind == "heading" else ".")[:MAX_LABEL]

    def _hidden(self, properties: Node) -> bool:
        if properties.find("w:vanish") is not None:
            return properties.is_on("w:vanish")
        return self.shared.styles.hides(properties.value("w:rStyle"))

    def _content(self, node: Node, where: Where, properties: Node | None) -> None:
        name = node.name
        if name in {"w:t", "w:delText"}:
            self._text(node, where, properties)
        elif name in AS_TEXT:
            self._special(name, where, properties)
        elif name == "w:sym":
            self._symbol(node, where, properties)
        elif name in {"w:instrText", "w:delInstrText", "w:fldChar"}:
            self._field(node)
        else:
            self._object(node, where)

    def _object(self, node: Node, where: Where) -> None:
        name = node.name
        if name in {"w:footnoteReference", "w:endnoteReference"}:
            kind = name[2:].removesuffix("Reference")
            name = f"{kind} {node.get('w:id')}"
            note = self.shared.notes.get(name, NoteText("", []))
            self.shared.told_notes.add(name)
            self.problem(kind, f"a {kind} was left out: {quoted(note.text)}")
            self.into.revisions += note.revisions
            note.revisions.clear()
        elif name == "w:commentReference":
            self._comment(node)
        elif name in {"w:drawing", "w:pict", "w:object"}:
            self._drawing(node)
        elif name == "w:ruby":
            self.problem("ruby", "what stood above the letters was put behind them")
            self.read(Node("", children=sorted(node.children, key=lambda child: child.name == "w:rt")), where)
        elif name != "w:rPr":
            self.unknown(node)

    def _text(self, node: Node, where: Where, properties: Node | None) -> None:
        kept = node.text if node.get("xml:space") == "preserve" else node.text.strip(" \t\n\r")
        if node.name == "w:delText" and where.deleted is None:
            self.problem("deleted-text", f"text that is marked as deleted, by nobody, was left out: {quoted(kept)}")
            return
        self._look(properties, kept)
        self._add(kept, where, self._formats(properties))

    def _special(self, name: str, where: Where, properties: Node | None) -> None:
        text = AS_TEXT[name]
        if text.isspace() and not self.shared.own:
            self.problem("layout", "tabs and line breaks became spaces")
            text = " "
        self._add(text, where, self._formats(properties))

    def _symbol(self, node: Node, where: Where, properties: Node | None) -> None:
        code = node.get("w:char")[:6]
        letter = chr(int(code, 16)) if re.fullmatch("[0-9A-Fa-f]{1,5}", code) else "\ufffd"
        known = letter.isprintable() and not _PRIVATE.match(letter)
        self.problem("symbol", f"a sign of the font {quoted(node.get('w:font'))} ({code}) may read wrongly")
        self._add(letter if known else "\ufffd", where, self._formats(properties))

    def _field(self, node: Node) -> None:
        fields, kind = self.shared.fields, node.get("w:fldCharType")
        if node.name != "w:fldChar":
            if fields:
                fields[-1].code = (fields[-1].code + node.text)[:MAX_QUOTE]
        elif kind == "begin" and len(fields) < MAX_FIELDS:
            fields.append(Field())
        elif kind == "separate" and fields:
            fields[-1].showing = True
        elif kind == "end" and fields:
            self._end_field(fields.pop())

    def end_fields(self) -> None:
        """At the end of a paragraph: no code goes on in the next, lest a field without end hide all that follows."""
        fields = self.shared.fields
        while any(not one.showing for one in fields):
            self._end_field(fields.pop())

    def _end_field(self, ended: Field) -> None:
        self._computed(ended.code)
        if hidden := "".join(ended.hidden).strip():
            self.problem("field", f"text in the code of a computed text was left out: {quoted(hidden)}")

    def _computed(self, code: str) -> None:
        name, _, address = " ".join(code.split()).partition(" ")
        if name != "HYPERLINK":
            self.problem("field", f"a computed text was kept as it stood: {quoted(code)}")
        elif address and not _WITHIN.fullmatch(address):
            self._link(address.replace('"', ""))

    def _link(self, address: str) -> None:
        self.problem("link", f"the address behind a link was left out: {quoted(address)}")

    def _formats(self, properties: Node | None) -> Formats:
        """The formats that are kept. What a run says itself counts for more than its style."""
        if properties is None:
            return PLAIN
        style = properties.value("w:rStyle")
        return frozenset(name for name, tag in _FORMATS if self._is_on(properties, tag, style))

    def _is_on(self, properties: Node, tag: str, style: str | None) -> bool:
        if properties.find(tag) is not None:
            return properties.is_on(tag)
        return style is not None and self.shared.styles.has_on(style, tag)

    def _look(self, properties: Node | None, text: str) -> None:
        if properties is None or self.shared.own or not text.strip():
            return
        if properties.is_on("w:strike") or properties.is_on("w:dstrike"):
            self.problem("struck-through", f"text that was struck through by hand was kept: {quoted(text)}")
        if any(properties.is_on(name) for name in _OTHER_FORMATS):
            self.problem("formatting", "capitals, colours, highlighting and the like were left out")

    def _drawing(self, node: Node) -> None:
        boxes = list(_topmost(node, "w:txbxContent"))
        self.boxes += boxes
        if boxes:
            self.problem("text-box", "the text of a box became paragraphs after this one")
            if beside := every_text(node, ("w:txbxContent",)):
                self.problem("picture", f"what stood in a picture beside it was left out: {quoted(beside)}")
            return
        told = next((one for one in node.walk() if one.name in {"wp:docPr", "v:shape"}), Node(""))
        named = told.get("descr") or told.get("alt") or told.get("title") or told.get("name")
        self.problem("picture", f"a picture or object was left out: {quoted(f'{named} {every_text(node)}')}")

    def _add(self, text: str, where: Where, formats: Formats = PLAIN) -> None:
        text, controls = without_controls(text if self.shared.own else _SPACES.sub(" ", text))
        if controls:
            self.problem("control-character", f"control characters were dropped: {', '.join(controls)}")
        code = next((one for one in self.shared.fields if not one.showing), None)
        if code is not None:
            code.hidden.append(text)
        elif text:
            self.into.pieces.append(Piece(text, where.inserted, where.deleted, formats))


def is_unfilled(control: Node) -> bool:
    """Whether a form's field shows what is to be filled in, since nobody did."""
    return control.is_on("w:sdtPr", "w:showingPlcHdr")


def _topmost(node: Node, name: str) -> list[Node]:
    if node.name == name:
        return [node]
    return [found for child in chosen(node) for found in _topmost(child, name)]
