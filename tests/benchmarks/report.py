"""Figures as a table on the terminal, as Markdown in the README beside this, and as a chart."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

from rich.console import Console
from rich.table import Table

from tests.benchmarks.rows import Row

HERE = Path(__file__).parent
README, CHART = HERE / "README.md", HERE / "chart.svg"
BEGIN, END = "<!-- figures of reading, written by the program -->", "<!-- end of figures -->"

LINE, LEFT, WIDTH, RIGHT = 26, 330, 300, 130


def printed(rows: Sequence[Row]) -> None:
    """The figures on the terminal."""
    table = Table("what", "figure", "goal", "yardstick", "reached")
    for row in rows:
        table.add_row(row.what, row.figure, row.goal, row.yardstick, _reached(row))
    Console().print(table)


def written(rows: Sequence[Row], plan: str) -> None:
    """The figures in the README, between two marks, and the chart."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + "\n\n" + _markdown(rows, plan) + "\n" + END + after, encoding="utf-8")
    CHART.write_text(chart(rows), encoding="utf-8")


def machine() -> str:
    """Where and when."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    gigabytes = next((int(line.split()[1]) >> 20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    load = os.getloadavg()[1]
    return (
        f"{os.cpu_count()} cores of {model}, {gigabytes} GB, Python {platform.python_version()}, "
        f"{datetime.now().astimezone():%d %B %Y}, load {load:.1f} in the five minutes before its end"
    )


def chart(rows: Sequence[Row]) -> str:
    """Each figure as a bar beside the mark of its goal: a bar that reaches its goal is on the right side of it."""
    held = [row for row in rows if row.bar is not None and row.of]
    height = LINE * len(held) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
        f'viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}" font-family="sans-serif" font-size="13" role="img">',
        "<title>Reading: figures and their goals</title>",
        f'<rect width="100%" height="100%" fill="white"/><text x="{LEFT + WIDTH / 2}" y="20" '
        'text-anchor="middle" fill="#555">goal</text>',
    ]
    for number, row in enumerate(held):
        lines += _bar(row, 30 + number * LINE)
    middle = LEFT + WIDTH / 2
    lines.append(f'<line x1="{middle}" x2="{middle}" y1="26" y2="{height - 8}" stroke="#555" stroke-dasharray="4 3"/>')
    return "\n".join([*lines, "</svg>\n"])


def _bar(row: Row, y: int) -> list[str]:
    share = (row.bar or 0.0) / (row.of or 1.0)
    length = min(share, 2.0) * WIDTH / 2
    color = "#2f7d4f" if row.reached else "#b5482f"
    side = "most" if row.most else "least"
    return [
        f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(row.what.replace("`", ""))}</text>',
        f'<rect x="{LEFT}" y="{y + 2}" width="{length:.0f}" height="{LINE - 8}" fill="{color}"/>',
        f'<text x="{LEFT + max(length, WIDTH / 2) + 8:.0f}" y="{y + 14}">{row.bar:.4g} (at {side} {row.of:.4g})</text>',
    ]


def _markdown(rows: Sequence[Row], plan: str) -> str:
    lines = ["| what | figure | goal | yardstick of the same run | reached |", "|---|---|---|---|---|"]
    lines += [f"| {row.what} | {row.figure} | {row.goal} | {row.yardstick} | {_reached(row)} |" for row in rows]
    return "\n".join(lines) + f"\n\n{plan} {machine()}.\n\n![The figures beside their goals](chart.svg)\n"


def _reached(row: Row) -> str:
    return {True: "yes", False: "no", None: ""}[row.reached]


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
