"""The generator's memory does not grow with the document."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import os, resource, sys
from declarations.generate import Request, write
employers, persons = int(sys.argv[1]), int(sys.argv[2])
with open(os.devnull, "wb") as nowhere:
    size = write(Request(employers=employers, persons=persons, indent=False), nowhere).bytes
print(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
KIB = 1 if sys.platform == "linux" else 1024  # what getrusage counts in


def peak(employers: int, persons: int) -> tuple[int, int]:
    """The bytes written and the peak memory in KiB of a process that writes them."""
    command = [sys.executable, "-c", PROBE, str(employers), str(persons)]
    size, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(size), int(memory) // KIB


@pytest.mark.parametrize(("few", "many"), [((1, 4500), (1, 18_000)), ((500, 1500), (5000, 15_000))])
def test_ten_times_the_document_takes_no_more_memory(few: tuple[int, int], many: tuple[int, int]) -> None:
    small, memory_of_small = peak(*few)
    large, memory_of_large = peak(*many)
    assert large > 3 * small
    assert large > 45_000_000
    assert memory_of_large < memory_of_small + 12_000
