"""Of which text a Word file was made, as custom properties of the file: so that it can be merged when it comes back."""

from typing import Final
from xml.sax.saxutils import escape

from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part

CHAPTER: Final = "adref-chapter"
SEQ: Final = "adref-seq"
FORM: Final = "adref-form"

_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006"
_RELATION: Final = f"{_OFFICE}/relationships/custom-properties"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_FORMAT: Final = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""The one kind of custom properties that there is."""


def note_origin(document: Document, form: str, chapter: str, seq: int) -> None:
    """Note the form of the paper, the chapter's id, and the last entry of its journal that the text holds.

    Its number is not noted when it is not known (0).
    """
    values = {FORM: _text(form), CHAPTER: _text(chapter)} | ({SEQ: f"<vt:i4>{seq}</vt:i4>"} if seq else {})
    inner = "".join(
        f'<property fmtid="{_FORMAT}" pid="{number}" name="{name}">{value}</property>'
        for number, (name, value) in enumerate(values.items(), 2)
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<Properties xmlns="{_OFFICE}/custom-properties" xmlns:vt="{_OFFICE}/docPropsVTypes">{inner}</Properties>'
    )
    package = document.part.package
    assert package is not None  # noqa: S101 (every document is in one)
    package.relate_to(Part(PackURI("/docProps/custom.xml"), _TYPE, xml.encode(), package), _RELATION)


def _text(value: str) -> str:
    return f"<vt:lpwstr>{escape(value)}</vt:lpwstr>"
