"""The world: SFTP, folders, the database, signatures and keys, each behind a port."""
