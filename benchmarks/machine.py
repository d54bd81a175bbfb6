"""The machine that was measured on, and its floor."""

import os
import platform
import subprocess
import time
from pathlib import Path

from benchmarks.load.building import BUILT, ROOT
from benchmarks.timing import fsync_milliseconds


def described() -> dict[str, str]:
    """What a reader needs to judge the figures."""
    BUILT.mkdir(parents=True, exist_ok=True)
    return {
        "measured": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": _answer("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Node.js": _answer("node", "--version"),
        "compiler": _answer("cc", "-dumpfullversion"),
        "fsync of 4 kB": f"{fsync_milliseconds(BUILT):.2f} ms",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _answer(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 (ours)
