"""What routes and authorizations must be: about blocks and columns that a version has."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from declarations.authorizations import Authorization, Columns, Route, authorizations, merged, routes
from declarations.errors import Configuration
from declarations.lint.folder import Folder, Problem, line_of

ROUTES, AUTHORIZATIONS = "routes.toml", "authorizations.toml"


def routed(folder: Folder) -> Iterator[Problem]:
    """What is wrong with the routes."""
    path = folder.file(ROUTES)
    try:
        given = routes(path)
    except (Configuration, KeyError, TypeError) as fault:
        yield Problem(path, None, f"not readable: {fault}", "give each [[route]] a recipient and a block")
        return
    selectable = _selectable(folder)
    for route in given:
        if wrong := _fault(route, folder, selectable.get(route.recipient, {})):
            mend = "correct the block or the query; it may use only columns under `selects_by`"
            yield Problem(path, line_of(path, route.recipient), f"route of {route.recipient}: {wrong}", mend)


def _selectable(folder: Folder) -> dict[str, Columns]:
    """By recipient, the columns that some authorization of its lets a route use."""
    try:
        given = authorizations(folder.file(AUTHORIZATIONS))
    except (Configuration, TypeError, AttributeError):
        return {}  # told with the authorizations
    return {
        each.recipient: merged(other.selects_by for other in given if other.recipient == each.recipient)
        for each in given
    }


def _fault(route: Route, folder: Folder, selectable: Columns) -> str:
    if missing := folder.misses(route.block):
        return missing
    if route.sql is None:
        return ""
    frames = {
        name: frame.select(column for column in frame.columns if _is_key(column) or column in selectable.get(name, ()))
        for name, frame in folder.frames.items()
    }
    try:
        columns = pl.SQLContext(frames, eager=False).execute(route.sql).collect_schema().names()
    except pl.exceptions.PolarsError as fault:
        return " ".join(str(fault).split())
    return "" if "row" in columns else f"the query does not return `row` of {route.block}"


def _is_key(column: str) -> bool:
    return column == "row" or column.endswith("_row")


def granted(folder: Folder) -> Iterator[Problem]:
    """What is wrong with the authorizations."""
    path = folder.file(AUTHORIZATIONS)
    try:
        given = authorizations(path)
    except (Configuration, TypeError, AttributeError) as fault:
        yield Problem(path, None, f"not readable: {fault}", "mend the file")
        return
    for each in given:
        for wrong in _unknown(each, folder):
            yield Problem(path, line_of(path, each.id), f"authorization {each.id}: {wrong}", "correct the name")
        if each.valid_until is not None and each.valid_until < each.valid_from:
            wrong = f"authorization {each.id} ends before it starts"
            yield Problem(path, line_of(path, each.id), wrong, "correct valid_from or valid_until")


def _unknown(given: Authorization, folder: Folder) -> Iterator[str]:
    for columns in (given.columns, given.selects_by):
        for block, names in columns.items():
            if missing := folder.misses(block):
                yield missing
            else:
                yield from filter(None, (folder.misses(block, name) for name in names))
