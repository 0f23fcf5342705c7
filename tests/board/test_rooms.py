"""Who imports whom on the board: its pages know no database and no web server, and Airflow's tasks none of it."""

from __future__ import annotations

import ast

from tests.test_layering import ROOT, imports, offenders, sources

PLUGIN = ROOT / "dags" / "plugins" / "declarations_board.py"
WORLDLY = ("web.py", "opening.py")


def test_pages_are_made_of_values_and_know_neither_database_nor_web_server() -> None:
    pages = [file for file in sources("declarations/board") if file.name not in WORLDLY]
    assert offenders(pages, "declarations.adapters", "declarations.world", "sqlalchemy", "fastapi", "starlette") == []


def test_the_web_application_reads_through_its_desk_only() -> None:
    assert offenders(sources("declarations/board/web.py"), "declarations.adapters", "declarations.world") == []


def test_the_plugin_knows_the_board_only() -> None:
    ours = {name for name in imports(PLUGIN) if name.startswith("declarations")}
    assert all(name.startswith("declarations.board.") for name in ours)


def test_reading_the_plugin_loads_nothing_of_the_board_since_every_task_does_it() -> None:
    body = ast.parse(PLUGIN.read_text(encoding="utf-8")).body
    loaded = [each.module for each in body if isinstance(each, ast.ImportFrom)]
    loaded += [alias.name for each in body if isinstance(each, ast.Import) for alias in each.names]
    assert [name for name in loaded if name and name.split(".")[0] in ("declarations", "fastapi", "httpx")] == []
