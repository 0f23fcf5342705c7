"""What the public register says: per recipient and per piece of information, in words of one language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from declarations.blocks import Plan
from declarations.entitlement.authorizations import Authorization
from validators.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Information:
    """One column of a block, as a citizen may call it."""

    block: str
    column: str
    tag: str
    name: str
    group: str  # what the block is called


@dataclass(frozen=True, slots=True)
class Register:
    """All authorizations of a family, ended ones too."""

    family: str
    title: str
    made_on: date
    authorizations: tuple[Authorization, ...]
    names: Mapping[str, str]  # of recipients, by id
    information: tuple[Information, ...]  # in the message's order

    def name(self, recipient: str) -> str:
        """What an institution is called."""
        return self.names.get(recipient) or recipient.replace("-", " ").capitalize()

    def recipients(self) -> list[str]:
        """Who is or was authorized to something, by name."""
        return sorted({each.recipient for each in self.authorizations}, key=self.name)

    def of(self, recipient: str) -> list[Authorization]:
        """Its authorizations, the newest first."""
        mine = [each for each in self.authorizations if each.recipient == recipient]
        return sorted(mine, key=lambda each: (each.valid_from, each.id), reverse=True)

    def readers(self, information: Information) -> list[str]:
        """Who may see it on the day the register is of, by name."""
        granted = (
            each.recipient
            for each in self.authorizations
            if each.in_force(self.made_on) and information.column in each.columns.get(information.block, ())
        )
        return sorted(set(granted), key=self.name)


def information(plan: Plan, words: Catalogue) -> tuple[Information, ...]:
    """Every column that a message can have, with its name in that language."""
    return tuple(
        Information(
            block.name, column.name, column.tag, _capital(words.name(column.tag)), _capital(words.name(block.tag))
        )
        for block in plan.blocks
        for column in block.columns
    )


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def document(register: Register) -> bytes:
    """The register for machines: JSON, the same bytes for the same authorizations and day."""
    content = {
        "family": register.family,
        "made_on": register.made_on.isoformat(),
        "authorizations": [_entry(register, each) for each in _ordered(register.authorizations)],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _ordered(given: Iterable[Authorization]) -> Sequence[Authorization]:
    return sorted(given, key=lambda each: (each.recipient, each.valid_from, each.id))


def _entry(register: Register, one: Authorization) -> dict[str, object]:
    return {
        "id": one.id,
        "recipient": one.recipient,
        "name": register.name(one.recipient),
        "purpose": one.purpose,
        "legal_basis": one.legal_basis,
        "valid_from": one.valid_from.isoformat(),
        "valid_until": one.valid_until.isoformat() if one.valid_until else None,
        "in_force": one.in_force(register.made_on),
        "retention": one.retention,
        "columns": {block: list(names) for block, names in one.columns.items()},
        "used_only_to_select": {block: list(names) for block, names in one.selects_by.items()},
        "totals": [
            {"block": each.block, "name": each.name, "of": ".".join(filter(None, (each.of, each.column)))}
            for each in one.totals
        ],
    }
