"""What we write back to a sender: ACRF (was the file received) and NOTI (was each form accepted)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from lxml import etree

from declarations.errors import Invariant
from declarations.families import message
from validators.anomaly import Anomaly, AnomalyClass
from validators.envelope import HARDENED
from validators.schema import Schema

ACRF = "ACRF_20231"
NOTI = "NOTIFICATION_20223"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SFTP_CHANNEL = "14"
SOCIAL_SECURITY_TICKET = "2"
THIS_FORM = "1"
MOST_REPORTS = 1000
OPTIONAL_PARTS = frozenset({"HandledOriginalForm", "EmployerId", "ConcernedQuarter", "Path"})
"""Parts of a NOTI that repeat what the sender wrote: a zone that the answer cannot carry is left out there."""


def acrf(file_name: str, file_ticket: str, codes: Sequence[str], moment: datetime) -> bytes:
    """The acknowledgment of one file: positive without codes. Raises Invariant if it breaks its schema."""
    root = _root("ACRF", ACRF)
    form = _form(root, "ACRF001", moment, kind="PA")
    reference = etree.SubElement(form, "FileReference")
    _add(reference, FileName=_writable(file_name), ReferenceOrigin=SOCIAL_SECURITY_TICKET, ReferenceNbr=file_ticket)
    result = etree.SubElement(form, "ReceptionResult")
    _add(result, ResultCode="0" if codes else "1")
    for code in codes:
        _add(result, ErrorID=f"ACRF-{code}")
    return _written(root, message(ACRF).schema)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What an ACRF says: the file it quotes, and the codes for which it was refused, if it was."""

    name: str
    accepted: bool
    codes: tuple[str, ...]


