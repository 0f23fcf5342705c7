"""Synthetic DmfA declarations: as many as wanted, the same for the same request, with faults of named kinds."""

from declarations.generate.document import write
from declarations.generate.envelopes import envelope
from declarations.generate.request import FAULTS, SCHEMA_FAULTS, SCHEMAS, Placed, Request, Summary

__all__ = ["FAULTS", "SCHEMAS", "SCHEMA_FAULTS", "Placed", "Request", "Summary", "envelope", "write"]
