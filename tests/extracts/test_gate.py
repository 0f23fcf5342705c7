"""What may not leave does not get past the gate, however well the manifest was made to agree with it."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from declarations.extracts.gate import gate, tables
from declarations.extracts.values import ParcelRows
from declarations.parties.party import Format
from tests.extracts import opened
from tests.extracts.at_the_gate import LINES, PARCELS, honest, refused
from tests.extracts.deliveries import (
    FORMATS,
    GRANTED,
    PLAN,
    delivered,
    expected_small,
    judged,
    judged_small,
    small,
    write_small,
)
from tests.extracts.forged import Members, Planting, Said, block, planted, written
from tests.worlds import RECIPIENTS


@pytest.mark.parametrize("recipient", RECIPIENTS)
@pytest.mark.parametrize("format", FORMATS)
def test_what_is_as_it_should_be_may_leave(recipient: str, format: Format, tmp_path: Path) -> None:
    (part,) = delivered(recipient, format, tmp_path)
    assert judged(recipient, format, [part.path]) == ()


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_of_a_delivery_is_unpacked_outside_its_own_folder(
    format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part,) = delivered("pensions", format, tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert judged("pensions", format, [part.path]) == ()
    assert list(tmp_path.iterdir()) == [part.path]


# Members and columns


@pytest.mark.parametrize("format", FORMATS)
def test_a_member_that_nobody_granted_is_found(format: Format, tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        files["form.csv"] = b"row\n1\n"

    assert "other members" in refused(planted(honest(format, tmp_path), plant), format)


@pytest.mark.parametrize("format", FORMATS)
def test_a_member_that_is_missing_is_found(format: Format, tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        files.popitem()

    assert "other members" in refused(planted(honest(format, tmp_path), plant), format)


FORMS = pl.DataFrame({"ticket": ["0123456789ABC", "0123456789ABD"], "first": [1, 2], "last": [1, 2]})
WITH_FORMS = [ParcelRows("B1", small(LINES, employers=2), FORMS)]


def test_tickets_of_forms_reach_nobody_who_may_not_see_the_employer(tmp_path: Path) -> None:
    (part,) = write_small(WITH_FORMS, Format.CSV, tmp_path)
    assert judged_small(WITH_FORMS, Format.CSV, [part.path], forms=True) == ()
    told = judged_small(WITH_FORMS, Format.CSV, [part.path], forms=False)
    assert "part 1: has other members than it should" in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("batch,ticket,", "ticket,batch,", "has other columns than it should"),
        ("B1,0123456789ABC", "B2,0123456789ABC", "has a line that is out of place"),
        ("0123456789ABC", "85073003328", "has a line that is out of place"),
        ("ABD,2,2", "ABD,1,2", "has a line that is out of place"),
        ("ABD,2,2", "ABD,2,1", "has a line that is out of place"),
        ("ABD,2,2", "ABD,2,3", "leads out of the file"),
        ("ABC,1,1", "ABC,01,+1", "has a line that is out of place"),
        ("ABC,1,1\n", "ABC,1,1\r\n", "has a line that is out of place"),
        ("ABC,1,1", "ABC,1,1,85073003328", "has a line that is out of place"),
    ],
)
def test_tickets_that_lead_elsewhere_are_found(old: str, new: str, said: str, tmp_path: Path) -> None:
    def plant(files: Members, _: Said) -> None:
        text = files["form-tickets.csv"].decode()
        assert old in text
        files["form-tickets.csv"] = text.replace(old, new).encode()

    (part,) = write_small(WITH_FORMS, Format.CSV, tmp_path)
    (told,) = judged_small(WITH_FORMS, Format.CSV, [planted(part.path, plant)], forms=True)
    assert told == f"part 1: form-tickets.csv {said}"


def reframed(name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> dict[Format, Planting]:
    """That change of a block's table, for each format of tables."""

    def csv(files: Members, said: Said) -> None:
        frame = pl.read_csv(files[f"{name}.csv"], schema_overrides={"code": pl.String, "inss": pl.String})
        files[f"{name}.csv"] = change(frame).write_csv().encode()

    def ndjson(files: Members, said: Said) -> None:
        frame = pl.read_ndjson(files[f"{name}.ndjson"])
        files[f"{name}.ndjson"] = change(frame).write_ndjson().encode()

    def parquet(files: Members, said: Said) -> None:
        buffer = io.BytesIO()
        change(pl.read_parquet(files[f"{name}.parquet"])).write_parquet(buffer)
        files[f"{name}.parquet"] = buffer.getvalue()

    def and_says_so(planting: Planting) -> Planting:
        def plant(files: Members, said: Said) -> None:
            planting(files, said)
            part = next(iter(opened_frame(files, name).values()))
            block(said, name)["rows"] = len(part)

        return plant

    return {format: and_says_so(plant) for format, plant in zip(TABLES, (csv, ndjson, parquet), strict=True)}


