"""One table's rows that keep their contract, staged before keys and foreign keys are looked at."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from loaders.attributes import attributes_of
from loaders.contracts import Contract
from loaders.intake import Feed, Intake
from loaders.pseudonyms import without_persons
from loaders.raw_files import nearest
from loaders.rejects import FILE, LINE
from schema.table_specs import SPECS, TableSpec

PLACES = pa.schema([(LINE, pa.int64()), (FILE, pa.string())])


class Part:
    """A table in `work`: its canonical columns in one Parquet file, each row's place in another of equal length."""

    def __init__(self, table: str, intake: Intake) -> None:
        self.spec: TableSpec = SPECS[table]
        self.path: Path = intake.work / f"{table}.parquet"
        self.places: Path = intake.work / f"{table}.places.parquet"
        self.spelt: Mapping[str, str] = {}
        self._intake = intake
        self._contract = Contract(self.spec.columns, intake.dataset.calendar, self.spec.window)
        self._rows = pq.ParquetWriter(self.path, self.spec.arrow_schema)
        self._lines = pq.ParquetWriter(self.places, PLACES)

    def take(self, feed: Feed) -> None:
        """Check a feed's rows and stage those that pass.

        Raises:
            BadInput: for a fault of the whole file.
        """
        account = self._intake.rejects.account(self.spec.name)
        self.spelt = {**self.spelt, **feed.spelt}
        for batch in feed.rows:
            raw = without_persons(batch, self.spec, self._intake)
            account.read += raw.num_rows
            checked = self._contract.check(raw)
            self._intake.rejects.add(self.spec.name, checked.found, rows=checked.rejected, spelt=feed.spelt)
            attributes = self._attributes(raw).filter(checked.is_good)
            rows = checked.rows.append_column("attributes", attributes)
            self._rows.write_table(rows.select(self.spec.names))
            self._lines.write_table(rows.select([LINE, FILE]))
            self._intake.progress(f"reading {self.spec.name}", account.read)

    def close(self) -> None:
        """Finish both files."""
        self._rows.close()
        self._lines.close()

    def _attributes(self, raw: pa.Table) -> pa.ChunkedArray:
        known = {*self.spec.names, LINE, FILE}
        unknown = [name for name in raw.column_names if name not in known]
        if unknown:
            self._intake.note(_unknown_columns(self.spec, unknown))
        if "attributes" in raw.column_names and not unknown:
            return raw.column("attributes").cast(pa.string())
        return attributes_of(raw, unknown)


def _unknown_columns(spec: TableSpec, unknown: list[str]) -> str:
    def told(name: str) -> str:
        near = nearest(name, [column.name for column in spec.columns])
        return f"{name} (is it {near}?)" if near else name

    names = ", ".join(told(name) for name in unknown)
    return f"{spec.name}: columns kept in attributes because retail-tables does not know them: {names}."
