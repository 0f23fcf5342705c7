"""Judging and reading files, offline."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from declarations.commands.terminal import ACCEPTED, NOT_JUDGED, REFUSED, err, out, progress, today

if TYPE_CHECKING:
    from declarations.checking import Verdict

TOO_MANY = "4"
TOO_MANY_TEXT = "findings of class P in too many of its records"


def check(
    files: Annotated[list[Path], typer.Argument(help="XML files; parts of one batch are judged together.")],
    as_json: Annotated[bool, typer.Option("--json", help="One finding a line, as JSON.")] = False,
    max_mb: Annotated[int, typer.Option(min=1, help="Largest file that the channel takes.")] = 35,
) -> None:
    """Judge declaration files as production would, offline.

    Exit code 0: every form accepted; 1: something refused; 2: could not judge.

    Examples: `declarations check declaration.xml`, `declarations check --json FI.DMFA.000101.20260423.00002.R.4.*`
    """
    from declarations import checking

    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        err.print(f"no such file: {', '.join(missing)}", markup=False)
        raise typer.Exit(NOT_JUDGED)
    refused = False
    for group in checking.batches(files):
        with progress("forms read") as told:
            verdict = checking.check(group, today(), max_mb << 20, told)
        refused |= verdict.refused
        _print_json(verdict) if as_json else _print_verdict(verdict)
    raise typer.Exit(REFUSED if refused else ACCEPTED)


def _print_json(verdict: Verdict) -> None:
    for finding in verdict.findings:
        line = asdict(finding)
        line["class"] = line.pop("anomaly_class")
        line |= {"text": finding.text, **line.pop("explanation")}
        print(json.dumps(line, ensure_ascii=False))
    for form in verdict.refusals:
        if TOO_MANY in form.diagnoses:
            told = {"check": "verdict", "code": f"diagnosis-{TOO_MANY}", "class": "P", "text": TOO_MANY_TEXT}
            print(json.dumps({"file": form.file, "form": form.form, **told}))


def _print_verdict(verdict: Verdict) -> None:
    """One finding a line, as compilers print them, with the keys that lead to it."""
    for finding in verdict.findings:
        place = "" if finding.line is None else f":{finding.line}:{finding.column}"
        value = "" if finding.value is None else f" Found: {finding.value}"
        print(f"{finding.file}{place}: {finding.code} {finding.anomaly_class} {finding.text}{value}")
        if finding.path:
            print("    " + " ".join(f"{tag}={key}" for tag, key in finding.path.items()))
    for form in verdict.refusals:
        if TOO_MANY in form.diagnoses:
            print(f"{form.file}: form {form.form}: refused, diagnosis {TOO_MANY}: {TOO_MANY_TEXT}")
    names = ", ".join(str(file) for file in verdict.files)
    state = "refused" if verdict.refused else "accepted"
    print(f"{names}: {state}, {verdict.accepted} of {verdict.forms} forms")


def read(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A declaration file.")],
    to: Annotated[Path, typer.Option("--out", help="Folder for the blocks.")],
) -> None:
    """Read a file into typed blocks, one Parquet file each; forms that break the schema are left out.

    Example: `declarations read declaration.xml --out blocks/`
    """
    from declarations import checking
    from declarations.stages.read import PartSource
    from declarations.stages.read import read as read_parts

    source = checking.part_source(1, file)
    if not isinstance(source, PartSource):
        err.print(f"{source.code}: {source.text}", markup=False)
        raise typer.Exit(REFUSED)
    with progress("forms read") as told:
        reading = read_parts([source], told)
    to.mkdir(parents=True, exist_ok=True)
    table = Table("block", "rows", box=None, pad_edge=False)
    for name, frame in reading.blocks.items():
        frame.write_parquet(to / f"{name}.parquet")
        table.add_row(name, str(len(frame)))
    out.print(table)
    broken = sum(not head.schema_valid for head in reading.heads)
    out.print(f"{len(reading.heads)} forms, {broken} left out")
    raise typer.Exit(REFUSED if broken else ACCEPTED)
