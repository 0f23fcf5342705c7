"""The story of a batch, from its drop to its end."""

from pathlib import Path

import pytest
from lxml import etree

from declarations.model import BatchStatus, DeliveryStatus
from tests.worlds import NOW, RECIPIENTS, SENDER, Place, document, place


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


def result(answer: bytes) -> tuple[str, list[str]]:
    root = etree.fromstring(answer)
    return root.findtext(".//ResultCode") or "", [each.text or "" for each in root.iter("ErrorID")]


def test_a_good_batch_is_answered_delivered_and_closed(here: Place) -> None:
    reference = here.drop(document())
    here.run()
    assert here.batch(reference).status is BatchStatus.DISTRIBUTED
    here.clock.pass_(hours=2)
    assert here.confirm() > 0
    here.run()
    story = here.world.ledger.story(here.batch(reference).id)
    assert story.batch.status is BatchStatus.CLOSED
    assert {delivery.status for delivery in story.deliveries} == {DeliveryStatus.CONFIRMED}
    assert story.clock is not None
    assert story.clock.start == NOW
    assert story.clock.end == here.clock()


def test_the_sender_finds_one_acrf_and_one_noti_each_with_signature_and_go(here: Place) -> None:
    here.drop(document())
    here.run()
    assert [name[:7] for name in here.box()] == ["FO.ACRF", "FO.NOTI", "FS.ACRF", "FS.NOTI", "GO.ACRF", "GO.NOTI"]
    assert result(here.answers("ACRF")[0]) == ("1", [])
    assert result(here.answers("NOTI")[0]) == ("1", [])


def test_the_inbox_is_empty_once_a_batch_is_received(here: Place) -> None:
    here.drop(document())
    here.run()
    assert here.box(SENDER, "IN") == []


def test_a_batch_without_its_last_part_waits_and_is_then_refused(here: Place) -> None:
    reference = here.drop(document(), document(seed=2))
    (here.root / "parties" / SENDER / "IN" / f"FI.{reference}.2.2").unlink()
    here.run()
    assert here.box() == []
    here.clock.pass_(seconds=here.world.limits.incomplete_seconds)
    here.run()
    assert result(here.answers("ACRF")[0]) == ("0", ["ACRF-120"])
    assert here.batch(reference).status is BatchStatus.REFUSED


def test_files_without_a_go_are_left_until_they_are_orphans(here: Place) -> None:
    reference = here.drop(document())
    (here.root / "parties" / SENDER / "IN" / f"GO.{reference}.1").unlink()
    here.run()
    assert len(here.box(SENDER, "IN")) == 2
    here.clock.pass_(seconds=here.world.limits.orphan_seconds)
    here.run()
    assert result(here.answers("ACRF")[0]) == ("0", ["ACRF-130"])


def test_a_go_with_two_bytes_in_it_is_a_go(here: Place) -> None:
    reference = here.drop(document())
    here.put(f"GO.{reference}.1", b"go")
    here.run()
    assert here.batch(reference).status is BatchStatus.DISTRIBUTED


def test_a_name_used_twice_is_refused_and_the_first_batch_goes_on(here: Place) -> None:
    reference = here.drop(document())
    here.run()
    here.drop(document(seed=2))
    here.run()
    second, first = here.world.ledger.find(reference)
    assert (first.status, second.status) == (BatchStatus.DISTRIBUTED, BatchStatus.REFUSED)
    assert second.codes == ("133",)


def test_the_same_name_in_another_folder_is_another_file(here: Place) -> None:
    here.drop(document())
    here.run()
    for name in ("FI", "FS", "GO"):
        parts = "1" if name == "GO" else "1.1"
        here.put(f"{name}.DMFA.{SENDER}.20260423.00001.R.{parts}", document(), "000102")
    here.run()
    assert result(here.answers("ACRF", "000102")[0])[1] == ["ACRF-108"]


def test_a_cancellation_in_the_same_minute_ends_the_batch(here: Place) -> None:
    reference = here.drop(document())
    here.put(f"TD.{reference}.1", b"")
    here.run()
    batches = {batch.kind.value: batch.status for batch in here.world.ledger.find(reference)}
    assert batches == {"GO": BatchStatus.CANCELED, "TD": BatchStatus.CLOSED}
    assert [result(answer) for answer in here.answers("ACRF")] == [("1", [])]
    assert here.answers("NOTI") == []
    assert all(here.box(number) == [] for number in RECIPIENTS.values())


def test_a_cancellation_without_a_go_takes_the_files_away(here: Place) -> None:
    reference = here.drop(document())
    (here.root / "parties" / SENDER / "IN" / f"GO.{reference}.1").unlink()
    here.put(f"TD.{reference}.1", b"")
    here.run()
    assert here.box(SENDER, "IN") == []
    assert result(here.answers("ACRF")[0]) == ("1", [])


def test_a_cancellation_after_the_controls_comes_too_late(here: Place) -> None:
    reference = here.drop(document())
    here.run()
    here.put(f"TD.{reference}.1", b"")
    here.run()
    assert result(here.answers("ACRF")[-1]) == ("0", ["ACRF-181"])


def test_a_cancellation_of_nothing_says_so(here: Place) -> None:
    here.put(f"TD.DMFA.{SENDER}.20260423.00009.R.1", b"")
    here.run()
    assert result(here.answers("ACRF")[0]) == ("0", ["ACRF-142"])


