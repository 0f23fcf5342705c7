"""What is wrong with us, as exceptions; what is wrong with a declaration is a value (`validators.anomaly`)."""

from __future__ import annotations


class DeclarationsError(Exception):
    """Any fault of ours. Its text never holds personal data."""


class Retryable(DeclarationsError):
    """The world did not answer: try again later, nothing was lost (a server down, a database locked)."""


class Configuration(DeclarationsError):
    """A setting or a family folder is wrong; the text says which, what was expected and what to do."""


class Invariant(DeclarationsError):
    """Something that cannot be was found; the batch is held for an operator, never refused."""