def acknowledged(content: bytes) -> Acknowledged | None:
    """What a partner's ACRF says; None where it does not follow its schema. Only for bytes that passed the gate."""
    root = etree.fromstring(content, etree.XMLParser(**HARDENED))
    if message(ACRF).schema.faults(root) or len(root) != 1:
        return None
    errors = tuple((each.text or "").removeprefix("ACRF-") for each in root.iter("ErrorID"))
    return Acknowledged(root.findtext(".//FileName") or "", root.findtext(".//ResultCode") == "1", errors)


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What became of one form, for its sender.

    diagnoses  the codes for which it was refused (glossary, zone 00232); none where it was accepted
    head       the zones that identify the form, by tag, as the sender wrote them
    """

    ticket: str
    diagnoses: tuple[str, ...]
    head: dict[str, str]
    anomalies: tuple[Anomaly, ...]
    schema_valid: bool


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """The file that the forms came in."""

    name: str  # of its GO
    ticket: str
    sender: str
    received_at: datetime


def noti(
    file: FileAnswer, forms: Iterable[FormAnswer], moment: datetime, texts: Texts, most_reports: int = MOST_REPORTS
) -> bytes:
    """The notification of a batch: one form in it per form handled. Raises Invariant if it breaks its schema.

    Of a form with more findings than `most_reports` the first are told one by one, and how many of each there are.
    """
    schema = message(NOTI).schema
    root = _root("NOTIFICATION", NOTI)
    for each in forms:
        form = _noti_form(root, file, each, moment)
        _tell(form, each, texts, most_reports)
        if not each.schema_valid:
            _leave_out_misfits(form, schema)
    return _written(root, schema)


def _noti_form(root: etree._Element, file: FileAnswer, answer: FormAnswer, moment: datetime) -> etree._Element:
    head = answer.head
    form = _form(root, "NOTI001", moment, kind="FA")
    reference = etree.SubElement(form, "FileReference")
    _add(reference, FileName=file.name, ReferenceOrigin=SOCIAL_SECURITY_TICKET, ReferenceNbr=file.ticket)
    day, hour = _brussels(file.received_at)
    received = etree.SubElement(form, "FileReceptionInformation")
    _add(received, ReceptionDate=day, ReceptionHour=hour, Channel=SFTP_CHANNEL)
    _add(etree.SubElement(form, "HandledOriginalFile"), SenderId=file.sender)
    original = ("Identification", "FormCreationDate", "FormCreationHour", "AttestationStatus", "TypeForm")
    _repeat(form, "HandledOriginalForm", head, original)
    if {"NOSSRegistrationNbr", "CompanyID"} <= head.keys():
        _repeat(form, "EmployerId", head, ("NOSSRegistrationNbr", "CompanyID"))
    _repeat(form, "ConcernedQuarter", head, ("Quarter",))
    handled = etree.SubElement(form, "HandledReference")
    _add(handled, ReferenceType=THIS_FORM, ReferenceOrigin=SOCIAL_SECURITY_TICKET, ReferenceNbr=answer.ticket)
    return form


def _tell(form: etree._Element, answer: FormAnswer, texts: Texts, most_reports: int) -> None:
    """The verdict and its reasons, in document order."""
    result = etree.SubElement(form, "HandlingResult")
    _add(result, ResultCode="0" if answer.diagnoses else "1")
    for diagnosis in answer.diagnoses:
        _add(result, Diagnosis=diagnosis)
    for anomaly in answer.anomalies[:most_reports]:
        _report(result, anomaly, texts)
    if len(answer.anomalies) > most_reports:
        _summarize(etree.SubElement(form, "ApplicationData"), answer.anomalies, most_reports)


def _summarize(parent: etree._Element, anomalies: Sequence[Anomaly], told: int) -> None:
    """What no block of a NOTI is for: how many findings there are, how many are told, how often each code occurs.

    ApplicationData takes any content, so the element is ours.
    """
    summary = etree.SubElement(parent, "AnomalySummary")
    _add(summary, Total=str(len(anomalies)), Reported=str(told))
    counts = Counter((anomaly.code, str(anomaly.anomaly_class)) for anomaly in anomalies)
    for (code, anomaly_class), count in sorted(counts.items()):
        line = etree.SubElement(summary, "AnomalyCount")
        _add(line, ErrorID=code, AnomalyClass=anomaly_class, Count=str(count))


def _report(result: etree._Element, anomaly: Anomaly, texts: Texts) -> None:
    report = etree.SubElement(result, "AnomalyReport")
    _add(report, ErrorID=anomaly.code, TagName=anomaly.tag)
    if anomaly.value is not None:
        _add(report, Value=_writable(anomaly.value))
    _add(report, AnomalyClass=str(anomaly.anomaly_class))
    _add(report, AnomalyLabel=str(texts.anomaly(anomaly.code, anomaly.tag, anomaly.control))[:500])
    location = etree.SubElement(report, "AnomalyLocation")
    if anomaly.line is not None and anomaly.column is not None:
        _add(location, LineNbr=str(anomaly.line), ColumnNbr=str(anomaly.column))
    _add(location, Location=",".join(map(str, anomaly.location)))
    if anomaly.path:
        path = etree.SubElement(report, "Path")
        for tag, value in anomaly.path:
            etree.SubElement(path, tag).text = _writable(value)


def _repeat(form: etree._Element, tag: str, head: dict[str, str], tags: Sequence[str]) -> None:
    present = [each for each in tags if each in head]
    if present:
        block = etree.SubElement(form, tag)
        for each in present:
            etree.SubElement(block, each).text = _writable(head[each])


def _leave_out_misfits(form: etree._Element, schema: Schema) -> None:
    """Take out the zones copied from a broken form that a NOTI cannot carry; the finding itself quotes them."""
    alone = _root("NOTIFICATION", NOTI)
    home = form.getparent()
    alone.append(form)
    while faults := schema.faults(alone):
        for element in {_element_at(alone, fault.location) for fault in faults}:
            _leave_out(element)
    if home is not None:
        home.append(form)


def _leave_out(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    if parent.tag == "EmployerId":
        _leave_out(parent)
    elif element.tag in OPTIONAL_PARTS or parent.tag in OPTIONAL_PARTS:
        parent.remove(element)
    else:
        raise Invariant(f"a NOTI breaks its schema at {element.tag} under {parent.tag}")


def _element_at(root: etree._Element, location: Sequence[int]) -> etree._Element:
    element = root
    for index in location[1:]:
        element = element[index - 1]
    return element


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row of an extract that its recipient could not use.

    concerns_sender  whether the sender's data is at fault: any class but I, which is for us alone
    """

    block: str
    number: int  # in the file
    code: str
    label: str
    concerns_sender: bool


