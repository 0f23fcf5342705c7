"""A real browser for the tests: Debian's chromium, without a window; what needs it is skipped where there is none."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or ""
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="needs chromium")

DARK = "--blink-settings=preferredColorScheme=0"
PHONE = 390
"""Pixels that a telephone is wide."""
LOOK = """
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
for (const each of document.querySelectorAll("details")) each.open = true;
const told = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
const texts = [...document.body.querySelectorAll("*:not(script, option, svg *)")].filter(told);
const ratios = texts.map((each) => ratio(channels(getComputedStyle(each).color).rgb, ground(each)));
const root = document.documentElement;
tell({
  texts: texts.length,
  least: Math.min(...ratios),
  dark: light(ground(document.body)) < 0.1,
  spilt: root.scrollWidth - root.clientWidth,
});
"""


def browse(folder: Path, address: str, *options: str) -> str:
    """The page at that address as the browser has it once its scripts have run."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    command += ["--virtual-time-budget=2000", *options, "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def opened(folder: Path, page: str, *options: str) -> str:
    """The same for a page that lies in a folder."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    return browse(folder, file.as_uri(), *options)


def driven(folder: Path, page: str, script: str, *options: str) -> dict[str, object]:
    """What a script finds on the page; the policy, which keeps scripts of others out, is taken off for it."""
    return _found(opened(folder, _with(page, script), *options))


def looked_at(folder: Path, page: str, *options: str) -> dict[str, object]:
    """What LOOK finds on a telephone: the window of the browser is never that narrow, a frame in it is."""
    frame = f'<iframe style="width: {PHONE}px; height: 1200px" srcdoc="{escape(_with(page, LOOK))}"></iframe>'
    theme = "dark" if DARK in options else "light"
    around = f'<!DOCTYPE html><html class="{theme}" style="color-scheme: light dark"><body>{frame}</body></html>'
    return _found(opened(folder, around, *options))


def _with(page: str, script: str) -> str:
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    tell = "const tell = (found) => { top.document.body.dataset.found = JSON.stringify(found); };"
    return free.replace("</body>", f"<script>{{ {tell} {script} }}</script></body>")


def _found(dom: str) -> dict[str, object]:
    found = re.search(r'data-found="([^"]*)"', dom)
    assert found, "the script did not run to its end"
    told: dict[str, object] = json.loads(unescape(found[1]))
    return told
