"""Memory is kept for the next array, in this process and in those that it starts."""

import os
import subprocess
import sys

import pytest

FAULTS = """
import os, resource, subprocess, sys
if {keep}:
    from reproduce.workflow import memory
    memory.keep()
def faults():
    def count():
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        b"x" * 50_000_000
    before = count()
    for _ in range(10):
        b"x" * 50_000_000
    return count() - before
if len(sys.argv) < 2:
    child = subprocess.run([sys.executable, "-c", {source!r}, "child"],
                           capture_output=True, text=True, check=True)
    print(faults(), child.stdout)
else:
    print(faults())
"""


def faults(keep: bool) -> list[int]:
    """Pages that the system had to give for ten times 50 MB: in a process, and in one that it starts."""
    source = FAULTS.format(keep=keep, source=FAULTS.format(keep=False, source=""))
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, env=plain)
    return [int(word) for word in run.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux's C library")
def test_kept_memory_is_not_asked_for_again() -> None:
    kept, given_back = faults(keep=True), faults(keep=False)
    assert min(given_back) > 50_000  # 500 MB in pages of 4 kB are 122,000
    assert max(kept) < 1_000
