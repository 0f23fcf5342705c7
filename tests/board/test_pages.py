"""The board's pages, made from values."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.board.actions import TOKEN_HOURS, Action, genuine, offered, token
from declarations.board.clock import Mark, latest_start, mark, used
from declarations.board.desk import Names, party_lines
from declarations.board.parts import KINDS, MARKS, SHAPES
from declarations.board.shell import Page, document, fragment
from declarations.board.timeline import entries
from declarations.board.values import Queue, Wanted
from declarations.board.words import DELIVERY, ENVIRONMENT, PARCEL, STATUS, duration
from declarations.model import BatchStatus, DeliveryStatus, Environment, Event, Line, ParcelStatus
from declarations.operations import Action as Decided
from declarations.operations import Decision
from declarations.sla import due
from tests.board.given import BUSY, CALM, LINES, NAMES, NOW, QUEUES, Sample, ago, desk, frame, row, tale

MOMENTS = st.integers(0, 7 * 366 * 86400).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def texts(page: Page) -> str:
    """All that a page says, blanks made one."""
    return " ".join(" ".join(text for part in page.content for text in part.itertext()).split())


def found(page: Page, tag: str) -> list[Element]:
    """All elements of that kind on a page."""
    return [element for part in page.content for element in part.iter(tag)]


def story(status: BatchStatus = BatchStatus.DISTRIBUTED, token: str | None = None, **changes: object) -> Page:
    """The page of one batch."""
    page = desk(Sample(story=tale(status, **changes))).batch(17, frame(token))
    assert page is not None
    return page


def every_page(token: str | None = None) -> dict[str, Page]:
    """Each of the board's pages."""
    here, at = desk(), frame(token)
    return {
        "overview": here.overview(at),
        "calm": desk(Sample(CALM)).overview(at),
        "batches": here.batches(Wanted(), at),
        "search": here.search("00017", at),
        "recipients": here.recipients(at),
        "batch": story(token=token),
        "held": story(BatchStatus.HELD, token=token),
        "run": here.run([1, 2], at),
        "other run": here.run([], at),
    }


def test_the_first_page_says_first_what_is_worst() -> None:
    assert texts(desk().overview(frame())).startswith("1 batch is overdue")
    assert texts(desk(Sample(CALM)).overview(frame())).startswith("Every batch is within its four days")


def test_each_status_stands_with_its_count_and_age() -> None:
    page = texts(desk().overview(frame()))
    for expected in ("accepted 1,204 oldest 44 min", "split 310 oldest 2 d 5 h", "18,422 closed", "88 refused"):
        assert expected in page


def test_marks_are_words_and_shapes_and_not_colors_only() -> None:
    rows = found(desk().overview(frame()), "tr")
    urgent = [row for row in rows if "DMFA." in "".join(row.itertext())][:4]
    words = ["".join(row.itertext()) for row in urgent]
    assert ["overdue" in words[0], "75 % used" in words[1], "50 % used" in words[2], "in time" in words[3]] == [
        True
    ] * 4
    shapes = [row.findall(".//span[@class='clock']/span/svg/path")[0].get("d") for row in urgent]
    assert len(set(shapes)) == 4


def test_a_held_batch_waits_with_its_fault_on_the_first_page() -> None:
    page = texts(desk().overview(frame()))
    assert "control: Invariant: no schema DmfA_20251 not proposed" in page


def test_a_recipient_in_trouble_comes_first_with_its_outage() -> None:
    page = desk().recipients(frame())
    rows = [" ".join("".join(each.itertext()).split()) for each in found(page, "tr")]
    assert rows[1].startswith("Construction fund 990007")
    assert "down 50 min, 4 tries" in rows[1]
    assert rows[2].startswith("Sickness insurance")


def test_of_many_recipients_those_in_trouble_or_with_a_queue_are_shown() -> None:
    page = desk().recipients(frame(), 3)
    rows = ["".join(each.itertext()) for each in found(page, "tr")][1:4]
    assert [row.split(" 99")[0] for row in rows] == ["Construction fund", "Sickness insurance", "Unemployment"]
    assert "2 more recipients, without trouble, not shown." in texts(page)


def test_a_recipient_that_never_had_a_parcel_is_listed_too() -> None:
    assert Queue("annual-holidays") in [each.queue for each in party_lines(QUEUES, LINES, NAMES)]


def test_a_recipient_that_fetches_from_our_server_is_down_with_it() -> None:
    ours = Line("ours", 1, ago(minutes=2))
    lines = {each.queue.recipient: each.line for each in party_lines(QUEUES, (*LINES, ours), NAMES)}
    assert (lines["unemployment"], lines["annual-holidays"]) == (ours, None)


