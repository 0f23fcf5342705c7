"""The figures know nothing of the world: a log in, bytes out."""

from __future__ import annotations

from tests.test_layering import offenders, sources


def test_figures_know_neither_ports_nor_adapters_nor_the_clock() -> None:
    forbidden = ("declarations.ports", "declarations.adapters", "declarations.steps", "declarations.world", "time")
    assert offenders(sources("declarations/kpi"), *forbidden) == []


def test_the_clock_is_not_read() -> None:
    read = [str(file) for file in sources("declarations/kpi") if ".now(" in file.read_text(encoding="utf-8")]
    assert read == []
