"""Checks on documents and on their content; knows nothing of batches, mailboxes or databases."""
