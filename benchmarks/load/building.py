"""Builds the programs in C with the machine's compiler, into `.cache`, anew when their source has changed."""

import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILT = ROOT / ".cache" / "load"


class NoCompiler(Exception):
    """There is no C compiler."""

    def __str__(self) -> str:
        return "the load client is written in C and needs a compiler: cc (on Debian and Ubuntu: apt-get install gcc)"


def program(name: str) -> Path:
    """The path of a built program: `client`, `ping` or `floor`. Raises `NoCompiler`."""
    source, built = HERE / f"{name}.c", BUILT / name
    inputs = [source, *HERE.glob("*.h")]
    if built.exists() and all(path.stat().st_mtime <= built.stat().st_mtime for path in inputs):
        return built
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler
    BUILT.mkdir(parents=True, exist_ok=True)
    whole = BUILT / f"{name}.{os.getpid()}"  # others may be at it, or run it already
    command = [compiler, "-O2", "-Wall", "-Wextra", "-o", str(whole), str(source)]
    subprocess.run(command, check=True)  # noqa: S603 (our own source, with the compiler that was found)
    return whole.replace(built)
