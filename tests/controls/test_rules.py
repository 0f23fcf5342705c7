"""Controls as data: what a file may say, and what a control sees when it runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.rules import RuleError, controls, dormant, hits

TODAY = date(2023, 4, 30)
DECLARED = '[[view]]\nname = "declared"\nsql = "SELECT form, quarter FROM heads"\n'
CONTROL = 'id = "{id}"\ncode = "00001-{kind}"\nclass = "B"\nblock = "things"\nsource = "none"\nbreaks = []\n'
Pair = tuple[str | None, int | None]
BLOCKS = {
    "heads": pl.DataFrame({"form": [0, 1], "row": [0, 1], "quarter": ["20034", "20231"]}),
    "things": pl.DataFrame(
        {"form": [0, 0, 1, 1], "row": [0, 1, 2, 3], "color": ["1", "9", "1", None], "size": [1, 2, 3, 4]}
    ),
}


def control(name: str, more: str, kind: str = "008") -> str:
    """A control, as TOML."""
    return "[[control]]\n" + CONTROL.format(id=name, kind=kind) + more


def found(folder: Path, *texts: str) -> dict[str, list[int]]:
    """The rows that each control finds."""
    return {each.id: rows.to_list() for each, rows in hits(controls(written(folder, *texts)), BLOCKS, TODAY)}


def written(folder: Path, *texts: str) -> Path:
    """A folder of controls with a code list beside it: red until 2003/4, blue since 2020, no rates."""
    (folder / "controls").mkdir()
    (folder / "codes").mkdir()
    for number, text in enumerate(texts):
        (folder / "controls" / f"{number}.toml").write_text(text, encoding="utf-8")
    colors = "code,valid_from,valid_until,name\n1,19001,20034,red\n2,20201,99994,blue\n"
    (folder / "codes" / "colors.csv").write_text(colors, encoding="utf-8")
    (folder / "codes" / "rates.csv").write_text("code,valid_from,valid_until,rate\n", encoding="utf-8")
    return folder / "controls"


def test_a_code_must_be_valid_in_the_quarter_of_its_form(tmp_path: Path) -> None:
    checks = 'column = "color"\ncodes = "colors"\ncheck = '
    rows = found(
        tmp_path,
        DECLARED,
        control("valid", checks + '"valid_code"\n'),
        control("known", checks + '"known_code"\n'),
        control("dated", checks + '"code_in_quarter"\n'),
        control("lenient", checks + '"valid_code"\nignore = ["9"]\n'),
    )
    assert rows == {"valid": [1, 2], "known": [1], "dated": [2], "lenient": [2]}


def test_one_quarter_is_judged_as_several_are(tmp_path: Path) -> None:
    rules = controls(
        written(tmp_path, DECLARED, control("valid", 'column = "color"\ncodes = "colors"\ncheck = "valid_code"\n'))
    )
    alone = {name: frame.filter(pl.col("form") == 1) for name, frame in BLOCKS.items()}
    assert [rows.to_list() for _, rows in hits(rules, alone, TODAY)] == [[2]]


def test_a_query_sees_blocks_views_lists_and_the_clock(tmp_path: Path) -> None:
    sql = (
        "SELECT t.row FROM things t JOIN declared d ON d.form = t.form JOIN colors c ON c.code = t.color "
        "AND c.quarter = d.quarter CROSS JOIN clock k WHERE c.name = 'red' AND k.last_quarter = '20231'"
    )
    assert found(tmp_path, DECLARED, control("all", f'sql = "{sql}"\n')) == {"all": [0]}


def test_views_may_name_views_in_other_files(tmp_path: Path) -> None:
    view = '[[view]]\nname = "big"\nsql = "SELECT * FROM dated WHERE size > 1"\n'
    other = '[[view]]\nname = "dated"\nsql = "SELECT t.*, d.quarter FROM things t JOIN declared d ON d.form = t.form"\n'
    query = control("big", "sql = \"SELECT row FROM big WHERE quarter = '20034'\"\n")
    assert found(tmp_path, view + query, other, DECLARED) == {"big": [1]}


ALIKE = pl.DataFrame(
    {"form": [0] * 6, "row": range(6), "color": ["1", "1", None, None, "1", "2"], "size": [1, 1, 2, 2, 3, 1]}
)


def test_rows_that_share_what_must_be_unique_are_found_together(tmp_path: Path) -> None:
    text = control("both", 'unique = ["color", "size"]\n') + control("one", 'unique = ["row"]\n')
    rules = controls(written(tmp_path, text))
    assert [(each.id, rows.to_list()) for each, rows in hits(rules, {"things": ALIKE}, TODAY)] == [
        ("both", [0, 1, 2, 3])
    ]


PAIRS = st.lists(st.tuples(st.sampled_from(["1", "2", None]), st.sampled_from([1, 2, None])), min_size=1, max_size=8)


@given(pairs=PAIRS)
def test_unique_columns_say_what_the_query_would(tmp_path_factory: pytest.TempPathFactory, pairs: list[Pair]) -> None:
    sql = "SELECT row FROM things QUALIFY COUNT(*) OVER (PARTITION BY color, size) > 1"
    text = control("columns", 'unique = ["color", "size"]\n') + control("query", f'sql = "{sql}"\n')
    rules = controls(written(tmp_path_factory.mktemp("pairs"), text))
    things = pl.DataFrame(pairs, schema={"color": pl.String, "size": pl.Int64}, orient="row").with_row_index("row")
    rows = {each.id: found.to_list() for each, found in hits(rules, {"things": things}, TODAY)}
    assert rows.get("columns") == rows.get("query")


def test_unique_columns_that_are_not_there_name_their_control(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="control odd"):
        found(tmp_path, control("odd", 'unique = ["weight"]\n'))


def test_rows_come_once_and_in_order(tmp_path: Path) -> None:
    sql = "SELECT row FROM (SELECT row FROM things UNION ALL SELECT row FROM things) x ORDER BY row DESC"
    assert found(tmp_path, control("twice", f'sql = "{sql}"\n')) == {"twice": [0, 1, 2, 3]}


def test_a_control_for_other_quarters_is_not_run(tmp_path: Path) -> None:
    broken = 'sql = "SELECT nothing FROM nowhere"\nfrom = "20241"\n'
    assert found(tmp_path, DECLARED, control("later", broken)) == {}


def test_a_control_on_a_column_without_values_looks_for_their_absence_only(tmp_path: Path) -> None:
    rules = controls(
        written(
            tmp_path,
            control("wrong", 'column = "color"\nsql = "SELECT row FROM things"\n'),
            control("absent", 'column = "color"\nsql = "SELECT row FROM things WHERE color IS NULL"\n', kind="001"),
        )
    )
    colorless = BLOCKS | {"things": BLOCKS["things"].with_columns(color=pl.lit(None, dtype=pl.String))}
    assert [each.id for each, _ in hits(rules, colorless, TODAY)] == ["absent"]


def test_a_control_on_a_block_or_column_of_another_version_finds_nothing(tmp_path: Path) -> None:
    text = control("column", 'column = "weight"\nsql = "SELECT row FROM things"\n')
    text += control("block", 'sql = "SELECT row FROM things"\n').replace('"things"', '"stuff"', 1)
    assert found(tmp_path, text) == {}


def test_a_query_that_cannot_run_names_its_control(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="control odd"):
        found(tmp_path, control("odd", 'sql = "SELECT nothing FROM things"\n'))


def test_a_control_that_reads_an_empty_list_is_dormant(tmp_path: Path) -> None:
    rules = controls(
        written(
            tmp_path,
            DECLARED,
            '[[view]]\nname = "rated"\nsql = "SELECT t.row FROM things t JOIN rates r ON r.code = t.color"\n',
            control("awake", 'column = "color"\ncodes = "colors"\ncheck = "valid_code"\n'),
            control("asleep", 'sql = "SELECT row FROM rated"\n'),
        )
    )
    assert [each.id for each in dormant(rules)] == ["asleep"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[control]]\n",
        control("a", ""),
        control("a", 'check = "inss"\n'),
        control("a", 'column = "color"\ncheck = "nice"\n'),
        control("a", 'column = "color"\ncheck = "valid_code"\n'),
        control("a", 'column = "color"\ncheck = "inss"\ncodes = "colors"\n'),
        control("a", 'sql = "x"\ncheck = "inss"\ncolumn = "color"\n'),
        control("a", 'sql = "x"\nunique = ["color"]\n'),
        control("a", "unique = []\n"),
        control("a", 'sql = "x"\nseverity = "B"\n'),
        control("a", 'sql = "x"\n').replace('"B"', '"C"'),
        control("a", 'sql = "x"\n').replace("[]", '["one"]'),
        control("a", 'sql = "x"\n') * 2,
        control("a", 'sql = "x"\n') + "[rules]\n",
        control("a", 'sql = "x"\n') + DECLARED * 2,
        "[[control]",
    ],
)
def test_what_no_control_can_be_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RuleError, match=str(tmp_path)):
        controls(written(tmp_path, text))
