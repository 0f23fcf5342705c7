"""The command line: what there is, and how a fault of ours ends; heavy imports wait until a command needs them."""

from __future__ import annotations

import gc
import sys

import typer

from declarations.commands import (
    audit,
    authorizations,
    deliveries,
    directory,
    flow,
    judging,
    operations,
    parties,
    reporting,
    tools,
)
from declarations.commands.terminal import NOT_JUDGED, err
from declarations.thrift import thrifty

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Declaration batches in, answers to senders and extracts to institutions out.",
)
for command in (
    judging.check,
    judging.explain,
    judging.read,
    flow.run,
    flow.status,
    operations.hold,
    operations.release,
    operations.cancel,
    operations.pause,
    operations.alarms,
    reporting.report,
    reporting.overview,
    reporting.metrics,
    tools.generate,
    tools.faults,
    tools.sign,
    tools.keys,
):
    app.command()(command)
app.add_typer(tools.families, name="families")
app.add_typer(parties.parties, name="parties")
app.add_typer(reporting.log, name="log")
app.add_typer(authorizations.authorizations, name="authorizations")
app.add_typer(audit.audit, name="audit")
app.add_typer(deliveries.deliveries, name="deliveries")
app.add_typer(directory.directory, name="directory")


def main() -> None:
    """Run the command line; a fault of ours ends with exit code 2 and one line on what to do."""
    thrifty()
    gc.set_threshold(100_000)  # else a tenth of the start goes into looking for garbage among imported modules
    from declarations.errors import DeclarationsError
    from validators.catalogue import TextError
    from validators.rules import RuleError
    from validators.schema import EngineFault

    try:
        app()
    except (DeclarationsError, RuleError, TextError, EngineFault) as fault:
        err.print(f"[red]{type(fault).__name__}[/red]: ", end="")
        err.print(str(fault), markup=False, highlight=False)
        sys.exit(NOT_JUDGED)
    finally:
        gc.freeze()  # the process ends: looking once more through all that was imported takes a tenth of a second
