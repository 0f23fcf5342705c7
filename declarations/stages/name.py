"""Which version of a family's message a document names."""

from __future__ import annotations

import sys
from typing import BinaryIO

from declarations.families import Family, Version
from validators.envelope import Limits, Prolog, Refusal, inspect


def named_version(source: BinaryIO, family: Family) -> Version | str:
    """The version of a document by the schema it names, or the ACRF code for which it has none."""
    prolog = inspect(source, Limits(max_bytes=sys.maxsize))
    if isinstance(prolog, Refusal):
        return prolog.code
    return _version(prolog, family)


def _version(prolog: Prolog, family: Family) -> Version | str:
    named = prolog.schema_location
    if not named:
        return "136"
    if not named.endswith(".xsd"):
        return "137"
    version = family.version(named)
    if version is None:
        return "088"
    if prolog.default_namespace:
        return "139"
    return version if prolog.root == version.plan.message else "089"
