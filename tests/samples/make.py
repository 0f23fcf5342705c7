"""Makes `sample_batches/` anew: `python -m tests.samples.make`.

What is dropped is made from scratch and signed by an authority whose keys are thrown away; what comes of it is what
the flow gives, to be read before it is committed.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from declarations.adapters.keys import Validity, make_demo
from declarations.adapters.signatures import CmsSignatures
from declarations.demo.samples import cases, observed
from declarations.generate import Request, write
from declarations.model import Environment
from tests.samples.run import installation, play

ROOT = Path(__file__).parents[2] / "sample_batches"
DAY = "20260423"
SENDERS = ("000101", "000102")
VALID = Validity(datetime(2020, 1, 1, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC))

Sign = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a case is made: `teaches` stands in the README's table."""

    name: str
    teaches: str
    make: Callable[[Maker], None]


class Maker:
    """Writes the files of one case."""

    def __init__(self, case: str, number: int, sign: Sign) -> None:
        self.case = case
        self.sequence = f"{number:05d}"
        self.sign = sign

    def put(self, name: str, content: bytes, party: str = "000101", box: str = "IN", drop: str = "in") -> None:
        """One file, as it lies on the server."""
        path = ROOT / self.case / drop / party / box / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def batch(
        self,
        *documents: bytes,
        party: str = "000101",
        environment: str = "R",
        box: str | None = None,
        drop: str = "in",
        signed: bool = True,
    ) -> str:
        """A whole batch; its reference."""
        reference = f"DMFA.{party}.{DAY}.{self.sequence}.{environment}"
        box = box or Environment(environment).inbox
        count = len(documents)
        for part, content in enumerate(documents, start=1):
            self.put(f"FI.{reference}.{count}.{part}", content, party, box, drop)
            if signed:
                self.put(f"FS.{reference}.{count}.{part}", self.sign(party, content), party, box, drop)
        self.put(f"GO.{reference}.{count}", b"", party, box, drop)
        return reference

    def remove(self, name: str, party: str = "000101", box: str = "IN") -> None:
        """Leave out a file that `batch` wrote."""
        (ROOT / self.case / "in" / party / box / name).unlink()


def dmfa(
    seed: int,
    employers: int = 1,
    persons: int = 3,
    quarters: Sequence[str] = ("20231",),
    faults: Sequence[tuple[str, int]] = (),
) -> bytes:
    """A synthetic document."""
    buffer = io.BytesIO()
    request = Request(
        seed=seed,
        employers=employers,
        persons=persons,
        quarters=tuple(quarters),
        faults=tuple(faults),
        created_on=date(2026, 4, 20),
    )
    write(request, buffer)
    return buffer.getvalue()


def four_parts(case: Maker) -> None:
    case.batch(*(dmfa(20 + part, employers=2, persons=4) for part in range(4)))


def missing_signature(case: Maker) -> None:
    case.batch(dmfa(9), signed=False)


def canceled(case: Maker) -> None:
    reference = case.batch(dmfa(11))
    case.put(f"TD.{reference}.1", b"")


def used_twice(case: Maker) -> None:
    case.batch(dmfa(12))
    case.batch(dmfa(13), drop="later")


def bad_name(case: Maker) -> None:
    case.put("GO.DMFA.101.2026423.00000.X.0", b"")


def missing_part(case: Maker) -> None:
    reference = case.batch(dmfa(14), dmfa(15))
    case.remove(f"FI.{reference}.2.2")


def changed(case: Maker) -> None:
    content = dmfa(16)
    reference = case.batch(content)
    case.put(f"FI.{reference}.1.1", content.replace(b"\n", b"\r\n"))


def empty_and_padded(case: Maker) -> None:
    content = dmfa(17, persons=4)
    content = re.sub(rb"(<NaturalPersonUserReference)>[^<]*</NaturalPersonUserReference>", rb"\1/>", content)
    content = re.sub(rb"<NetOwedAmount>(\d+)<", lambda m: b"<NetOwedAmount>" + m[1].zfill(15) + b"<", content)
    content = re.sub(rb"<RemunAmount>(\d+)<", lambda m: b"<RemunAmount>" + m[1].zfill(11) + b"<", content)
    content = re.sub(rb"<ServiceCode>0*(\d+)<", rb"<ServiceCode>\1<", content)
    content = re.sub(rb"<CompanyID>0(\d{9})<", rb"<CompanyID>\1<", content)
    case.batch(content)


def hostile(case: Maker) -> None:
    entity = b'<!DOCTYPE DmfAOriginal [<!ENTITY file SYSTEM "file:///etc/hostname">]>\n'
    head, rest = dmfa(18).split(b"\n", 1)
    case.batch(head + b"\n" + entity + rest)


