"""Search over HTTP, with places as JavaScript counts them."""

import pytest

from server.http.search import MAX_QUERY, MAX_RESULTS
from tests.integration.http_world import World


async def begin(world: World, text: str) -> None:
    chair = await world.caller("chair")
    answer = await chair.post("/api/chapters/import", content=text.encode(), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 201


async def found(world: World, words: str) -> list[dict[str, object]]:
    answer = await (await world.caller("observer")).get("/api/search", params={"q": words})
    assert answer.status_code == 200
    results: list[dict[str, object]] = answer.json()["results"]
    return results


def marked(result: dict[str, object]) -> str:
    """The words that the result points at, counted in UTF-16 units."""
    start, end = result["start"], result["end"]
    assert isinstance(start, int)
    assert isinstance(end, int)
    return str(result["text"]).encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


async def test_a_look_alike_letter_is_found(world: World) -> None:
    await begin(world, "Draft\n\nС11. Regional cooperation\n\n1) One\n1. Text.\n")  # its С is Cyrillic
    in_title, in_heading = await found(world, "c11")
    assert (in_title["paragraph"], in_title["label"]) == ("", "")
    assert in_title["text"] == in_title["title"] == in_heading["text"]
    assert marked(in_title) == marked(in_heading) == "С11"


async def test_places_are_in_utf_16(world: World) -> None:
    await begin(world, "Music\n1. 𝄞𝄞 the clé 𝄞 stands\n")
    (result,) = await found(world, "CLE 𝄞")
    assert result["label"] == "1"
    assert result["chapter"] == "music"
    assert marked(result) == "clé 𝄞"
    assert result["start"] == 9


async def test_all_chapters_are_searched_as_they_are_now(world: World) -> None:
    await begin(world, "First\n1. Water is a right.\n")
    await begin(world, "Second\n1. Water, water.\n")
    assert [one["chapter"] for one in await found(world, "water")] == ["first", "second", "second"]
    for open_room in (True, False):
        room = await world.services.rooms.open("first")
        await room.write("egypt", lambda document: document.append("paragraph", {"id": "p", "label": ""}, "Water!"))
        if not open_room:
            await world.services.rooms.evict_idle(0)
            await world.services.rooms.evict_idle(1_000)
        assert sum(one["chapter"] == "first" for one in await found(world, "WATER")) == (2 if open_room else 3)


async def test_results_are_bounded(world: World) -> None:
    await begin(world, "Many\n" + f"1. {'word ' * 150}\n")
    assert len(await found(world, "word")) == MAX_RESULTS
    assert await found(world, "  ") == []
    assert await found(world, "nowhere") == []


@pytest.mark.parametrize("query", ["", f"q={'x' * (MAX_QUERY + 1)}"])
async def test_a_search_that_can_t_be(world: World, query: str) -> None:
    answer = await (await world.caller("egypt")).get(f"/api/search?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_strangers_find_nothing(world: World) -> None:
    assert (await world.stranger().get("/api/search?q=x")).status_code == 401
