"""What other authorizations would change on the data that is kept: who gains or loses which column, for how many."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from declarations.entitlement.authorizations import Authorization, merged
from declarations.entitlement.entitlements import ROUTES, entitlements
from declarations.entitlement.routes import routes
from declarations.families import Family, Version
from declarations.model import Batch, BatchStatus, Environment, Kind
from declarations.stages import accept as accepting
from declarations.stages.split import accepted_only, cut_for
from declarations.stages.tree import Tree
from declarations.steps.kept import slices
from declarations.steps.process import message_of
from declarations.steps.world import World

AT_ONCE = 500
CUT = frozenset({BatchStatus.SPLIT, BatchStatus.DISTRIBUTED, BatchStatus.CLOSED})


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One column that a recipient would gain or lose."""

    recipient: str
    block: str
    column: str
    gained: bool


@dataclass(slots=True)
class Weight:
    """On how much stored data a change would be felt: rows with a value, and the persons they are about."""

    rows: int = 0
    _persons: list[pl.Series] = field(default_factory=list)
    _gathered: int = 0

    def add(self, rows: int, persons: pl.Series | None) -> None:
        """So many rows more; the persons, where the block is about persons, by a hash of their number."""
        self.rows += rows
        if persons is not None:
            self._persons.append(persons.unique())
            self._gathered += len(persons)
            if self._gathered > 2 * self.persons_known + 1_000_000:
                self._persons = [pl.concat(self._persons).unique()]
                self._gathered = 0

    @property
    def persons_known(self) -> int:
        """The persons gathered in one piece so far."""
        return len(self._persons[0]) if self._persons else 0

    @property
    def persons(self) -> int:
        """How many different persons."""
        return pl.concat(self._persons).n_unique() if self._persons else 0


def changes(old: Iterable[Authorization], new: Iterable[Authorization]) -> list[Change]:
    """The columns that some recipient may get under the one and not under the other."""
    before, after = _granted(old), _granted(new)
    gains = [Change(*each, True) for each in after - before]
    return sorted([*gains, *(Change(*each, False) for each in before - after)])


def _granted(given: Iterable[Authorization]) -> set[tuple[str, str, str]]:
    return {
        (each.recipient, block, column)
        for each in given
        for block, columns in each.columns.items()
        for column in columns
    }


def weighed(
    world: World,
    family: Family,
    period: str | None,
    old: Sequence[Authorization],
    new: Sequence[Authorization],
    progress: Callable[[int], None],
) -> tuple[dict[Change, Weight], int]:
    """Each change with its weight on the stored data of that period (all, where None), and how many forms that is.

    A gain is weighed on the rows that today's routes would reach under the new authorizations, a loss under the old.
    """
    weights = {change: Weight() for change in changes(old, new)}
    forms = 0
    for batch in _batches(world, family, progress):
        version = message_of(world, batch)
        accepted = {form.number for form in world.ledger.forms(batch.id) if form.accepted}
        for _, blocks in slices(world, batch):
            own = _of_period(accepted_only(blocks, accepted), family, period)
            forms += len(own[version.plan.blocks[0].name])
            for gained, authorizations in ((True, new), (False, old)):
                wanted = [change for change in weights if change.gained is gained]
                _weigh(world, version, own, authorizations, {change: weights[change] for change in wanted})
    return weights, forms


def _batches(world: World, family: Family, progress: Callable[[int], None]) -> Iterator[Batch]:
    last = 0
    while batches := world.ledger.after(last, AT_ONCE):
        for batch in batches:
            progress(1)
            production = batch.kind is Kind.BATCH and batch.environment is Environment.PRODUCTION
            if production and batch.status in CUT and accepting.family_of(batch, world.families) is family:
                yield batch
        last = batches[-1].id


def _of_period(blocks: Mapping[str, pl.DataFrame], family: Family, period: str | None) -> dict[str, pl.DataFrame]:
    if period is None:
        return dict(blocks)
    block, _, column = family.period.partition(".")
    forms = blocks[block].filter(pl.col(column).cast(pl.String) == period)["form"]
    return accepted_only(blocks, set(forms))


def _weigh(
    world: World,
    version: Version,
    blocks: Mapping[str, pl.DataFrame],
    authorizations: Collection[Authorization],
    weights: Mapping[Change, Weight],
) -> None:
    family = version.family
    recipients = {change.recipient for change in weights}
    given = entitlements(recipients, routes(family.folder / ROUTES), authorizations, family.subject)
    done = cut_for(blocks, version.plan, given, world.directory.known)
    tree = Tree.of(blocks, version.plan)
    for change, weight in weights.items():
        frame = done.parcel(change.recipient).get(change.block)
        if frame is not None and change.column in frame.columns:
            rows = frame.filter(pl.col(change.column).is_not_null())["row"]
            weight.add(len(rows), _persons(tree, family, change.block, rows))


def _persons(tree: Tree, family: Family, block: str, rows: pl.Series) -> pl.Series | None:
    """A hash of the number of the person that each row is about; None where the block is not about persons."""
    if family.person is None:
        return None
    own, _, column = family.person.partition(".")
    above: str | None = block
    while above is not None and above != own:
        above = tree.plan.block(above).parent
    if above is None:
        return None
    places = tree.frames[block]["row"].search_sorted(rows)
    return tree.frames[own][column][tree.climb(block, own, places)].drop_nulls().hash()


def renewed(old: Sequence[Authorization], new: Sequence[Authorization]) -> list[str]:
    """What differs beside columns: authorizations that begin, end, or change purpose, basis, validity or selection."""
    before, after = {each.id: each for each in old}, {each.id: each for each in new}
    lines = [f"{id_} of {after[id_].recipient} is new" for id_ in sorted(after.keys() - before.keys())]
    lines += [f"{id_} of {before[id_].recipient} is gone" for id_ in sorted(before.keys() - after.keys())]
    for id_ in sorted(before.keys() & after.keys()):
        lines += [f"{id_} of {after[id_].recipient}: {line}" for line in _renewals(before[id_], after[id_])]
    return lines


def _renewals(before: Authorization, after: Authorization) -> Iterator[str]:
    for name in ("purpose", "legal_basis", "valid_from", "valid_until", "retention"):
        was, becomes = getattr(before, name), getattr(after, name)
        if was != becomes:
            yield f"{name} {was or 'open'} becomes {becomes or 'open'}"
    if merged([before.selects_by]) != merged([after.selects_by]):
        yield "selects rows by other columns"
    if before.totals != after.totals:
        yield "has other totals"
