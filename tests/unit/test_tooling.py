"""The project's own files: locks, import rules, and what no file may say."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("server", "documents", "auth")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = {
    "requirements.lock": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"],
    "tests/requirements.lock": PROJECT["dependency-groups"]["test"],
    "benchmarks/requirements.lock": PROJECT["dependency-groups"]["bench"],
    "tools/node.lock": PROJECT["dependency-groups"]["node"],
}
# Spelled in parts, so that this file passes its own test.
REGISTRIES = [
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
]
LOCAL_SOURCES = ("--find-links", "--index-url", "--extra-index-url", "://", " @ ")
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def tracked(*patterns: str) -> list[Path]:
    """The files that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def pins(lock: str) -> dict[str, str]:
    """Name → version of everything that a lock file pins."""
    return {found["name"]: found["version"] for found in PIN.finditer((ROOT / lock).read_text())}


def canonical(name: str) -> str:
    """A package's name as lock files spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def environment_reads(tree: ast.AST) -> Iterator[int]:
    """The lines where a module reads the environment."""
    names = {"environ", "environb", "getenv", "getenvb"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "os" and node.attr in names:
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "os" and names & {alias.name for alias in node.names}:
            yield node.lineno


def test_no_tracked_file_names_a_registry() -> None:
    files = tracked()
    assert ROOT / "pyproject.toml" in files
    named = [(str(path), host) for path in files for host in REGISTRIES if host.encode() in path.read_bytes()]
    assert named == []


@pytest.mark.parametrize("lock", ASKED)
def test_lock_holds_what_is_asked_for(lock: str) -> None:
    locked = pins(lock)
    for requirement in map(Requirement, ASKED[lock]):
        assert requirement.specifier.contains(Version(locked[canonical(requirement.name)])), f"{requirement}: make lock"


@pytest.mark.parametrize("lock", ASKED)
def test_every_pin_has_a_hash_and_no_source(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(entries) == len(pins(lock))
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert [word for word in LOCAL_SOURCES if word in text] == []


def test_locks_agree_on_versions() -> None:
    server, tests = pins("requirements.lock"), pins("tests/requirements.lock")
    assert {
        name: (server[name], tests[name]) for name in server.keys() & tests.keys() if server[name] != tests[name]
    } == {}


def test_node_locks_name_no_address() -> None:
    locks = tracked("*package-lock.json")
    assert locks
    for lock in locks:
        packages = json.loads(lock.read_text())["packages"]
        assert [name for name, entry in packages.items() if "resolved" in entry] == []
        assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_import_rules_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_environment_is_read_in_the_settings_alone() -> None:
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert sources
    readers = {str(path.relative_to(ROOT)) for path in sources if any(environment_reads(ast.parse(path.read_text())))}
    assert readers <= {"server/settings.py"}


@pytest.mark.parametrize(
    "source", ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ"]
)
def test_reading_of_the_environment_is_seen(source: str) -> None:
    assert list(environment_reads(ast.parse(source)))


@pytest.mark.parametrize(
    "target", ["setup", "run", "test", "lint", "types", "fuzz", "bench", "bench-peers", "lock", "clean"]
)
def test_make_help_teaches_every_target(target: str) -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert re.search(rf"^make {target} +\w", shown, re.MULTILINE)


def test_no_tests_folder_hides_a_package() -> None:
    assert [name for name in PACKAGES if (ROOT / "tests" / name).exists()] == []
