"""Who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = (
    "declarations/stages",
    "declarations/model.py",
    "declarations/blocks.py",
    "declarations/filenames.py",
    "declarations/families.py",
    "declarations/answers.py",
    "declarations/entries.py",
    "declarations/frames.py",
    "declarations/entitlement",
    "declarations/parties",
    "declarations/directory",
    "declarations/sla.py",
    "declarations/operations.py",
    "declarations/checking.py",
    "declarations/bulk",
    "declarations/extracts",
    "declarations/pages",
    "declarations/publication",
    "declarations/reports",
    "declarations/kpi",
    "declarations/generate",
)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources(*places: str) -> list[Path]:
    """The Python files at these places, at least one in each."""
    found = []
    for place in places:
        path = ROOT / place
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        assert files, place
        found += files
    return found


def offenders(files: list[Path], *forbidden: str) -> list[str]:
    return [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file)
        if any(name == each or name.startswith(each + ".") for each in forbidden)
    ]


def test_validators_import_nothing_of_ours() -> None:
    assert offenders(sources("validators"), "declarations", "dags") == []


def test_stages_and_the_pure_modules_know_neither_ports_nor_adapters() -> None:
    forbidden = (
        "declarations.ports",
        "declarations.ledger",
        "declarations.adapters",
        "declarations.pipeline",
        "declarations.world",
    )
    assert offenders(sources(*PURE), *forbidden) == []


def test_the_pipeline_meets_adapters_only_through_ports() -> None:
    assert offenders(sources("declarations/pipeline.py"), "declarations.adapters") == []


def test_dags_import_only_the_two_doors_of_ours() -> None:
    dags = [file for file in sources("dags") if "plugins" not in file.parts]
    ours = [name for file in dags for name in imports(file) if name.split(".")[0] == "declarations"]
    assert set(ours) <= {"declarations", "declarations.door", "declarations.desk"}


def test_airflow_is_imported_only_under_dags() -> None:
    assert offenders(sources("declarations", "validators"), "airflow") == []


def test_only_the_demonstration_and_the_command_line_know_the_demonstration() -> None:
    product = [file for file in sources("declarations") if "demo" not in file.parts and file.name != "cli.py"]
    assert offenders(product, "declarations.demo") == []


@pytest.mark.parametrize("place", ["declarations", "validators", "dags"])
def test_modules_stay_short(place: str) -> None:
    long = [str(file.relative_to(ROOT)) for file in sources(place) if file.read_text().count("\n") > 400]
    assert long == []
