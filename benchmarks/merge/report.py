"""What came out: kept as JSON, and written as tables and plots."""

import json
import math
import platform
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from benchmarks.merge.suite import Result
from benchmarks.merge.ways import EACH, REJOINED, WAYS

FOLDER: Final = Path(__file__).parents[1] / "results"
_YJS: Final = Path(__file__).parents[2] / "tests" / "node" / "node_modules" / "yjs" / "package.json"
_JSON: Final = FOLDER / "merge.json"
_TABLES: Final = FOLDER / "merge.md"
_INTRODUCTION: Final = (
    "CPU milliseconds, medians, each run in a process of its own. Every delegation makes 200 edits. They arrive as an",
    "update for each edit, or as the one update that each client sends when it comes back. “Adref” is this server's",
    "document with gate and authorship; the others have neither. The exponent is that of the growth with the edits,",
    "“× Yjs” how many times faster than Yjs takes the same edits one by one; “–” was not tried,",
    "“given up” took too long, or was refused: the server bounds how long it looks for a place.",
)
_SHORT: Final = (
    "How many times faster one update from each delegation is merged, highest client id first as the room takes them:"
    " by the bare library, and with gate and authorship."
)
BEST: Final = tuple(way for way in WAYS if way.name == "highest client id first")
"""How the room takes those who come back together: the bare library, and with gate and authorship."""


@dataclass(slots=True)
class Results:
    """By what was measured."""

    found: dict[tuple[str, int, str, str, str], Result] = field(default_factory=dict)

    def put(self, result: Result) -> None:
        """Keep it, in place of an older one."""
        self.found[result.key] = result

    def milliseconds(self, workload: str, writers: int, library: str, name: str, given: str) -> float | None:
        """What it took; None where it was not measured, or took too long."""
        result = self.found.get((workload, writers, library, name, given))
        return None if result is None else result.milliseconds

    def of(self, workload: str) -> list[Result]:
        """All of one workload."""
        return [result for result in self.found.values() if result.workload == workload]

    @property
    def workloads(self) -> list[str]:
        """Those that were measured, in order."""
        return [*dict.fromkeys(result.workload for result in self.found.values())]


def load() -> Results:
    """The last results."""
    results = Results()
    for row in rows():
        results.put(Result(**row))
    return results


def rows() -> list[dict[str, Any]]:
    """The last results, a dictionary for each way on each trace; times in CPU milliseconds, sizes in bytes."""
    found: list[dict[str, Any]] = json.loads(_JSON.read_text())["rows"] if _JSON.exists() else []
    return found


def versions() -> dict[str, str]:
    """Of what is measured here."""
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True)  # noqa: S607
    found = {"Python": platform.python_version(), "Node.js": node.stdout.strip().lstrip("v")}
    found["Yjs"] = json.loads(_YJS.read_text())["version"]
    for name, package in (("pycrdt", "pycrdt"), ("Loro", "loro")):
        with suppress(PackageNotFoundError):
            found[name] = version(package)
    return found


def exponent(points: Sequence[tuple[int, float]]) -> float | None:
    """How the time grows with the number of edits: the slope of the line that fits best where both are logarithms."""
    if len(points) < 3:
        return None
    logs = [(math.log(count), math.log(time)) for count, time in points]
    middle, height = (sum(one) / len(logs) for one in zip(*logs, strict=True))
    across = sum((x - middle) ** 2 for x, _ in logs)
    slope: float = sum((x - middle) * (y - height) for x, y in logs) / across
    return slope


def write(results: Results) -> None:
    """The JSON, the tables, and where matplotlib is installed the plots."""
    FOLDER.mkdir(exist_ok=True)
    kept = {"versions": versions(), "rows": [result.as_row() for result in results.found.values()]}
    _JSON.write_text(json.dumps(kept, indent=1) + "\n")
    _TABLES.write_text("\n".join(_tables(results)) + "\n")
    try:
        from benchmarks.merge import plots  # noqa: PLC0415 (it may not be installed)
    except ImportError:
        return
    plots.draw(results, FOLDER)