@dataclass(frozen=True, slots=True)
class Rejection:
    """A recipient's list of rejected rows of one file."""

    name: str  # of the file's GO
    rows: tuple[RejectedRow, ...]


def rejection(content: bytes) -> Rejection | None:
    """What a recipient's NOTI on a file of ours says; None where it says nothing we understand.

    One form, its FileReference names the file; each AnomalyReport has ErrorID (`00024-008`), AnomalyClass, and under
    AnomalyLocation a Location `<block>:<row>`, the block and row as the extract has them. Only for bytes that passed
    the gate.
    """
    root = etree.fromstring(content, etree.XMLParser(**HARDENED))
    if message(NOTI).schema.faults(root) or len(root) != 1:
        return None
    rows = [_rejected(report) for report in root.iter("AnomalyReport")]
    name = root.findtext("Form/FileReference/FileName")
    if not name or not rows or None in rows:
        return None
    return Rejection(name, tuple(row for row in rows if row is not None))


def _rejected(report: etree._Element) -> RejectedRow | None:
    block, _, number = report.findtext("AnomalyLocation/Location", "").strip().partition(":")
    code = report.findtext("ErrorID", "").strip()
    if not re.fullmatch(r"[1-9][0-9]{0,17}", number) or not re.fullmatch(r"[0-9]{5}-[0-9]{3}", code):
        return None
    concerns_sender = report.findtext("AnomalyClass", "").strip() != AnomalyClass.INVESTIGATION
    return RejectedRow(block, int(number), code, report.findtext("AnomalyLabel", "").strip(), concerns_sender)


@dataclass(frozen=True, slots=True)
class Labels:
    """Words of others for findings, by the id of what found them."""

    by_control: Mapping[str, str]

    def anomaly(self, code: str, tag: str, control: str = "") -> str:
        """The words that go with it."""
        return self.by_control[control]


class Texts(Protocol):
    """Words for findings."""

    def anomaly(self, code: str, tag: str, control: str = "") -> object:
        """Those for a code found at a tag by a control; `str` gives them in one line."""


def _root(tag: str, schema: str) -> etree._Element:
    root = etree.Element(tag, nsmap={"xsi": XSI})
    root.set(f"{{{XSI}}}noNamespaceSchemaLocation", f"{schema}.xsd")
    return root


def _form(root: etree._Element, identification: str, moment: datetime, kind: str) -> etree._Element:
    form = etree.SubElement(root, "Form")
    day, hour = _brussels(moment)
    _add(form, Identification=identification, FormCreationDate=day, FormCreationHour=hour)
    _add(form, AttestationStatus="0", TypeForm=kind)
    return form


def _add(parent: etree._Element, **texts: str) -> None:
    for tag, text in texts.items():
        etree.SubElement(parent, tag).text = text


def _brussels(moment: datetime) -> tuple[str, str]:
    local = moment.astimezone(ZoneInfo("Europe/Brussels"))
    return local.strftime("%Y-%m-%d"), local.strftime("%H:%M:%S.") + f"{local.microsecond // 1000:03d}"


def _writable(text: str) -> str:
    """The text with every character that XML cannot carry replaced."""
    return "".join(each if _is_xml(each) else "\ufffd" for each in text)


def _is_xml(character: str) -> bool:
    code = ord(character)
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def _written(root: etree._Element, schema: Schema) -> bytes:
    faults = schema.faults(root)
    if faults:
        raise Invariant(f"an answer of ours breaks its schema: {faults[0].tag}, error type {faults[0].kind}")
    etree.indent(root, space="  ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
