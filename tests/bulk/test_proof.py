"""What is proven valid is valid: forms and mutants of them, each also judged by libxml2."""

from __future__ import annotations

import os
from functools import cache
from random import Random

import pytest
from lxml import etree

from declarations.bulk.layout import Layout
from declarations.bulk.proof import Proof
from declarations.bulk.tokens import Odd, lines
from tests.bulk.documents import QUARTERS, chunk_by_chunk, difference, document, joined, slowly, version
from tests.bulk.forms import AnyForm, bent_form
from validators.envelope import parser

MUTANTS = 34 * int(os.environ["DECLARATIONS_EXAMPLES"]) if "DECLARATIONS_EXAMPLES" in os.environ else 2000
BATCH = 200

HEAD, TAIL = b'<DmfAOriginal xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">', b"</DmfAOriginal>"


@cache
def prover(quarter: str) -> tuple[Layout, Proof]:
    """What proves forms of that version."""
    layout = Layout(version(quarter).plan)
    return layout, Proof(version(quarter), layout)


def proven(forms: list[bytes], quarter: str) -> list[bytes]:
    """Those of the forms that are proven to be valid."""
    layout, proof = prover(quarter)
    plain = [form for form in forms if _has_plain_tags(form, layout)]
    try:
        doubtful = proof.proven(lines(b"\n".join(plain), "UTF-8", layout), len(plain)).doubtful
    except Odd:
        middle = len(plain) // 2
        return [*proven(plain[:middle], quarter), *proven(plain[middle:], quarter)] if middle else []
    return [form for number, form in enumerate(plain) if number not in doubtful]


def _has_plain_tags(form: bytes, layout: Layout) -> bool:
    try:
        return form.count(b"<Form>") == 1 and not lines(form, "UTF-8", layout).references
    except Odd:
        return False


def is_valid(form: bytes, quarter: str) -> bool:
    """What libxml2 says."""
    try:
        return bool(version(quarter).schema.compiled.validate(etree.fromstring(HEAD + form + TAIL, parser())))
    except etree.XMLSyntaxError:
        return False


@cache
def originals(quarter: str) -> list[bytes]:
    """Small forms of all shapes, most of them valid."""
    random = Random(quarter)
    any_form = AnyForm(version(quarter))
    content = document(11, quarter, employers=30, persons=30, indent=False)
    generated = [each + b"</Form>" for each in content[content.index(b"<Form>") :].split(b"</Form>")[:-1]]
    return [form for form in [*generated, *(any_form.write(random) for _ in range(60))] if len(form) < 8000]


@pytest.mark.parametrize("batch", range(MUTANTS // BATCH))
def test_no_mutant_is_accepted_that_libxml2_refuses(batch: int) -> None:
    random, quarter = Random(batch), QUARTERS[batch % len(QUARTERS)]
    mutants = [bent_form(random, random.choice(originals(quarter))) for _ in range(BATCH)]
    good = proven(mutants, quarter)
    assert [form for form in good if not is_valid(form, quarter)] == []
    if good:
        content = HEAD + b"".join(good) + TAIL
        of = version(quarter)
        assert difference(joined(chunk_by_chunk(content, of), of), slowly(content, of)) == ""


@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_generated_form_is_proven(quarter: str) -> None:
    for indent in (True, False):
        content = document(2, quarter, employers=20, persons=60, indent=indent)
        start, end = content.index(b"<Form>"), content.rindex(b"</Form>") + 7
        layout, proof = prover(quarter)
        assert proof.proven(lines(content[start:end], "UTF-8", layout), 20).doubtful == []


@pytest.mark.parametrize("put", [b"%s<Quarter>", b"<Quarter>%s"])
@pytest.mark.parametrize("odd", [b"<Stranger>1</Stranger>", b"<Stranger/>", b'<Quarter a="1">', b"<!--x-->", b"<?x?>"])
def test_a_tag_that_the_schema_does_not_have_makes_its_own_form_doubtful_alone(odd: bytes, put: bytes) -> None:
    forms = originals("20231")[:9]
    forms[4] = forms[4].replace(b"<Quarter>", put % odd, 1)
    layout, proof = prover("20231")
    assert proof.proven(lines(b"\n".join(forms), "UTF-8", layout), 9).doubtful == [4]


def test_forms_with_comments_are_read_without_libxml2_reading_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    content = document(2, "20231", employers=6, persons=12).replace(b"<Quarter>", b"<!-- ours --><Quarter>", 1)
    of = version("20231")
    monkeypatch.setattr("declarations.bulk.reading.suspects", None)
    assert difference(joined(chunk_by_chunk(content, of), of), slowly(content, of)) == ""


@pytest.mark.parametrize("quarter", QUARTERS)
def test_most_valid_forms_of_every_shape_are_proven(quarter: str) -> None:
    valid = [form for form in originals(quarter) if is_valid(form, quarter)]
    assert len(proven(valid, quarter)) > 0.9 * len(valid)
    assert len(valid) > 40
