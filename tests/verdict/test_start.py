"""`check` starts fast: it loads what judging takes, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.worlds import document

HEAVY = {"airflow", "alembic", "cryptography", "paramiko", "psycopg", "pyhanko", "sqlalchemy", "ssl", "xmlschema"}
CHECK = """
import sys
from declarations.cli import main
sys.argv = ["declarations", "check", sys.argv[1]]
try:
    main()
except SystemExit as ended:
    print("ended with", ended.code)
print("loaded", *sorted(name for name in sys.modules if "." not in name))
"""


def test_check_loads_no_database_no_airflow_and_no_second_schema_library(tmp_path: Path) -> None:
    (tmp_path / "declaration.xml").write_bytes(document())
    command = [sys.executable, "-c", CHECK, str(tmp_path / "declaration.xml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    ended, loaded = done.stdout.splitlines()[-2:]
    assert ended == "ended with 0"
    assert "polars" in loaded.split()
    assert HEAVY & set(loaded.split()) == set()
