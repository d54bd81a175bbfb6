"""A Word file that comes back, as it is read."""

from io import BytesIO

from documents.formats import word
from documents.formats.word.returned import returned
from tests.wordkit import dele, ins, para
from tests.wordkit import word as made


def test_a_label_in_the_text_is_no_change() -> None:
    file = returned(
        word.read(
            BytesIO(
                made(
                    para("1. Foo bar"),
                    para("2. Foo ", dele(1, "Egypt", "old"), ins(2, "Egypt", "new")),
                    para(dele(3, "Egypt", "3"), ins(4, "Egypt", "3 bis"), ". Foo bar"),
                )
            )
        ),
        lambda _: "",
        lambda _: False,
    )
    assert [(one.label, one.text, one.before) for one in file.paragraphs] == [
        ("1", "Foo bar", "Foo bar"),
        ("2", "Foo new", "Foo old"),
        ("3 bis", "Foo bar", "3. Foo bar"),
    ]
