"""The raw files of a public data set: each checked by a contract of its own, then asked by SQL for retail tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from loaders.contracts import Contract
from loaders.intake import Intake
from loaders.keys import REPEATS, Keys, Rows, places_of
from loaders.raw_files import BATCH_ROWS, check_columns, find_files, read_names, read_raw
from loaders.rejects import BREACHES, FILE, LINE, breaches
from schema.errors import BadInput
from schema.table_specs import ARROW, Column, parse_column


@dataclass(frozen=True)
class RawTable:
    """One raw table of a source.

    Attributes:
        name: how SQL calls it.
        pattern: a glob for its files' names without format; several files are read one after another.
        lines: its columns, written as in `schema/retail_tables.toml`, references being to raw tables that stand
            earlier; all must be there.
        counted_in: the retail table in whose account rows that break this contract stand.
        key: columns no two rows share; only where repeated rows would multiply rows of other tables.
    """

    name: str
    pattern: str
    lines: tuple[str, ...]
    counted_in: str
    key: tuple[str, ...] = ()

    @property
    def columns(self) -> list[Column]:
        """The columns parsed."""
        return [parse_column(line) for line in self.lines]


def raw_table_files(folder: Path, tables: Sequence[RawTable]) -> list[Path]:
    """The files of a folder that make up these raw tables.

    Raises:
        BadInput: if one has none.
    """
    return [path for table in tables for path in find_files(folder, table.pattern)]


def _check_headers(folder: Path, tables: Sequence[RawTable]) -> None:
    """Refuse a folder before anything is read if a file or a column is missing."""
    for table in tables:
        for file in find_files(folder, table.pattern):
            check_columns(file, read_names(file), [column.name for column in table.columns])


class RawShop:
    """A source's raw tables, checked, typed and ready to be asked by SQL under their names.

    Each has its columns, `_line` and `_file`.

    Args:
        timezone: of raw instants that name none; None means the dataset's.

    Raises:
        BadInput: if a file is missing, empty, unreadable or lacks a column.
    """

    def __init__(self, intake: Intake, tables: Sequence[RawTable], timezone: str | None = None) -> None:
        self._intake = intake
        calendar = intake.dataset.calendar
        self._calendar = replace(calendar, timezone=timezone or calendar.timezone)
        _check_headers(intake.folder, tables)
        self._paths = {table.name: intake.work / f"raw_{table.name}.parquet" for table in tables}
        for table in tables:
            path = self._paths[table.name]
            self._stage(table, path)
            intake.database.register("bad_rows", pa.table({"row": self._bad_rows(table, path)}))
            intake.database.execute(f"create table bad_{table.name} as from bad_rows")
            intake.database.execute(
                f"create view {table.name} as select * exclude (file_row_number)"
                f" from read_parquet('{path}', file_row_number=true)"
                f" where file_row_number not in (select row from bad_{table.name})"
            )

    def rows(self, sql: str) -> Iterator[pa.Table]:
        """What a query answers, in batches; it selects `_line` and `_file` too."""
        with self._intake.database.cursor() as cursor:
            for batch in cursor.sql(sql).to_arrow_reader(BATCH_ROWS):
                yield pa.Table.from_batches([batch])

    def leave_out(self, table: str, sql: str) -> None:
        """Account for raw rows that the adapter knows not to be rows of a table.

        Args:
            sql: selects `file, line, column, value, rule`, one row a raw row.
        """
        for rows in self.rows(sql):
            account = self._intake.rejects.account(table)
            account.read += len(rows)
            self._intake.rejects.add(table, rows.cast(BREACHES), rows=len(rows), is_left_out=True)

    def _bad_rows(self, table: RawTable, path: Path) -> Rows:
        """Positions of rows that name what an earlier raw table has not, or whose key an earlier row has."""
        keys = Keys(self._intake.database, path, np.empty(0, np.int64))
        bad = np.empty(0, np.int64)
        for column in table.columns:
            if column.references is not None:
                parent, key = column.references.split(".")
                unknown = keys.unknown(column.name, self._paths[parent], key)
                bad = np.union1d(bad, self._reject(table, path, column.name, unknown, f"is not in {parent}"))
        if table.key:
            repeats = keys.repeats(table.key, [column.name for column in table.columns], None)
            bad = np.union1d(bad, self._reject(table, path, table.key[0], repeats, REPEATS))
        return bad

    def _reject(self, table: RawTable, path: Path, column: str, rows: pa.Table, rule: str) -> Rows:
        at = rows["row"].to_numpy()
        place = places_of(path, at)
        found = breaches(files=place[FILE], lines=place[LINE], column=column, values=rows["value"], rule=rule)
        self._intake.rejects.account(table.counted_in).read += len(at)
        self._intake.rejects.add(table.counted_in, found, rows=len(at))
        return at

    def _stage(self, table: RawTable, path: Path) -> None:
        columns = table.columns
        contract = Contract(columns, self._calendar)
        fields = [(column.name, ARROW[column.kind]) for column in columns]
        with pq.ParquetWriter(path, pa.schema([*fields, (LINE, pa.int64()), (FILE, pa.string())])) as writer:
            for file in find_files(self._intake.folder, table.pattern):
                read = self._stage_file(table, file, contract, writer)
                if read == 0:
                    raise BadInput("holds no rows.", file=file.name, line=1, remedy="Fetch or export it again.")

    def _stage_file(self, table: RawTable, file: Path, contract: Contract, writer: pq.ParquetWriter) -> int:
        rejects, read = self._intake.rejects, 0
        for batch in read_raw(file):
            checked = contract.check(batch.rows)
            bad = checked.rejected + len(batch.ragged)
            rejects.account(table.counted_in).read += bad
            rejects.add(table.counted_in, checked.found, rows=checked.rejected)
            rejects.add(table.counted_in, batch.ragged, rows=len(batch.ragged))
            writer.write_table(checked.rows)
            read += len(batch.rows) + len(batch.ragged)
            self._intake.progress(f"reading {file.name}", read)
        return read
