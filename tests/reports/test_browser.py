"""The page in a real browser: Debian's chromium, without a window; skipped where there is none."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from declarations.reports.gather import html
from tests.reports.documents import finding, of, report
from validators.catalogue import Explanation, Language

CHROMIUM = shutil.which("chromium") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium")

DAY = date(2023, 4, 30)
DARK = "--blink-settings=preferredColorScheme=0"
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
CONTRAST = """
const channels = (text) => {
  const numbers = text.match(/[\\d.]+(?=[\\s,)%/]|$)/g).map(Number);
  const scale = text.startsWith("color(") ? 255 : 1;
  return { rgb: numbers.slice(0, 3).map((each) => each * scale), alpha: numbers[3] ?? 1 };
};
const over = (top, below) => top.rgb.map((each, at) => each * top.alpha + below[at] * (1 - top.alpha));
const ground = (element) => {
  if (!element) return [255, 255, 255];
  const own = channels(getComputedStyle(element).backgroundColor);
  return own.alpha === 1 ? own.rgb : over(own, ground(element.parentElement));
};
const light = (rgb) => {
  const linear = (part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = rgb.map((each) => linear(each / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (one, other) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
const told = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
const texts = [...document.body.querySelectorAll("*:not(script, option)")].filter(told);
const ratios = texts.map((each) => ratio(channels(getComputedStyle(each).color).rgb, ground(each)));
tell({ texts: texts.length, least: Math.min(...ratios), ground: ground(document.body) });
"""


def browse(folder: Path, page: str, *options: str) -> str:
    """The page as the browser has it once its scripts have run."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    command += [*options, "--virtual-time-budget=2000", "--dump-dom", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def driven(folder: Path, page: str, script: str, *options: str) -> dict[str, object]:
    """What a script finds on the page; the policy, which keeps scripts of others out, is taken off for it."""
    open_ = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    tell = "const tell = (found) => { document.body.dataset.found = JSON.stringify(found); };"
    dom = browse(folder, open_.replace("</body>", f"<script>{{ {tell} {script} }}</script></body>"), *options)
    found = re.search(r'data-found="([^"]*)"', dom)
    assert found, "the script did not run to its end"
    told: dict[str, object] = json.loads(found[1].replace("&quot;", '"').replace("&amp;", "&"))
    return told


def page(language: Language = Language.FRENCH) -> str:
    return html(report(language), language, DAY)


def test_its_own_script_runs_and_no_other(tmp_path: Path) -> None:
    dom = browse(tmp_path, page().replace("</body>", "<script>document.title = 'taken over'</script></body>"))
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


@pytest.mark.parametrize("options", [(), (DARK,)], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(tmp_path: Path, options: tuple[str, ...]) -> None:
    told = driven(tmp_path, page(), CONTRAST, *options)
    assert isinstance(told["texts"], int)
    assert isinstance(told["least"], float)
    assert isinstance(told["ground"], list)
    assert (sum(told["ground"]) < 200) == bool(options)
    assert told["texts"] > 100
    assert told["least"] >= 4.5


def test_it_prints(tmp_path: Path) -> None:
    target = tmp_path / "page.pdf"
    browse(tmp_path, page(), "--no-pdf-header-footer", f"--print-to-pdf={target}")
    assert target.read_bytes().startswith(b"%PDF-")
