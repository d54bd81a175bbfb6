"""The benchmarks run by one command each, in a short form: what is promised of them anybody can do again."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.compare import Measured, measure
from benchmarks.load.workloads import WORKLOADS
from benchmarks.report import results

ROOT = Path(__file__).parents[2]
SHORT = ("W2", "W3", "kill-150", "breakout", "reconnect")
"""Those that take some seconds; the others do the same for longer."""


def test_workloads_are_measured_and_told() -> None:
    measured = Measured(machine={"cores": "2"}, versions={"adref": "this tree"})
    for workload in WORKLOADS:
        if workload.id in SHORT:
            measure(workload, ["adref"], 1, 1.0, measured)
    page = results(measured)
    for name in SHORT:
        (outcome,) = measured.runs[name]["adref"]
        assert outcome, f"{name} failed"
        assert outcome.get("text_right", 1.0) == 1.0
        assert f"### {name}: " in page
    (killed,) = measured.runs["kill-150"]["adref"]
    assert killed["kept"] == killed["shown"] > 0


def test_what_is_measured_is_kept_and_read_again(tmp_path: Path) -> None:
    measured = Measured({"cores": "2"}, {"adref": "this tree"}, {"W1": {"adref": [{"cpu": 0.25}]}}, {"W1": "once"})
    measured.write(tmp_path / "results" / "load.json")
    assert Measured.read(tmp_path / "results" / "load.json") == measured


@pytest.mark.parametrize("command", ["benchmarks.merge", "benchmarks.compare", "benchmarks.load"])
def test_the_commands_say_what_they_take(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--seconds" in done.stdout