RECIPES = (
    Recipe(
        "accepted",
        "one form, nothing wrong: ACRF, NOTI, an extract for each recipient",
        lambda c: _batch(c, dmfa(65, persons=5)),
    ),
    Recipe("four-parts", "one batch in four parts, answered once", four_parts),
    Recipe(
        "two-quarters",
        "two quarters in one file, under the schema of the later one",
        lambda c: _batch(c, dmfa(3, employers=2, persons=5, quarters=("20224", "20231"))),
    ),
    Recipe(
        "wrong-check-digit",
        "an INSS whose check number is wrong (00024-004): the form is refused, no form is left",
        lambda c: _batch(c, dmfa(4, faults=[("wrong-inss-check-digit", 1)])),
    ),
    Recipe(
        "same-person-twice",
        "one INSS twice in a form (90017-006)",
        lambda c: _batch(c, dmfa(5, faults=[("same-person-twice", 1)])),
    ),
    Recipe(
        "same-person-in-two-forms",
        "one INSS in two forms of one employer and quarter: both are refused",
        lambda c: _batch(c, dmfa(6, employers=4, persons=8, faults=[("same-person-in-two-forms", 1)])),
    ),
    Recipe(
        "net-amount-off-by-a-cent",
        "the net amount differs from its formula by one cent (00015-007)",
        lambda c: _batch(c, dmfa(7, faults=[("net-amount-off-by-a-cent", 1)])),
    ),
    Recipe(
        "one-bad-form-among-ten",
        "a bad form sinks itself: the other nine are distributed",
        lambda c: _batch(c, dmfa(8, employers=10, persons=14, faults=[("letters-in-a-number", 1)])),
    ),
    Recipe(
        "schema-faults",
        "faults that the schema finds, each with its zone, line and path",
        lambda c: _batch(
            c,
            dmfa(
                10,
                employers=6,
                persons=12,
                faults=[("missing-element", 1), ("unknown-element", 1), ("element-out-of-order", 1), ("too-long", 1)],
            ),
        ),
    ),
    Recipe(
        "not-well-formed",
        "XML that cannot be parsed: negative ACRF 102",
        lambda c: _batch(c, dmfa(9, faults=[("not-well-formed", 1)])),
    ),
    Recipe(
        "unknown-schema",
        "a schema that nobody published: negative ACRF 088",
        lambda c: _batch(c, dmfa(9).replace(b"DmfAOriginal_20231.xsd", b"DmfAOriginal_20305.xsd")),
    ),
    Recipe("signature-missing", "no FS in production: negative ACRF 122", missing_signature),
    Recipe(
        "simulation-without-signature",
        "environment S needs no signature, answers in OUTTEST-S, reaches no recipient",
        lambda c: c.batch(dmfa(9), environment="S", signed=False) and None,
    ),
    Recipe(
        "circuit-test",
        "environment T needs a signature, answers in OUTTEST, reaches no recipient",
        lambda c: c.batch(dmfa(9), environment="T") and None,
    ),
    Recipe("canceled", "a TD beside the GO: the batch ends, the TD is answered", canceled),
    Recipe("name-used-twice", "the second batch of a name is refused (133), the first goes on", used_twice),
    Recipe("bad-name", "a GO whose name is wrong in many ways: each has its code", bad_name),
    Recipe("part-missing", "a GO that announces two parts where one came: 120, after a wait", missing_part),
    Recipe("changed-after-signing", "line ends changed after signing: negative ACRF 125", changed),
    Recipe(
        "another-senders-signature",
        "signed with a good certificate that is not the sender's: negative ACRF 153",
        lambda c: _signed_by_other(c),
    ),
    Recipe(
        "wrong-folder",
        "a production file dropped in INTEST: negative ACRF 118",
        lambda c: c.batch(dmfa(9), box="INTEST") and None,
    ),
    Recipe(
        "empty-and-zero-padded",
        "empty elements, amounts with leading zeros, codes without: all the same to a reader that is careful",
        empty_and_padded,
    ),
    Recipe("hostile-xml", "a DTD with an external entity: refused at the gate, 102, nothing is fetched", hostile),
)


def _batch(case: Maker, content: bytes) -> None:
    case.batch(content)


def _signed_by_other(case: Maker) -> None:
    content = dmfa(19)
    reference = case.batch(content)
    case.put(f"FS.{reference}.1.1", case.sign("000102", content))


def main(arguments: Sequence[str]) -> None:
    """Make every case, run them through the flow, and write what came of each; with --out, only what came of them."""
    if "--out" not in arguments:
        for path in ROOT.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
        with TemporaryDirectory() as folder:
            _drops(Path(folder))
    with TemporaryDirectory() as folder, installation(Path(folder), ROOT) as world:
        play(world, Path(folder), cases(ROOT))
        for case in cases(ROOT):
            out = case.folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            for name, text in observed(case, world).items():
                (out / name).write_text(text, encoding="utf-8")
    _readme()
    sys.stdout.write(f"{len(RECIPES)} cases in {ROOT}; read `git diff` before you commit\n")


def _drops(keys: Path) -> None:
    make_demo(keys, SENDERS, (), VALID.not_before, VALID)
    signers = {
        number: CmsSignatures(
            roots=(),
            revocation_lists=(),
            key=keys / "parties" / number / "sign.key",
            certificate=keys / "parties" / number / "sign.pem",
        )
        for number in SENDERS
    }
    for number, recipe in enumerate(RECIPES, start=1):
        recipe.make(Maker(recipe.name, number, lambda party, content: signers[party].sign(io.BytesIO(content))))
    authority = ROOT / "authority"
    authority.mkdir(exist_ok=True)
    for name in ("root.pem", "crl.pem"):
        shutil.copy(keys / "authority" / name, authority / name)
    for party in SENDERS:
        shutil.copy(keys / "parties" / party / "sign.pem", authority / f"{party}.pem")


def _readme() -> None:
    lines = ["| case | what it teaches |", "|---|---|"]
    lines += [f"| [{recipe.name}]({recipe.name}) | {recipe.teaches} |" for recipe in RECIPES]
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    head, tail = text.split("<!-- cases -->\n")[0], text.split("<!-- end -->\n")[-1]
    path.write_text(head + "<!-- cases -->\n" + "\n".join(lines) + "\n<!-- end -->\n" + tail, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
