"""The peers, as servers under load."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.load.building import ROOT
from benchmarks.servers.base import Server

HERE = Path(__file__).parent
FETCHED = ROOT / ".cache" / "peers"


def fetch() -> None:
    """Install the peers that are written in JavaScript, as locked, unless that is done. Takes some minutes, since the
    SQLite of one of them is compiled."""
    locked = (HERE / "package-lock.json").read_bytes()
    done = FETCHED / "done"
    if done.exists() and done.read_bytes() == locked:
        return
    FETCHED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, FETCHED / name)
    # One of them asks for packages of its neighbours that it does not need: hence the older way with such wishes.
    quiet = ("--no-audit", "--no-fund", "--legacy-peer-deps", "--install-strategy=nested", "--ignore-scripts")
    for command in (("ci", *quiet), ("rebuild", "better-sqlite3", "--build-from-source")):
        subprocess.run(["npm", *command], cwd=FETCHED, check=True)  # noqa: S603, S607 (npm, of the machine)
    done.write_bytes(locked)


def _fetched_version(package: str) -> str:
    text = (FETCHED / "node_modules" / package / "package.json").read_text()
    return str(json.loads(text)["version"])


class _InNode(Server):
    def modules(self) -> Path:
        return FETCHED


class Hocuspocus(_InNode):
    """With its SQLite extension."""

    title = "Hocuspocus + SQLite"
    prefixed = True

    @classmethod
    def version(cls) -> str:
        return _fetched_version("@hocuspocus/server")

    def command(self) -> Sequence[str]:
        return ["node", str(HERE / "hocuspocus.mjs"), str(self.port), str(self.folder / "documents.sqlite")]


class YWebsocketServer(_InNode):
    """In memory alone."""

    title = "@y/websocket-server, memory"
    package = "@y/websocket-server"
    durable = False

    @classmethod
    def version(cls) -> str:
        return _fetched_version(cls.package)

    def command(self) -> Sequence[str]:
        return ["node", str(FETCHED / "node_modules" / self.package / "src" / "server.js")]

    def environment(self) -> Mapping[str, str]:
        return {"HOST": "127.0.0.1", "PORT": str(self.port)}


class YWebsocketServerLevelDb(YWebsocketServer):
    """The last version that keeps documents."""

    title = "@y/websocket-server + LevelDB"
    package = "websocket-server-leveldb"
    durable = True

    def environment(self) -> Mapping[str, str]:
        return {**super().environment(), "YPERSISTENCE": str(self.folder / "documents")}


class PycrdtWebsocket(Server):
    """With its SQLite store; its packages are those of this project's environment, locked like the rest."""

    title = "pycrdt-websocket + SQLite"

    @classmethod
    def version(cls) -> str:
        return version("pycrdt-websocket")

    def command(self) -> Sequence[str]:
        return [sys.executable, str(HERE / "pycrdt_server.py"), str(self.port), str(self.folder / "documents.db")]
