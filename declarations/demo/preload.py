"""Airflow with our slow imports done beforehand: its scheduler forks every task, which then has them for nothing."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from importlib import import_module

from declarations.answers import ACRF, NOTI
from declarations.families import message

MODULES = ("declarations.adapters.database", "declarations.adapters.sftp", "declarations.adapters.signatures")
"""None of them starts a thread. Polars is left to the tasks: its thread pool does not survive a fork."""


def airflow(arguments: Sequence[str]) -> None:
    """Be the `airflow` command with these arguments."""
    for name in MODULES:
        import_module(name)
    for name in (ACRF, NOTI):
        message(name).schema  # noqa: B018  compiled here, and kept
    sys.argv = ["airflow", *arguments]
    runpy.run_module("airflow", run_name="__main__")
