"""Pages of figures to look at: a month of a middling office, and what two parties see of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from declarations.kpi.overview import Overview, OwnAnswer, OwnBatch, OwnDelivery
from declarations.kpi.page import page
from declarations.kpi.report import OPERATOR, report
from declarations.model import BatchStatus, DeliveryStatus, Environment
from tests.kpi.logs import middling

NOW = datetime(2026, 4, 23, 5, tzinfo=UTC)


@cache
def month_page() -> str:
    """The operator's report of that month."""
    return page(report(middling(300), OPERATOR))


def batch(number: int, status: BatchStatus, began: float, took: float | None = None, **other: object) -> OwnBatch:
    """A batch that began so many hours ago."""
    start = NOW - timedelta(hours=began)
    known: dict[str, object] = {"environment": Environment.PRODUCTION, **other}
    name = f"GO.DMFA.000101.{start:%Y%m%d}.{number:05}.R.1"
    end = None if took is None else start + timedelta(hours=took)
    return OwnBatch(name, status=status, start=start, end=end, **known)  # type: ignore[arg-type]


def sender() -> Overview:
    """A sender with a batch of each standing."""
    answers = (OwnAnswer("FO.ACRF.999999.20260423.00001.R", NOW), OwnAnswer("FO.NOTI.999999.20260423.00002.R", None))
    return Overview(
        "000101",
        NOW,
        batches=(
            batch(4, BatchStatus.HELD, 2, answers=answers),
            batch(3, BatchStatus.DISTRIBUTED, 97, forms=1200, accepted=1199),
            batch(2, BatchStatus.REFUSED, 100, 1, codes=("125",)),
            batch(1, BatchStatus.CLOSED, 120, 30, environment=Environment.CIRCUIT),
        ),
    )


def recipient() -> Overview:
    """A recipient with a delivery that awaits its receipt, one that does not, and parcels that wait."""
    sent = NOW - timedelta(hours=26)
    files = ("FO.DMFA.999999.20260422.00004.R",)
    return Overview(
        "990001",
        NOW,
        deliveries=(
            OwnDelivery("pensions-000002", DeliveryStatus.SENT, files, 7, 99, 2, sent, sent, None),
            OwnDelivery("pensions-000001", DeliveryStatus.CONFIRMED, files, 7, 99, 2, sent, sent, NOW),
        ),
        waiting=3,
    )
