"""What we need of the world, as Protocols. Adapters translate the world's errors into `Retryable`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from declarations.model import Batch
from declarations.parties.party import Seal

if TYPE_CHECKING:
    import polars as pl

    from declarations.directory.lists import Load, Loaded


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a folder's listing, links not followed."""

    name: str
    size: int
    modified: int  # whole seconds
    regular: bool  # a plain file: not a folder, a link or a device


class Mailboxes(Protocol):
    """The folders of all parties: `folder` is the party's, `box` IN, INTEST, INTEST-S, OUT, OUTTEST or OUTTEST-S."""

    def folders(self) -> list[str]:
        """The parties' folders that exist, sorted."""

    def entries(self, folder: str, box: str) -> list[Entry]:
        """What lies there, sorted by name; empty where the box does not exist."""

    def look(self, folder: str, box: str, name: str) -> Entry | None:
        """That entry as it is now, or None where it is gone."""

    def open(self, folder: str, box: str, name: str) -> AbstractContextManager[BinaryIO]:
        """The file's bytes, to be read once from start to end."""

    def leftovers(self, folder: str, box: str) -> list[Entry]:
        """Our own unfinished files there, which `entries` does not list."""

    def remove(self, folder: str, box: str, name: str) -> None:
        """Take a file or a link away; one that is gone already is fine."""

    def set_aside(self, folder: str, box: str, name: str) -> None:
        """Move an entry of any kind out of the box into the party's ASIDE folder."""

    def write(self, folder: str, box: str, name: str, source: BinaryIO) -> None:
        """Write under a temporary name, then rename; the box is made where it is missing."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes in the archive."""

    sha256: str
    size: int


class Archive(Protocol):
    """Files by their SHA-256; what is put is durable when `put` returns, and never changes."""

    def put(self, source: BinaryIO) -> Stored:
        """Keep these bytes, once."""

    def open(self, sha256: str) -> BinaryIO:
        """Those bytes, seekable. Invariant if there are none."""

    def local(self, sha256: str) -> Path:
        """A path to read those bytes from."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A private folder to work in, gone afterwards."""

    def sweep(self, before: datetime) -> int:
        """Take away what killed processes left unfinished before then; how many files and folders."""


class Sealing(Protocol):
    """Encryption for a recipient."""

    def seal(self, source: Path, to: Path, key: Seal) -> None:
        """Write what only the holder of the key can open. Raises Configuration where the key cannot be used."""


class Directory(Protocol):
    """The reference directory: which persons an institution knows, in which quality and period."""

    def known(self, persons: pl.Series, days: tuple[date, date]) -> pl.DataFrame:
        """Who knows these persons in that period: recipient, inss (as asked), quality; replaced numbers followed."""

    def numbers_of(self, person: str) -> frozenset[str]:
        """Every number that this person has or had, that one included."""

    def take_list(self, load: Load, frames: Iterable[pl.DataFrame]) -> Loaded:
        """Make this the whole list of its recipient; nothing happens the second time that a drop is taken."""

    def take_changes(self, load: Load, frames: Iterable[pl.DataFrame]) -> Loaded:
        """Add and end rows of that recipient's list; nothing happens the second time that a drop is taken."""

    def behind_another(self, given: Batch) -> bool:
        """Whether an earlier file of that folder for the directory waits still: they are taken in their order."""


class Signatures(Protocol):
    """Detached CMS signatures: those of others, and ours."""

    def verify(
        self, content: BinaryIO, signature: bytes, certificates: Collection[str], moment: datetime
    ) -> str | None:
        """The ACRF code for which the signature is refused, or None where it is good.

        `certificates` are the SHA-256 fingerprints (hex) registered for the sender.
        """

    def sign(self, content: BinaryIO) -> bytes:
        """The text of an FS file for those bytes: CMS in base64."""

    @property
    def ours(self) -> frozenset[str]:
        """The fingerprints of the certificates that we sign with."""
