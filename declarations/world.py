"""The composition root: puts the world of one installation together from its settings."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime

from declarations.adapters.archive import FolderArchive
from declarations.adapters.database import DatabaseLedger, migrate, open_ledger
from declarations.adapters.database.directory import DatabaseDirectory
from declarations.adapters.database.engine import engine
from declarations.adapters.database.inquiries import InquiryBook
from declarations.adapters.database.parties import PartyRegister
from declarations.adapters.folder import FolderMailboxes
from declarations.adapters.sealing import Sealer
from declarations.adapters.sftp import SftpMailboxes
from declarations.adapters.signatures import CmsSignatures
from declarations.errors import Configuration
from declarations.families import families
from declarations.parties.party import Parties, Push
from declarations.ports import Mailboxes
from declarations.settings import Settings, SftpSettings, load
from declarations.steps.world import World

PUSH_SECONDS = 10
"""How long a recipient's server may take for anything: others wait meanwhile."""


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[World]:
    """The world of that installation, its ledger migrated; connections are closed afterwards."""
    settings = settings or load()
    migrate(settings.database)
    database = engine(settings.database)
    with ExitStack() as stack:
        known = _parties(PartyRegister(database))
        yield World(
            mailboxes=_mailboxes(settings, stack),
            pushed={
                each.number: _pushed(settings, each.push, stack) for each in known.recipients.values() if each.push
            },
            archive=FolderArchive(settings.archive),
            ledger=stack.enter_context(closing(DatabaseLedger(database))),
            signatures=_signatures(settings),
            sealing=Sealer(),
            directory=DatabaseDirectory(database),
            parties=known,
            families=families(),
            limits=settings.limits,
            clock=lambda: datetime.now(UTC),
            holder=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}",
        )


def ledger(settings: Settings) -> DatabaseLedger:
    """The ledger of that installation, its tables up to date."""
    migrate(settings.database)
    return open_ledger(settings.database)


def register(settings: Settings) -> PartyRegister:
    """The versions of the list of parties of that installation."""
    migrate(settings.database)
    return PartyRegister(engine(settings.database))


def known_parties(settings: Settings) -> Parties:
    """Whom that installation exchanges files with. Raises Configuration where no list of parties was loaded."""
    return _parties(register(settings))


def inquiries(settings: Settings) -> InquiryBook:
    """The record of questions about persons of that installation."""
    migrate(settings.database)
    return InquiryBook(engine(settings.database))


def directory(settings: Settings) -> DatabaseDirectory:
    """The reference directory of that installation."""
    migrate(settings.database)
    return DatabaseDirectory(engine(settings.database))


def _parties(known: PartyRegister) -> Parties:
    newest = known.newest()
    if newest is None:
        raise Configuration("the ledger has no list of parties; load one with `declarations parties load FILE`")
    return newest[1].parties()


def _signatures(settings: Settings) -> CmsSignatures:
    """Raises Configuration where a revocation list is missing: every signature would be refused for it."""
    trust = settings.trust
    signatures = CmsSignatures(trust.roots, trust.revocation_lists, trust.key, trust.certificate)
    uncovered = signatures.uncovered(datetime.now(UTC))
    if uncovered:
        raise Configuration(
            f"{settings.home / 'settings.toml'}: no current revocation list of {'; '.join(uncovered)}; "
            "add the newest one to revocation_lists under [trust]"
        )
    return signatures


def _mailboxes(settings: Settings, stack: ExitStack) -> Mailboxes:
    place = settings.mailboxes
    if not isinstance(place, SftpSettings):
        return FolderMailboxes(place)
    sftp = SftpMailboxes(
        host=place.host, port=place.port, account=place.account, key=place.key, host_key=place.host_key
    )
    return stack.enter_context(sftp)


def _pushed(settings: Settings, push: Push, stack: ExitStack) -> Mailboxes:
    """The server of a recipient; nothing is connected before something is to be written there."""
    server = SftpMailboxes(
        host=push.host,
        port=push.port,
        account=push.account,
        key=settings.home / push.key,
        host_key=push.host_key,
        inside=push.folder,
        seconds=PUSH_SECONDS,
    )
    return stack.enter_context(server)
