"""The reference directory in the ledger's database: lists taken whole, questions answered for many persons at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import polars as pl
from sqlalchemy import Connection, Engine, func, insert, select

from declarations.adapters.database import listing
from declarations.adapters.database.engine import reading, writing
from declarations.adapters.database.numbers import asked, chunks, renumber, renumbered
from declarations.adapters.database.registers import directory_load, known_person, replaced_inss
from declarations.adapters.database.staging import filled
from declarations.adapters.database.tables import batch
from declarations.directory.delimited import BadLines
from declarations.directory.lists import Known, Load, Loaded
from declarations.directory.renumbering import Replacement, followed
from declarations.errors import Invariant
from declarations.model import Batch, BatchStatus

ONE_WRITER = "LOCK TABLE directory_load IN SHARE ROW EXCLUSIVE MODE"
COUNT = "ANALYZE known_person, replaced_inss"
ANSWER = {"recipient": pl.String, "inss": pl.String, "quality": pl.String}


class DatabaseDirectory:
    """Whom each institution knows, as `declarations.ports.Directory` says it."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def known(self, persons: pl.Series, days: tuple[date, date]) -> pl.DataFrame:
        """Who knows these persons in that period: recipient, inss (as asked), quality; each combination once."""
        numbers = persons.drop_nulls().unique().sort().to_list()
        with reading(self._database) as connection:
            found = [_known(connection, some, days) for some in chunks(numbers)]
        return pl.concat([pl.DataFrame(schema=ANSWER), *found]).unique(maintain_order=True)

    def numbers_of(self, person: str) -> frozenset[str]:
        """Every number that this person has or had, that one included."""
        with reading(self._database) as connection:
            newest = renumbered(connection, [person]).get(person, (person, None))[0]
            return frozenset({person, newest, *renumbered(connection, [newest])})

    def take_list(self, load: Load, frames: Iterable[pl.DataFrame]) -> Loaded:
        """Make this the whole list of its recipient; nothing happens the second time that a drop is taken."""
        return self._take(load, frames, listing.replace)

    def take_changes(self, load: Load, frames: Iterable[pl.DataFrame]) -> Loaded:
        """Add and end rows of that recipient's list; nothing happens the second time that a drop is taken."""
        return self._take(load, frames, listing.change)

    def _take(self, load: Load, frames: Iterable[pl.DataFrame], apply: Callable[[Connection, str], Loaded]) -> Loaded:
        if load.recipient is None:
            raise Invariant(f"{load.file} is nobody's list of persons")
        with filled(self._database, frames) as connection:
            _alone(connection)
            done = _taken(connection, load)
            return done or _noted(connection, load, apply(connection, load.recipient))

    def take_numbers(self, load: Load, given: Sequence[Replacement]) -> Loaded | BadLines:
        """Follow these replacements from now on; nothing happens where they contradict each other or go in circles."""
        numbers = sorted({number for each in given for number in (each.old, each.new)})
        with writing(self._database) as connection:
            _alone(connection)
            before = renumbered(connection, numbers)
            bad = BadLines()
            changed = followed(given, before, bad)
            if bad.found:
                return bad
            renumber(connection, changed, before)
            return _noted(connection, load, Loaded(len(given), len(changed.keys() - before.keys()), 0))

    def behind_another(self, given: Batch) -> bool:
        """Whether an earlier file of that folder for the directory waits still: they are taken in their order."""
        earlier = select(batch.c.id).where(
            batch.c.status.in_((BatchStatus.RECEIVED, BatchStatus.HELD)),
            batch.c.id < given.id,
            batch.c.folder == given.folder,
            batch.c.environment == given.environment,
            batch.c.kind == given.kind,
            func.substr(batch.c.reference, 1, 5) == given.reference[:5],
        )
        with reading(self._database) as connection:
            return connection.scalar(earlier.limit(1)) is not None

    def stats(self) -> list[Known]:
        """What is held for each recipient, by id."""
        of = known_person.c.recipient
        counts = select(of, func.count(), func.count(known_person.c.person.distinct())).group_by(of).order_by(of)
        kinds = select(of, known_person.c.quality).distinct().order_by(of, known_person.c.quality)
        with reading(self._database) as connection:
            qualities: dict[str, list[str]] = {}
            for recipient, quality in connection.execute(kinds):
                qualities.setdefault(recipient, []).append(quality)
            return [
                Known(recipient, rows, persons, tuple(qualities[recipient]))
                for recipient, rows, persons in connection.execute(counts)
            ]

    def replaced(self) -> int:
        """How many numbers are known to be replaced."""
        with reading(self._database) as connection:
            return connection.execute(select(func.count()).select_from(replaced_inss)).scalar_one()

    def loads(self, limit: int) -> list[tuple[Load, Loaded]]:
        """What was loaded, newest first."""
        newest = select(directory_load).order_by(directory_load.c.id.desc()).limit(limit)
        with reading(self._database) as connection:
            return [
                (
                    Load(row.recipient, row.operator, row.file, row.sha256, row.loaded_at, row.batch_id),
                    Loaded(row.rows, row.added, row.ended),
                )
                for row in connection.execute(newest)
            ]


def _known(connection: Connection, numbers: Sequence[str], days: tuple[date, date]) -> pl.DataFrame:
    """One text for all rows: a value for each cell would cost more than finding it. No cell has a comma in it."""
    number = asked(connection, numbers)
    newest = func.coalesce(replaced_inss.c.new, number)
    first, last = days
    cells = known_person.c.recipient.concat(",").concat(number).concat(",").concat(known_person.c.quality)
    query = (
        select(func.aggregate_strings(cells, "\n"))
        .select_from(number.table)
        .outerjoin(replaced_inss, replaced_inss.c.old == number)
        .join(known_person, known_person.c.person == newest)
        .where(known_person.c.valid_from <= last)
        .where(func.coalesce(known_person.c.valid_until, first) >= first)
    )
    found: str | None = connection.scalar(query)
    if found is None:
        return pl.DataFrame(schema=ANSWER)
    return pl.read_csv(found.encode(), has_header=False, schema=ANSWER, quote_char=None)


def _alone(connection: Connection) -> None:
    """One writer at a time: lists are written under the numbers that are newest now. SQLite has no other."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(ONE_WRITER)


def _counted(connection: Connection) -> None:
    """PostgreSQL reads the whole table for a question about a hundred persons while it does not know its size."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(COUNT)


def _taken(connection: Connection, load: Load) -> Loaded | None:
    """What that drop did, where it was taken before."""
    if load.batch_id is None:
        return None
    row = connection.execute(select(directory_load).where(directory_load.c.batch_id == load.batch_id)).first()
    return Loaded(row.rows, row.added, row.ended) if row else None


def _noted(connection: Connection, load: Load, loaded: Loaded) -> Loaded:
    note = {
        "recipient": load.recipient,
        "batch_id": load.batch_id,
        "loaded_at": load.loaded_at,
        "operator": load.operator,
        "file": load.file,
        "sha256": load.sha256,
        "rows": loaded.rows,
        "added": loaded.added,
        "ended": loaded.ended,
    }
    connection.execute(insert(directory_load).values(note))
    _counted(connection)
    return loaded
