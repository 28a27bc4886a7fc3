"""The spool: what was appended is read once it is wanted, whatever died in the middle."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.spool import SEGMENT_BYTES, Spool, SpoolFull

MANY = 1 << 30


def everything(spool):
    found = []
    while spool.num_bytes:
        found += spool.read()
        spool.forget()
    return found


@settings(max_examples=30, deadline=None)
@given(
    batches=st.lists(st.lists(st.binary(max_size=40).map(lambda raw: raw.hex().encode()), max_size=5), max_size=8),
    stops=st.sets(st.integers(0, 7)),
)
def test_every_line_is_read_in_order_through_any_number_of_deaths(tmp_path_factory, batches, stops):
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, max_bytes=MANY)
    for place, batch in enumerate(batches):
        spool.append(batch)
        if place in stops:
            spool.close()
            spool = Spool(folder, max_bytes=MANY)
    assert sorted(everything(spool)) == sorted(line for batch in batches for line in batch)
    spool.close()
    assert list(folder.iterdir()) == []


def test_what_is_not_forgotten_is_read_again(tmp_path):
    spool = Spool(tmp_path, max_bytes=MANY)
    spool.append([b"one", b"two"])
    assert spool.read() == spool.read() == [b"one", b"two"]
    spool.forget()
    assert (spool.read(), spool.num_bytes) == ([], 0)


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 45))
def test_a_torn_tail_is_passed_by(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, max_bytes=MANY)
    spool.append([b"first", b"second", b"third"])
    (path,) = folder.iterdir()
    data = path.read_bytes()
    spool.close()
    path.write_bytes(data[: len(data) - cut])
    lines = [line[9:-1] for line in data[: len(data) - cut].splitlines(keepends=True) if line.endswith(b"\n")]
    assert everything(Spool(folder, max_bytes=MANY)) == lines


def test_a_line_that_was_damaged_is_counted_and_the_others_are_read(tmp_path):
    spool = Spool(tmp_path, max_bytes=MANY)
    spool.append([b"first", b"second", b"third"])
    (path,) = tmp_path.iterdir()
    spool.close()
    path.write_bytes(path.read_bytes().replace(b"second", b"sEcond"))
    again = Spool(tmp_path, max_bytes=MANY)
    assert everything(again) == [b"first", b"third"]
    assert again.num_torn == 1


def test_the_living_ones_segments_are_left_alone(tmp_path):
    living = Spool(tmp_path, max_bytes=MANY)
    living.append([b"mine"])
    other = Spool(tmp_path, max_bytes=MANY)
    assert (other.num_bytes, other.read()) == (0, [])
    assert living.read() == [b"mine"]


def test_the_bound_is_kept_and_lifted_by_forgetting(tmp_path):
    spool = Spool(tmp_path, max_bytes=100)
    spool.append([b"x" * 60])
    with pytest.raises(SpoolFull):
        spool.append([b"y" * 60])
    spool.read()
    spool.forget()
    spool.append([b"y" * 60])
    assert spool.read() == [b"y" * 60]


def test_long_spools_are_cut_into_files_that_go_when_they_were_read(tmp_path):
    spool = Spool(tmp_path, max_bytes=MANY)
    lines = [b"%d" % place * (SEGMENT_BYTES // 3) for place in range(9)]
    for line in lines:
        spool.append([line])
    assert len(list(tmp_path.iterdir())) > 2
    assert everything(spool) == lines
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [0]


def test_what_the_disk_refuses_leaves_no_half_line(tmp_path, monkeypatch):
    spool = Spool(tmp_path, max_bytes=MANY)
    spool.append([b"before"])
    real = os.write

    def half(file, data):
        real(file, data[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        spool.append([b"refused"])
    monkeypatch.undo()
    spool.append([b"after"])
    assert everything(spool) == [b"before", b"after"]
