"""Extracts opened as a recipient might: with the standard library, Polars and lxml, knowing only the manifest."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from lxml import etree

Value = str | int | Decimal | date | bool | None
Row = dict[str, Value]

ABSENT = "\0"


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(members(path)["manifest.json"])
    return content


def rows(path: Path) -> dict[str, list[Row]]:
    """Block -> its rows, typed as the manifest says; an absent value is None, an empty text is empty."""
    files, said = members(path), manifest(path)
    if said["format"] == "xml":
        return _nested(files["extract.xml"], said)
    readers = {"csv": _csv, "ndjson": _ndjson, "parquet": _parquet}
    return {
        block["block"]: [_typed(row, _kinds(block)) for row in readers[said["format"]](files[block["file"]])]
        for block in said["blocks"]
    }


def _kinds(block: Mapping[str, Any]) -> dict[str, str]:
    return {column["name"]: column["type"] for column in block["columns"]}


def _typed(row: Mapping[str, Any], kinds: Mapping[str, str]) -> Row:
    return {name: _value(value, kinds[name]) for name, value in row.items()}


def _value(value: Any, kind: str) -> Value:
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    match kind:
        case "row" | "integer":
            return int(value)
        case "decimal":
            return Decimal(value)
        case "date":
            return date.fromisoformat(value)
        case "boolean":
            return value == "true"
        case _:
            return value


def _csv(content: bytes) -> list[Row]:
    """Cell by cell: Python's csv does not tell an absent value from an empty one."""
    lines = _cells(content.decode())
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def _cells(text: str) -> list[list[str | None]]:
    lines: list[list[str | None]] = []
    line: list[str | None] = []
    at = 0
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while text[end] != '"' or text[end + 1 : end + 2] == '"':
                end += 2 if text[end] == '"' else 1
            line.append(text[at + 1 : end].replace('""', '"'))
            at = end + 1
        else:
            end = min(found for found in (text.find(",", at), text.find("\n", at)) if found >= 0)
            line.append(text[at:end] or None)
            at = end
        if text[at] == "\n":
            lines.append(line)
            line = []
        at += 1
    return lines


def _ndjson(content: bytes) -> list[Row]:
    return [json.loads(line) for line in content.decode().split("\n") if line]


def _parquet(content: bytes) -> list[Row]:
    return pl.read_parquet(io.BytesIO(content)).to_dicts()


def _nested(content: bytes, said: Mapping[str, Any]) -> dict[str, list[Row]]:
    """By the names of elements, which in these messages are those of columns without case and underscores."""
    found: dict[str, list[Row]] = {block["block"]: [] for block in said["blocks"]}
    by_tag = {block["block"].replace("_", ""): block for block in said["blocks"]}
    for element in etree.fromstring(content).iter():
        block = by_tag.get(str(element.tag).lower())
        if block is None or element.get("row") is None:
            continue
        kinds = _kinds(block)
        texts = {str(child.tag).lower().replace("_", ""): child.text or "" for child in element}
        row: dict[str, Any] = {name: texts.get(name.replace("_", "")) for name in kinds}
        row["row"] = element.get("row")
        if block["above"]:
            above = element.getparent()
            row[f"{block['above']}_row"] = None if above is None else above.get("row")
        found[block["block"]].append(_typed(row, kinds))
    return found
