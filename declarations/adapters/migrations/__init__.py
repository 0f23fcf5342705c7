"""The ledger's tables, version by version; a new version sets `HEAD` in `declarations.adapters.database.schema`."""
