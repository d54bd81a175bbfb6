"""The plots: time over the number of edits, both as logarithms, so that a straight line is a power."""

from pathlib import Path

from matplotlib import rcParams  # type: ignore[import-not-found, unused-ignore]
from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]

from benchmarks.merge.report import Results, picture
from benchmarks.merge.suite import Result

_COLOURS = {"Yjs": "tab:orange", "pycrdt": "tab:blue", "Loro": "tab:green", "Adref": "black"}
_STYLES = ("-", "--", ":", "-.", (0, (1, 4)), (0, (5, 1)))


def draw(results: Results, folder: Path) -> None:
    """A picture for each workload."""
    rcParams["svg.hashsalt"] = "adref"  # the same results give the same bytes
    for workload in results.workloads:
        if workload != "batches" and len({one.writers for one in results.of(workload)}) > 1:
            _draw(workload, results.of(workload), folder / picture(workload))


def _draw(workload: str, found: list[Result], path: Path) -> None:
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    ways = dict.fromkeys(one.way for one in found)
    seen = dict.fromkeys(_COLOURS, 0)
    for library, name, given in ways:
        mine = [one for one in found if one.way == (library, name, given)]
        points = [(one.edits, one.milliseconds) for one in mine if one.milliseconds]
        style = _STYLES[seen[library] % len(_STYLES)]
        seen[library] += 1
        axes.plot(
            *zip(*points, strict=True), marker=".", color=_COLOURS[library], linestyle=style,
            label=f"{library}: {name} ({given})",
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="edits", ylabel="CPU ms", title=f"Merging, {workload}")
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, metadata={"Date": None})
