"""Words that move keep their author: the rule, case by case."""

from dataclasses import replace

import pytest
from pycrdt import merge_updates

from documents.authorship.runs import Run, join
from documents.chapter import ChapterDocument
from documents.crdt import update_v1
from tests.property.authorship_people import Device

MINUTE = 60_000
START = 29_000_000
"""The minute in which Egypt writes."""


class Table:
    """Egypt has written a chapter; Japan and Kenya have it before them. Everybody hears of everything at once."""

    def __init__(self, *paragraphs: str) -> None:
        self.chapter = ChapterDocument()
        self.sent: list[bytes] = []
        self.minute = START
        self.egypt, self.japan, self.kenya = (
            Device(name, client) for name, client in (("egypt", 11), ("japan", 12), ("kenya", 13))
        )
        for text in paragraphs:
            self.egypt.append(text)
        self.meet(self.egypt)
        self.minute += 1

    def meet(self, *senders: Device, merged: bool = False) -> None:
        """These send what they have made, in this order; then everybody hears of it."""
        for device in senders or (self.egypt, self.japan, self.kenya):
            for update in device.post(len(device.outbox), merged=merged):
                self.take(update, device.author)
        for device in (self.egypt, self.japan, self.kenya):
            device.hear(self.sent, len(self.sent))

    def take(self, update: bytes, author: str) -> None:
        admitted = self.chapter.take(update, author, self.minute * MINUTE)
        if admitted.update:
            self.sent.append(admitted.update)

    def says(self, *, deleted: bool = False) -> list[list[tuple[str, ...]]]:
        """By paragraph: (text, author), and (text, author, "deleted by …") of what is gone, moved or not."""
        return [
            [_told(run) for run in join(replace(run, moved_by=None) for run in one.runs)]
            for one in self.chapter.runs(deleted=deleted)
        ]


def _told(run: Run) -> tuple[str, ...]:
    return (run.text, run.by, *([f"deleted by {run.deleted.by}"] if run.deleted else []))


def cut(device: Device, text: str, number: int = 0) -> str:
    """Remove this text, which stands once in that paragraph."""
    leaf = device.leaves()[number]
    start = leaf.said.index(text)
    return device.remove(leaf, start, start + len(text))


def put(device: Device, text: str, *, after: str = "", number: int = 0) -> None:
    """Insert this text behind another."""
    leaf = device.leaves()[number]
    device.put(leaf, leaf.said.index(after) + len(after), text)


# What editors do


def test_pressing_enter_makes_nobody_an_author() -> None:
    table = Table("one two three four")
    table.japan.split(table.japan.leaves()[0], 8, head_moves=False)
    table.meet()
    assert table.says() == [[("one two ", "egypt")], [("three four", "egypt")]]
    assert table.chapter.runs()[1].runs == (Run("three four", "egypt", START, None, "japan"),)


def test_the_head_may_be_what_moves() -> None:
    table = Table("one two three four")
    table.japan.split(table.japan.leaves()[0], 8, head_moves=True)
    table.meet()
    assert table.says() == [[("one two ", "egypt")], [("three four", "egypt")]]
    assert table.chapter.runs()[1].runs == (Run("three four", "egypt", START),)


def test_enter_in_the_middle_of_a_word_and_back() -> None:
    table = Table("say a")
    table.japan.split(table.japan.leaves()[0], 2, head_moves=False)
    table.meet()
    assert table.says() == [[("sa", "egypt")], [("y a", "egypt")]]
    first, second = table.japan.leaves()
    table.japan.join(first, second, into_second=False)
    table.meet()
    assert table.says() == [[("say a", "egypt")]]


def test_a_single_letter_comes_back_to_where_it_was() -> None:
    table = Table("word")
    table.japan.split(table.japan.leaves()[0], 3, head_moves=False)
    first, second = table.japan.leaves()
    table.japan.join(first, second, into_second=False)
    table.meet()
    assert table.says() == [[("word", "egypt")]]


@pytest.mark.parametrize("merged", [False, True])
def test_split_and_joined_again(merged: bool) -> None:
    table = Table("one two three four")
    table.japan.split(table.japan.leaves()[0], 9, head_moves=False)
    first, second = table.japan.leaves()
    table.japan.join(first, second, into_second=False)
    table.meet(merged=merged)
    assert table.says() == [[("one two three four", "egypt")]]


