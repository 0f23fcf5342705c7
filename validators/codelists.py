"""Code lists of a family: CSV files with the quarters in which each code is valid.

The columns before `valid_from` are what is looked up, mostly `code` alone; those after `valid_until` are what controls
need to know of it. Quarters are written `20231`, both ends included; `19001` and `99994` are no limits. Everything is
text: codes keep their zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

FROM, UNTIL = "valid_from", "valid_until"


class UnusableList(Exception):
    """A code list that cannot be read; the text names the file."""


class CodeLists:
    """The lists of one folder, each read when first asked for."""

    def __init__(self, folder: Path) -> None:
        """Take note of the folder; it need not exist."""
        self._folder = folder
        self._read: dict[str, pl.DataFrame] = {}

    def names(self) -> tuple[str, ...]:
        """The names of the lists: those of the files."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.csv")))

    def read(self, name: str) -> pl.DataFrame:
        """A list as it stands in its file. Raises UnusableList."""
        if name not in self._read:
            self._read[name] = _frame(self._folder / f"{name}.csv")
        return self._read[name]

    def within(self, name: str, quarters: Sequence[str]) -> pl.DataFrame:
        """One row per quarter and code valid in it: quarter, then the columns of the list without its validity."""
        import polars as pl

        listed = self.read(name)
        declared = pl.DataFrame({"quarter": list(quarters)}, schema={"quarter": pl.String})
        valid = pl.col("quarter").is_between(pl.col(FROM), pl.col(UNTIL))
        return declared.join(listed, how="cross").filter(valid).drop(FROM, UNTIL)


def keys(listed: pl.DataFrame) -> list[str]:
    """The columns of a list that are looked up."""
    return listed.columns[: listed.columns.index(FROM)]


def overlaps(listed: pl.DataFrame) -> list[tuple[str, ...]]:
    """The keys that a list has more than once for one quarter, or that end before they start."""
    import polars as pl

    looked_up = keys(listed)
    ordered = listed.sort(*looked_up, FROM)
    before = pl.col(UNTIL).shift(1).over(looked_up)
    wrong = ordered.filter((pl.col(UNTIL) < pl.col(FROM)) | (before >= pl.col(FROM)))
    return wrong.select(looked_up).unique(maintain_order=True).rows()


def _frame(path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        listed = pl.read_csv(path, infer_schema=False).with_columns(pl.all().fill_null(""))
    except (OSError, pl.exceptions.PolarsError) as fault:
        raise UnusableList(f"{path}: {fault}; expected a CSV file with a line of column names") from fault
    if FROM not in listed.columns[1:] or listed.columns[listed.columns.index(FROM) + 1 :][:1] != [UNTIL]:
        raise UnusableList(f"{path}: expected the key, {FROM}, {UNTIL}, then what else is known")
    return listed
