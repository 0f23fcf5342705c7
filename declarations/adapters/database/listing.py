"""How a list of persons that was staged becomes what a recipient knows."""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from declarations.adapters.database.registers import known_person, replaced_inss
from declarations.adapters.database.staging import ending, given, staged
from declarations.directory.lists import Action, Loaded

_SAME_KEY = and_(
    given.c.inss == known_person.c.inss,
    given.c.quality == known_person.c.quality,
    given.c.valid_from == known_person.c.valid_from,
)
_SAME = and_(_SAME_KEY, given.c.valid_until.is_not_distinct_from(known_person.c.valid_until))


def replace(connection: Connection, recipient: str) -> Loaded:
    """The staged rows become that recipient's whole list; rows that stay are not touched."""
    theirs = known_person.c.recipient == recipient
    gone = connection.execute(delete(known_person).where(theirs, ~exists().where(_SAME))).rowcount
    return Loaded(_rows(connection), _add(connection, recipient), gone)


def change(connection: Connection, recipient: str) -> Loaded:
    """The staged rows are added to that recipient's list, then those that end are ended."""
    theirs = known_person.c.recipient == recipient
    other_end = and_(_SAME_KEY, ~_SAME)
    listed = known_person.c.inss.in_(select(given.c.inss))
    connection.execute(delete(known_person).where(theirs, listed, exists().where(other_end)))
    added = _add(connection, recipient)
    return Loaded(_rows(connection), added, _end(connection, theirs))


def _rows(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(staged)).scalar_one()


def _inserted(connection: Connection, rows: Insert) -> int:
    """How many; of an insert the driver's count is kept only when asked for."""
    return connection.execute(rows, execution_options={"preserve_rowcount": True}).rowcount


def _add(connection: Connection, recipient: str) -> int:
    """In the order of the key: an index grows fastest at its end."""
    newest = func.coalesce(replaced_inss.c.new, given.c.inss)
    there = exists().where(known_person.c.recipient == recipient, _SAME_KEY)
    rows = (
        select(literal(recipient), given.c.inss, given.c.quality, given.c.valid_from, given.c.valid_until, newest)
        .outerjoin_from(given, replaced_inss, replaced_inss.c.old == given.c.inss)
        .where(~there)
        .order_by(given.c.inss, given.c.quality, given.c.valid_from)
    )
    columns = ("recipient", "inss", "quality", "valid_from", "valid_until", "person")
    return _inserted(connection, insert(known_person).from_select(columns, rows))


def _end(connection: Connection, theirs: ColumnElement[bool]) -> int:
    """A person may be ended under another number than it was added under."""
    newest = func.coalesce(replaced_inss.c.new, staged.c.inss)
    ends = (
        select(newest, staged.c.quality, staged.c.valid_from, staged.c.valid_until)
        .outerjoin_from(staged, replaced_inss, replaced_inss.c.old == staged.c.inss)
        .where(staged.c.action == Action.END.value)
    )
    if not _inserted(connection, insert(ending).from_select(ending.columns.keys(), ends)):
        return 0
    meant = and_(
        ending.c.person == known_person.c.person,
        ending.c.quality == known_person.c.quality,
        or_(ending.c.valid_from.is_(None), ending.c.valid_from == known_person.c.valid_from),
        known_person.c.valid_from <= ending.c.valid_until,
        or_(known_person.c.valid_until.is_(None), known_person.c.valid_until > ending.c.valid_until),
    )
    last = select(func.min(ending.c.valid_until)).where(meant).scalar_subquery()
    persons = known_person.c.person.in_(select(ending.c.person))
    ended = update(known_person).where(theirs, persons, exists().where(meant)).values(valid_until=last)
    return connection.execute(ended).rowcount