def test_a_recipient_that_left_the_list_of_parties_still_shows_its_queue() -> None:
    (only,) = party_lines((Queue("gone", waiting=3),), (), Names({}, {}))
    assert (only.name, only.number, only.queue.waiting) == ("gone", "", 3)


def test_the_story_is_told_in_the_order_in_which_it_happened() -> None:
    told = entries(tale())
    assert [each.at for each in told] == sorted(each.at for each in told)
    whats = [each.what for each in told]
    assert whats[0] == "Received"
    assert whats.index("Held for an operator") < whats.index("Approved: release") < whats.index("Put back")


def test_the_story_says_who_did_what() -> None:
    by = {each.what: each.who for each in entries(tale()) if each.who}
    assert by == {"Proposed: release": "ann", "Approved: release": "bob", "Pause entered and signed": "bob"}


def test_files_that_came_together_are_one_entry() -> None:
    (came,) = [each for each in entries(tale()) if each.what == "Files taken in"]
    assert len(came.details) == 3


def test_a_proposal_is_told_once() -> None:
    events = (Event(ago(hours=8), "release proposed", "by ann: schema added"),)
    told = [each.what for each in entries(tale(events=events))]
    assert told.count("Proposed: release") == 1
    assert "Release proposed" not in told


def test_an_event_that_the_board_does_not_know_is_told_as_it_is() -> None:
    events = (Event(ago(hours=1), "sealed anew", "key 7"),)
    assert "Sealed anew" in [each.what for each in entries(tale(events=events))]


def test_a_viewer_gets_no_form_but_the_search() -> None:
    for name, page in every_page().items():
        assert found(page, "form") == [], name


def test_an_operator_gets_a_form_with_a_reason_for_each_thing_that_may_be_asked() -> None:
    forms = found(story(BatchStatus.HELD, token="t"), "form")
    fields = [{each.get("name"): each.get("value") for each in form.iter("input")} for form in forms]
    assert [each["action"] for each in fields] == ["propose-release", "cancel", "resend", "resend"]
    assert [each["subject"] for each in fields] == ["17", "17", "31", "32"]
    assert all(each["token"] == "t" and "reason" in each and each["back"] == "batch/17" for each in fields)


PROPOSED = Decision(1, 17, Decided.RELEASE, "mended", "Ann ", ago(hours=1))


@pytest.mark.parametrize(
    ("status", "decisions", "user", "expected"),
    [
        (BatchStatus.HELD, (), "ann", [Action.PROPOSE_RELEASE, Action.CANCEL]),
        (BatchStatus.HELD, (PROPOSED,), "bob", [Action.RELEASE, Action.CANCEL]),
        (BatchStatus.HELD, (PROPOSED,), "ann", [Action.CANCEL]),
        (BatchStatus.ACCEPTED, (), "ann", [Action.RERUN, Action.HOLD, Action.CANCEL]),
        (BatchStatus.CONTROLLED, (), "ann", [Action.RERUN, Action.HOLD]),
        (BatchStatus.DISTRIBUTED, (), "ann", []),
        (BatchStatus.CLOSED, (), "ann", []),
    ],
)
def test_what_is_offered_fits_where_the_batch_stands_and_who_asks(
    status: BatchStatus, decisions: tuple[Decision, ...], user: str, expected: list[Action]
) -> None:
    assert offered(tale(status, decisions=decisions), user) == expected


def test_a_form_is_taken_for_half_a_day_and_no_longer_than_a_day_from_that_user_only() -> None:
    proof = token(b"secret", "1", NOW)
    taken = [
        genuine(proof, b"secret", "1", NOW + timedelta(hours=hours)) for hours in (0, TOKEN_HOURS, 2 * TOKEN_HOURS)
    ]
    assert taken == [True, True, False]
    assert not genuine(proof, b"secret", "2", NOW)
    assert not genuine(proof, b"other", "1", NOW)


def test_who_proposed_is_told_that_another_must_agree() -> None:
    held = Sample(story=tale(BatchStatus.HELD, decisions=(PROPOSED,)))
    mine, theirs = (desk(held).batch(17, frame("t", user)) for user in ("ann", "bob"))
    assert mine is not None
    assert theirs is not None
    assert "Another operator must agree." in texts(mine)
    assert "A second operator may agree." in texts(theirs)


