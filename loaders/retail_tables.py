"""A folder that is in retail-tables form already: any subset of its tables as CSV, gzipped CSV or Parquet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa

from loaders.dataset_toml import NAME, read_dataset
from loaders.intake import Feed, Intake, Source
from loaders.raw_files import check_columns, nearest, read_names, read_raw, stem, table_files
from schema.errors import BadInput
from schema.table_specs import SPECS


def _files(folder: Path) -> list[Path]:
    settings = [folder / NAME] if (folder / NAME).exists() else []
    return [*settings, *_by_table(folder).values()]


def _by_table(folder: Path) -> dict[str, Path]:
    """The file of each table that is there, in an order in which foreign keys point backwards."""
    found: dict[str, Path] = {}
    for path in table_files(folder):
        table = stem(path)
        if table in SPECS and table in found:
            raise BadInput(
                f"stands beside {found[table].name}; a table has one file.",
                file=path.name,
                remedy="Remove one of them.",
            )
        found[table] = path
    if "products" not in found:
        near = nearest("products", found)
        raise BadInput(
            "the file is missing, and nothing can be done without products.",
            file=f"{folder.name}/products.csv",
            remedy=f"Is it {found[near].name!r}?" if near else "Put products.csv, .csv.gz or .parquet there.",
        )
    return {table: found[table] for table in SPECS if table in found}


def _feeds(intake: Intake) -> Iterator[Feed]:
    found = _by_table(intake.folder)
    _note_strangers(intake)
    for table, path in found.items():
        check_columns(path, read_names(path), [column.name for column in SPECS[table].columns if column.is_required])
    for table, path in found.items():
        yield Feed(table, _rows(path, table, intake))


def _note_strangers(intake: Intake) -> None:
    for path in table_files(intake.folder):
        if stem(path) not in SPECS:
            near = nearest(stem(path), SPECS)
            intake.note(f"{path.name} is no retail table and was passed over." + (f" Is it {near}?" if near else ""))


def _rows(path: Path, table: str, intake: Intake) -> Iterator[pa.Table]:
    for batch in read_raw(path):
        intake.rejects.account(table).read += len(batch.ragged)
        intake.rejects.add(table, batch.ragged, rows=len(batch.ragged))
        yield batch.rows


RETAIL_TABLES: Final = Source("retail-tables", read_dataset, _files, _feeds)
