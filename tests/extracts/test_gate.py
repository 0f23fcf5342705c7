"""What may not leave does not get past the gate, however well the manifest was made to agree with it."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.extracts.gate import gate, tables
from declarations.extracts.values import ParcelRows
from declarations.parties.party import Format
from tests.extracts import opened
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

LINES: list[dict[str, object]] = [
    {"code": "001", "amount": 100, "rate": Decimal("1.50"), "day": date(2024, 2, 29), "flag": True, "note": "one"},
    {"code": "002", "amount": 200, "rate": Decimal("2.50"), "day": date(2024, 3, 31), "flag": False, "note": "two"},
]
PARCELS = [ParcelRows("B1", small(LINES, persons=2)), ParcelRows("B2", small(LINES))]


def honest(format: Format, folder: Path) -> Path:
    (part,) = write_small(PARCELS, format, folder)
    return part.path


def refused(path: Path, format: Format) -> str:
    """Why it may not leave; it fails where it may."""
    violations = judged_small(PARCELS, format, [path])
    assert violations
    return "; ".join(violations)


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


# Bytes that are not a whole, plain zip file


def cut_short(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def with_a_tail(content: bytes) -> bytes:
    return content + b"85073003328"


def with_a_head(content: bytes) -> bytes:
    return b"85073003328" + content


def with_a_changed_byte(content: bytes) -> bytes:
    return content[:200] + bytes([content[200] ^ 1]) + content[201:]


def twice(content: bytes) -> bytes:
    return content + content


def with_a_comment(content: bytes) -> bytes:
    return content[:-2] + b"\x04\x00abcd"


@pytest.mark.parametrize("change", [cut_short, with_a_tail, with_a_head, with_a_changed_byte, twice, with_a_comment])
@pytest.mark.parametrize("format", FORMATS)
def test_a_file_that_is_not_the_zip_it_was_may_not_leave(
    format: Format, change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = honest(format, tmp_path)
    path.write_bytes(change(path.read_bytes()))
    refused(path, format)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_file_with_any_bit_turned_may_not_leave(format: Format, place: float, bit: int) -> None:
    content = bytearray(made(format))
    content[int(place * len(content))] ^= 1 << bit
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turned.zip"
        path.write_bytes(content)
        refused(path, format)


@pytest.mark.parametrize("format", FORMATS)
def test_no_bit_of_a_header_can_be_turned(format: Format, tmp_path: Path) -> None:
    content, path = made(format), tmp_path / "turned.zip"
    end = len(content) - 22
    places = [*range(30), *range(int.from_bytes(content[-6:-2], "little"), len(content))]
    for place in places[:: 1 if format is Format.CSV else 7]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
        refused(path, format)
    assert content[end : end + 4] == b"PK\x05\x06"


@cache
def made(format: Format) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return honest(format, Path(folder)).read_bytes()


def test_bytes_hidden_behind_a_members_end_are_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    files = opened.members(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            stream = zlib.compressobj(wbits=-15)
            packed = stream.compress(content) + stream.flush() + b"85073003328"
            archive.writestr(entry, packed)
            entry.compress_type, entry.file_size, entry.CRC = 8, len(content), zlib.crc32(content)
            _mend_header(archive, entry)
    assert "has bytes behind its end" in refused(path, Format.CSV)


def _mend_header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    assert archive.fp is not None
    at = archive.fp.tell()
    archive.fp.seek(entry.header_offset)
    archive.fp.write(entry.FileHeader(zip64=False))
    archive.fp.seek(at)


def test_bytes_hidden_between_members_are_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        hidden = archive.getinfo("manifest.json")
        archive.writestr(zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0)), archive.read("manifest.json"))
        archive.filelist.remove(hidden)
        archive.getinfo("x").filename = "manifest.json"
    assert "has bytes between its members" in refused(path, Format.CSV)


def test_a_member_that_stands_twice_is_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(zipfile.ZipInfo("line.csv", (1980, 1, 1, 0, 0, 0)), b"")
    assert "has a member twice" in refused(path, Format.CSV)


def test_a_member_that_tells_when_it_was_made_is_found(tmp_path: Path) -> None:
    path = honest(Format.CSV, tmp_path)
    files = opened.members(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 4, 23, 0, 0, 0)), content)
    assert "whose header is not as it should be" in refused(path, Format.CSV)


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


# XML


def in_both(old: bytes, new: bytes, declared: bytes = b"") -> Planting:
    """A change in the document, with a schema that was made to allow it."""

    def plant(files: Members, said: Said) -> None:
        assert old in files["extract.xml"]
        files["extract.xml"] = files["extract.xml"].replace(old, new)
        schema = next(name for name in files if name.endswith(".xsd"))
        inss = b'<xs:element name="INSS"'
        files[schema] = files[schema].replace(inss, declared + inss)

    return plant


@pytest.mark.parametrize(
    ("old", "new", "declared", "said"),
    [
        (b"<INSS>", b"<Secret>x</Secret><INSS>", b"", "not what its schema says"),
        (b"<INSS>", b"<Secret>x</Secret><INSS>", b'<xs:element name="Secret" type="xs:string"/>', "other elements"),
        (b"<INSS>", b"<Secret>x</Secret><INSS>", b'<xs:any processContents="skip"/>', "other elements"),
        (b"<INSS>", b"<INSS secret='x'>", b"", "not what its schema says"),
        (b"<INSS>", b"<INSS>&#8238;", b"", "a character that it may not have"),
        (b'<Person row="3">', b'<Person row="4">', b"", "not numbered one after the other"),
        (b"<Amount>100</Amount>", b"<Amount>101</Amount>", b"", "rows, sums or hashes"),
        (b"<Extract ", b"<!DOCTYPE Extract><Extract ", b"", "markup that is no element"),
    ],
)
def test_a_document_that_is_not_what_was_handed_out_may_not_leave(
    old: bytes, new: bytes, declared: bytes, said: str, tmp_path: Path
) -> None:
    path = planted(honest(Format.XML, tmp_path), in_both(old, new, declared))
    assert said in refused(path, Format.XML)


def test_a_schema_under_another_name_is_found(tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        schema = next(name for name in files if name.endswith(".xsd"))
        files[schema] = files[schema].replace(b'version="fund', b'version="secret', 1)

    assert "its schema goes by another name" in refused(planted(honest(Format.XML, tmp_path), plant), Format.XML)


@pytest.mark.parametrize("hidden", [b"<!--%s-->", b"<?secret %s?>", b"<![CDATA[%s]]>", b"%s"])
@pytest.mark.parametrize("length", [11, 32_700, 65_400])
def test_what_is_written_between_the_elements_is_found(hidden: bytes, length: int, tmp_path: Path) -> None:
    text = hidden % (b"8" * length)
    path = planted(honest(Format.XML, tmp_path), in_both(b'<Person row="3">', text + b'<Person row="3">'))
    refused(path, Format.XML)


@pytest.mark.parametrize("before", range(32_740, 32_790, 7))
def test_a_comment_is_found_wherever_it_stands(before: int, tmp_path: Path) -> None:
    plant = in_both(b'<Person row="3">', b" " * before + b"<!--x-->" + b'<Person row="3">')
    assert "markup that is no element" in refused(planted(honest(Format.XML, tmp_path), plant), Format.XML)


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
