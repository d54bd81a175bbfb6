"""Every error has its place in one table and its form in one document; the OpenAPI document is true."""

import importlib
import pkgutil
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

import auth
import documents
from auth.errors import AuthError, AuthStorageUnavailable
from documents.errors import DocumentsError, ReadOnly, RoomBusy, StorageUnavailable, UpdateMalformed
from server.close_codes import CloseCode
from server.errors import TABLE, UNKNOWN, close_code_of, meaning_of
from server.http import PARTS
from tests.integration.http_world import World, open_world


def classes(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from classes(child)


def all_errors() -> set[type[Exception]]:
    """Every class of error that the packages define, and the server beside them."""
    for package in (documents, auth):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found = {*classes(DocumentsError), *classes(AuthError)}
    return {one for one in found if one.__module__.split(".")[0] in {"documents", "auth", "server"}}


def test_the_table_is_total() -> None:
    assert all_errors() == set(TABLE)


def test_statuses_and_codes_are_what_they_say() -> None:
    for meaning in TABLE.values():
        assert 400 <= HTTPStatus(meaning.status) < 600
        assert meaning.code.replace("-", "").isalpha()
        assert meaning.code == meaning.code.lower()
    statuses = {(meaning.code, meaning.status) for meaning in TABLE.values()}
    assert len({code for code, _ in statuses}) == len(statuses)


def test_what_is_none_of_ours_is_a_fault_of_the_server() -> None:
    assert meaning_of(KeyError("secret")) == UNKNOWN
    assert meaning_of(KeyboardInterrupt()) == UNKNOWN
    assert close_code_of(UpdateMalformed("")) == CloseCode.REFUSED
    assert close_code_of(ReadOnly("")) == CloseCode.TRY_LATER


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not-found"),
        ("GET", "/nothing/at/all", 404, "not-found"),
        ("GET", "/api/chapters/", 404, "not-found"),
        ("PUT", "/api/chapters", 405, "method-not-allowed"),
        ("TRACE", "/api/session", 405, "method-not-allowed"),
    ],
)
async def test_what_is_not_there(world: World, method: str, path: str, status: int, code: str) -> None:
    answer = await (await world.caller("chair")).request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"urn:adref:problem:{code}"
    assert ("allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"{", "application/json"), (b"", "application/json"), (b"\xff", "application/json"), (b"x=1", "text/plain")],
)
async def test_a_body_that_is_no_json(world: World, content: bytes, media_type: str) -> None:
    answer = await (await world.caller("chair")).post(
        "/api/chapters", content=content, headers={"Content-Type": media_type}
    )
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_wrong_is_named(world: World) -> None:
    answer = await (await world.caller("chair")).post("/api/chapters", json={"title": 5})
    (fault,) = answer.json()["errors"]
    assert fault["where"] == "body.title"
    assert fault["where"] in answer.json()["detail"]


async def test_an_unexpected_fault_tells_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise KeyError("secret")

    monkeypatch.setattr(world.services.storage, "chapters", fail)
    answer = await (await world.caller("chair")).get("/api/chapters")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "KeyError" not in answer.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StorageUnavailable("/secret/path: disk full"), "storage"),
        (AuthStorageUnavailable("/secret/path: disk full"), "storage"),
        (RoomBusy("the server"), "busy"),
    ],
)
async def test_a_passing_fault_asks_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    async def fail() -> None:
        raise error

    monkeypatch.setattr(world.services.storage, "chapters", fail)
    for path in ("/api/chapters", "/ready"):
        answer = await (await world.caller("chair")).get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, code)
        assert int(answer.headers["retry-after"]) > 0
        assert "secret" not in answer.text


async def test_health_and_readiness(world: World) -> None:
    stranger = world.stranger()
    for path in ("/health", "/ready"):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    world.services.stopping = True
    assert (await stranger.get("/health")).status_code == 200
    answer = await stranger.get("/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "stopping")


async def test_every_route_is_described(world: World) -> None:
    routes = {
        (method, route.path_format)
        for part in PARTS
        for route in part.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    described = world.description.routes
    assert routes == set(described)
    names = [operation["operationId"] for operation in described.values()]
    assert len(names) == len(set(names)) == len(routes)
    for (_, path), operation in described.items():
        open_to_all = path in {"/health", "/ready", "/api/session", "/api/session/refresh"}
        open_to_all = open_to_all or path.startswith("/papers/")
        assert open_to_all or operation["security"] == [{"bearer": []}, {"cookie": []}], path
        assert open_to_all or {"401", "403"} <= set(operation["responses"]), path
        for status, response in operation["responses"].items():
            assert status < "400" or list(response["content"]) == ["application/problem+json"]


async def test_the_description_names_only_what_it_defines(world: World) -> None:
    document = world.description.document
    named = set(str(document).split("#/components/schemas/")[1:])
    assert {one.split("'")[0] for one in named} == set(document["components"]["schemas"])
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookie"}


async def test_no_page_of_the_documentation_fetches_anything_from_elsewhere(world: World) -> None:
    for path in ("/docs", "/redoc", "/api/docs"):
        assert (await world.stranger().get(path)).status_code == 404


async def test_a_page_that_was_not_built(tmp_path: Path) -> None:
    async with open_world(tmp_path / "meeting", page=tmp_path / "missing") as world:
        stranger = world.stranger()
        assert (await stranger.get("/")).status_code == 503
        for path in ("/icon.svg", "/assets/x"):
            assert (await stranger.get(path)).status_code == 404
