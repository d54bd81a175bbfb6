"""What the people of a random history do with their hands: which editing, where, and with which words."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.property.authorship_people import Device, Leaf, Letters


@dataclass(slots=True)
class Hand:
    """Somebody at a device, and the numbers by which chance tells them what to do."""

    device: Device
    letters: Letters
    cut: list[str]
    """What they have removed or copied, oldest first."""
    others: list[str]
    """What anybody has."""
    a: int
    b: int
    c: int

    @property
    def leaves(self) -> list[Leaf]:
        return self.device.leaves()

    @property
    def leaf(self) -> Leaf:
        leaves = self.leaves
        return leaves[self.a % len(leaves)]

    @property
    def range(self) -> tuple[int, int]:
        return _range(self.leaf.said, self.b, self.c)

    def after(self) -> Leaf | None:
        """The block behind."""
        leaf = self.leaf
        beside = (one for one in self.leaves if one.parent == leaf.parent and one.index == leaf.index + 1)
        return next(beside, None)


def type_(hand: Hand) -> None:
    """New words; or a few letters in the middle of others'."""
    hand.device.put(hand.leaf, hand.range[0], hand.letters.text(hand.c))


def cut(hand: Hand) -> None:
    """Delete a range: it may be pasted later."""
    start, end = hand.range
    if start < end:
        hand.device.last_cut = hand.a, start, hand.leaf.said[start:end]
        hand.cut.append(hand.device.remove(hand.leaf, start, end))


def backspace(hand: Hand) -> None:
    """Delete some letters one by one."""
    _, end = hand.range
    for place in reversed(range(max(0, end - 3), end)):
        hand.device.remove(hand.leaf, place, place + 1)


def copy(hand: Hand) -> None:
    """Take without removing."""
    start, end = hand.range
    hand.cut.append(hand.leaf.said[start:end])


def paste(hand: Hand) -> None:
    """Something of late: as it is, as a paragraph, among own words, in another order, or a part of it."""
    if not hand.cut:
        return
    text, how = hand.cut[-1 - hand.b % min(3, len(hand.cut))], hand.c
    if how % 4 == 0:
        text = text[: len(text) // 2] if how % 8 else text[-(1 + how % 5) :]
    if how % 6 == 0:
        hand.device.add(hand.leaf, text)
        return
    if how % 6 == 1:
        text = hand.letters.text(how // 6) + text + hand.letters.text(how // 7)
    elif how % 6 == 2:
        text = text[len(text) // 2 :] + text[: len(text) // 2]
    hand.device.put(hand.leaf, hand.range[0], text)


def steal(hand: Hand) -> None:
    """Insert what somebody else removed."""
    if hand.others:
        hand.device.put(hand.leaf, hand.range[0], hand.others[hand.b % len(hand.others)])


def collect(hand: Hand) -> None:
    """Compose something of single letters."""
    letters = [char for text in hand.cut for char in text][-6:]
    start = hand.range[0]
    for letter in letters[hand.b % 3 :: 2]:
        hand.device.put(hand.leaf, start, letter)


def replace(hand: Hand) -> None:
    """Type over a selection."""
    start, end = hand.range
    if start < end:
        hand.cut.append(hand.leaf.said[start:end])
        hand.device.replace(hand.leaf, start, end, hand.letters.text(hand.a))


def split(hand: Hand) -> None:
    """Press Enter."""
    hand.device.split(hand.leaf, hand.range[0], head_moves=hand.c % 5 == 0)


def join(hand: Hand) -> None:
    """Press Backspace at the beginning of a block."""
    after = hand.after()
    if after is not None:
        hand.device.join(hand.leaf, after, into_second=hand.c % 4 == 0)


def across(hand: Hand) -> None:
    """Delete from the middle of a block into the next."""
    after = hand.after()
    if after is not None:
        start, end = hand.range[0], hand.c % (len(after.said) + 1)
        hand.cut.extend((hand.leaf.said[start:], after.said[:end]))
        hand.device.cut_across(hand.leaf, start, after, end)


def retype(hand: Hand) -> None:
    """Make it another kind of block."""
    hand.device.retype(hand.leaf, ("heading", "paragraph", "list")[hand.c % 3])


def drag(hand: Hand) -> None:
    """Move a block."""
    hand.device.drag(hand.leaf, hand.c % (len(hand.leaves) + 1))


def add(hand: Hand) -> None:
    """A new block, perhaps an empty one."""
    hand.device.add(hand.leaf, hand.letters.text(hand.c) if hand.b % 3 else "")


def drop(hand: Hand) -> None:
    """Delete a block."""
    if len(hand.leaves) > 2:
        hand.cut.append(hand.leaf.said)
        hand.device.drop(hand.leaf)


def mark(hand: Hand) -> None:
    """Make it bold, or not."""
    hand.device.mark(hand.leaf, *hand.range, True if hand.a % 3 else None)


def take_back(hand: Hand) -> None:
    """Put what was removed last to where it was, by hand."""
    if hand.device.last_cut is not None:
        block, place, text = hand.device.last_cut
        leaf = hand.leaves[block % len(hand.leaves)]
        hand.device.put(leaf, min(place, len(leaf.said)), text)


HANDS: dict[str, tuple[int, Callable[[Hand], object]]] = {
    "type": (14, type_),
    "cut": (16, cut),
    "backspace": (2, backspace),
    "copy": (2, copy),
    "paste": (14, paste),
    "steal": (2, steal),
    "collect": (2, collect),
    "replace": (3, replace),
    "split": (7, split),
    "join": (6, join),
    "across": (2, across),
    "retype": (3, retype),
    "drag": (2, drag),
    "add": (2, add),
    "drop": (2, drop),
    "mark": (4, mark),
    "undo": (7, lambda hand: hand.device.undo()),
    "redo": (2, lambda hand: hand.device.redo()),
    "take_back": (3, take_back),
}
"""What can be done, and how often it is."""


def _range(said: str, b: int, c: int) -> tuple[int, int]:
    """A range of a text: some characters, the rest of it, or a word, perhaps with what stands behind it."""
    start = b % (len(said) + 1)
    if c % 4 == 0:
        return start, min(len(said), start + 1 + c % 3)
    if c % 4 == 1:
        return start, len(said) if c % 8 == 1 else min(len(said), start + 8)
    while start and said[start - 1].isalnum():
        start -= 1
    end = start
    while end < len(said) and said[end].isalnum():
        end += 1
    return start, min(len(said), end + c % 2)
