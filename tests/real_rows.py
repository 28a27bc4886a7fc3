"""Real rows as the csv module alone reads them, beside the same rows staged."""

import csv
import gzip
from pathlib import Path

import pytest

from loaders.staging import LoadOptions, stage
from schema.tables import RetailTables

PLAIN = LoadOptions()
Raw = list[dict[str, str]]


def raw(path: Path) -> Raw:
    """A file's rows by the names of their columns, as text."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def load(source: str, folder: Path, tmp: pytest.TempPathFactory, options: LoadOptions = PLAIN) -> RetailTables:
    """A source's folder, staged in a new one."""
    return stage(source, folder, into=tmp.mktemp(source) / "staged", options=options)


def assert_tallies_hold(tables: RetailTables) -> None:
    """Every row that was read is kept, a duplicate or rejected."""
    for name, tally in tables.tallies.items():
        assert tally.read == tally.kept + tally.duplicates + tally.rejected
        assert tables.read(name).num_rows == tally.kept