TABLES = (Format.CSV, Format.NDJSON, Format.PARQUET)


def opened_frame(files: Members, name: str) -> dict[str, pl.DataFrame]:
    readers = {"csv": pl.read_csv, "ndjson": pl.read_ndjson, "parquet": pl.read_parquet}
    return {kind: read(files[f"{name}.{kind}"]) for kind, read in readers.items() if f"{name}.{kind}" in files}


@pytest.mark.parametrize("format", TABLES)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.with_columns(secret=pl.lit("x")), "other columns"),
        (lambda frame: frame.drop("inss"), "other columns"),
        (lambda frame: frame.rename({"inss": "secret"}), "other columns"),
        (lambda frame: frame.select(sorted(frame.columns)), "other columns"),
        (lambda frame: frame.with_columns(row=pl.col("row").cast(pl.String) + "x"), ""),
        (lambda frame: pl.concat([frame, frame.tail(1)]), "not numbered one after the other"),
        (lambda frame: frame.reverse(), "not numbered one after the other"),
        (
            lambda frame: pl.concat([frame, frame.tail(1).with_columns(row=pl.col("row") + 1)]),
            "more or fewer rows than were handed out",
        ),
        (lambda frame: frame.head(2), "more or fewer rows than were handed out"),
        (lambda frame: frame.with_columns(employer_row=pl.lit(7, pl.Int64)), "a link leads out of the file"),
        (
            lambda frame: frame.with_columns(employer_row=pl.lit(2, pl.Int64) - pl.col("row") % 2),
            "do not follow the rows above",
        ),
        (lambda frame: frame.with_columns(inss=pl.lit("850730033\u202e28")), "a character that it may not have"),
        (lambda frame: frame.with_columns(inss=pl.lit("850730033\u000028")), "a character that it may not have"),
    ],
)
def test_a_table_that_is_not_what_was_handed_out_may_not_leave(
    format: Format, change: Callable[[pl.DataFrame], pl.DataFrame], said: str, tmp_path: Path
) -> None:
    assert said in refused(planted(honest(format, tmp_path), reframed("person", change)[format]), format)


