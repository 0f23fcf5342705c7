"""The tables of what people enter and are told: parties, the reference directory, alarms, decisions, inquiries."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from declarations.adapters.database.kinds import ForeignText, Moment, Words
from declarations.adapters.database.tables import ID, SHA256
from declarations.adapters.database.tables import metadata as metadata

INSS = String(11)

parties_version = Table(
    "parties_version",
    metadata,
    Column("id", ID, primary_key=True),
    Column("loaded_at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
    Column("sha256", SHA256, nullable=False),  # of the document
    Column("document", Text, nullable=False),  # canonical JSON, certificates and keys within
    Column("changes", Words, nullable=False),  # what it changed, a line each
)

directory_load = Table(
    "directory_load",
    metadata,
    Column("id", ID, primary_key=True),
    Column("recipient", Text),  # whose list; null for replaced numbers, which concern everybody
    Column("batch_id", ForeignKey("batch.id"), unique=True),  # the drop it came by, if it did
    Column("loaded_at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
    Column("file", ForeignText, nullable=False),  # its name, or the reference of the drop
    Column("sha256", SHA256, nullable=False),  # of the file; of a drop, of its parts' one after the other
    Column("rows", BigInteger, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
)

known_person = Table(
    "known_person",
    metadata,
    Column("recipient", Text, primary_key=True),
    Column("inss", INSS, primary_key=True),  # as the institution gave it
    Column("quality", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_until", Date),
    Column("person", INSS, nullable=False),  # the newest number of that person
)
Index("known_person_person", known_person.c.person)

replaced_inss = Table(
    "replaced_inss",
    metadata,
    Column("old", INSS, primary_key=True),
    Column("new", INSS, nullable=False),  # the newest number, chains followed
    Column("replaced_on", Date),
)
Index("replaced_inss_new", replaced_inss.c.new)

alarm = Table(
    "alarm",
    metadata,
    Column("id", ID, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # what it is about, said once: `overdue:17`
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", ForeignText, nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("told_at", Moment),  # when the webhook took it
    Column("mailed_at", Moment),
    Column("cleared_at", Moment),
)

decision = Table(
    "decision",
    metadata,
    Column("id", ID, primary_key=True),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    Column("action", Text, nullable=False),  # release, ...
    Column("reason", ForeignText, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Moment),
    Column("verdict", Text),  # approved or rejected
)
Index("decision_batch", decision.c.batch_id, decision.c.id)

pause = Table(
    "pause",
    metadata,
    Column("id", ID, primary_key=True),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    Column("attributed_to", Text, nullable=False),
    Column("reason", ForeignText, nullable=False),
    Column("from_at", Moment, nullable=False),
    Column("until_at", Moment, nullable=False),
    Column("operator", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("signature", Text, nullable=False),  # CMS over the canonical JSON of the above
)
Index("pause_batch", pause.c.batch_id, pause.c.id)

inquiry = Table(
    "inquiry",
    metadata,
    Column("id", ID, primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("officer", Text, nullable=False),
    Column("kind", Text, nullable=False),  # audit person, explain
    Column("subject", Text, nullable=False),  # a keyed digest where it is a person
    Column("reason", ForeignText, nullable=False),
    Column("found", Integer, nullable=False),  # exchanges told
)
