"""Writes the lock files: hashes of every package, and no address of any registry."""

import subprocess
import sys
from pathlib import Path

from commands import NODE_LOCK, NODE_TESTS, PAGE, ROOT, environment

COMPILE = (
    "uv",
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--python-version",
    "3.11",
)


def compile_lock(output: str, *sources: str, options: list[str]) -> None:
    """Resolve the sources for every platform and Python; versions locked before are kept where they fit."""
    named = "--custom-compile-command", "make lock"
    call(*COMPILE, *named, *options, *sources, "--output-file", output)


def lock_node(folder: Path, options: list[str]) -> None:
    """Resolve a Node package without installing it."""
    command = "update" if options else "install"
    call("npm", command, "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)


def call(*command: str, folder: Path = ROOT) -> None:
    """Run one tool, with its caches inside the checkout."""
    caches = {"UV_CACHE_DIR": str(ROOT / ".cache" / "uv"), "npm_config_omit_lockfile_registry_resolved": "true"}
    subprocess.run(command, cwd=folder, env={**caches, **environment()}, check=True)


def main() -> None:
    """Lock what runs, then what tests and measures it (with the same versions), then Node and its packages."""
    options = sys.argv[1:]
    compile_lock("requirements.lock", "pyproject.toml", "--group", "build", options=options)
    compile_lock("tests/requirements.lock", "--group", "test", "--constraint", "requirements.lock", options=options)
    constraints = ("--constraint", "requirements.lock", "--constraint", "tests/requirements.lock")
    compile_lock("benchmarks/requirements.lock", "--group", "bench", *constraints, options=options)
    compile_lock(str(NODE_LOCK.relative_to(ROOT)), "--group", "node", options=options)
    for folder in (PAGE, NODE_TESTS):
        lock_node(folder, options)


if __name__ == "__main__":
    main()
