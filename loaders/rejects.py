"""What did not pass: each breach with its place in the file, counted by table and written to `rejects/NAME.csv`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from schema.errors import TooManyRejects
from schema.table_specs import SPECS
from schema.tables import Tally

FILE: Final = "_file"
"""The column of a batch that names the file each row came from."""
LINE: Final = "_line"
"""The column that says at which physical line of its file a row begins (of Parquet: the row, counted from 1)."""
SHORT: Final = 80
BREACHES: Final = pa.schema(
    [(name, pa.int64() if name == "line" else pa.string()) for name in ("file", "line", "column", "value", "rule")]
)


def breaches(*, files: pa.Array, lines: pa.Array, column: str, values: pa.Array, rule: str) -> pa.Table:
    """One breach of the same rule at each place, in `BREACHES` columns, the values shortened."""
    text = pc.fill_null(pc.cast(values, pa.string()), "")
    is_long = pc.greater(pc.utf8_length(text), SHORT)
    short = pc.if_else(is_long, pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, SHORT), "…", ""), text)
    size = len(lines)
    columns = [files, lines, pa.repeat(column, size), short, pa.repeat(rule, size)]
    return pa.table(columns, schema=BREACHES)


@dataclass
class Account:
    """What became of one table's rows so far.

    Attributes:
        left_out: how many of `rejected` the adapter expects in its source: no fault of the file.
        first: the first breach that is a fault, as `(file, line, column, value, rule)`.
    """

    read: int = 0
    duplicates: int = 0
    rejected: int = 0
    left_out: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    first: tuple[str, int, str, str, str] | None = None

    def tally(self) -> Tally:
        """The account as it is kept with the load."""
        kept = self.read - self.duplicates - self.rejected
        return Tally(self.read, kept, self.duplicates, self.rejected, dict(sorted(self.rules.items())))

    @property
    def share(self) -> float:
        """The share of rows that broke the contract, 0 to 1; what the adapter leaves out does not count."""
        checked = self.read - self.left_out
        return (self.rejected - self.left_out) / checked if checked else 0.0


class Rejects:
    """Every breach of a load, on disk as it is found, and the account of each table.

    Args:
        folder: `rejects/`, made when the first breach comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pa_csv.CSVWriter] = {}
        self.accounts: dict[str, Account] = {}

    def account(self, table: str) -> Account:
        """The account of a table, opened when first asked for."""
        return self.accounts.setdefault(table, Account())

    def add(
        self, table: str, found: pa.Table, *, rows: int, spelt: Mapping[str, str] = {}, is_left_out: bool = False
    ) -> None:
        """Write down breaches.

        Args:
            found: in `BREACHES` columns.
            rows: how many rows they reject; a row may break several rules.
            spelt: the file's own column name by the table's.
            is_left_out: whether the adapter expects such rows in its source.
        """
        account = self.account(table)
        account.rejected += rows
        account.left_out += rows if is_left_out else 0
        if found.num_rows == 0:
            return
        for entry in pc.value_counts(found.column("rule").combine_chunks()).to_pylist():
            account.rules[entry["values"]] += entry["counts"]
        found = _spell(found, spelt)
        if account.first is None and not is_left_out:
            account.first = tuple(found.slice(0, 1).to_pylist()[0].values())
        self._writer(table).write_table(found)

    def close(self) -> None:
        """Finish the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def check_shares(self, allowed: float) -> None:
        """Refuse the load if more than this share of any table's rows broke the contract.

        Tables are looked at before those that refer to them, so that a fault is told where it began.

        Raises:
            TooManyRejects: about the first such table, naming its first breach.
        """
        for table in SPECS:
            account = self.account(table)
            if account.share > allowed and account.first is not None:
                raise _too_many(table, account, allowed)

    def _writer(self, table: str) -> pa_csv.CSVWriter:
        if table not in self._writers:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._writers[table] = pa_csv.CSVWriter(self._folder / f"{table}.csv", BREACHES)
        return self._writers[table]


def _spell(found: pa.Table, spelt: Mapping[str, str]) -> pa.Table:
    if not spelt:
        return found
    names = found.column("column").combine_chunks().dictionary_encode()
    own = pa.array([spelt.get(name, name) for name in names.dictionary.to_pylist()], pa.string())
    return found.set_column(2, "column", pc.take(own, names.indices))


def _too_many(table: str, account: Account, allowed: float) -> TooManyRejects:
    file, line, column, value, rule = account.first or ("", 0, "", "", "")
    bad, checked = account.rejected - account.left_out, account.read - account.left_out
    return TooManyRejects(
        f"{value!r} {rule}; {bad:,} of {checked:,} rows for `{table}` break the contract ({account.share:.1%}),"
        f" of which {allowed:.1%} may.",
        file=file,
        line=line,
        column=column or None,
        remedy=f"{_remedy(rule)} Every breach is in rejects/{table}.csv.",
    )


def _remedy(rule: str) -> str:
    if rule.startswith("is not in "):
        parent = rule.removeprefix("is not in ").split(".")[0]
        return f"Add the missing {parent}, or load with --create-missing {parent}."
    if rule.startswith("repeats"):
        return "Keep one row a key."
    return "Mend these rows, or allow more with --max-rejects."
