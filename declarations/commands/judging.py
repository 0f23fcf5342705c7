"""Judging and reading files, offline."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from declarations.commands.terminal import ACCEPTED, NOT_JUDGED, REFUSED, err, out, progress, today
from validators.catalogue import Language

if TYPE_CHECKING:
    from declarations.checking import Verdict
    from declarations.reading.handing import Entitling
    from declarations.reading.job import Helpers
    from declarations.reading.run import Results
    from declarations.reports.report import Report

REPORTS = "declarations.reports"
"""The room whose words are spoken."""
TOO_MANY = "4"
JSON_KEYS = (
    "file",
    "form",
    "check",
    "code",
    "class",
    "path",
    "line",
    "column",
    "value",
    "text",
    "control",
    "tag",
    "field",
    "wrong",
    "mend",
)
"""What every line of `check --json` has; the last five may be null."""

Lang = Annotated[Language, typer.Option("--lang", help="Language of the texts.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page for people, too.", dir_okay=False)]


def check(
    files: Annotated[list[Path], typer.Argument(help="XML files; parts of one batch are judged together.")],
    as_json: Annotated[bool, typer.Option("--json", help="One finding a line, as JSON.")] = False,
    max_mb: Annotated[int, typer.Option(min=1, help="Largest file that the channel takes.")] = 35,
    lang: Lang = Language.ENGLISH,
    html: Html = None,
) -> None:
    """Judge declaration files as production would, offline.

    Exit code 0: every form accepted; 1: something refused; 2: could not judge.

    Examples: `declarations check declaration.xml`, `declarations check --json FI.DMFA.000101.20260423.00002.R.4.*`,
    `declarations check --lang fr --html report.html declaration.xml`
    """
    from declarations import checking
    from declarations.reports.report import checked

    _expect(files)
    verdicts = []
    for group in checking.batches(files):
        with progress("forms read") as told:
            verdict = checking.check(group, today(), max_mb << 20, told, lang)
        verdicts.append(verdict)
        _print_json(verdict, lang) if as_json else _print_report(checked([verdict]), lang)
    _write_page(checked(verdicts), html, lang)
    raise typer.Exit(REFUSED if any(verdict.refused for verdict in verdicts) else ACCEPTED)


def explain(
    answer: Annotated[Path, typer.Argument(help="An answer, FO.ACRF... or FO.NOTI....")],
    files: Annotated[
        list[Path] | None, typer.Option("--file", help="The FI file it answers; each part, in order.")
    ] = None,
    lang: Lang = Language.ENGLISH,
    html: Html = None,
) -> None:
    """Tell what an answer says: whether a file was received, or each form accepted, and what is to be mended.

    Exit code 0: received or accepted; 1: something refused; 2: not an answer.

    Examples: `declarations explain FO.NOTI.999999.20260423.00001.R.1.1`,
    `declarations explain FO.NOTI... --file FI.DMFA... --lang nl --html answer.html`
    """
    from declarations.reports.answers import answered
    from declarations.reports.report import Outcome

    _expect([answer, *(files or ())])
    report = answered(answer, lang, files or ())
    if report is None:
        err.print(f"{answer}: neither an ACRF nor a NOTI", markup=False)
        raise typer.Exit(NOT_JUDGED)
    _print_report(report, lang)
    _write_page(report, html, lang)
    raise typer.Exit(ACCEPTED if report.outcome in {Outcome.ACCEPTED, Outcome.RECEIVED} else REFUSED)


def _expect(files: list[Path]) -> None:
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        err.print(f"no such file: {', '.join(missing)}", markup=False)
        raise typer.Exit(NOT_JUDGED)


def _print_json(verdict: Verdict, lang: Language) -> None:
    """Every line has the same keys; a form refused for the number of its findings has a line of its own."""
    from declarations.pages.words import words
    from declarations.reports.lines import diagnosis

    for finding in verdict.findings:
        said = asdict(finding.explanation)
        print(_json_line(asdict(finding) | {"class": finding.anomaly_class, "text": finding.text, **said}))
    for form in verdict.refusals:
        if TOO_MANY in form.diagnoses:
            told = {"file": form.file, "form": form.form, "check": "verdict", "code": f"diagnosis-{TOO_MANY}"}
            print(_json_line(told | {"class": "P", "path": {}, "text": diagnosis(TOO_MANY, words(REPORTS, lang))}))


def _json_line(told: dict[str, object]) -> str:
    return json.dumps({key: told.get(key) for key in JSON_KEYS}, ensure_ascii=False)


def _print_report(report: Report, lang: Language) -> None:
    from declarations.pages.words import words
    from declarations.reports.lines import lines

    for line in lines(report, words(REPORTS, lang)):
        print(line)


def _write_page(report: Report, target: Path | None, lang: Language) -> None:
    if target is None:
        return
    from declarations.reports.gather import html

    target.write_text(html(report, lang, today()), encoding="utf-8")
    err.print(str(target), markup=False, highlight=False)


def read(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A declaration file, of any size.")],
    to: Annotated[Path, typer.Option("--out", help="Folder for the blocks.")],
    for_recipients: Annotated[
        bool, typer.Option("--for-recipients", help="Write what each recipient may get, too.")
    ] = False,
) -> None:
    """Read a file into typed blocks, one Parquet file each; forms that break the schema are left out.

    Beside them lie `_forms.parquet` and `_findings.parquet`: the verdict on every form, and what is wrong. In the
    folder `recipients` lies what the family's routes and authorizations give of the accepted forms today: Arrow files
    by block and slice, and `_ranges.parquet` that says where in them whose rows lie. Who is found by the reference
    directory is left out.

    Examples: `declarations read declaration.xml --out blocks/`,
    `declarations read declaration.xml --out blocks/ --for-recipients`
    """
    from declarations.reading.job import Helpers

    with Helpers([file]) as helpers:
        _read(file, to, for_recipients, helpers)


def _read(file: Path, to: Path, for_recipients: bool, helpers: Helpers) -> None:
    from tempfile import TemporaryDirectory

    from declarations import checking
    from declarations.reading.job import Keeping
    from declarations.reading.run import Results
    from validators.envelope import Limits

    entitling = _entitling() if for_recipients else None
    to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".reading-", dir=to) as work, progress("forms read") as told:
        results = checking.judged_files(
            [file],
            today(),
            Path(work),
            Keeping.BLOCKS,
            Limits(max_bytes=sys.maxsize),
            told,
            entitling=entitling,
            helpers=helpers,
        )
        if not isinstance(results, Results):
            for refusal in checking.refusals([file], results, Language.ENGLISH):
                err.print(f"{refusal.code}: {refusal.text}", markup=False)
            raise typer.Exit(REFUSED)
        results.deliver(to)
    _print_rows(results, to)
    if for_recipients:
        _print_left_out(results)
    raise typer.Exit(REFUSED if results.broken else ACCEPTED)


def _entitling() -> Entitling:
    from declarations.reading import handing

    return partial(handing.offline, today())


def _print_left_out(results: Results) -> None:
    from declarations.reading import handing

    if asking := handing.asking(results.version.family.folder):
        out.print(f"not cut, since their routes ask the reference directory: {', '.join(sorted(asking))}")


def _print_rows(results: Results, folder: Path) -> None:
    import polars as pl

    table = Table("block", "rows", box=None, pad_edge=False)
    for block in results.version.plan.blocks:
        rows = pl.scan_parquet(folder / f"{block.name}.parquet", hive_partitioning=False).select(pl.len()).collect()
        table.add_row(block.name, str(rows.item()))
    out.print(table)
    out.print(f"{results.forms} forms, {results.broken} left out, {results.accepted} accepted")
