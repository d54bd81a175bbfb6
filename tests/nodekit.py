"""Programs of Node's that are asked by JSON lines, many conversations at once."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.livekit import ROOT

NODE = ROOT / "tests" / "node"
DEADLINE = 60.0


class Program:
    """One of `tests/node/`. A conversation (`run`) has one question at a time; several go on at once."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: defaultdict[str, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            answer = json.loads(line)
            self._answers[str(answer["run"])].put_nowait(answer)

    async def ask(self, run: str, **command: Any) -> dict[str, Any]:
        """Its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"run": run, **command}).encode() + b"\n")
        async with asyncio.timeout(DEADLINE):
            answer = await self._answers[run].get()
        assert "error" not in answer, answer["error"]
        return answer

    async def end(self) -> None:
        """Let it go."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reading


@asynccontextmanager
async def program(script: str) -> AsyncIterator[Program]:
    """Start one."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("node", str(NODE / script), stdin=pipe, stdout=pipe, limit=2**26)
    running = Program(process)
    try:
        yield running
    finally:
        await running.end()