@pytest.mark.parametrize("into_second", [False, True])
def test_paragraphs_of_two_people_joined_by_a_third(into_second: bool) -> None:
    table = Table("one two")
    table.kenya.add(table.kenya.leaves()[0], " three four")
    table.meet()
    first, second = table.japan.leaves()
    table.japan.join(first, second, into_second=into_second)
    table.meet()
    assert table.says() == [[("one two", "egypt"), (" three four", "kenya")]]


def test_a_sentence_cut_and_pasted_within_a_paragraph() -> None:
    table = Table("First this. Then that.")
    text = cut(table.japan, "First this. ")
    table.meet()
    put(table.japan, f" {text.strip()}", after="that.")
    table.meet()
    assert table.says() == [[("Then that.", "egypt"), (" ", "japan"), ("First this.", "egypt")]] or table.says() == [
        [("Then that. First this.", "egypt")]
    ]


def test_a_sentence_cut_and_pasted_into_another_paragraph() -> None:
    table = Table("First this. Then that.", "Last.")
    text = cut(table.japan, "Then that.")
    table.minute += 10
    put(table.japan, text, after="Last.", number=1)
    table.meet()
    assert table.says() == [[("First this. ", "egypt")], [("Last.Then that.", "egypt")]]
    assert table.chapter.runs()[1].runs == (
        Run("Last.", "egypt", START),
        Run("Then that.", "egypt", START, None, "japan"),
    )


def test_own_words_typed_around_what_was_pasted_are_ones_own() -> None:
    table = Table("alpha beta gamma", "end")
    cut(table.japan, "beta")
    put(table.japan, "xx beta yy", after="end", number=1)
    table.meet(merged=True)
    assert table.says()[1] == [("end", "egypt"), ("xx ", "japan"), ("beta", "egypt"), (" yy", "japan")] or table.says()[
        1
    ] == [("end", "egypt"), ("xx", "japan"), (" beta ", "egypt"), ("yy", "japan")]


def test_undoing_a_deletion_gives_everybody_their_own_back() -> None:
    table = Table("one two")
    put(table.kenya, " three s", after="two")
    table.meet()
    put(table.egypt, "x", after="three")
    table.meet()
    table.japan.remove(table.japan.leaves()[0], 2, 14)
    table.meet()
    table.japan.undo()
    table.meet()
    assert table.says() == [[("one two", "egypt"), (" three", "kenya"), ("x", "egypt"), (" s", "kenya")]]


def test_undoing_the_deletion_of_a_paragraph_that_two_wrote() -> None:
    table = Table("the colour of it", "end")
    put(table.kenya, "s", after="colour")
    table.meet()
    table.japan.drop(table.japan.leaves()[0])
    table.meet()
    table.japan.undo()
    table.meet()
    assert table.says()[0] == [("the colour", "egypt"), ("s", "kenya"), (" of it", "egypt")]


def test_backspace_letter_by_letter_and_undone_letter_by_letter() -> None:
    table = Table("one word")
    for end in (8, 7, 6, 5):
        table.japan.remove(table.japan.leaves()[0], end - 1, end)
    table.meet()
    for _ in range(4):
        table.japan.undo()
    table.meet()
    assert table.says() == [[("one word", "egypt")]]


def test_typing_over_a_part_of_a_word_and_undoing_it() -> None:
    table = Table("the colour")
    leaf = table.japan.leaves()[0]
    table.japan.replace(leaf, 5, 10, "at")
    table.meet()
    assert table.says() == [[("the c", "egypt"), ("at", "japan")]]
    table.japan.undo()
    table.meet()
    assert table.says() == [[("the colour", "egypt")]]


def test_what_was_removed_around_what_was_removed_before_comes_back() -> None:
    table = Table("abcdefg")
    cut(table.japan, "cd")
    cut(table.japan, "be")
    table.meet()
    table.japan.undo()
    table.meet()
    assert table.says() == [[("abefg", "egypt")]]


def test_a_diff_may_cut_a_shared_beginning_off_and_put_it_at_the_end() -> None:
    """Of "the cat the dog" minus "the cat ", an editor says that "cat the " went."""
    table = Table("the cat the dog", "end ")
    table.japan.remove(table.japan.leaves()[0], 4, 12)
    put(table.japan, "the cat ", after="end ", number=1)
    table.meet()
    assert table.says() == [[("the dog", "egypt")], [("end the cat ", "egypt")]]


