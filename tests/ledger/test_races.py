"""Two processes at one ledger: what one of them did, the other does not do."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from declarations.adapters.database import DatabaseLedger, open_ledger
from declarations.model import BatchStatus, Kind, Outcome
from tests.ledger import racing
from tests.ledger.given import NOW, answer, brought_to, drop, parcel, recorded, split

COUNT = 12


def test_a_batch_moves_on_once_when_two_processes_want_it(
    url: str, ledger: DatabaseLedger, rivals: ProcessPoolExecutor
) -> None:
    batches = [recorded(ledger, drop(number)) for number in range(1, COUNT + 1)]
    one, other = [rivals.submit(racing.advance, url, batches) for _ in range(2)]
    assert [mine + yours for mine, yours in zip(one.result(), other.result(), strict=True)] == [1] * COUNT
    assert all(len(ledger.story(batch.id).exchanges) == 1 for batch in batches)


def test_two_processes_never_give_one_number_twice(
    url: str, ledger: DatabaseLedger, rivals: ProcessPoolExecutor
) -> None:
    batches = [recorded(ledger, drop(number)) for number in range(1, 2 * COUNT + 1)]
    halves = [rivals.submit(racing.advance, url, batches[start::2]) for start in range(2)]
    assert all(all(half.result()) for half in halves)
    stems = [each.stem for each in ledger.unsent("006400", 100)]
    assert sorted(stems) == [f"ACRF.999999.20260423.{number:05}.R" for number in range(1, 2 * COUNT + 1)]


def test_the_threads_of_one_process_share_a_ledger(ledger: DatabaseLedger) -> None:
    batches = [recorded(ledger, drop(number)) for number in range(1, COUNT + 1)] * 2
    outcome = Outcome(BatchStatus.ACCEPTED, answers=(answer(),))
    with ThreadPoolExecutor(8) as threads:
        moved = list(threads.map(lambda batch: ledger.advance(batch, outcome, NOW), batches))
    assert moved.count(True) == COUNT
    assert len({each.stem for each in ledger.unsent("006400", 100)}) == COUNT


def test_a_batch_is_canceled_or_controlled_and_never_both(
    url: str, ledger: DatabaseLedger, rivals: ProcessPoolExecutor
) -> None:
    batches = [
        brought_to(ledger, recorded(ledger, drop(number)), BatchStatus.NORMALIZED) for number in range(1, COUNT + 1)
    ]
    tds = [recorded(ledger, drop(number, Kind.CANCELLATION)) for number in range(1, COUNT + 1)]
    canceled = rivals.submit(racing.cancel, url, list(zip(tds, batches, strict=True)))
    controlled = rivals.submit(racing.control, url, batches)
    assert [a + b for a, b in zip(canceled.result(), controlled.result(), strict=True)] == [1] * COUNT
    ends = [ledger.batch(batch.id).status is BatchStatus.CANCELED for batch in batches]
    assert ends == canceled.result()


def test_drops_of_one_name_are_counted_without_gap_or_twin(
    url: str, ledger: DatabaseLedger, rivals: ProcessPoolExecutor
) -> None:
    entered = [rivals.submit(racing.record, url, holder, 8) for holder in ("a", "b")]
    occurrences = [each for process in entered for each in process.result()]
    assert sorted(occurrences) == list(range(1, 17))


def test_a_parcel_gets_one_delivery_when_two_processes_pack_it(
    url: str, ledger: DatabaseLedger, rivals: ProcessPoolExecutor
) -> None:
    split(ledger, *(parcel(f"recipient {number}") for number in range(COUNT)))
    kept = [each for recipient in ledger.awaiting() for each in ledger.waiting(recipient, 10)]
    one, other = [rivals.submit(racing.pack, url, kept) for _ in range(2)]
    pairs = list(zip(one.result(), other.result(), strict=True))
    assert all((mine is None) != (yours is None) for mine, yours in pairs)
    assert len({mine or yours for mine, yours in pairs}) == COUNT


def test_a_lease_has_one_holder_when_two_processes_ask(url: str, rivals: ProcessPoolExecutor) -> None:
    one, other = [rivals.submit(racing.lease, url, holder, COUNT) for holder in ("a", "b")]
    assert [mine + yours for mine, yours in zip(one.result(), other.result(), strict=True)] == [1] * COUNT


def test_two_processes_may_see_the_same_names_at_once(url: str, rivals: ProcessPoolExecutor) -> None:
    seen = [rivals.submit(racing.sight, url, 500) for _ in range(2)]
    assert [each.result() for each in seen] == [500, 500]


def test_two_processes_may_make_a_new_file_at_once(tmp_path: Path, rivals: ProcessPoolExecutor) -> None:
    """SQLite does not wait where two turn on its write-ahead log: one of a few pairs met like that."""
    for number in range(40):
        url = f"sqlite:///{tmp_path / f'{number}.sqlite'}"
        for made in [rivals.submit(racing.make_tables, url) for _ in range(2)]:
            made.result()


def test_two_processes_may_make_the_tables_at_once(empty_url: str, rivals: ProcessPoolExecutor) -> None:
    for made in [rivals.submit(racing.make_tables, empty_url) for _ in range(2)]:
        made.result()
    assert open_ledger(empty_url).standing(BatchStatus.RECEIVED, 10) == []