def test_text_of_others_is_never_markup() -> None:
    hostile = "<script>alert(1)</script>"
    seen = row(1, reference=f"DMFA{hostile}", last_error=hostile)
    at = frame()
    for page in (
        desk(Sample(story=tale(row=seen))).batches(Wanted(), at),
        desk().search(hostile, at),
        story(events=(Event(NOW, hostile, hostile),)),
    ):
        assert "<script>alert" not in document(page, at)


def test_a_page_fetches_nothing_and_runs_no_script_but_its_own() -> None:
    for name, page in every_page("t").items():
        text, script = document(page, frame("t")).split("<script>")
        assert script.rstrip().endswith("</script></body></html>"), name
        assert not re.search(r"(?:src|href|action)=\"(?!/board/|#)", text), name
        assert not re.search(r"\son\w+=|\sstyle=", text), name


def test_every_page_has_one_heading_landmarks_and_named_columns() -> None:
    for name, page in every_page("t").items():
        text = document(page, frame("t"))
        assert len(re.findall("<h1[ >]", text)) == 1, name
        assert [text.count(f"<{tag}") for tag in ("header ", "main ", "footer>")] == [1, 1, 1], name
        assert 'role="status" aria-live="polite"' in text, name
        for table in found(page, "table"):
            assert table.find("caption") is not None, name
            assert all(head.get("scope") == "col" for head in table.iter("th") if head.get("scope") != "row"), name


def test_ids_on_a_page_are_unique_and_labels_point_at_fields() -> None:
    for name, page in every_page("t").items():
        text = document(page, frame("t"))
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), name
        assert set(re.findall(r'\sfor="([^"]+)"', text)) <= set(ids), name


def test_without_scripts_a_page_is_read_again_unless_it_holds_a_form() -> None:
    assert 'http-equiv="refresh"' in document(story(), frame())
    assert 'http-equiv="refresh"' not in document(story(token="t"), frame("t"))


def test_a_fragment_is_the_main_part_alone() -> None:
    text = fragment(desk().overview(frame()))
    assert text.startswith("<main ")
    assert text.endswith("</main>")


def test_a_list_leads_on_to_its_next_page_and_keeps_what_was_asked() -> None:
    page = desk().batches(Wanted(status=BatchStatus.CLOSED), frame())
    (link,) = [each.get("href") for each in found(page, "a") if each.get("rel") == "next"]
    assert link == "/board/batches?status=closed&before=11"


def test_every_word_of_the_model_has_its_words_and_its_shape() -> None:
    assert (set(STATUS), set(ENVIRONMENT), set(PARCEL), set(DELIVERY)) == (
        set(BatchStatus),
        set(Environment),
        set(ParcelStatus),
        set(DeliveryStatus),
    )
    assert {*KINDS.values(), *MARKS} <= set(SHAPES)


@given(MOMENTS, MOMENTS, st.sampled_from([0.5, 0.75, 1.0]))
def test_what_arrived_by_the_latest_start_has_used_that_share_and_nothing_later_has(
    now: datetime, arrived: datetime, share: float
) -> None:
    start = now - timedelta(seconds=abs((now - arrived).total_seconds()) % (6 * 86400))
    latest = latest_start(now, share)
    reached = used(start, due(start), now) >= share
    assert abs((start - latest).total_seconds()) <= 2 or reached == (start <= latest)


@given(MOMENTS, st.floats(0, 200))
def test_marks_never_go_back(start: datetime, hours: float) -> None:
    order = [Mark.EARLY, Mark.HALF, Mark.THREE_QUARTERS, Mark.OVERDUE]
    now = start + timedelta(hours=hours)
    seen = [order.index(mark(start, due(start), at)) for at in (now, now + timedelta(hours=1))]
    assert seen == sorted(seen)


def test_a_batch_is_overdue_from_the_midnight_of_brussels_on() -> None:
    start = datetime(2026, 4, 23, 8, 0, tzinfo=UTC)
    midnight = datetime(2026, 4, 26, 22, 0, tzinfo=UTC)
    assert mark(start, due(start), midnight - timedelta(seconds=1)) is Mark.THREE_QUARTERS
    assert mark(start, due(start), midnight) is Mark.OVERDUE


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (12_000, "3 h 20 min"), (183_600, "2 d 3 h")],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: int, expected: str) -> None:
    assert duration(timedelta(seconds=seconds)) == expected


def test_the_news_says_what_changed_in_a_line() -> None:
    assert desk().overview(frame()).news == "1 batch is overdue. 1 line does not answer."
    assert len(BUSY.down) == 1
