"""The contract of a table's columns, generated from its spec and checked by pandera a batch at a time."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc

from loaders.casting import RULES, as_text, cast_column, lower_bound
from loaders.rejects import BREACHES, FILE, LINE, breaches
from schema.table_specs import Column

MISSING = "is missing"


@dataclass(frozen=True)
class Calendar:
    """Where a dataset's days may lie, half-open, and the timezone of instants that name none."""

    timezone: str
    first: date = date(1970, 1, 1)
    last: date = date(2200, 1, 1)


@dataclass(frozen=True)
class Checked:
    """A batch after its contract.

    Attributes:
        rows: those without a breach, typed, columns in the contract's order, then `LINE` and `FILE`.
        found: breaches in `BREACHES` columns.
        rejected: how many rows they are about.
        is_good: `[rows of the batch]`, False where rejected.
    """

    rows: pa.Table
    found: pa.Table
    rejected: int
    is_good: pa.ChunkedArray


class Contract:
    """What the columns of one table must hold.

    Args:
        columns: as in the table's spec.
        window: two of them that make a half-open window; a bound that is empty is no bound.
    """

    def __init__(self, columns: Sequence[Column], calendar: Calendar, window: tuple[str, str] | None = None) -> None:
        self._columns, self._calendar, self._window = columns, calendar, window
        self.schema = pandera.DataFrameSchema({column.name: _expect(column, calendar) for column in columns})

    def check(self, raw: pa.Table) -> Checked:
        """Type a batch (a column that it lacks is empty) and part its rows from those that break the contract."""
        values, failures = self._cast(raw)
        typed = pa.table({**values, LINE: raw.column(LINE), FILE: raw.column(FILE)})
        failures += self._failures_of_schema(typed, failures)
        failures += self._failures_of_window(typed)
        if not failures:
            return Checked(typed, BREACHES.empty_table(), 0, pa.chunked_array([pa.repeat(True, raw.num_rows)]))
        bad = pc.unique(pa.concat_arrays([failure.rows for failure in failures]))
        is_good = pc.invert(pc.is_in(pa.array(np.arange(raw.num_rows)), value_set=bad))
        found = pa.concat_tables([failure.breaches(raw) for failure in failures]).sort_by("line")
        return Checked(typed.filter(is_good), found, len(bad), pa.chunked_array([is_good]))

    def _cast(self, raw: pa.Table) -> "tuple[dict[str, pa.ChunkedArray], list[_Failure]]":
        values: dict[str, pa.ChunkedArray] = {}
        failures: list[_Failure] = []
        for column in self._columns:
            if column.name not in raw.column_names:
                values[column.name] = pa.chunked_array([pa.nulls(raw.num_rows, column.arrow_type)])
                continue
            values[column.name], failed = cast_column(raw.column(column.name), column.kind, self._calendar.timezone)
            rows = pc.indices_nonzero(failed).cast(pa.int64())
            if len(rows):
                failures.append(_Failure(column.name, rows, RULES[column.kind]))
        return values, failures

    def _failures_of_schema(self, typed: pa.Table, before: "list[_Failure]") -> "Iterator[_Failure]":
        frame = typed.drop_columns([LINE, FILE]).to_pandas(types_mapper=pd.ArrowDtype)
        try:
            with warnings.catch_warnings():
                # pandera joins its tables of failures in a way that pandas 3 will see differently: here it is all one.
                warnings.simplefilter("ignore", FutureWarning)
                self.schema.validate(frame, lazy=True)
        except pandera.errors.SchemaErrors as errors:
            told = {failure.column: failure.rows for failure in before}
            cases = errors.failure_cases
            for (column, rule), group in cases.groupby(["column", "check"], sort=False):
                rows = pa.array(group["index"].astype("int64"), pa.int64())
                if rule == "not_nullable" and column in told:
                    rows = rows.filter(pc.invert(pc.is_in(rows, value_set=told[column])))
                yield _Failure(column, rows, MISSING if rule == "not_nullable" else rule)

    def _failures_of_window(self, typed: pa.Table) -> "Iterator[_Failure]":
        if self._window is None:
            return
        start, end = self._window
        is_empty = pc.fill_null(pc.greater_equal(typed.column(start), typed.column(end)), False)
        rows = pc.indices_nonzero(is_empty).cast(pa.int64())
        if len(rows):
            yield _Failure(end, rows, f"is not after {start}")


@dataclass(frozen=True)
class _Failure:
    column: str
    rows: pa.Array
    rule: str

    def breaches(self, raw: pa.Table) -> pa.Table:
        lines = pc.take(raw.column(LINE), self.rows).combine_chunks()
        files = pc.take(raw.column(FILE), self.rows).combine_chunks()
        has_it = self.column in raw.column_names
        values = pc.take(as_text(raw.column(self.column)), self.rows) if has_it else pa.nulls(len(self.rows))
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        return breaches(files=files, lines=lines, column=self.column, values=values, rule=self.rule)


def _expect(column: Column, calendar: Calendar) -> Any:
    checks = [*_bounds(column), *_dates(column, calendar)]
    if column.choices:
        words = ", ".join(column.choices)
        checks.append(pandera.Check.isin(column.choices, error=f"is none of {words}"))
    return pandera.Column(nullable=not column.is_required, checks=checks)


def _bounds(column: Column) -> Iterator[Any]:
    if column.above is not None:
        yield pandera.Check.gt(column.above, error=f"is not greater than {column.above:g}")
    if column.least is not None:
        yield pandera.Check.ge(column.least, error=f"is less than {column.least:g}")
    if column.kind == "share":
        yield pandera.Check.le(1.0, error="is greater than 1")


def _dates(column: Column, calendar: Calendar) -> Iterator[Any]:
    if column.kind in ("day", "instant"):
        error = f"lies outside {calendar.first} to {calendar.last}"
        yield pandera.Check.ge(lower_bound(calendar.first, column.kind), error=error)
        yield pandera.Check.lt(lower_bound(calendar.last, column.kind), error=error)
