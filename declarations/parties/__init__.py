"""Senders and recipients: what is known of each, the file that people write, and the list in force."""
