"""The pages: whole on their own, nothing fetched, nothing run, and legible in light and dark."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree.ElementTree import fromstring

import pytest

from declarations.kpi.charts import Bar, Series, ceiling, columns, ranked
from declarations.kpi.facts import Code
from declarations.kpi.overview import Overview, as_json
from declarations.kpi.overview_page import overview_page
from declarations.kpi.page import page
from declarations.kpi.report import OPERATOR, PUBLIC, Reader, View, report
from declarations.model import BatchStatus
from tests.kpi.logs import Writer
from tests.kpi.samples import NOW, batch, month_page, recipient, sender


def test_nothing_runs_on_a_page_of_figures() -> None:
    for text in (month_page(), overview_page(sender()), overview_page(recipient())):
        assert "<script" not in text


def test_what_a_code_is_called_is_escaped() -> None:
    given = Writer()
    given.judged(given.batch(), 1, 0, c00036_008=1)
    given.facts.append(Code("00036-008", "<script>alert(1)</script>", ()))
    text = page(report(given.log(), OPERATOR))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_headline_is_the_share_under_four_calendar_days() -> None:
    given = Writer()
    for took in (20, 30, 100):
        given.batch(took=took)
    assert '<p class="big">66.66<small> %</small></p>' in page(report(given.log(), OPERATOR))


def test_a_page_says_when_there_is_nothing_to_count() -> None:
    assert "There is nothing to count yet." in page(report(Writer().log(), OPERATOR))


def test_a_page_of_the_public_says_when_there_are_too_few() -> None:
    given = Writer()
    given.batch()
    assert "There are too few to tell." in page(report(given.log(), PUBLIC))


def test_a_preliminary_page_says_of_which_moment_it_is() -> None:
    assert "as known on 2026-04-20 at 12:00" in page(
        report(Writer(as_of=datetime(2026, 4, 20, 10, tzinfo=UTC)).log(), View(Reader.SENDER, "000101"))
    )


def test_an_overview_tells_time_left_in_words() -> None:
    text = overview_page(sender())
    assert ">3 d 17 h<" in text
    assert ">past its fourth day<" in text
    assert ">no promise in tests<" in text


def test_an_overview_of_a_sender_does_not_say_that_a_batch_is_held() -> None:
    assert "held" not in overview_page(sender()).partition("</style>")[2] + as_json(sender())


def test_an_overview_of_a_recipient_begins_with_what_awaits_its_receipt() -> None:
    text = overview_page(recipient())
    assert text.index("Awaiting your receipt") < text.index("pensions-000002") < text.index("Other deliveries")
    assert ">1 d 2 h<" in text


def test_a_long_overview_is_cut_on_the_page_and_says_so() -> None:
    many = tuple(batch(number, BatchStatus.CLOSED, 100, 1) for number in range(700))
    text = overview_page(Overview("000101", NOW, batches=many))
    assert text.count("<tr>") == 501
    assert "The newest 500 of 700" in text


def test_a_long_table_of_a_report_is_cut_on_the_page_and_says_so() -> None:
    given = Writer()
    for _ in range(201):
        given.batch(took=100)
    text = page(report(given.log(), OPERATOR)).partition("Past the fourth day")[2]
    assert "The first 200 of 201; the CSV file has all." in text
    assert (text.count("DMFA.000101.20260408.00200.R"), text.count("DMFA.000101.20260408.00201.R")) == (1, 0)


def test_every_table_of_figures_can_be_moved_by_keyboard() -> None:
    for text in (month_page(), overview_page(sender()), overview_page(recipient())):
        assert text.count("<table>") == text.count('class="wide" tabindex="0" role="region" aria-label="') > 0


# Charts


@pytest.mark.parametrize(("most", "end"), [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (51, 100), (1001, 2000)])
def test_a_scale_ends_at_a_round_number(most: int, end: int) -> None:
    assert ceiling(most) == end


def test_bars_are_as_high_as_their_counts_say() -> None:
    drawn = columns("title", (Series("late", "bad"),), [Bar("a", (50,)), Bar("b", (100,)), Bar("c", (0,))])
    heights = [int(each.get("height", "")) for each in drawn.iter("rect")]
    assert heights == [95, 190]


def test_a_count_that_is_withheld_is_drawn_alike_whatever_it_is() -> None:
    drawn = columns("title", (Series("late", "bad"),), [Bar("a", (None,)), Bar("b", (7,))])
    (withheld,) = [each for each in drawn.iter("rect") if each.get("class") == "withheld"]
    assert withheld.get("height") == "4"


def test_each_bar_says_what_it_is() -> None:
    drawn = ranked("title", Series("times", "bar"), [Bar("00036-008 B", (1234,))])
    assert [each.text for each in drawn.iter("title")] == ["00036-008 B: 1,234 times"]


def test_a_chart_is_well_formed() -> None:
    for drawing in re.findall(r"<svg.*?</svg>", month_page(), re.DOTALL):
        fromstring(drawing)