def _tables(results: Results) -> Iterator[str]:
    said = ", ".join(f"{name} {version}" for name, version in versions().items())
    yield from (*_INTRODUCTION, "", f"{said}.", "")
    yield from _summary(results)
    for workload in results.workloads:
        if workload == "batches":
            yield from _batch_table(results)
        else:
            yield from _table(workload, results)


def _summary(results: Results) -> Iterator[str]:
    """How many times faster than the others, with the most delegations."""
    yield from ("### In short", "")
    versus = {
        "Yjs, each edit": ("Yjs", "one by one", EACH),
        "Yjs, the same": ("Yjs", "one by one", REJOINED),
        "Loro's batch, the same": ("Loro", "import_batch", REJOINED),
    }
    yield from (_SHORT, "")
    yield from _head(["workload", "delegations", *(f"{one.library} against {name}" for one in BEST for name in versus)])
    for workload in results.workloads:
        sizes = {one.writers for one in results.of(workload) if one.way == BEST[0].way and one.milliseconds}
        if sizes:
            most = max(sizes)
            cells = [_times(results, (workload, most), one.way, other) for one in BEST for other in versus.values()]
            yield _row([workload, str(most), *cells])
    yield ""


def _times(results: Results, trace: tuple[str, int], ours: tuple[str, str, str], other: tuple[str, str, str]) -> str:
    mine, theirs = results.milliseconds(*trace, *ours), results.milliseconds(*trace, *other)
    return f"{theirs / mine:.1f}" if mine and theirs else "–"


def _table(workload: str, results: Results) -> Iterator[str]:
    found = results.of(workload)
    sizes = sorted({result.writers for result in found})
    yield from (f"### {workload}", "")
    heads = ["way", "arrives as", *(f"{size}, ms" for size in sizes), "exponent", "× Yjs", "peak MB", "result kB"]
    yield from _head(heads)
    for way in WAYS:
        mine = {one.writers: one for one in found if one.way == way.way}
        if mine:
            yield _row([way.title, way.given, *_cells(mine, sizes, results)])
    yield ""
    if len(sizes) > 1:
        yield from (f"![{workload}](results/{picture(workload)})", "")


def _cells(mine: dict[int, Result], sizes: list[int], results: Results) -> Iterator[str]:
    for size in sizes:
        yield _milliseconds(mine[size]) if size in mine else "–"
    slope = exponent([(one.edits, one.milliseconds) for one in mine.values() if one.milliseconds])
    yield "–" if slope is None else f"{slope:.2f}"
    last = mine.get(sizes[-1])
    if last is None or last.milliseconds is None:
        yield from ("–", "–", "–")
        return
    yjs = results.milliseconds(last.workload, last.writers, "Yjs", "one by one", EACH)
    yield "–" if yjs is None else f"{yjs / last.milliseconds:.1f}"
    yield f"{last.memory / 2**20:.0f}"
    yield f"{last.bytes / 1000:.0f}"


def _milliseconds(result: Result) -> str:
    if result.milliseconds is None:
        return "given up"
    return f"{result.milliseconds:.{1 if result.milliseconds < 100 else 0}f}"


def picture(workload: str) -> str:
    """The name of a workload's plot."""
    return f"merge-{workload.replace(' ', '-')}.svg"


def _batch_table(results: Results) -> Iterator[str]:
    yield from ("### How many to merge at once", "")
    yield from _head(["way", "ms", "peak MB"])
    for one in results.of("batches"):
        yield _row([f"{one.library}: {one.name}", _milliseconds(one), f"{one.memory / 2**20:.0f}"])
    yield ""


def _head(cells: list[str]) -> tuple[str, str]:
    return _row(cells), _row(["---"] * len(cells))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
