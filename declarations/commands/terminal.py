"""What every command shows: output, errors, progress, moments."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rich.console import Console

ACCEPTED, REFUSED, NOT_JUDGED = 0, 1, 2
"""Exit codes."""

out = Console(width=None if sys.stdout.isatty() else 200)  # piped, a table is not cut at 80 columns
err = Console(stderr=True)


def today() -> date:
    return datetime.now(ZoneInfo("Europe/Brussels")).date()


def operator(name: str | None) -> str:
    """Who acts: the name given, else the login of this machine."""
    import getpass

    return name or getpass.getuser()


def moment(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("Europe/Brussels")).strftime("%Y-%m-%d %H:%M:%S")


def plain(text: object) -> str:
    """Text as it is: rich reads square brackets as markup."""
    from rich.markup import escape

    return escape(str(text))


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """Counts on standard error while a long command works; silent where that is no terminal."""
    if not err.is_terminal:
        yield lambda count: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f}"), TextColumn(what), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda count: progress.advance(task, count)


def log_to_stderr() -> None:
    import logging

    fields = ("batch", "reference", "exchange", "folder", "step", "note", "files", "error")

    class Fields(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            told = " ".join(f"{name}={value}" for name in fields if (value := getattr(record, name, None)) is not None)
            return f"{super().format(record)} {told}".rstrip()

    handler = logging.StreamHandler()
    handler.setFormatter(Fields("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("declarations")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
