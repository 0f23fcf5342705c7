"""The reference directory: files of known persons and of replaced numbers, read and judged."""
