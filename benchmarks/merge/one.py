"""`python -m benchmarks.merge.one LIBRARY WAY FILE`: merges one trace in one way, and prints what it took as JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.merge import trace_file, ways
from documents.errors import UpdateRefused

library, key, path = sys.argv[1:]
try:
    outcome = ways.merge(library, key, trace_file.read(Path(path)))
except UpdateRefused:
    sys.exit(ways.REFUSED)
print(json.dumps(asdict(outcome)))  # noqa: T201