@pytest.mark.parametrize(
    ("environment", "outbox"),
    [("T", "OUTTEST"), ("S", "OUTTEST-S")],
)
def test_a_test_environment_answers_in_its_own_folder_and_reaches_no_recipient(
    here: Place, environment: str, outbox: str
) -> None:
    reference = here.drop(document(), environment=environment)
    here.run()
    assert here.batch(reference).status is BatchStatus.CLOSED
    assert [name[:7] for name in here.box(SENDER, outbox) if name.startswith("FO")] == ["FO.ACRF", "FO.NOTI"]
    assert here.box() == []
    assert all(here.box(number) == [] for number in RECIPIENTS.values())


def test_a_missing_signature_is_refused_in_production(here: Place) -> None:
    reference = here.drop(document())
    (here.root / "parties" / SENDER / "IN" / f"FS.{reference}.1.1").unlink()
    here.run()
    here.clock.pass_(seconds=here.world.limits.incomplete_seconds)
    here.run()
    assert result(here.answers("ACRF")[0]) == ("0", ["ACRF-122"])


def test_a_document_changed_after_signing_is_refused(here: Place) -> None:
    reference = here.drop(document())
    here.put(f"FI.{reference}.1.1", document().replace(b"<Border>0", b"<Border>1", 1))
    here.run()
    assert result(here.answers("ACRF")[0]) == ("0", ["ACRF-125"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "134"),
        (b"<DmfAOriginal>", "102"),
        (b"<DmfAOriginal/>", "136"),
        (document().replace(b"DmfAOriginal_20231.xsd", b"DmfAOriginal_19991.xsd"), "088"),
        (document().replace(b"DmfAOriginal_20231.xsd", b"DmfAOriginal_20231.dtd"), "137"),
        (document().replace(b"DmfAOriginal_20231.xsd", b"../dmfa/DmfAOriginal_20231.xsd"), "088"),
        (document().replace(b"<DmfAOriginal ", b"<Other ").replace(b"</DmfAOriginal>", b"</Other>"), "089"),
        (document().replace(b"<Identification>DMFA", b"<Identification>DMFB"), "158"),
        (document().replace(b"</DmfAOriginal>", b"<Stranger/></DmfAOriginal>"), "205"),
        (document().split(b"<Form>")[0] + b"</DmfAOriginal>", "157"),
        (document().replace(b"UTF-8", b"UTF-16", 1), "138"),
    ],
)
def test_a_file_that_cannot_be_processed_is_refused_with_its_code(here: Place, content: bytes, code: str) -> None:
    here.drop(content)
    here.run()
    assert result(here.answers("ACRF")[0]) == ("0", [f"ACRF-{code}"])


def test_one_bad_form_sinks_itself_and_the_others_are_distributed(here: Place) -> None:
    reference = here.drop(document(employers=10, persons=30, faults=(("wrong-inss-check-digit", 1),)))
    here.run()
    story = here.world.ledger.story(here.batch(reference).id)
    assert [form.accepted for form in story.forms].count(False) == 1
    assert len(story.forms) == 10
    assert story.deliveries
    noti = etree.fromstring(here.answers("NOTI")[0])
    assert [form.findtext("HandlingResult/ResultCode") for form in noti].count("0") == 1
    assert noti.findtext(".//AnomalyReport/ErrorID") == "00024-004"


def test_a_refused_form_reaches_no_recipient(here: Place) -> None:
    reference = here.drop(document(faults=(("wrong-inss-check-digit", 1),)))
    here.run()
    assert here.batch(reference).status is BatchStatus.REJECTED
    assert all(here.box(number) == [] for number in RECIPIENTS.values())


def test_the_same_person_in_two_parts_for_one_employer_is_refused_in_both(here: Place) -> None:
    again = document().replace(b"<FormCreationHour>", b"<FormCreationHour>", 1)
    reference = here.drop(document(), again)
    here.run()
    story = here.world.ledger.story(here.batch(reference).id)
    assert [form.accepted for form in story.forms] == [False, False]
    assert {count.code for count in story.counts} == {"90017-006"}


def test_a_recipient_that_cannot_take_an_extract_keeps_the_batch_open(here: Place) -> None:
    reference = here.drop(document())
    here.run()
    here.confirm(codes=("125",))
    here.run()
    story = here.world.ledger.story(here.batch(reference).id)
    assert story.batch.status is BatchStatus.DISTRIBUTED
    assert {delivery.status for delivery in story.deliveries} == {DeliveryStatus.CONTESTED}


def test_odd_entries_are_set_aside_and_never_stop_the_rest(here: Place) -> None:
    inbox = here.root / "parties" / SENDER / "IN"
    (inbox / "folder").mkdir()
    (inbox / "link").symlink_to("/etc/passwd")
    here.put("-rf é\n.xml", b"x")
    reference = here.drop(document())
    here.run()
    assert here.batch(reference).status is BatchStatus.DISTRIBUTED
    here.clock.pass_(seconds=here.world.limits.incomplete_seconds)
    here.run()
    assert here.box(SENDER, "IN") == []
    refused = [result(answer) for answer in here.answers("ACRF") if result(answer)[0] == "0"]
    assert refused == [("0", ["ACRF-129"])] * 3


def test_running_again_changes_nothing(here: Place) -> None:
    here.drop(document())
    here.run()
    before = {number: here.box(number) for number in (SENDER, *RECIPIENTS.values())}
    here.run()
    assert {number: here.box(number) for number in (SENDER, *RECIPIENTS.values())} == before
