"""What is kept between the steps of a batch, as tables: form heads and findings."""

from __future__ import annotations

import json
from collections.abc import Iterable

import polars as pl

from declarations.stages.control import Found
from declarations.stages.read import FormHead, JudgedHead
from declarations.stages.verdict import Diagnosis
from validators.anomaly import Anomaly, AnomalyClass

HEADS = {"number": pl.Int64, "part": pl.Int64, "ordinal": pl.Int64, "schema_valid": pl.Boolean, "zones": pl.String}
FOUND = {
    "part": pl.Int64,
    "form": pl.Int64,
    "code": pl.String,
    "class": pl.String,
    "check": pl.String,
    "control": pl.String,
    "tag": pl.String,
    "value": pl.String,
    "location": pl.String,
    "path": pl.String,
    "line": pl.Int64,
    "column": pl.Int64,
}


def heads_frame(heads: Iterable[FormHead]) -> pl.DataFrame:
    """One row per form; `zones` is JSON."""
    rows = [(head.number, head.part, head.ordinal, head.schema_valid, json.dumps(head.zones)) for head in heads]
    return pl.DataFrame(rows, schema=HEADS, orient="row")


def heads(frame: pl.DataFrame) -> tuple[FormHead, ...]:
    """The form heads of such a table."""
    return tuple(
        FormHead(number, part, ordinal, valid, json.loads(zones))
        for number, part, ordinal, valid, zones in frame.select(*HEADS).iter_rows()
    )


def found_frame(found: Iterable[Found]) -> pl.DataFrame:
    """One row per finding; `location` is written `1,1,8`, `path` is JSON."""
    rows = [
        (
            part,
            anomaly.form,
            anomaly.code,
            str(anomaly.anomaly_class),
            anomaly.check,
            anomaly.control,
            anomaly.tag,
            anomaly.value,
            ",".join(map(str, anomaly.location)),
            json.dumps(anomaly.path),
            anomaly.line,
            anomaly.column,
        )
        for part, anomaly in found
    ]
    return pl.DataFrame(rows, schema=FOUND, orient="row")


def found(frame: pl.DataFrame) -> tuple[Found, ...]:
    """The findings of such a table."""
    return tuple(
        (
            row["part"],
            Anomaly(
                code=row["code"],
                anomaly_class=AnomalyClass(row["class"]),
                check=row["check"],
                control=row["control"],
                form=row["form"],
                tag=row["tag"],
                value=row["value"],
                location=tuple(int(index) for index in row["location"].split(",")),
                path=tuple((tag, value) for tag, value in json.loads(row["path"])),
                line=row["line"],
                column=row["column"],
            ),
        )
        for row in frame.iter_rows(named=True)
    )


def verdict_frames(verdicts: Iterable[JudgedHead]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The heads with a column `diagnoses`, separated by commas, and the findings."""
    judged = tuple(verdicts)
    diagnosed = pl.Series("diagnoses", [",".join(each.diagnoses) for each in judged], dtype=pl.String)
    found = found_frame((each.head.part, anomaly) for each in judged for anomaly in each.anomalies)
    return heads_frame(each.head for each in judged).with_columns(diagnosed), found


def verdicts(judged: pl.DataFrame, findings: pl.DataFrame) -> tuple[JudgedHead, ...]:
    """The verdicts of such tables."""
    by_form: dict[tuple[int, int], list[Anomaly]] = {}
    for part, anomaly in found(findings):
        by_form.setdefault((part, anomaly.form), []).append(anomaly)
    return tuple(
        JudgedHead(
            head,
            tuple(Diagnosis(each) for each in diagnosed.split(",") if each),
            tuple(by_form.get((head.part, head.ordinal), ())),
        )
        for head, diagnosed in zip(heads(judged), judged["diagnoses"], strict=True)
    )
