"""What routes and authorizations must be: about blocks and columns that a version has, and about each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

import polars as pl

from declarations.blocks import ColumnType
from declarations.entitlement.authorizations import (
    Authorization,
    Columns,
    Total,
    authorizations,
    in_force,
    merged,
    merged_totals,
)
from declarations.entitlement.choices import columns_used, visible
from declarations.entitlement.entitlements import AUTHORIZATIONS, ROUTES, by_recipient
from declarations.entitlement.routes import Route, Subject, routes
from declarations.errors import Configuration
from declarations.lint.folder import Folder, Problem, line_of
from declarations.stages.choose import seen_by


def routed(folder: Folder) -> Iterator[Problem]:
    """What is wrong with the routes."""
    path = folder.file(ROUTES)
    try:
        given = routes(path)
    except Configuration as fault:
        yield Problem(path, None, f"not readable: {fault}", "give each [[route]] a recipient and a block")
        return
    held = _held(folder)
    for route in given:
        for wrong, mend in _faults(route, folder, held.get(route.recipient, [])):
            yield Problem(path, line_of(path, route.recipient), f"route of {route.recipient}: {wrong}", mend)


def _held(folder: Folder) -> dict[str, list[Columns]]:
    """By recipient, what its routes may use at each time in which something of its is in force."""
    try:
        given = authorizations(folder.file(AUTHORIZATIONS))
    except Configuration:
        return {}  # told with the authorizations
    return {recipient: list(_over_time(those)) for recipient, those in by_recipient(given).items()}


def _over_time(given: Collection[Authorization]) -> Iterator[Columns]:
    ends = {each.valid_until + timedelta(1) for each in given if each.valid_until is not None}
    for day in sorted({each.valid_from for each in given} | ends):
        if held := in_force(given, day):
            yield merged(each.selects_by for each in held)


def _faults(route: Route, folder: Folder, held: list[Columns]) -> Iterator[tuple[str, str]]:
    """What is wrong, and what to do."""
    if missing := folder.misses(route.block, route.column):
        yield missing, "correct the name"
        return
    if not held:
        yield "no authorization names that recipient: nothing would go to it", "correct the recipient, or authorize it"
    subject = folder.family.subject
    if route.directory and (wrong := _misdirected(folder, route, subject)):
        yield wrong, "name the person in the family's card, and route a block of persons or one below"
        return
    mend = "list it under `selects_by` in every authorization of the recipient, at all times"
    for used in columns_used(route, subject):
        if any(used[1] not in selectable.get(used[0], ()) for selectable in held):
            yield f"it uses {'.'.join(used)}, which is not always listed under `selects_by`", mend
    if route.sql is not None:
        wrongs = (_failing(route.block, route.sql, folder, selectable) for selectable in held)
        for wrong in dict.fromkeys(filter(None, wrongs)):
            yield wrong, "correct the query; it may use only columns under `selects_by`"


def _misdirected(folder: Folder, route: Route, subject: Subject | None) -> str:
    """Why the directory cannot be asked for rows of that block; the empty text where it can."""
    if subject is None:
        return "the family's card names no `person`"
    block, _, column = subject.person.partition(".")
    if missing := folder.misses(block, column):
        return missing
    return "" if _stands_under(folder, route.block, block) else f"{route.block} is neither {block} nor below it"


def _stands_under(folder: Folder, block: str, ancestor: str) -> bool:
    """Whether one is the other or below it, in the newest version that has both."""
    at: str | None = block
    while at is not None and at != ancestor:
        at = folder.blocks[at][-1].parent if at in folder.blocks else None
    return at == ancestor


def _failing(block: str, sql: str, folder: Folder, selectable: Columns) -> str:
    """What is wrong with the query in a version that has the block, for those who may select by that."""
    for version in folder.usable:
        if all(block != each.name for each in version.plan.blocks):
            continue
        frames = seen_by(sql, version.plan, {}, visible(sql, selectable))
        try:
            columns = pl.SQLContext(frames, eager=False).execute(sql).collect_schema().names()
        except pl.exceptions.PolarsError as fault:
            return f"{version.name}: {' '.join(str(fault).split())}"
        if "row" not in columns:
            return f"the query does not return `row` of {block}"
    return ""


def granted(folder: Folder) -> Iterator[Problem]:
    """What is wrong with the authorizations."""
    path = folder.file(AUTHORIZATIONS)
    try:
        given = authorizations(path)
    except Configuration as fault:
        yield Problem(path, None, f"not readable: {fault}", "mend the file")
        return
    for each in given:
        for wrong in [*_unknown(each, folder), *(wrong for total in each.totals for wrong in _unfit(total, folder))]:
            yield Problem(path, line_of(path, each.id), f"authorization {each.id}: {wrong}", "correct the name")
        if each.valid_until is not None and each.valid_until < each.valid_from:
            wrong = f"authorization {each.id} ends before it starts"
            yield Problem(path, line_of(path, each.id), wrong, "correct valid_from or valid_until")
    for recipient in sorted({each.recipient for each in given}):
        try:
            merged_totals(each for each in given if each.recipient == recipient)
        except Configuration as fault:
            yield Problem(path, line_of(path, recipient), f"authorizations of {recipient}: {fault}", "rename a total")


def _unknown(given: Authorization, folder: Folder) -> Iterator[str]:
    for columns in (given.columns, given.selects_by):
        for block, names in columns.items():
            if missing := folder.misses(block):
                yield missing
            else:
                yield from filter(None, (folder.misses(block, name) for name in names))


def _unfit(total: Total, folder: Folder) -> Iterator[str]:
    """What is wrong with a total over blocks and columns that exist; the others are told already."""
    if folder.misses(total.of, total.column) or folder.misses(total.block):
        return
    if total.of == total.block or not _stands_under(folder, total.of, total.block):
        yield f"total {total.name}: {total.of} does not stand below {total.block}"
    if not folder.misses(total.block, total.name):
        yield f"total {total.name}: block {total.block} has a column of that name"
    types = {each.type for block in folder.blocks[total.of] for each in block.columns if each.name == total.column}
    if not types <= {ColumnType.INTEGER, ColumnType.DECIMAL}:
        yield f"total {total.name}: {total.of}.{total.column} is not a number"
