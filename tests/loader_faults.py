"""Faults put into the small raw folders, and how each must be told."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from loader_shops import RETAIL, SHOPS, Rows, write_shop

from loaders.staging import LoadOptions, stage
from schema.errors import BadInput
from schema.table_specs import SPECS

STRICT = LoadOptions(max_rejects=0.0)
# All tables of a retail-tables folder are read by one path, so a few stand for them; adapters name each file of theirs.
OF_RETAIL = {"products", "categories", "purchases", "verdicts"}
FILES = [(source, name) for source, shop in SHOPS.items() for name in shop if shop is not RETAIL or name in OF_RETAIL]


def quick_of_retail(cases, tables=tuple(RETAIL)):
    """The same, but of those retail tables marked slow: each takes reading a whole shop, or ten million characters."""
    return [
        pytest.param(*case, marks=() if case[0] == "retail-tables" and case[1] in tables else pytest.mark.slow)
        for case in cases
    ]


def around(source: str, name: str) -> dict[str, Rows]:
    """What a fault of one file is told beside: the tables it refers to, or all that an adapter reads as one."""
    if source != "retail-tables":
        return SHOPS[source]
    parents = {column.references.split(".")[0] for column in SPECS[name].columns if column.references}
    return {table: rows for table, rows in RETAIL.items() if table in {"products", name} | parents}


def refused(source: str, folder: Path, into: Path) -> BadInput:
    """What is told of a folder that must be refused, of which nothing may be left but its rejects."""
    with pytest.raises(BadInput) as told:
        stage(source, folder, into=into, options=STRICT)
    assert told.value.exit_code != 0
    assert told.value.remedy
    assert {path.name for path in into.iterdir()} <= {"rejects"} if into.exists() else True
    return told.value


def with_bytes(source: str, name: str, folder: Path, change: Callable[[bytes], bytes], suffix: str = ".csv") -> Path:
    """A folder in which one file's bytes are changed, and perhaps its name's ending."""
    write_shop(around(source, name), folder)
    plain = folder / f"{name}.csv"
    content = change(plain.read_bytes())
    plain.unlink()
    (folder / f"{name}{suffix}").write_bytes(content)
    return folder


def with_rows(source: str, name: str, folder: Path, change: Callable[[Rows], None]) -> Path:
    """A folder in which one file's rows are changed."""
    shop = copy.deepcopy(around(source, name))
    change(shop[name])
    return write_shop(shop, folder)
