"""What the README shows works as shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.livekit import ROOT, LiveServer

ADREF = [sys.executable, "-m", "server"]


@pytest.fixture
def sample(tmp_path: Path):
    """The sample meeting, served as `make run` does."""
    subprocess.run([*ADREF, "sample", "--data", str(tmp_path), "--quiet"], cwd=ROOT, check=True, capture_output=True)
    server = LiveServer(tmp_path, {})
    server.tokens = {"nobody": ""}  # the people are there already
    server.start()
    yield server
    server.stop()


def test_the_program_in_the_readme_reads_the_sample(sample: LiveServer) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    program = program.replace('"adref"', ", ".join(map(repr, ADREF)))
    program = program.replace('"data"', repr(str(sample.data))).replace("http://127.0.0.1:8000", sample.url)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("<paragraph") > 30
