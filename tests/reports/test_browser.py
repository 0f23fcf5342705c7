"""The page in a real browser: sorting, filtering, printing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from declarations.reports.gather import html
from tests.browser import driven, needs_chromium, opened
from tests.reports.documents import finding, of, report
from validators.catalogue import Explanation, Language

pytestmark = needs_chromium

DAY = date(2023, 4, 30)
SORT = """
const entries = () => [...document.querySelectorAll("table.findings > tbody")];
const cells = () => entries().map((each) => each.rows[0].cells[0].textContent);
const button = document.querySelector("table.findings th button");
const orders = [cells()];
button.click(); orders.push(cells());
const one = button.parentNode.getAttribute("aria-sort");
button.click(); orders.push(cells());
tell({ orders, one, other: button.parentNode.getAttribute("aria-sort") });
"""
FILTER = """
const form = document.getElementById("filter");
const state = () => [
  form.querySelector("output").textContent,
  [...document.querySelectorAll("section.cause")].filter((each) => !each.hidden).length,
];
const set = (tag, value) => {
  form.querySelector(tag).value = value;
  form.querySelector(tag).dispatchEvent(new Event("input", { bubbles: true }));
};
const states = [state()];
set("input", "MONTANT"); states.push(state());
set("input", ""); set("select", "NP"); states.push(state());
tell({ hidden: form.hidden, states });
"""


def page(language: Language = Language.FRENCH) -> str:
    return html(report(language), language, DAY)


def test_its_own_script_runs_and_no_other(tmp_path: Path) -> None:
    dom = opened(tmp_path, page().replace("</body>", "<script>document.title = 'taken over'</script></body>"))
    assert "<button" in dom
    assert "<title>Contrôle de déclarations</title>" in dom


def test_a_head_sorts_its_column_up_and_down_as_numbers(tmp_path: Path) -> None:
    given = [finding(form=number, line=number) for number in (2, 10, 1)]
    told = driven(tmp_path, html(of(*given), Language.ENGLISH, DAY), SORT)
    assert told["orders"] == [["2", "10", "1"], ["1", "2", "10"], ["10", "2", "1"]]
    assert (told["one"], told["other"]) == ("ascending", "descending")


def test_the_filter_hides_what_does_not_match_and_says_how_much_is_left(tmp_path: Path) -> None:
    amount = finding(code="00015-007", explanation=Explanation("Montant net", "Faux.", "Recalculez."))
    mild = finding(anomaly_class="NP", code="00014-022")
    told = driven(tmp_path, html(of(*[amount] * 3, finding(), mild, mild), Language.FRENCH, DAY), FILTER)
    assert told["hidden"] is False
    assert told["states"] == [["6 sur 6 affichés", 3], ["3 sur 6 affichés", 1], ["2 sur 6 affichés", 1]]


def test_it_prints(tmp_path: Path) -> None:
    target = tmp_path / "page.pdf"
    opened(tmp_path, page(), "--no-pdf-header-footer", f"--print-to-pdf={target}")
    assert target.read_bytes().startswith(b"%PDF-")
