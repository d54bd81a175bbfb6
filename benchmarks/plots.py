"""The pictures of the load's results."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib import rc  # type: ignore[import-not-found, unused-ignore]
from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]

from benchmarks.load.workloads import CROWDS, TOO_LATE
from benchmarks.servers.all import SERVERS

Found = Mapping[str, Mapping[str, float]]
"""Of one workload: by server and name."""
_COLOURS = {
    "adref": "black",
    "hocuspocus": "tab:orange",
    "y-memory": "tab:blue",
    "y-leveldb": "tab:cyan",
    "pycrdt": "tab:green",
    "floor": "lightgrey",
    "floor-10ms": "darkgrey",
}


rc("svg", fonttype="none", hashsalt="adref")  # letters as letters, and the same file for the same figures


def draw(medians: Mapping[str, Found], folder: Path) -> None:
    """A picture of W1, and one of the growing room."""
    if medians.get("W1"):
        _bars(medians["W1"], "W1: one room, 140 typing", folder / "load-W1.svg")
    if medians.get("saturation"):
        _growing(medians["saturation"], folder / "load-saturation.svg")


def _bars(found: Found, title: str, path: Path) -> None:
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    names = list(found)[::-1]
    for axes, (key, label) in zip(
        figure.subplots(1, 2), (("cpu", "CPU, of one core"), ("p99", "p99 of the delay, ms")), strict=True
    ):
        values = [found[name][key] for name in names]
        bars = axes.barh([SERVERS[name].title for name in names], values, color=[_COLOURS[name] for name in names])
        axes.bar_label(
            bars, labels=[f"{value:.2g}" if value < 100 else f"{value:,.0f}" for value in values], padding=3, fontsize=8
        )
        axes.margins(x=0.2)
        axes.set(xlabel=label, xscale="log" if key == "p99" else "linear")
        axes.set_xlim(left=1 if key == "p99" else 0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8, labelleft=key == "cpu")
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, metadata={"Date": None})


def _growing(found: Found, path: Path) -> None:
    figure = Figure(figsize=(9, 4), layout="constrained")
    delay, cpu = figure.subplots(1, 2)
    for name, values in found.items():
        crowds = [crowd for crowd in CROWDS if f"p99_{crowd}" in values]
        for axes, key in ((delay, "p99"), (cpu, "cpu")):
            axes.plot(
                crowds, [values[f"{key}_{crowd}"] for crowd in crowds],
                marker=".", color=_COLOURS[name], label=SERVERS[name].title,
            )  # fmt: skip
    delay.axhline(TOO_LATE, color="tab:red", linestyle=":", linewidth=1)
    delay.set(yscale="log", xlabel="clients typing in one room", ylabel="p99 of the delay, ms")
    cpu.set(xlabel="clients typing in one room", ylabel="CPU, of one core", ylim=(0, 1.05))
    cpu.legend(fontsize=7)
    figure.savefig(path, metadata={"Date": None})
