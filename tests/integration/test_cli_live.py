"""Commands beside a server that serves the same folder; and the API over a real connection."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.livekit import CHAPTER, ROOT, LiveServer

Live = Callable[..., LiveServer]


def adref(*arguments: object) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "server", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_token_and_a_link_of_the_command_line_are_good_at_once(live: Live) -> None:
    server = live()
    token = adref("token", "ifip", "--data", server.data)
    answer = httpx.get(f"{server.url}/api/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["participant"]["id"] == "ifip"
    link = adref("invite", "egypt", "--data", server.data)
    with httpx.Client(base_url=server.url) as page:
        answer = page.post("/api/session", json={"invitation": link.partition("#")[2]})
        assert answer.json()["participant"]["id"] == "egypt"
        assert page.get("/api/chapters").status_code == 200


def test_links_name_the_port_that_is_served(live: Live) -> None:
    server = live()
    made = server.request("POST", "/api/participants/egypt/invitations")
    assert made.json()["link"].startswith(f"{server.url}/join#")


def test_a_text_imported_beside_the_server_is_served(live: Live, tmp_path: Path) -> None:
    server = live()
    draft = tmp_path / "draft.txt"
    draft.write_text("C7. Access – Ψ\n\n1) People\n1. Every person counts.\n", "utf-8")
    report = json.loads(adref("import", draft, "--data", server.data, "--json"))
    assert server.text(report["chapter"]) == "C7. Access – Ψ\nPeople\nEvery person counts.\n"
    assert server.request("POST", "/api/chapters", json={"title": "C7. Access"}).json()["id"] == "c7-access-2"


def test_check_and_backup_beside_the_server(live: Live, tmp_path: Path) -> None:
    server = live()
    for number in range(20):
        server.request("POST", "/api/chapters", json={"title": f"Chapter {number}"})
    (paragraph,) = server.get(f"/api/chapters/{CHAPTER}/paragraphs").json()["paragraphs"]
    for number in range(20):
        body = {"paragraph": paragraph["id"], "text": f"{number}"}
        assert server.request("POST", f"/api/chapters/{CHAPTER}/comments", json=body).status_code == 201
    found = adref("check", "--data", server.data)
    assert f"chapter {CHAPTER}: 21 entries, 1 paragraphs: ok" in found
    (tmp_path / "restored").mkdir()
    adref("backup", tmp_path / "restored" / "adref.sqlite3", "--data", server.data)
    restored = adref("check", "--data", tmp_path / "restored")
    assert [line for line in restored.splitlines() if line.startswith("chapter")] == [
        line for line in found.splitlines() if line.startswith("chapter")
    ]


def test_who_is_online_and_what_the_observer_may(live: Live) -> None:
    server = live()
    address = f"{server.ws}/{CHAPTER}?token="
    with connect(address + server.tokens["egypt"]) as one, connect(address + server.tokens["observer"]) as other:
        for socket in (one, other):
            socket.recv(timeout=10)  # the greeting: from now on it has its seat
        listed = server.get(f"/api/chapters/{CHAPTER}", "observer").json()
    assert (listed["online"], listed["may_write"], listed["may_comment"]) == (2, False, False)


def test_a_body_beyond_the_limit_over_the_wire(live: Live) -> None:
    server = live(request_bytes=4096)
    answer = server.request("POST", "/api/chapters/import", content=b"x" * 100_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize(("proxies", "second"), [("127.0.0.1", 404), ("10.0.0.1", 429)])
def test_a_proxy_that_is_trusted_says_who_signs_in(live: Live, proxies: str, second: int) -> None:
    server = live(trusted_proxies=proxies, sign_ins_per_minute=1)
    statuses = [
        httpx.post(
            f"{server.url}/api/session", json={"invitation": "nobody's"}, headers={"X-Forwarded-For": address}
        ).status_code
        for address in ("192.0.2.1", "192.0.2.2")
    ]
    assert statuses == [404, second]


def test_a_second_server_on_the_folder_is_refused(live: Live) -> None:
    server = live()
    command = [sys.executable, "-m", "server", "serve", "--data", str(server.data), "--port", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"adref: {server.data} is served already, by process {server.pid}\n"
