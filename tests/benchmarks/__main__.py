"""`python -m tests.benchmarks`: every benchmark, one after the other."""

from __future__ import annotations

import subprocess
import sys

PROGRAMS = ("tests.benchmarks.bench_flow", "tests.benchmarks.bench_check")

sys.exit(max(subprocess.run([sys.executable, "-m", program], check=False).returncode for program in PROGRAMS))
