"""What each retail table must look like: columns, types, ranges, keys, foreign keys and event times."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

import pyarrow as pa

Mode = Literal["full", "append"]
Kind = Literal["text", "amount", "units", "share", "count", "flag", "day", "instant"]

INSTANT: Final = pa.timestamp("us", tz="UTC")
ARROW: Final[dict[Kind, pa.DataType]] = {
    "text": pa.string(),
    "amount": pa.float64(),
    "units": pa.float64(),
    "share": pa.float64(),
    "count": pa.int64(),
    "flag": pa.bool_(),
    "day": pa.date32(),
    "instant": INSTANT,
}


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether a row needs it, and the range or words it may hold.

    Attributes:
        above: values must be greater than this; None means no such bound.
        least: values must be at least this; None means no such bound. A `share` is at most 1 besides.
        references: `table.column` whose values it may hold.
        choices: the only words allowed; empty means any.
    """

    name: str
    kind: Kind
    is_required: bool = False
    above: float | None = None
    least: float | None = None
    references: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def arrow_type(self) -> pa.DataType:
        """The canonical Arrow type."""
        return ARROW[self.kind]


@dataclass(frozen=True)
class TableSpec:
    """One table: its columns in order, key, default mode, event time and half-open window.

    Attributes:
        event_time: rows at or after the cut-off are the future; None for entities and windows.
        event_offset_days: added to `event_time` (a week is known when it ended, a day on the day after).
        window: the two columns of a half-open window, or None.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    mode: Mode
    event_time: str | None = None
    event_offset_days: int = 0
    window: tuple[str, str] | None = None

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return {column.name: column for column in self.columns}[name]

    @property
    def names(self) -> list[str]:
        """All column names in order, `attributes` (unknown columns as one JSON object) last."""
        return [*(column.name for column in self.columns), "attributes"]

    @property
    def arrow_schema(self) -> pa.Schema:
        """The canonical Arrow schema of a staged table."""
        fields = [pa.field(column.name, column.arrow_type) for column in self.columns]
        return pa.schema([*fields, pa.field("attributes", pa.string())])

    def empty(self, columns: list[str] | None = None) -> pa.Table:
        """No rows, with the canonical schema."""
        table = self.arrow_schema.empty_table()
        return table.select(columns) if columns is not None else table


_COLUMN = re.compile(
    r"(?P<name>\w+)(?P<required>!?) (?P<kind>\w+)"
    r"(?: > (?P<above>\S+))?(?: >= (?P<least>\S+))?(?: -> (?P<references>\S+))?(?: one of (?P<choices>\S+))?"
)


def parse_column(text: str) -> Column:
    """The column that one line of `retail_tables.toml` describes.

    Raises:
        ValueError: if the line is not of the form that the file's head gives.
    """
    parts = _COLUMN.fullmatch(text)
    if parts is None or parts["kind"] not in get_args(Kind):
        raise ValueError(f"not a column of retail_tables.toml: {text!r}")
    return Column(
        name=parts["name"],
        kind=cast(Kind, parts["kind"]),
        is_required=bool(parts["required"]),
        above=float(parts["above"]) if parts["above"] else None,
        least=float(parts["least"]) if parts["least"] else None,
        references=parts["references"],
        choices=tuple(parts["choices"].split("|")) if parts["choices"] else (),
    )


def _read_specs(path: Path) -> dict[str, TableSpec]:
    specs = {}
    for name, body in tomllib.loads(path.read_text()).items():
        columns = tuple(parse_column(line) for line in body.pop("columns"))
        window = tuple(body.pop("window", ())) or None
        specs[name] = TableSpec(name=name, columns=columns, key=tuple(body.pop("key")), window=window, **body)
    return specs


SPECS: Final[dict[str, TableSpec]] = _read_specs(Path(__file__).with_name("retail_tables.toml"))
"""Every table by name, in an order in which foreign keys point backwards."""
