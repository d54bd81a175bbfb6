"""A client that hands in whole updates and asks what the server holds: it prepares documents and looks at them."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from websockets.sync.client import ClientConnection, connect

from benchmarks.servers.base import Door
from documents.crdt import protocol, update_v1
from documents.crdt.update_v1 import read_uint, write_uint

PATIENCE = 60.0
"""Seconds to wait for an answer."""
_STEP_1 = protocol.sync_step1(b"\x00")


class Editor:
    """One connection, in the server's own dialect."""

    def __init__(self, door: Door) -> None:
        self._name = door.name
        field, _, value = door.header.partition(": ")
        self._opened = ExitStack()
        self._link: ClientConnection = self._opened.enter_context(
            connect(
                door.url,
                additional_headers={field: value} if field else None,
                compression=None,
                max_size=None,
                ping_interval=None,
                proxy=None,
            )
        )
        if self._name:
            self._send(b"\x02\x00\x05token")
            while self._receive()[:1] != b"\x02":
                pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._opened.close()

    def push(self, update: bytes) -> None:
        """Hand in an update; returns when the server shows it."""
        wanted = {section.client: section.end for section in update_v1.parse(update).sections}
        self._send(protocol.sync_update(update))
        while any(self.clocks().get(client, 0) < end for client, end in wanted.items()):
            pass

    def clocks(self) -> dict[int, int]:
        """How far the server has each client id."""
        self._send(_STEP_1)
        found: dict[int, int] = {}
        while True:
            message = self._receive()
            if message[:2] in {b"\x00\x01", b"\x00\x02"}:  # the floor tells all that was said, one by one
                for section in update_v1.parse(message[read_uint(message, 2)[1] :]).sections:
                    found[section.client] = max(section.end, found.get(section.client, 0))
            if message[:2] == b"\x00\x01":
                return found

    def _send(self, body: bytes) -> None:
        name = self._name.encode()
        self._link.send(write_uint(len(name)) + name + body if name else body)

    def _receive(self) -> bytes:
        message = self._link.recv(PATIENCE)
        assert isinstance(message, bytes)  # noqa: S101 (the protocol has no text)
        if not self._name:
            return message
        length, at = read_uint(message, 0)
        return message[at + length :]
