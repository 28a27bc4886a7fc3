"""Reading text: physical lines beside the csv module's, cells beside Python's own parsing, sizes, and hard kills."""

import csv
import datetime as dt
import io
import math
import os
import signal
from pathlib import Path
from zoneinfo import ZoneInfo

import own_process
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loader_shops import RETAIL, write_shop

import loaders.raw_csv
from loaders.attributes import attributes_of
from loaders.casting import cast_column
from loaders.raw_csv import read_csv
from loaders.rejects import LINE
from loaders.sizes import read_size
from loaders.staging import LoadOptions, stage

cells = st.text(alphabet='ab,"\né ', max_size=6)
rows = st.lists(st.lists(cells, min_size=1, max_size=4), max_size=25)


@settings(max_examples=60, deadline=None)
@given(rows, st.sampled_from(["\n", "\r\n"]), st.sampled_from([64, 1 << 20]))
def test_rows_begin_at_the_lines_where_the_csv_module_finds_them(tmp_path_factory, body, line_end, block):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows([["x", "y\nz", "w"], *body])
    path.write_bytes(text.getvalue().encode())
    good, ragged = {}, set()
    reader = csv.reader(io.StringIO(text.getvalue(), newline=""))
    next(reader)
    begins = reader.line_num + 1
    for row in reader:
        if len(row) == 3 and any(row):
            good[begins] = row
        elif len(row) not in (0, 3):
            ragged.add(begins)
        begins = reader.line_num + 1
    read, told = {}, set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaders.raw_csv, "BLOCK_BYTES", block)
        for batch in read_csv(path, "t.csv"):
            for row in batch.rows.to_pylist():
                read[row[LINE]] = [row["x"], row["y\nz"], row["w"]]
            told |= set(batch.ragged["line"].to_pylist())
    assert {line: [cell.replace("\r\n", "\n") for cell in row] for line, row in read.items()} == good
    assert told == ragged


texts = st.one_of(
    st.text(alphabet="0123456789.-+eE, ", max_size=7),
    st.floats(-1e14, 1e14).map(str),
    st.integers(-(10**9), 10**9).map(str),
    st.sampled_from(["", "nan", "inf", "1e99", "0x10", "1_000", "½", ".5", "5.", "-.5", "1e5"]),
)


def python_number(text: str) -> float | None:
    """What a cell is as a number, by Python: no underscores, no infinities, nothing above 1e15."""
    if "_" in text or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= 1e15 else None


@settings(max_examples=80, deadline=None)
@given(st.lists(texts, max_size=12))
def test_numbers_are_those_that_python_reads(values):
    told, failed = cast_column(pa.chunked_array([pa.array(values, pa.string())]), "amount", "UTC")
    stripped = [value.strip() for value in values]
    assert told.to_pylist() == [python_number(value) if value else None for value in stripped]
    assert failed.to_pylist() == [bool(value) and python_number(value) is None for value in stripped]


def python_day(text: str) -> dt.date | None:
    try:
        day = dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None
    return day if day.isoformat() == text else None


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.dates(dt.date(1000, 1, 1), dt.date(2999, 12, 31)).map(str),
            st.tuples(st.integers(1000, 2999), st.integers(0, 13), st.integers(0, 32)).map(
                lambda day: f"{day[0]}-{day[1]:02}-{day[2]:02}"
            ),
            st.sampled_from(["2000-02-29", "1900-02-29", "2024-02-29", "2023-02-29", "2024-1-1", "01/02/2024"]),
        ),
        max_size=12,
    )
)
def test_days_are_those_of_the_calendar(values):
    told, failed = cast_column(pa.chunked_array([pa.array(values, pa.string())]), "day", "UTC")
    assert told.to_pylist() == [python_day(value) for value in values]
    assert failed.to_pylist() == [python_day(value) is None for value in values]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"])
def test_instants_are_those_of_their_zone(zone):
    naive = ["2024-01-01 10:00:00", "2024-07-01T10:00", "2024-07-01", "2024-10-27T12:00:00.5"]
    zoned = ["2024-01-01T10:00:00Z", "2024-01-01T10:00:00+05:30", "2024-01-01 10:00:00-0400"]
    for values in (naive, zoned, [*naive, *zoned], [*naive, "never"]):
        told, _ = cast_column(pa.chunked_array([pa.array(values)]), "instant", zone)
        for text, instant in zip(values, told.to_pylist(), strict=True):
            expected = dt.datetime.fromisoformat(text) if text != "never" else None
            if expected is not None and expected.tzinfo is None:
                expected = expected.replace(tzinfo=ZoneInfo(zone))
            assert instant == expected


@pytest.mark.parametrize(
    ("label", "size"),
    [
        ("16 OZ", (16.0, "oz")),
        (".75 oz", (0.75, "oz")),
        ("12 PK/12 OZ", (144.0, "oz")),
        ("4 PK/4 OZ", (16.0, "oz")),
        ("1.5 LT", (1.5, "l")),
        ("2 DZ", (24.0, "count")),
        ("0 OZ", None),
        ("OZ", None),
        ("A LOT", None),
        ("", None),
    ],
)
def test_sizes_are_read_where_they_are_clear(label, size):
    assert read_size(label) == size


def test_attributes_are_json_whatever_they_hold():
    table = pa.table({"a": ['x"\\\n', None, ""], 'b"': ["1", None, "2"]})
    assert attributes_of(table, ['b"', "a"]).to_pylist() == [
        '{"a": "x\\"\\\\", "b\\"": "1"}',
        None,
        '{"b\\"": "2"}',
    ]


def stage_dying(raw: Path, into: Path, calls: int) -> None:
    """Stage, killed when that much progress was told."""
    told = [0]

    def progress(*_: object) -> None:
        told[0] += 1
        if told[0] > calls:
            os.kill(os.getpid(), signal.SIGKILL)

    stage("retail-tables", raw, into=into, options=LoadOptions(), progress=progress)


@pytest.mark.slow
@pytest.mark.parametrize("calls", [0, 5, 13, 20])
def test_a_killed_staging_leaves_no_manifest_and_the_next_is_whole(calls, tmp_path):
    raw, into = write_shop(RETAIL, tmp_path / "raw"), tmp_path / "into"
    assert own_process.ended(stage_dying, raw, into, calls) == -signal.SIGKILL
    assert not (into / "load.json").exists()
    again = stage("retail-tables", raw, into=into, options=LoadOptions())
    clean = stage("retail-tables", raw, into=tmp_path / "clean", options=LoadOptions())
    assert again.load_id == clean.load_id
    assert {path.name for path in into.iterdir()} == {path.name for path in (tmp_path / "clean").iterdir()}
