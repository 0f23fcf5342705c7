"""The ledger's tables and how they get to our version."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from declarations.adapters.database import DatabaseLedger, migrate, open_ledger
from declarations.adapters.database.registers import metadata
from declarations.adapters.database.schema import HEAD, MIGRATIONS
from declarations.errors import Configuration
from declarations.model import BatchStatus, Outcome
from declarations.operations import Channel
from tests.ledger.given import FOLDER, NOW, advanced, answer, drop, recorded


def test_the_tables_that_migrations_make_are_those_the_ledger_uses(empty_url: str) -> None:
    migrate(empty_url)
    database = create_engine(empty_url)
    with database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.dispose()


def test_the_newest_migration_is_our_version() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_migrating_again_keeps_what_is_there(empty_url: str) -> None:
    migrate(empty_url)
    ledger = open_ledger(empty_url)
    batch = recorded(ledger)
    migrate(empty_url)
    assert ledger.standing(BatchStatus.RECEIVED, 10) == [batch]
    ledger.close()


def test_batches_of_the_first_version_get_their_tickets(empty_url: str) -> None:
    migrate(empty_url)
    ledger = open_ledger(empty_url)
    names = [recorded(ledger, drop(number)) for number in (1, 1, 2)]
    names.append(recorded(ledger, drop(3, reference="odd \udcff\\name")))
    ledger.close()
    downgraded(empty_url)
    migrate(empty_url)
    database = create_engine(empty_url)
    with database.connect() as connection:
        tickets = connection.execute(text("SELECT id, ticket FROM batch ORDER BY id")).all()
    database.dispose()
    assert [tuple(each) for each in tickets] == [(batch.id, batch.ticket) for batch in names]


def test_alarms_of_an_older_version_are_not_mailed_again(empty_url: str) -> None:
    migrate(empty_url)
    ledger = open_ledger(empty_url)
    ledger.alarm("held:1", "held", "1", "held from accepted", NOW)
    ledger.close()
    downgraded(empty_url)
    migrate(empty_url)
    ledger = open_ledger(empty_url)
    assert ledger.untold(Channel.MAIL, 10) == []
    assert len(ledger.untold(Channel.WEBHOOK, 10)) == 1
    ledger.close()


def test_a_folder_goes_on_counting_where_an_older_version_stopped(empty_url: str) -> None:
    migrate(empty_url)
    ledger = open_ledger(empty_url)
    for number in (1, 2):
        accepted(ledger, number)
    ledger.close()
    downgraded(empty_url)
    migrate(empty_url)
    ledger = open_ledger(empty_url)
    accepted(ledger, 3)
    accepted(ledger, 4, "006500")
    stems = [[each.stem for each in ledger.unsent(folder, 10)] for folder in (FOLDER, "006500")]
    ledger.close()
    assert stems == [[f"ACRF.999999.20260423.0000{number}.R" for number in (1, 2, 3)], ["ACRF.999999.20260423.00001.R"]]


def accepted(ledger: DatabaseLedger, number: int, folder: str = FOLDER) -> None:
    """A batch that was received and accepted, with an answer."""
    batch = recorded(ledger, drop(number, folder=folder))
    advanced(ledger, batch, Outcome(BatchStatus.ACCEPTED, answers=(answer(folder=folder),)))


OLD = (
    "UPDATE numbering SET folder = 'all'",
    "ALTER TABLE numbering RENAME TO numbering_new",
    "CREATE TABLE numbering (day DATE, environment TEXT, last INTEGER, PRIMARY KEY (day, environment))",
    "INSERT INTO numbering SELECT day, environment, MAX(last) FROM numbering_new GROUP BY day, environment",
    "DROP TABLE numbering_new",
    "DROP INDEX exchange_stem",
    "CREATE UNIQUE INDEX exchange_stem ON exchange (name) WHERE object IS NOT NULL",
    "ALTER TABLE alarm DROP COLUMN mailed_at",
    "DROP INDEX batch_ticket",
    "ALTER TABLE batch DROP COLUMN ticket",
    "UPDATE alembic_version SET version_num = '0001'",
)


def downgraded(url: str) -> None:
    """The tables as the first program left them."""
    database = create_engine(url)
    with database.begin() as connection:
        for each in OLD:
            connection.execute(text(each))
    database.dispose()


def test_tables_of_a_newer_program_are_left_alone(empty_url: str) -> None:
    migrate(empty_url)
    database = create_engine(empty_url)
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Configuration, match="newer program"):
        migrate(empty_url)
    database.dispose()


def test_a_database_without_tables_asks_to_be_migrated(empty_url: str) -> None:
    ledger = open_ledger(empty_url)
    with pytest.raises(Configuration, match="migrate the database first"):
        ledger.standing(BatchStatus.RECEIVED, 10)
    ledger.close()


@pytest.mark.parametrize("url", ["mysql://user:secret@host/name", "no url: secret", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_cannot_hold_a_ledger_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(Configuration) as caught:
        open_ledger(url)
    assert "secret" not in str(caught.value)
