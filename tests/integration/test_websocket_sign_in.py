"""Signing in at the socket: by four ways, with good and bad credentials, and never into the log."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from auth.meeting import Meeting
from auth.tokens import Signer, load_or_create_key
from server.database import open_database
from server.offline import KEY
from tests.livekit import LiveServer
from tests.wirekit import Wire, address, eventually, wire


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(
        tmp_path_factory.mktemp("sign-in") / "data", {"log_level": "debug", "origins": ["https://pages.example"]}
    )
    live.start()
    yield live
    live.stop()


async def is_let_in(client: Wire) -> bool:
    """Whether the room greets the client."""
    await eventually(lambda: "step1" in client.kinds() or client.socket.close_code is not None, "an answer")
    return client.socket.close_code is None


async def test_a_token_in_the_address(server: LiveServer) -> None:
    async with wire(server, "egypt") as client:
        assert await is_let_in(client)


async def test_a_token_in_the_header(server: LiveServer) -> None:
    async with wire(server, None, headers=server.bearer("egypt")) as client:
        assert await is_let_in(client)


async def test_a_token_as_a_subprotocol(server: LiveServer) -> None:
    """The answer names the plain subprotocol alone: the token is not sent back."""
    offered = [Subprotocol("adref"), Subprotocol(f"adref.bearer.{server.tokens['egypt']}")]
    async with wire(server, None, options={"subprotocols": offered}) as client:
        assert await is_let_in(client)
        assert client.socket.subprotocol == "adref"


def cookie(server: LiveServer, **more: str) -> Mapping[str, str]:
    return {"Cookie": f"other=1; adref_session={server.tokens['egypt']}", **more}


async def test_the_cookie_on_a_page_of_ours(server: LiveServer) -> None:
    for origin in (server.url, "https://pages.example"):
        async with wire(server, None, headers=cookie(server, Origin=origin)) as client:
            assert await is_let_in(client)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1.evil.example", "file://", None]
)
async def test_the_cookie_on_no_page_of_ours(server: LiveServer, origin: str | None) -> None:
    """Any page can make a browser connect with our cookie; a browser always says which page it was."""
    headers = cookie(server) if origin is None else cookie(server, Origin=origin)
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(server), additional_headers=headers):
            pass
    assert refused.value.response.status_code == 403


async def test_a_token_is_good_on_any_page(server: LiveServer) -> None:
    """Whoever has a token did not get it from our cookie."""
    async with wire(server, "egypt", headers={"Origin": "https://elsewhere.example"}) as client:
        assert await is_let_in(client)


async def test_nobody_is_not_let_in(server: LiveServer) -> None:
    async with wire(server, None) as client:
        assert await client.closed() == 4401
        assert client.kinds() == []


def bent_tokens(server: LiveServer) -> dict[str, str]:
    good = server.tokens["egypt"]
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    return {
        "garbage": "garbage",
        "cut": good[:-4],
        "unsigned": jwt.encode(claims, "", algorithm="none"),
        "of another key": jwt.encode(claims, "x" * 32, algorithm="HS256"),
        "another's body": f"{head}.{server.tokens['chair'].split('.')[1]}.{signature}",
        "twice": f"{head}.{body}.{signature}.{signature}",
        "very long": "x" * 4_000,
    }


async def test_garbage_is_not_let_in(server: LiveServer) -> None:
    for what, token in bent_tokens(server).items():
        async with wire(server, None, token=token) as client:
            assert await client.closed() == 4401, what
            assert client.kinds() == []


async def open_session(server: LiveServer, who: str, seconds: int) -> str:
    """A session as `adref token` opens it, in another process than the server."""
    async with await open_database(server.data) as database:
        meeting = await Meeting.open(database.auth, Signer(load_or_create_key(server.data / KEY)))
        return await meeting.open_session(who, seconds)


async def test_a_session_ends_in_the_open_connection(server: LiveServer) -> None:
    """And its token, expired, opens no other."""
    token = await open_session(server, "japan", 3)
    async with wire(server, None, token=token) as client:
        assert await is_let_in(client)
        assert await client.closed() == 4401
    async with wire(server, None, token=token) as client:
        assert await client.closed() == 4401


async def test_an_unknown_chapter(server: LiveServer) -> None:
    async with wire(server, "egypt", "nowhere") as client:
        assert await client.closed() == 4404
    async with wire(server, None, "nowhere") as client:  # whoever is not signed in does not learn what there is
        assert await client.closed() == 4401


async def test_too_many_connections_of_one_participant(live: Callable[..., LiveServer]) -> None:
    server = live(connections_per_participant=2)
    async with wire(server, "egypt") as one, wire(server, "egypt") as two:
        assert await is_let_in(one)
        assert await is_let_in(two)
        async with wire(server, "egypt") as third:
            assert await third.closed() == 1013
        async with wire(server, "japan") as other:
            assert await is_let_in(other)
    async with wire(server, "egypt") as again:
        assert await is_let_in(again)


async def test_too_many_connections_in_all(live: Callable[..., LiveServer]) -> None:
    server = live(connections=2)
    async with wire(server, "egypt") as one, wire(server, "japan") as two:
        assert await is_let_in(one)
        assert await is_let_in(two)
        async with wire(server, "kenya") as third:
            assert await third.closed() == 1013


async def test_too_many_chapters(live: Callable[..., LiveServer]) -> None:
    server = live(rooms=1)
    created: Any = await asyncio.to_thread(server.request, "POST", "/api/chapters", json={"title": "Another"})
    other = json.loads(created.text)["id"]
    async with wire(server, "egypt") as one:
        assert await is_let_in(one)
        async with wire(server, "egypt", other) as two:
            assert await two.closed() == 1013


async def test_no_token_is_in_the_log(server: LiveServer) -> None:
    """At the most talkative level, after all that the tests above did, and a refusal besides."""
    offered = [Subprotocol("adref"), Subprotocol(f"adref.bearer.{server.tokens['egypt']}")]
    async with (
        wire(server, "japan") as one,
        wire(server, None, headers=server.bearer("acme")) as two,
        wire(server, None, options={"subprotocols": offered}) as three,
    ):
        for client in (one, two, three):
            await client.send(b"nonsense")
            assert await client.closed() == 4400
    log = server.log()
    assert log.count("was refused") >= 3
    for token in [*server.tokens.values(), *bent_tokens(server).values()]:
        for part in (token, token.rsplit(".", 1)[-1]):
            assert part in ("", "garbage") or part not in log
