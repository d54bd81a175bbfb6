"""What was set aside: its words, its bounds, its form on disk."""

import pytest

from documents.gavel.set_aside import MAX_CHARACTERS, Runs, SetAside, decode_runs, encode_runs


def item(*runs: tuple[str, str]) -> SetAside:
    return SetAside("c", 1, "egypt", "p-1", "1", 0, 0, "", 0, runs)  # type: ignore[arg-type]


def test_words_are_what_was_inserted_and_text_is_all_but_what_was_deleted() -> None:
    kept = item(("kept", "Parties "), ("deleted", "shall"), ("inserted", "may"), ("kept", " report"), ("inserted", "."))
    assert kept.words == "may."
    assert kept.text == "Parties may report."


def test_runs_are_in_their_shortest_form() -> None:
    runs = (("kept", "a"), ("inserted", ""), ("kept", "b"), ("inserted", "c"), ("inserted", "d"), ("kept", ""))
    assert item(*runs).runs == (("kept", "ab"), ("inserted", "cd"))
    assert item().runs == ()


def test_a_long_paragraph_does_not_crowd_out_the_words_at_its_end() -> None:
    kept = item(("kept", "a" * MAX_CHARACTERS), ("deleted", "gone"), ("inserted", "b" * 5), ("kept", "c"))
    assert kept.runs == (("kept", "a" * MAX_CHARACTERS), ("inserted", "b" * 5))
    endless = item(*(run for _ in range(300) for run in (("inserted", "x" * 999), ("deleted", "y" * 999))))
    assert endless.words == "x" * MAX_CHARACTERS
    assert sum(len(text) for _, text in endless.runs) == 2 * MAX_CHARACTERS


@pytest.mark.parametrize("runs", [(), (("kept", 'a"\n\x00'), ("inserted", "مصر 𝄞"), ("deleted", "]"))])
def test_runs_come_back_from_disk(runs: Runs) -> None:
    assert decode_runs(encode_runs(runs)) == runs


@pytest.mark.parametrize(
    "damaged",
    ["", "{", "{}", "null", '"kept"', "[[]]", '[["kept"]]', '[["moved","a"]]', '[["kept",1]]', '["kept","a"]'],
)
def test_anything_else_is_damage(damaged: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_runs(damaged)
