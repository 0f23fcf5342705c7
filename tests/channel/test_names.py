"""File names: the grammar, and a code for each way to break it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.errors import Invariant
from declarations.filenames import FileKind, FileName, NameFault, check, decoded, encoded, outgoing, parse
from declarations.model import Environment

TODAY = date(2026, 4, 23)
GO = "GO.DMFA.006400.20260423.00001.R.1"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PAIRED = (FileKind.DECLARATION, FileKind.SIGNATURE)
BARE = (FileKind.OUTGOING, FileKind.COMPRESSED)


@st.composite
def valid_names(draw: st.DrawFn) -> FileName:
    kind = draw(st.sampled_from(FileKind))
    parts = None if kind in BARE else draw(st.integers(1, 9))
    part = draw(st.integers(1, parts)) if kind in PAIRED and parts else None
    return FileName(
        kind,
        draw(st.text(ALPHABET, min_size=4, max_size=4)),
        draw(st.text("0123456789", min_size=6, max_size=6)),
        draw(st.dates()),
        draw(st.text(ALPHABET, min_size=5, max_size=5).filter(lambda each: each != "00000")),
        draw(st.sampled_from(Environment)),
        parts,
        part,
    )


def codes(name: str) -> list[str]:
    parsed = parse(name)
    return [] if isinstance(parsed, FileName) else [fault.code for fault in parsed]


def checked(name: str, sender: str = "006400", environment: Environment = Environment.PRODUCTION) -> list[str]:
    parsed = parse(name)
    assert isinstance(parsed, FileName)
    faults = check(parsed, sender=sender, environment=environment, today=TODAY, max_age_days=92, max_parts=4)
    return [fault.code for fault in faults]


@given(valid_names())
def test_a_valid_name_prints_back_exactly(name: FileName) -> None:
    assert parse(str(name)) == name


@given(valid_names(), st.data())
def test_one_changed_character_gives_another_name_or_a_code(name: FileName, data: st.DataObject) -> None:
    text = str(name)
    place = data.draw(st.integers(0, len(text)))
    width = data.draw(st.integers(0, 1))
    changed = text[:place] + data.draw(st.text(max_size=1)) + text[place + width :]
    parsed = parse(changed)
    if changed != text:
        assert parsed != name
    assert isinstance(parsed, FileName) or parsed
    assert not isinstance(parsed, FileName) or str(parsed) == changed


@given(st.text() | st.lists(st.text(max_size=9), max_size=10).map(".".join))
def test_any_text_is_a_name_or_has_a_code_and_a_text(text: str) -> None:
    parsed = parse(text)
    if isinstance(parsed, FileName):
        assert str(parsed) == text
    else:
        assert parsed
        assert all(len(fault.code) == 3 and fault.text for fault in parsed)


def test_the_reference_is_the_name_without_kind_and_parts() -> None:
    parsed = parse("FI.DMFA.006400.20260423.00001.R.4.1")
    assert isinstance(parsed, FileName)
    assert parsed.reference == "DMFA.006400.20260423.00001.R"


def test_the_files_beside_an_outgoing_one_carry_no_parts() -> None:
    assert [codes(f"{kind}.ACRF.999999.20260423.00001.R") for kind in ("FO", "CO", "FS", "GO")] == [[], [], [], []]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GO.DMFA.006400.20260423.00001.R", ["107"]),
        ("GO", ["107"]),
        ("GO.DMFA.6400.20260423.00001.R.1", ["107"]),
        ("GO.dmfa.006400.20260423.00001.R.1", ["107"]),
        ("TD.DMFA.006400.20260423.00001.R.1.1", ["107"]),
        ("FI.DMFA.006400.20260423.00001.R.1", ["131"]),
        ("FI.DMFA.20260423.00001.R.4.1", ["131", "131"]),
        ("FS.DMFA.006400.20260423.00001.R.1", ["132"]),
        ("XX.DMFA.006400.20260423.00001.R.1", ["129"]),
        ("go.DMFA.006400.20260423.00001.R.1", ["129"]),
        ("GO.DMFA.006400.2026423.00001.R.1", ["109"]),
        ("GO.DMFA.006400.20260431.00001.R.1", ["110"]),
        ("GO.DMFA.006400.2026W171.00001.R.1", ["110"]),
        ("GO.DMFA.006400.00000000.00001.R.1", ["110"]),
        ("GO.DMFA.006400.20260423.0001.R.1", ["112"]),
        ("GO.DMFA.006400.20260423.0000a.R.1", ["367"]),
        ("GO.DMFA.006400.20260423.00000.R.1", ["127"]),
        ("GO.DMFA.006400.20260423.000.R.1", ["112", "127"]),
        ("GO.DMFA.006400.20260423.24AZG.R.1", []),
        ("GO.DMFA.006400.20260423.00001.X.1", ["117"]),
        ("GO.DMFA.006400.20260423.00001.R.10", ["114"]),
        ("GO.DMFA.006400.20260423.00001.R.x", ["115"]),
        ("GO.DMFA.006400.20260423.00001.R.0", ["116"]),
        ("GO.DMFA.006400.20260423.00001.R.", ["114"]),
        ("FI.DMFA.006400.20260423.00001.R.4.5", ["123"]),
        ("FI.DMFA.006400.20260423.00001.R.4.0", ["123"]),
        ("FS.DMFA.006400.20260423.00001.R.4.x", ["124"]),
        ("FI.DMFA.006400.20260423.00001.R.0.1", ["116"]),
        ("GO.DMFA.006400.2026042.00000.X.10", ["109", "127", "117", "114"]),
        ("XX.DMFA.006400.2026042.00000.X.10", ["129", "109", "127", "117"]),
    ],
)
def test_each_violation_has_its_own_code(name: str, expected: list[str]) -> None:
    assert codes(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "......",
        "GO......",
        "GO\n",
        f"{GO}\n",
        f"-{GO}",
        f" {GO}",
        f"{GO} ",
        GO.lower(),
        GO.replace("DMFA", "DMFÀ"),
        GO.replace(".", "․"),
        GO.replace("00001", "0000１"),
        GO.replace("006400", "٠٠٦٤٠٠"),
        f"{GO[:15]}\u202e{GO[15:]}",
        f"{GO}\0",
        "x" * 10_000,
        "GO." * 3_333,
        GO + "1" * 10_000,
        "\udcff",
    ],
)
def test_a_hostile_name_has_a_code_and_a_short_printable_text(name: str) -> None:
    parsed = parse(name)
    assert isinstance(parsed, tuple)
    assert parsed
    assert all(fault.text.isascii() and fault.text.isprintable() and len(fault.text) < 120 for fault in parsed)


def test_a_name_in_its_place_on_its_day_has_no_fault() -> None:
    assert checked(GO) == []


def test_a_name_with_another_sender_than_the_folders_is_refused() -> None:
    assert checked(GO, sender="006401") == ["108"]


@pytest.mark.parametrize(("letter", "code"), [("R", "118"), ("T", "119"), ("S", "257")])
def test_a_name_in_the_inbox_of_another_environment_is_refused(letter: str, code: str) -> None:
    name = GO.replace(".R.", f".{letter}.")
    refused = [each for each in Environment if checked(name, environment=each) == [code]]
    assert refused == [each for each in Environment if each != letter]


@pytest.mark.parametrize(("days", "expected"), [(1, ["111"]), (0, []), (-92, []), (-93, ["126"])])
def test_the_date_lies_between_the_oldest_day_taken_and_today(days: int, expected: list[str]) -> None:
    day = TODAY + timedelta(days=days)
    assert checked(GO.replace("20260423", f"{day:%Y%m%d}")) == expected


def test_more_parts_than_the_maximum_are_refused() -> None:
    assert checked(GO[:-1] + "5") == ["128"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("FO.ACRF.999999.20260423.00001.R", ["129"]),
        ("CO.ACRF.999999.20260423.00001.R", ["129"]),
        ("GO.ACRF.999999.20260423.00001.R", ["107"]),
        ("FS.ACRF.999999.20260423.00001.R", ["132"]),
    ],
)
def test_a_name_of_what_we_send_is_refused_in_an_inbox(name: str, expected: list[str]) -> None:
    assert checked(name, sender="999999") == expected


def test_all_faults_of_a_well_formed_name_are_told_at_once() -> None:
    name = "GO.DMFA.006401.20260424.00001.T.9"
    assert checked(name) == ["108", "119", "111", "128"]


@pytest.mark.parametrize(
    ("sequence", "printed"),
    [(1, "00001"), (99_999, "99999"), (100_000, "A0000"), (100_035, "A000Z"), (100_036, "A0010")],
)
def test_our_own_numbers_go_on_with_capitals_after_99999(sequence: int, printed: str) -> None:
    stem = outgoing("ACRF", TODAY, sequence, Environment.PRODUCTION)
    assert stem == f"ACRF.999999.20260423.{printed}.R"


LAST = 99_999 + 26 * 36**4


@given(st.integers(1, LAST - 1))
def test_our_own_numbers_print_in_order_and_parse(sequence: int) -> None:
    name, following = (outgoing("NOTI", TODAY, each, Environment.CIRCUIT) for each in (sequence, sequence + 1))
    assert name < following
    assert isinstance(parse(f"FO.{name}"), FileName)


@pytest.mark.parametrize("sequence", [0, -1, LAST + 1])
def test_numbers_that_no_name_can_carry_stop_us(sequence: int) -> None:
    with pytest.raises(Invariant):
        outgoing("ACRF", TODAY, sequence, Environment.PRODUCTION)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_survive_as_text_that_a_database_takes(raw: bytes) -> None:
    text = decoded(raw)
    text.encode("utf-8")
    assert encoded(text) == raw


@given(st.text())
def test_any_text_has_bytes(text: str) -> None:
    assert isinstance(encoded(text), bytes)


def test_a_fault_quotes_nothing_of_the_name() -> None:
    parsed = parse("GO.DMFA.006400.85073003328.00001.R.1")
    assert isinstance(parsed, tuple)
    assert parsed == (NameFault("109", "the date has 11 positions; 8 are expected, as YYYYMMDD"),)