@pytest.mark.parametrize("kind", ["heading", "list"])
def test_another_kind_of_block_is_no_other_text(kind: str) -> None:
    table = Table("one a two")
    table.japan.retype(table.japan.leaves()[0], kind)
    table.meet()
    table.japan.retype(table.japan.leaves()[0], "paragraph")
    table.meet()
    assert table.says() == [[("one a two", "egypt")]]


def test_words_that_moved_twice_are_still_their_first_authors() -> None:
    table = Table("one two", "and ", " last")
    put(table.kenya, cut(table.kenya, "two"), after="and ", number=1)
    table.meet()
    put(table.japan, cut(table.japan, "two", 1), number=2)
    table.meet()
    assert table.says() == [[("one ", "egypt")], [("and ", "egypt")], [("two last", "egypt")]]
    assert table.chapter.runs()[2].runs[0] == Run("two", "egypt", START, None, "japan")
    assert table.says(deleted=True) == table.says()


def test_a_word_without_a_letter_that_was_deleted_before() -> None:
    table = Table("a colour")
    cut(table.japan, "u")
    table.meet()
    table.japan.split(table.japan.leaves()[0], 2, head_moves=False)
    table.meet()
    assert table.says() == [[("a ", "egypt")], [("color", "egypt")]]
    assert table.says(deleted=True)[0][-1] == ("u", "egypt", "deleted by japan")


def test_scripts_without_spaces_move_by_two_characters() -> None:
    table = Table("可再生能源", "end")
    put(table.japan, cut(table.japan, "再生"), after="end", number=1)
    table.meet()
    assert table.says() == [[("可能源", "egypt")], [("end再生", "egypt")]]


# At the same moment


def test_what_another_deleted_first_is_not_given_back() -> None:
    table = Table("one two three", "end")
    cut(table.kenya, "two")
    text = cut(table.japan, "two")
    put(table.japan, text, after="end", number=1)
    table.meet(table.kenya, table.japan)
    assert table.says(deleted=True) == [
        [("one ", "egypt"), ("two", "egypt", "deleted by kenya"), (" three", "egypt")],
        [("end", "egypt"), ("two", "japan")],
    ]


def test_two_that_move_the_same_words_at_once() -> None:
    table = Table("one two three", "end")
    for device in (table.kenya, table.japan):
        put(device, cut(device, "two"), after="end", number=1)
    table.meet(table.japan, table.kenya)
    assert sorted(run for paragraph in table.says() for run in paragraph if "two" in run[0]) in (
        [("endtwo", "egypt"), ("two", "kenya")],
        [("end", "egypt"), ("two", "egypt"), ("two", "kenya")],
        [("two", "egypt"), ("two", "kenya")],
        [("two", "kenya")],
    )


def test_what_is_typed_into_a_paragraph_that_is_being_deleted_went_with_it() -> None:
    table = Table("one two", "end")
    put(table.kenya, " three", after="two")
    table.japan.drop(table.japan.leaves()[0])
    table.meet(table.kenya, table.japan)
    gone = [("one two", "egypt", "deleted by japan"), (" three", "kenya", "deleted by japan")]
    assert table.says(deleted=True)[0] == gone
    table.minute += 1
    table.take(table.egypt.post_all()[0], "egypt")
    assert table.says(deleted=True)[0] == gone


def test_what_comes_too_late_into_a_deleted_paragraph_went_with_it() -> None:
    table = Table("one two", "end")
    put(table.kenya, " three", after="two")
    table.japan.drop(table.japan.leaves()[0])
    table.meet(table.japan, table.kenya)
    gone = [("one two", "egypt", "deleted by japan"), (" three", "kenya", "deleted by japan")]
    assert table.says(deleted=True)[0] == gone
    table.minute += 1
    table.take(table.egypt.post_all()[0], "egypt")
    assert table.says(deleted=True)[0] == gone


# What must not work


def test_copies_are_the_copiers() -> None:
    table = Table("one two")
    put(table.japan, "two", after="one ")
    table.meet()
    assert table.says() == [[("one ", "egypt"), ("two", "japan"), ("two", "egypt")]]


