"""`python -m benchmarks.merge.one LIBRARY WAY FILE`: merges one trace in one way, and prints what it took as JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.merge import trace_file, ways

library, key, path = sys.argv[1:]
print(json.dumps(asdict(ways.merge(library, key, trace_file.read(Path(path))))))  # noqa: T201
