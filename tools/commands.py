"""Where things are in this checkout, and how its set-up runs other programs."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STATE = VENV / "setup"
LOG = STATE / "log.txt"
NODE_LOCK = ROOT / "tools" / "node.lock"
PAGE = ROOT / "client-sample"
NODE_TESTS = ROOT / "tests" / "node"


class SetupError(Exception):
    """A step failed; the message says what the reader can do about it."""


def environment() -> dict[str, str]:
    """The caller's environment, with this project's tools first and every cache kept inside the checkout."""
    cache = ROOT / ".cache"
    defaults = {
        "PIP_CACHE_DIR": str(cache / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PLAYWRIGHT_BROWSERS_PATH": str(cache / "playwright"),
        "npm_config_cache": str(cache / "npm"),
        "npm_config_update_notifier": "false",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    return {**defaults, **os.environ, "PATH": path}


def run(*command: str | Path, folder: Path = ROOT) -> None:
    """Run a command with its output in the log; raise SetupError when it fails."""
    with LOG.open("a") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n")
        log.flush()
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except FileNotFoundError as error:
            raise SetupError(f"there is no command {error.filename}") from error
    if done.returncode:
        raise SetupError(f"this command failed with status {done.returncode}: {' '.join(map(str, command))}")


def find(name: str) -> str | None:
    """The path of a program, this project's own first."""
    return shutil.which(name, path=environment()["PATH"])


def answer(*command: str) -> str:
    """What a command prints, or nothing when it is missing or fails."""
    try:
        done = subprocess.run(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def digest(inputs: Iterable[Path]) -> str:
    """One value for the names and contents of some files, and for the interpreter."""
    total = hashlib.sha256(sys.version.encode())
    for path in inputs:
        total.update(f"{path.relative_to(ROOT)}\n".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def when_changed(name: str, inputs: Iterable[Path], output: Path, work: Callable[[], None]) -> str:
    """Do the work unless its output exists and was made from these very inputs."""
    stamp = STATE / f"{name}.stamp"
    wanted = digest(inputs)
    if output.exists() and stamp.exists() and stamp.read_text() == wanted:
        return "up to date"
    stamp.unlink(missing_ok=True)
    work()
    stamp.write_text(wanted)
    return "done"
