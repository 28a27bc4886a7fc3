"""Memory that a process freed stays with it where it asks for that, and its pages need not be had anew."""

import resource
import subprocess
import sys

import numpy as np
import pytest

from measures.memory import page_in

COUNTED = """
import resource, sys
import numpy as np
from measures.memory import keep_freed
if sys.argv[1] == "kept" and not keep_freed():
    sys.exit("unable")
def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    return [np.ones(100_000) for _ in range(8)]
work()
before = pages()
for _ in range(200):
    work()
print(pages() - before)
"""


def faults(asked: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNTED, asked], capture_output=True, text=True, check=False)
    if "unable" in done.stderr:
        pytest.skip("this C library does not let a process say what it keeps")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_freed_arrays_come_back_without_new_pages():
    assert 10 * faults("kept") < faults("given back")


GIVEN = """
import numpy as np
from measures.memory import give_back_freed, keep_freed
if not keep_freed():
    raise SystemExit("unable")
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
kept = [np.ones(100_000) for _ in range(400)]
del kept[:-1]
before = resident()
give_back_freed()
print(int(before - resident()))
"""


def test_what_was_kept_is_given_back_once_asked():
    done = subprocess.run([sys.executable, "-c", GIVEN], capture_output=True, text=True, check=False)
    if "unable" in done.stderr:
        pytest.skip("this C library does not let a process say what it keeps")
    assert int(done.stdout) > 100, done.stderr


def mapped_anew(mapped: np.memmap) -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    mapped.sum()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_what_is_paged_in_needs_no_page_when_it_is_used(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((8_000, 1_000)))
    mapped_anew(np.ones(1000))
    paged = np.load(path, mmap_mode="r")
    page_in([paged, np.empty((0, 3)), np.array(1.0), paged[:0]])
    assert 3 * mapped_anew(paged) < mapped_anew(np.load(path, mmap_mode="r"))
