"""Charts as inline SVG: drawn from whole numbers alone, so that the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from declarations.pages.html import h

NARROW, LONG = 560, 1160
"""How wide a chart is drawn: half of a page, or all of it."""
HEIGHT = 230
LEFT, TOP, BOTTOM = 48, 12, 28
"""Room for the axes."""
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: its label, and one count for each series; None where the count is withheld."""

    label: str
    counts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """What the counts of one color are: `style` is the class of its bars."""

    name: str
    style: str


def columns(title: str, series: Sequence[Series], bars: Sequence[Bar], width: int = NARROW) -> Element:
    """Upright bars, the series of each on top of each other."""
    top = ceiling(max((sum(each or 0 for each in bar.counts) for bar in bars), default=0))
    step = (width - LEFT) // max(len(bars), 1)
    marks = [mark for nth, bar in enumerate(bars) for mark in _column(nth, bar, series, top, step)]
    labels = [_label(LEFT + nth * step + step // 2, bar.label) for nth, bar in enumerate(bars)]
    return _chart(title, series, (width, HEIGHT), [*_scale(top, width), *marks, *labels])


def ranked(title: str, series: Series, bars: Sequence[Bar]) -> Element:
    """Lying bars, one below the other, each with its label and its count."""
    most = max((bar.counts[0] or 0 for bar in bars), default=0)
    rows = [mark for nth, bar in enumerate(bars) for mark in _row(nth, bar, series, most)]
    return _chart(title, (), (NARROW, 28 * len(bars) + 6), rows)


def ceiling(most: int) -> int:
    """The end of a scale for counts up to that: 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in STEPS:
            if step * power >= most:
                return step * power
        power *= 10


def _column(nth: int, bar: Bar, series: Sequence[Series], top: int, step: int) -> list[Element]:
    x, base = LEFT + nth * step + step // 8, HEIGHT - BOTTOM
    width = max(step - step // 4, 1)
    if None in bar.counts:
        return [_rect(x, base - 4, width, 4, "withheld", f"{bar.label}: withheld")]
    marks, below = [], 0
    for count, of in zip(bar.counts, series, strict=True):
        if count:
            low, high = _y(below, top), _y(below + count, top)
            marks.append(_rect(x, high, width, max(low - high, 1), of.style, f"{bar.label}: {count:,} {of.name}"))
            below += count
    return marks


def _y(count: int, top: int) -> int:
    base = HEIGHT - BOTTOM
    return base - count * (base - TOP) // top


def _scale(top: int, width: int) -> list[Element]:
    """Three lines: nothing, half, all."""
    lines = []
    for count in sorted({0, top // 2, top}):
        y = str(_y(count, top))
        lines.append(h("line", x1=str(LEFT), x2=str(width), y1=y, y2=y, class_="scale"))
        lines.append(h("text", f"{count:,}", x=str(LEFT - 8), y=str(int(y) + 4), class_="end"))
    return lines


def _row(nth: int, bar: Bar, series: Series, most: int) -> list[Element]:
    count, y, left = bar.counts[0] or 0, 28 * nth + 6, 130
    width = max(count * (NARROW - left - 80) // max(most, 1), 1)
    return [
        h("text", bar.label, x=str(left - 10), y=str(y + 15), class_="end name"),
        _rect(left, y, width, 20, series.style, f"{bar.label}: {count:,} {series.name}"),
        h("text", f"{count:,}", x=str(left + width + 8), y=str(y + 15)),
    ]


def _rect(x: int, y: int, width: int, height: int, style: str, told: str) -> Element:
    place = {"x": str(x), "y": str(y), "width": str(width), "height": str(height)}
    return h("rect", h("title", told), class_=style, **place)


def _label(x: int, text: str) -> Element:
    return h("text", text, x=str(x), y=str(HEIGHT - 8), class_="middle")


def _chart(title: str, series: Sequence[Series], size: tuple[int, int], marks: Sequence[Element]) -> Element:
    legend = [h("li", h("span", class_=f"swatch {each.style}"), each.name) for each in series]
    drawing = h("svg", *marks, viewBox=f"0 0 {size[0]} {size[1]}", role="img", aria_label=title)
    caption = h("figcaption", h("span", title), h("ul", *legend, class_="series") if len(legend) > 1 else None)
    return h("figure", caption, drawing, class_="chart long" if size[0] == LONG else "chart")