def test_what_another_removed_is_not_mine_to_give_back() -> None:
    table = Table("one two three", "end")
    cut(table.kenya, "two")
    table.meet()
    put(table.japan, "two", after="end", number=1)
    table.meet()
    assert table.says()[1] == [("end", "egypt"), ("two", "japan")]


def test_the_second_paste_is_the_pasters() -> None:
    table = Table("one two three", "end")
    cut(table.japan, "two")
    table.meet()
    put(table.japan, "two;", after="end", number=1)
    table.meet()
    put(table.japan, "two;", after="end", number=1)
    table.meet()
    assert table.says()[1] == [("end", "egypt"), ("two;", "japan"), ("two", "egypt"), (";", "japan")]


def test_letters_make_no_words() -> None:
    table = Table("a man of two", "end ")
    for number, letter in enumerate("no"):
        cut(table.japan, letter)
        table.meet()
        put(table.japan, letter, after="end " + "no"[:number], number=1)
        table.meet()
    assert table.says()[1] == [("end ", "egypt"), ("no", "japan")]


def test_a_part_of_a_word_is_no_word_even_when_the_rest_goes_later() -> None:
    table = Table("a theory", "end ")
    cut(table.japan, "the")
    table.meet()
    cut(table.japan, "ory")
    table.meet()
    put(table.japan, "the", after="end ", number=1)
    table.meet()
    assert table.says()[1] == [("end ", "egypt"), ("the", "japan")]


@pytest.mark.parametrize(("removed", "typed"), [("no", "on"), ("stop", "tops"), ("不要", "要不")])
def test_letters_in_another_order_are_another_word(removed: str, typed: str) -> None:
    table = Table(f"say {removed} now", "end ")
    cut(table.japan, removed)
    table.meet()
    put(table.japan, typed, after="end ", number=1)
    table.meet()
    assert table.says()[1] == [("end ", "egypt"), (typed, "japan")]


def test_after_eleven_minutes_it_is_too_late() -> None:
    table = Table("one two three", "end ")
    cut(table.japan, "two")
    table.meet()
    table.minute += 11
    put(table.japan, "two", after="end ", number=1)
    table.meet()
    assert table.says()[1] == [("end ", "egypt"), ("two", "japan")]


def test_to_name_what_another_deleted_is_not_to_delete_it() -> None:
    """A forged delete set: Kenya deleted "two"; Japan's update says that it did so too, and inserts it."""
    table = Table("one two three", "end")
    cut(table.kenya, "two")
    gone = table.kenya.outbox[0]
    table.meet()
    put(table.japan, "two", after="end", number=1)
    deletions = update_v1.write_update([], update_v1.parse(gone).deletes)
    table.take(merge_updates(table.japan.post(1, merged=False)[0], deletions), "japan")
    assert table.says(deleted=True) == [
        [("one ", "egypt"), ("two", "egypt", "deleted by kenya"), (" three", "egypt")],
        [("end", "egypt"), ("two", "japan")],
    ]


def test_a_space_of_ones_own_makes_no_word_of_a_part() -> None:
    table = Table("notable agenda", "Other.")
    for part in ("no", "ag"):
        put(table.japan, " ", after=part)
        table.meet()
        cut(table.japan, part)
        table.meet()
    put(table.japan, " agno", after="Other.", number=1)
    table.meet()
    assert table.says()[1] == [("Other.", "egypt"), (" agno", "japan")]


def test_nor_do_many_letters_that_one_has_deleted_again() -> None:
    table = Table("notable", "Other.")
    put(table.japan, "x" * 5_200, after="not")
    table.meet()
    cut(table.japan, "x" * 5_200)
    table.meet()
    put(table.japan, cut(table.japan, "not"), after="Other.", number=1)
    table.meet()
    assert table.says()[1] == [("Other.", "egypt"), ("not", "japan")]


def test_what_is_left_of_a_word_is_no_other_word() -> None:
    table = Table("the nation", "Other.")
    for part in ("ati", "n"):  # the second one is the last letter: "no" is left
        leaf = table.japan.leaves()[0]
        start = leaf.said.rindex(part)
        table.japan.remove(leaf, start, start + len(part))
        table.meet()
    put(table.japan, f" {cut(table.japan, 'no')}", after="Other.", number=1)
    table.meet()
    assert table.says()[1] == [("Other.", "egypt"), (" no", "japan")]
