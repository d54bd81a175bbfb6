"""A websocket client that may break every rule: it writes the bytes that it is told, and reads frame by frame."""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.livekit import CHAPTER, LiveServer
from tests.wirekit import DEADLINE, address

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Frame(NamedTuple):
    """A frame as it was read."""

    opcode: int
    payload: bytes
    raw: bytes


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, length: int | None = None, mask: bool = True
) -> bytes:
    """A frame as a client sends it. `length` is what its head says, in place of the truth."""
    said = len(payload) if length is None else length
    head = bytes([opcode | (0x80 if fin else 0)])
    bit = 0x80 if mask else 0
    if said < 126:
        head += bytes([said | bit])
    elif said < 2**16:
        head += struct.pack("!BH", 126 | bit, said)
    else:
        head += struct.pack("!BQ", 127 | bit, said)
    return head + (bytes(4) if mask else b"") + payload  # masked with zeros


def handshake(server: LiveServer, target: str, *lines: str) -> bytes:
    """The head of a request for a websocket."""
    parts = urlsplit(server.ws)
    return "\r\n".join([
        f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", *lines, "", "",
    ]).encode()  # fmt: skip


class Raw:
    """A connection after its handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.reader = reader
        self.writer = writer
        self.head = head
        """What the server answered to the handshake."""

    def write(self, *data: bytes) -> None:
        """All of it in one piece, as far as the network allows."""
        self.writer.write(b"".join(data))

    async def read(self) -> Frame:
        """The next frame, as a server must send it: whole and not masked. `IncompleteReadError` at the end."""
        async with asyncio.timeout(DEADLINE):
            head = await self.reader.readexactly(2)
            assert head[0] & 0x80, "fragmented"
            assert not head[0] & 0x70, "with a reserved bit"
            assert not head[1] & 0x80, "masked"
            more = {126: 2, 127: 8}.get(head[1], 0)
            extended = await self.reader.readexactly(more)
            length = int.from_bytes(extended) if more else head[1]
            assert not more or length >= (126 if more == 2 else 2**16), "a length longer than it needs to be"
            payload = await self.reader.readexactly(length)
            return Frame(head[0] & 0x0F, payload, head + extended + payload)

    async def read_until(self, opcode: int) -> Frame:
        """The next frame of a kind; what comes before it is passed over."""
        while (found := await self.read()).opcode != opcode:
            assert found.opcode != CLOSE, f"closed: {found.payload!r}"
        return found

    async def close_code(self) -> int:
        """The code with which the server closes, and nothing after it."""
        while True:
            found = await self.read()
            if found.opcode == CLOSE:
                rest = await asyncio.wait_for(self._rest(), DEADLINE)
                assert rest == b"", f"after the close frame came {rest[:100]!r}"
                return int.from_bytes(found.payload[:2])

    async def _rest(self) -> bytes:
        self.write(frame(CLOSE, struct.pack("!H", 1000)))
        return await self.reader.read()


@asynccontextmanager
async def raw(
    server: LiveServer, who: str, chapter: str = CHAPTER, *lines: str, with_handshake: bytes = b"", buffer: int = 0
) -> AsyncIterator[Raw]:
    """Connect. `with_handshake` is sent in the same piece; `buffer` bounds what the kernel takes without a reader."""
    parts = urlsplit(address(server, chapter))
    made = socket.socket()
    if buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(made, (parts.hostname, parts.port))
    reader, writer = await asyncio.open_connection(sock=made, limit=2**16)
    writer.write(handshake(server, f"{parts.path}?token={server.tokens[who]}", *lines) + with_handshake)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE)
    try:
        yield Raw(reader, writer, head)
    finally:
        writer.transport.abort()


def masked(opcode: int, payload: bytes) -> bytes:
    """A frame masked as a browser does it."""
    key = os.urandom(4)
    head = frame(opcode, payload)[: -len(payload) - 4 or None] if payload else frame(opcode)[:-4]
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
