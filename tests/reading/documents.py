"""Documents that are hard to cut: forms of one employer far apart, faults, odd markup, odd lines."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial

from declarations.families import Version
from declarations.stages.read import PartSource
from tests.worlds import dmfa, document

FAULTS = (
    ("wrong-inss-check-digit", 2),
    ("missing-element", 2),
    ("net-amount-off-by-a-cent", 1),
    ("too-long", 1),
)


def forms_of(content: bytes) -> tuple[bytes, list[bytes], bytes]:
    """What stands before the forms of a synthetic document, the forms, and what stands behind them."""
    start, end = content.index(b"<Form>"), content.rindex(b"</Form>") + len(b"</Form>")
    forms = [each + b"</Form>" for each in content[start:end].split(b"</Form>")[:-1]]
    return content[:start], forms, content[end:]


def faulty() -> bytes:
    """Twelve forms, six with a fault; the first and the last are one employer's, with the same persons."""
    head, forms, tail = forms_of(document(employers=11, persons=30, faults=FAULTS))
    return head + b"".join(forms) + b"\n\t" + forms[0].strip() + tail


def version() -> Version:
    """The version that synthetic documents name."""
    found = dmfa()[0].version("DmfAOriginal_20231")
    if found is None:
        raise LookupError("no such version")
    return found


def parts_of(contents: Sequence[bytes]) -> list[PartSource]:
    """Documents as the parts of one batch."""
    return [PartSource(number, version(), partial(io.BytesIO, each)) for number, each in enumerate(contents, start=1)]
