"""Every server that is measured, by a short name."""

from benchmarks.peers.servers import Hocuspocus, PycrdtWebsocket, YWebsocketServer, YWebsocketServerLevelDb
from benchmarks.servers.adref import Adref
from benchmarks.servers.base import Server
from benchmarks.servers.floor import Floor, GatheringFloor

SERVERS: dict[str, type[Server]] = {
    "adref": Adref,
    "hocuspocus": Hocuspocus,
    "y-memory": YWebsocketServer,
    "y-leveldb": YWebsocketServerLevelDb,
    "pycrdt": PycrdtWebsocket,
    "floor": Floor,
    "floor-10ms": GatheringFloor,
}
OWN = ("adref", "floor", "floor-10ms")
"""Those that need nothing from elsewhere."""