@pytest.mark.parametrize("format", TABLES)
def test_links_that_turn_back_are_found_wherever_a_table_is_cut(
    format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_ROWS", 1)
    assert judged_small(PARCELS, format, [honest(format, tmp_path / "honest")]) == ()
    turned = reframed("person", lambda frame: frame.with_columns(employer_row=2 - pl.col("row") % 2))[format]
    assert "do not follow the rows above" in refused(planted(honest(format, tmp_path), turned), format)


@pytest.mark.parametrize("format", TABLES)
def test_a_sum_that_is_not_that_of_the_rows_is_found(format: Format, tmp_path: Path) -> None:
    plant = reframed("line", lambda frame: frame.with_columns(amount=pl.col("amount") + 1))[format]
    assert "rows, sums or hashes" in refused(planted(honest(format, tmp_path), plant), format)


@pytest.mark.parametrize("format", TABLES)
def test_a_total_over_rows_that_are_not_in_the_file_is_found(format: Format, tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        reframed("person", lambda frame: frame.with_columns(total=pl.col("total") + 1))[format](files, said)
        sums = block(said, "person")["sums"]
        sums["total"] = str(int(sums["total"]) + 3)

    assert refused(planted(honest(format, tmp_path), plant), format) == (
        "part 1: block person: total is not over the rows of the file"
    )


@pytest.mark.parametrize("format", FORMATS)
def test_a_hash_that_is_not_that_of_the_bytes_is_found(format: Format, tmp_path: Path) -> None:
    path = honest(format, tmp_path)
    files = opened.members(path)
    files["manifest.json"] = files["manifest.json"].replace(b'"sha256": "', b'"sha256": "0', 1)
    assert "hashes are not those of the file" in refused(written(path, files), format)


@pytest.mark.parametrize("written_so", [b"+1,1,", b"01,1,", b" 1,1,", b"1,1_0,"])
def test_a_row_number_in_unusual_writing_is_found(written_so: bytes, tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        files["person.csv"] = files["person.csv"].replace(b"\n1,1,", b"\n" + written_so, 1)

    assert "block person: its rows" in refused(planted(honest(Format.CSV, tmp_path), plant), Format.CSV)


def test_a_key_that_stands_twice_in_a_line_is_found(tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        files["person.ndjson"] = files["person.ndjson"].replace(b'"inss"', b'"secret":"x","inss"', 1)

    assert "other columns" in refused(planted(honest(Format.NDJSON, tmp_path), plant), Format.NDJSON)


@pytest.mark.parametrize(
    ("format", "old", "new"),
    [
        (Format.CSV, b"2024-02-29", b"29/02/2024"),
        (Format.CSV, b",100,", b",1e2,"),
        (Format.CSV, b",true,", b",yes,"),
        (Format.NDJSON, b'"amount":100', b'"amount":"100"'),
        (Format.NDJSON, b'"note":"one"', b'"note":85073003328'),
        (Format.NDJSON, b'"flag":true', b'"flag":"true"'),
    ],
)
def test_a_value_of_another_type_is_found(format: Format, old: bytes, new: bytes, tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        name = f"line.{format}"
        assert old in files[name]
        files[name] = files[name].replace(old, new)

    assert "that is not of its type" in refused(planted(honest(format, tmp_path), plant), format)


def test_a_decimal_that_became_a_fraction_is_found(tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        files["line.ndjson"] = files["line.ndjson"].replace(b'"1.50"', b"1.50")

    assert "cannot be read as NDJSON" in refused(planted(honest(Format.NDJSON, tmp_path), plant), Format.NDJSON)


# The manifest


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("manifest", 2, "manifest is not what it should be"),
        ("delivery", "pensions-000124", "delivery is not what it should be"),
        ("recipient", {"id": "pensions", "number": "990001"}, "recipient is not what it should be"),
        ("family", "other", "family is not what it should be"),
        ("message", "DmfAOriginal_20231", "message is not what it should be"),
        ("format", "xml", "format is not what it should be"),
        ("part", 2, "part is not what it should be"),
        ("parts", 2, "parts is not what it should be"),
        ("authorizations", [], "authorizations is not what it should be"),
        ("created_on", "2026-04-24", "created_on is not what it should be"),
        ("schema", "fund_Message_12345678x", "schema is no name of the recipient's extracts"),
        ("blocks", [], "blocks, their columns, rows, sums or hashes are not those of the file"),
        ("forms", "form-tickets.csv", "forms is not what it should be"),
        ("batches", [], "rows that are of no batch"),
        ("secret", "85073003328", "it says more or less than it should"),
    ],
)
def test_a_manifest_that_says_something_else_is_found(key: str, value: object, told: str, tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        said[key] = value

    assert f"manifest: {told}" in refused(planted(honest(Format.CSV, tmp_path), plant), Format.CSV)


@pytest.mark.parametrize("change", [b'"size": 1', b'"sha256": "0', b'"name": "x'])
def test_a_manifest_that_lists_other_members_is_found(change: bytes, tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    files = opened.members(path)
    head, start, listed = files["manifest.json"].partition(b'"members": [')
    key = change.split(b" ")[0]
    files["manifest.json"] = head + start + re.sub(key + b' "?', change, listed, count=1)
    assert refused(written(path, files), Format.CSV) == (
        "part 1: manifest: members, their sizes or hashes are not those of the file"
    )


def test_a_manifest_that_says_something_twice_is_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    files = opened.members(path)
    files["manifest.json"] = files["manifest.json"].replace(b'"part": ', b'"part": "85073003328",\n"part": ', 1)
    assert refused(written(path, files), Format.CSV).startswith("part 1: its manifest cannot be read")


@pytest.mark.parametrize("moved", [-1, 1])
def test_a_manifest_that_gives_rows_of_one_batch_to_another_is_found(moved: int, tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        said["batches"][1]["rows"]["person"]["first"] += moved

    assert "the rows of its batches do not follow" in refused(planted(honest(Format.CSV, tmp_path), plant), Format.CSV)


def test_a_batch_of_somebody_else_is_found(tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        said["batches"][1]["reference"] = "B3"

    assert "other batches" in refused(planted(honest(Format.CSV, tmp_path), plant), Format.CSV)


def test_a_delivery_under_an_authorization_that_grants_less_may_not_leave(tmp_path: Path) -> None:
    (narrower,) = (replace(each, columns={**each.columns, "person": ()}) for each in GRANTED)
    for format in FORMATS:
        (part,) = write_small(PARCELS, format, tmp_path / format)
        assert gate([part.path], PLAN, [narrower], expected_small(PARCELS, format))


def test_a_part_that_is_missing_or_doubled_is_found(tmp_path: Path) -> None:
    parcels = [ParcelRows("B1", small(LINES * 60, employers=20))]
    paths = [part.path for part in write_small(parcels, Format.CSV, tmp_path, 4000)]
    assert len(paths) > 2
    assert judged_small(parcels, Format.CSV, paths) == ()
    assert judged_small(parcels, Format.CSV, paths[:-1])
    assert judged_small(parcels, Format.CSV, [*paths, paths[-1]])
    assert judged_small(parcels, Format.CSV, [paths[1], paths[0], *paths[2:]])


def test_a_violation_quotes_no_value(tmp_path: Path) -> None:
    change = reframed("person", lambda frame: frame.with_columns(inss=pl.lit("850730033\u202e28")))[Format.CSV]
    assert "8507" not in refused(planted(honest(Format.CSV, tmp_path), change), Format.CSV)


def test_a_file_that_is_gone_may_not_leave(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "gone.zip", Format.CSV)
