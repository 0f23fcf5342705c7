"""Many INSS numbers in one question, and the numbers that replaced others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    union,
    update,
)

from declarations.adapters.database.registers import known_person, replaced_inss
from declarations.directory.renumbering import Renumbered

CHUNK = 20_000
"""Numbers in one statement."""


def chunks(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    """The numbers in lists that fit one statement."""
    return (numbers[start : start + CHUNK] for start in range(0, len(numbers), CHUNK))


def asked(connection: Connection, numbers: Sequence[str]) -> ColumnElement[str]:
    """A column with these numbers, to be joined to tables: one parameter, however many they are."""
    if connection.dialect.name == "postgresql":
        found = func.unnest(cast(list(numbers), ARRAY(Text))).table_valued("value", name="asked").render_derived()
    else:
        found = func.json_each(json.dumps(list(numbers))).table_valued("value", name="asked")
    return found.c.value


def renumbered(connection: Connection, numbers: Sequence[str]) -> Renumbered:
    """What is known of these numbers, as old ones and as newest ones."""
    found: Renumbered = {}
    columns = (replaced_inss.c.old, replaced_inss.c.new, replaced_inss.c.replaced_on)
    for some in chunks(numbers):
        number = asked(connection, some)
        as_old = select(*columns).join_from(replaced_inss, number.table, replaced_inss.c.old == number)
        as_new = select(*columns).join_from(replaced_inss, number.table, replaced_inss.c.new == number)
        found |= {row.old: (row.new, row.replaced_on) for row in connection.execute(union(as_old, as_new))}
    return found


def renumber(connection: Connection, changed: Renumbered, before: Renumbered) -> None:
    """Put these in the place of what was known before, and give the persons in the lists their newest number."""
    if not changed:
        return
    table, person = replaced_inss, known_person
    old = [{"number": each} for each in changed]
    rows = [{"old": each, "new": new, "replaced_on": on} for each, (new, on) in changed.items()]
    moves = [
        {"number": each, "before": before[each][0] if each in before else each, "newest": new}
        for each, (new, _) in changed.items()
    ]
    connection.execute(delete(table).where(table.c.old == bindparam("number")), old)
    connection.execute(insert(table), rows)
    moved = update(person).where(person.c.person == bindparam("before"), person.c.inss == bindparam("number"))
    connection.execute(moved.values(person=bindparam("newest")), moves)
