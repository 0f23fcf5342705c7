"""Speed and memory, in figures: programs, not tests. README.md holds the last ones."""
