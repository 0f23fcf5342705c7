"""The last look before an extract leaves: the finished file read back by code that had no part in writing it."""

from declarations.extracts.gate.check import Expected, gate

__all__ = ["Expected", "gate"]
