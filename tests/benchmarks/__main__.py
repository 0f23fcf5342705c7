"""`python -m tests.benchmarks [--quick | --full] [--reading]`: what is promised of reading, then every other benchmark.

Needs `xmllint`, the yardstick. The figures of reading go into README.md and chart.svg beside this.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.rows import ROWS, Plan, Row

HERE = Path(__file__).parent


def main() -> int:
    """Measure, print, write down; 1 where a goal is not reached."""
    asked = _arguments()
    if shutil.which("xmllint") is None:
        print("xmllint is not installed; on Debian and Ubuntu: apt install libxml2-utils", file=sys.stderr)
        return 2
    plan = Plan.quick(asked.files) if asked.quick else Plan.full(asked.files) if asked.full else Plan.usual(asked.files)
    rows: list[Row] = []
    for measure in ROWS:
        if not asked.only or measure.__name__ in asked.only:
            print(measure.__name__, file=sys.stderr)
            rows += measure(plan)
    report.printed(rows)
    if not asked.only:
        report.written(rows, f"Medians of {plan.runs} runs.")
    code = max((int(row.reached is False) for row in rows), default=0)
    return code if asked.quick or asked.reading or asked.only else max(code, *_others())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller files, fewer runs: two minutes")
    parser.add_argument("--full", action="store_true", help="5 GB and a quarter of the country, too: 25 GB of disk")
    parser.add_argument("--reading", action="store_true", help="not the other programs")
    parser.add_argument(
        "--only", nargs="*", choices=[each.__name__ for each in ROWS], help="some rows, not written down"
    )
    default = Path(tempfile.gettempdir()) / "declarations-benchmarks"
    parser.add_argument("--files", type=Path, default=default, help="where the files that are read are kept")
    return parser.parse_args()


def _others() -> list[int]:
    """Programs of their own, by name; but for the storm, which needs a system that is up."""
    names = sorted(path.stem for path in HERE.glob("bench_*.py"))
    programs = [f"tests.benchmarks.{name}" for name in names if name != "bench_storm"]
    return [subprocess.run([sys.executable, "-m", program], check=False).returncode for program in programs]


if __name__ == "__main__":
    sys.exit(main())
