"""`python -m tests.benchmarks.cut_while_read FILE RECIPIENTS`: what is measured of reading that cuts for so many."""

from __future__ import annotations

import sys
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from declarations.checking import judged_files
from declarations.reading.job import Keeping
from declarations.reading.run import Results
from tests.benchmarks.recipients import entitling
from validators.envelope import Limits

TODAY = date(2026, 4, 23)


def main() -> int:
    """Read the file into a folder beside it, as `declarations read --for-recipients` does; 1 where it is refused."""
    file, recipients = Path(sys.argv[1]), int(sys.argv[2])
    with TemporaryDirectory(dir=file.parent) as out, TemporaryDirectory(dir=file.parent) as work:
        limits = Limits(max_bytes=sys.maxsize)
        given = partial(entitling, recipients)
        results = judged_files([file], TODAY, Path(work), Keeping.BLOCKS, limits, entitling=given)
        if not isinstance(results, Results):
            return 1
        results.deliver(Path(out))
        print(results.handed, "rows handed out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
