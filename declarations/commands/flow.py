"""Running the flow, and looking at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from declarations.commands.terminal import NOT_JUDGED, REFUSED, err, log_to_stderr, moment, out, plain

if TYPE_CHECKING:
    from declarations.model import Batch, Story
    from declarations.steps.world import World


def run(
    steps: Annotated[list[str] | None, typer.Argument(help="Steps to do, in this order; all by default.")] = None,
) -> None:
    """Do the steps of the flow until nothing moves any more.

    Steps: receive accept normalize control split post distribute conclude.

    Examples: `declarations run`, `declarations run receive accept`
    """
    from declarations.pipeline import STEPS
    from declarations.world import opened

    chosen = steps or list(STEPS)
    unknown = [step for step in chosen if step not in STEPS]
    if unknown:
        err.print(f"unknown step {', '.join(unknown)}; the steps are {' '.join(STEPS)}", markup=False)
        raise typer.Exit(NOT_JUDGED)
    log_to_stderr()
    with opened() as world:
        total = 0
        while moved := sum(_step(world, step, STEPS[step]) for step in chosen):
            total += moved
    out.print(f"{total} moves; nothing left to do now")


def _step(world: World, name: str, step: Callable[[World], int]) -> int:
    with err.status(name):
        return step(world)


def status(
    batch: Annotated[str | None, typer.Argument(help="Part of a batch's reference or file name.")] = None,
) -> None:
    """Show where the batches stand, or the whole story of one.

    Examples: `declarations status`, `declarations status 20260423.00001`
    """
    from declarations.settings import load
    from declarations.world import ledger

    book = ledger(load())
    if batch is None:
        _print_overview(book.recent(50))
        return
    found = book.find(batch)
    if not found:
        err.print(f"no batch has {batch} in its name", markup=False)
        raise typer.Exit(REFUSED)
    for each in reversed(found[:20]):
        _print_story(book.story(each.id), book.namesakes(each))


def _print_overview(stories: list[Story]) -> None:
    table = Table("batch", "from", "status", "codes", "received", "due", "deliveries", box=None, pad_edge=False)
    for story in stories:
        batch = story.batch
        confirmed = sum(delivery.confirmed_at is not None for delivery in story.deliveries)
        deliveries = f"{confirmed}/{len(story.parcels)} confirmed" if story.parcels else ""
        due = moment(story.clock.due) if story.clock and not story.clock.end else ""
        cells = (_title(batch), batch.folder, batch.status, " ".join(batch.codes), moment(batch.first_seen_at))
        table.add_row(*map(plain, (*cells, due, deliveries)))
    out.print(table)


def _print_story(story: Story, namesakes: list[Batch]) -> None:
    from declarations.sla import hours, in_time

    batch = story.batch
    out.print(f"[bold]{plain(_title(batch))}[/bold] from {batch.folder}: {batch.status}")
    for line in _facts(story, namesakes):
        out.print(f"  {line}", markup=False, highlight=False)
    if story.clock and story.clock.end:
        word = "in time" if in_time(story.clock.start, story.clock.end) else "late"
        out.print(f"  {word}: {hours(story.clock.start, story.clock.end):.2f} hours")
    elif story.clock:
        out.print(f"  due before {moment(story.clock.due)}")
    table = Table(box=None, pad_edge=False, show_header=False)
    for event in story.events:
        table.add_row("  " + moment(event.at), plain(event.what), plain(event.detail))
    out.print(table)


def _facts(story: Story, namesakes: list[Batch]) -> Iterator[str]:
    from validators.catalogue import reception_text

    batch = story.batch
    for code in batch.codes:
        yield f"ACRF-{code}: {reception_text(code)}"
    first = namesakes[0] if namesakes else batch
    if first.id != batch.id:
        same = {file.sha256 for file in first.files} == {file.sha256 for file in batch.files}
        yield f"the name came first on {moment(first.first_seen_at)}, with {'the same' if same else 'other'} bytes"
    if batch.last_error:
        yield f"last error, after {batch.attempts} attempts: {batch.last_error}"
    if story.forms:
        accepted = sum(form.accepted for form in story.forms)
        yield f"{accepted} of {len(story.forms)} forms accepted"
    for count in story.counts:
        yield f"{count.code} class {count.anomaly_class}: {count.count}"
    carried = {delivery.id: f"{delivery.name} {delivery.status}" for delivery in story.deliveries}
    for kept in story.parcels:
        stands = carried.get(kept.delivery_id or 0) or " ".join(filter(None, (kept.parcel.status, kept.parcel.reason)))
        yield f"{kept.parcel.recipient}: {kept.parcel.rows} rows, {stands}"


def _title(batch: Batch) -> str:
    return batch.name if batch.occurrence == 1 else f"{batch.name} (drop {batch.occurrence})"
