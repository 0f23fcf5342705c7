"""Which files of a listing belong together."""

from hypothesis import given
from hypothesis import strategies as st

from declarations.filenames import FileKind, envelopes

STEM = "DMFA.006400.20260423.00001.R"
FILES = (f"FI.{STEM}.2.1", f"FI.{STEM}.2.2", f"FS.{STEM}.2.1", f"FS.{STEM}.2.2")


def owners(*names: str) -> dict[str, tuple[str, ...]]:
    return {each.name: each.files for each in envelopes(names).complete}


def test_a_go_takes_its_declarations_and_signatures() -> None:
    found = envelopes([*FILES, f"GO.{STEM}.2"])
    assert [(each.kind, each.reference, each.files) for each in found.complete] == [(FileKind.START, STEM, FILES)]
    assert (found.loose, found.odd) == ((), ())


def test_files_without_a_go_are_loose_by_reference() -> None:
    other = "FI.DMFA.006400.20260423.00002.R.1.1"
    found = envelopes([other, *FILES])
    assert [(each.reference, each.files) for each in found.loose] == [
        (STEM, FILES),
        ("DMFA.006400.20260423.00002.R", (other,)),
    ]


def test_a_cancellation_beside_a_go_leaves_it_the_files() -> None:
    assert owners(*FILES, f"GO.{STEM}.2", f"TD.{STEM}.2") == {f"GO.{STEM}.2": FILES, f"TD.{STEM}.2": ()}
    assert owners(*FILES, f"GO.{STEM}.1", f"TD.{STEM}.2") == {f"GO.{STEM}.1": FILES, f"TD.{STEM}.2": ()}


def test_a_cancellation_alone_takes_the_files_along() -> None:
    assert owners(*FILES, f"TD.{STEM}.2") == {f"TD.{STEM}.2": FILES}


def test_of_two_go_the_one_with_the_same_number_of_parts_takes_the_files() -> None:
    assert owners(*FILES, f"GO.{STEM}.1", f"GO.{STEM}.2") == {f"GO.{STEM}.1": (), f"GO.{STEM}.2": FILES}


def test_a_go_with_another_number_of_parts_takes_the_files_all_the_same() -> None:
    assert owners(*FILES, f"GO.{STEM}.1") == {f"GO.{STEM}.1": FILES}


def test_a_faulty_go_is_an_envelope_with_the_files_that_share_its_fault() -> None:
    wrong = STEM.replace("20260423", "20260431")
    found = envelopes([f"GO.{wrong}.1", f"FI.{wrong}.1.1", f"FS.{wrong}.1.1"])
    (only,) = found.complete
    assert only.parsed is None
    assert [each.code for each in only.faults] == ["110"]
    assert only.files == (f"FI.{wrong}.1.1", f"FS.{wrong}.1.1")


def test_a_go_too_short_takes_the_files_that_are_as_short() -> None:
    assert owners("GO.DMFA.1", "FI.DMFA.1.1", "FI.DMFA.2.1") == {"GO.DMFA.1": ("FI.DMFA.1.1",)}


def test_a_well_formed_go_has_the_files_before_a_faulty_one() -> None:
    assert owners(*FILES, f"GO.{STEM}", f"GO.{STEM}.3") == {f"GO.{STEM}": (), f"GO.{STEM}.3": FILES}


def test_other_names_are_odd_and_say_why() -> None:
    found = envelopes(["notes.txt", "go.dmfa", "FO.ACRF.999999.20260423.00001.R"])
    assert [(each.name, [fault.code for fault in each.faults]) for each in found.odd] == [
        ("FO.ACRF.999999.20260423.00001.R", ["129"]),
        ("go.dmfa", ["129"]),
        ("notes.txt", ["129"]),
    ]


tokens = st.sampled_from(["FI", "FS", "GO", "TD", "FO", "DMFA", "006400", "999999", "20260423", "00001", "R", "1", ""])


@given(st.lists(st.lists(tokens, max_size=9).map(".".join) | st.text(max_size=5)))
def test_every_name_of_a_listing_is_found_exactly_once(names: list[str]) -> None:
    found = envelopes(names)
    seen = [name for each in found.complete for name in (each.name, *each.files)]
    seen += [name for each in found.loose for name in each.files]
    seen += [each.name for each in found.odd]
    assert sorted(seen) == sorted(set(names))
    assert all(each.faults for each in found.odd)
    assert all((each.parsed is None) == bool(each.faults) for each in found.complete)
