"""Ways round the gavel that an adversary found, and structures that no editor makes: each is undone exactly."""

from typing import Any

import pytest
from pycrdt import XmlElement, XmlText

from documents import protocol, update_v1
from documents.chapter import ChapterDocument
from documents.sequence import Block
from documents.update_v1 import Id
from tests.editorkit import Editor, content
from tests.roomkit import quiet
from tests.unit.test_gavel import RULED, Act, Scene, all_of, block, delete, insert, remove, scene, words


async def hand_in(one: Scene, editor: Editor, act: Act) -> None:
    """An editor's lawful edit, known to all."""
    with editor.doc.transaction():
        act(editor)
    editor.post()
    await quiet(one.room, *one.editors)


def post_raw(editor: Editor, update: bytes) -> None:
    """An update that no library made."""
    editor.post_frame(protocol.sync_update(update))


def tree(one: Scene) -> Any:
    return content(one.other)["text"]


def attributes_of(node: XmlElement | XmlText) -> dict[str, Any]:
    view: Any = node.attributes
    return dict(iter(view))


def odd_attributes(one: Scene) -> tuple[str, str]:
    return repr(attributes_of(block(one.other, 1))["x"]), repr(attributes_of(words(one.other, 1))["y"])


def first_words(document: ChapterDocument, paragraph: str) -> tuple[Id, Block]:
    """A paragraph's text, and its first block."""
    item = document.item_of(paragraph)
    assert item is not None
    text = next(iter(document.sequence.line(document.ledger.types[item])))
    return text.id, next(iter(document.sequence.line(document.ledger.types[text.id])))


@pytest.mark.parametrize(("ruled", "forged"), [(1, True), (0, False), ({"a": [1]}, {"a": [True]})])
async def test_a_number_is_no_truth_value(ruled: object, forged: object) -> None:
    async with scene() as one:
        await hand_in(one, one.holder, lambda editor: block(editor, 1).attributes.__setitem__("level", ruled))
        await one.lock("p-2")
        before = repr(attributes_of(block(one.other, 1))["level"])
        await one.play(lambda editor: block(editor, 1).attributes.__setitem__("level", forged))
        assert repr(attributes_of(block(one.other, 1))["level"]) == before


@pytest.mark.parametrize("value", [{"a": [1, "x", None, {"b": 2.5}]}, [1, 2], 2**60, True, "s"])
@pytest.mark.parametrize("how", ["remove", "set", "unset"])
async def test_attributes_of_any_kind_are_set_back_on_elements_and_texts(value: object, how: str) -> None:
    def put(editor: Editor) -> None:
        block(editor, 1).attributes["x"] = value
        words(editor, 1).attributes["y"] = value

    def unset(editor: Editor) -> None:
        del block(editor, 1).attributes["x"]
        del words(editor, 1).attributes["y"]

    def other(editor: Editor) -> None:
        block(editor, 1).attributes["x"] = words(editor, 1).attributes["y"] = "other"

    async with scene() as one:
        await hand_in(one, one.holder, put)
        await one.lock("p-2")
        before = odd_attributes(one)
        await one.play({"remove": remove(1), "set": other, "unset": unset}[how])
        assert odd_attributes(one) == before


async def test_an_element_without_a_name_comes_back() -> None:
    def odd(editor: Editor) -> None:
        nameless = block(editor, 1).children.append(XmlElement(""))
        nameless.children.append(XmlElement("x")).children.append(XmlText("deep"))

    async with scene() as one:
        await hand_in(one, one.holder, odd)
        await one.lock("p-2")
        before = tree(one)
        await one.play(remove(1))
        assert tree(one) == before
        assert one.room.read_only is None


async def test_elements_as_deep_as_may_be_come_back() -> None:
    def deep(editor: Editor) -> None:
        node = block(editor, 1)
        for level in range(22):
            node.children.append(XmlText(f"text {level}"))
            node = node.children.append(XmlElement("x"))

    async with scene() as one:
        await hand_in(one, one.holder, deep)
        await one.lock("p-2")
        before = tree(one)
        await one.play(remove(1))
        await one.play(all_of(lambda editor: block(editor, 1).children.__delitem__(2), delete(1, 0, 3)))
        assert tree(one) == before


async def test_words_between_two_pictures_keep_their_authors_when_both_are_deleted() -> None:
    def pictures(editor: Editor) -> None:
        words(editor, 1).insert(12, "AAAA")
        words(editor, 1).insert_embed(12, {"i": 1})
        words(editor, 1).insert_embed(17, {"i": 2})

    def without(editor: Editor) -> None:
        del words(editor, 1)[17:18]
        del words(editor, 1)[12:13]

    async with scene() as one:
        await hand_in(one, one.holder, pictures)
        await one.lock("p-2")
        before = tree(one)
        await one.play(without, insert(1, 15, "HH"))
        runs = tree(one)[1][2][0]
        assert [run[0] for run in runs] == ["Paragraph 2.", {"i": 1.0}, "AAHHAA", {"i": 2.0}]
        assert before[1][:2] == tree(one)[1][:2]
        written = "".join(text for text, author in await one.authors("p-2") if author == "holder")
        assert written.replace(" ", "") == "AAHHAA"


@pytest.mark.parametrize("value", ["null", "1", "[1]", '{"a": {"b": [1, null]}}', "true"])
@pytest.mark.parametrize("act", [remove(1), delete(1, 0, 6), insert(1, 2, "ZZ")])
async def test_whatever_is_embedded_comes_back(value: str, act: Act) -> None:
    async with scene() as one:
        text, first = await one.room.read(lambda document: first_words(document, "p-2"))
        beside = (first.client, first.clock + 3), (first.client, first.clock + 4)
        struct = update_v1.write_struct(update_v1.EMBED, update_v1.write_string(value), *beside, text)
        post_raw(one.holder, update_v1.write_update([(909, 0, [struct])], []))
        await quiet(one.room, *one.editors)
        await one.lock("p-2")
        before = tree(one)
        await one.play(act)
        assert tree(one) == before


async def test_what_was_deleted_and_put_back_a_thousand_times_is_still_found() -> None:
    async with scene() as one:
        await one.lock("p-2")
        _, first = await one.room.read(lambda document: first_words(document, "p-2"))
        original = first.client, first.clock, 1
        for _ in range(1_100):
            del words(one.offender, 1)[0:1]
            one.offender.post()
            await one.room.read(lambda _: None)
            one.offender.take()
        assert await one.text() == RULED
        post_raw(one.holder, update_v1.write_update([], [original]))
        await quiet(one.room, *one.editors)
        assert one.room.read_only is None
        assert (await one.text())["p-2"] == "aragraph 2."
