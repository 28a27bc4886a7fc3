"""Cells as they stand in a file become values of the canonical types, or are marked as none."""

from datetime import date, datetime
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from schema.table_specs import ARROW, INSTANT, Kind

MAX_NUMBER: Final = 1e15
RULES: Final[dict[Kind, str]] = {
    "text": "is not text",
    "amount": "is not a number",
    "units": "is not a number",
    "share": "is not a number",
    "count": "is not a whole number",
    "flag": "is neither true nor false",
    "day": "is not a day written YYYY-MM-DD",
    "instant": "is not an instant in ISO 8601",
}
"""What is wrong with a cell that has no value of its column's kind."""

_NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?$"
_DAY: Final = (
    r"[012]\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2\d))"
)
_TIME: Final = r"[ T](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?"
_ZONE: Final = r"(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"
_TRUE: Final = pa.array(["true", "t", "yes", "y", "1", "1.0"])
_FALSE: Final = pa.array(["false", "f", "no", "n", "0", "0.0"])

Column: TypeAlias = pa.ChunkedArray


def as_text(column: Column) -> Column:
    """Any column as trimmed text, an empty cell null; whole floats lose their `.0`."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_floating(column.type):
        column = _floats_as_text(column)
    elif not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def cast_column(column: Column, kind: Kind, timezone: str) -> tuple[Column, Column]:
    """The values of a column `[rows]` of the kind's type, and `[rows]` bool: cells that hold none though not empty.

    Args:
        timezone: of instants that name none; of two equal wall times the earlier is taken.
    """
    if kind == "text":
        text = as_text(column)
        return text, _falses(len(text))
    if kind in ("amount", "units", "share"):
        return _numbers(column)
    if kind == "count":
        return _counts(column)
    if kind == "flag":
        return _flags(column)
    if kind == "day":
        return _days(column, timezone)
    return _instants(column, timezone)


def _floats_as_text(column: Column) -> Column:
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 2.0**53))
    if pc.all(whole).as_py() is not False:
        return pc.cast(pc.cast(column, pa.int64()), pa.string())
    return pc.cast(column, pa.string())


def _falses(size: int) -> Column:
    return pa.chunked_array([pa.repeat(False, size)])


def _failed(source: Column, values: Column) -> Column:
    return pc.and_(pc.is_valid(source), pc.is_null(values))


def _only(mask: Column, values: Column) -> Column:
    return pc.if_else(pc.fill_null(mask, False), values, pa.scalar(None, values.type))


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _numbers(column: Column) -> tuple[Column, Column]:
    if _is_numeric(column.type):
        values = pc.cast(column, pa.float64(), safe=False)
        source = values = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
    else:
        source = as_text(column)
        values = _parse_numbers(source)
    values = _only(pc.less_equal(pc.abs(values), MAX_NUMBER), values)
    return values, _failed(source, values)


def _parse_numbers(text: Column) -> Column:
    try:
        return pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        return pc.cast(_only(pc.match_substring_regex(text, _NUMBER), text), pa.float64())


def _counts(column: Column) -> tuple[Column, Column]:
    numbers, failed = _numbers(column)
    whole = pc.equal(pc.floor(numbers), numbers)
    failed = pc.or_(failed, pc.fill_null(pc.invert(whole), False))
    return pc.cast(_only(whole, numbers), pa.int64()), failed


def _flags(column: Column) -> tuple[Column, Column]:
    if pa.types.is_boolean(column.type):
        return column, _falses(len(column))
    text = as_text(column)
    lower = pc.utf8_lower(text)
    is_true, is_false = pc.is_in(lower, value_set=_TRUE), pc.is_in(lower, value_set=_FALSE)
    values = _only(pc.or_(is_true, is_false), is_true)
    return values, _failed(text, values)


def _days(column: Column, timezone: str) -> tuple[Column, Column]:
    if pa.types.is_date(column.type):
        return pc.cast(column, pa.date32()), _falses(len(column))
    if pa.types.is_timestamp(column.type):
        return pc.cast(_wall_time(column, timezone), pa.date32(), safe=False), _falses(len(column))
    text = as_text(column)
    values = _parse_days(text)
    return values, _failed(text, values)


def _parse_days(text: Column) -> Column:
    try:
        return pc.cast(text, pa.date32())
    except pa.ArrowInvalid:
        return pc.cast(_only(_is_written(text, f"^{_DAY}$"), text), pa.date32())


def _is_written(text: Column, pattern: str) -> Column:
    """Whether each text matches, 29 February only in leap years."""
    matches = pc.fill_null(pc.match_substring_regex(text, pattern), False)
    leap_days = _only(pc.and_(matches, pc.match_substring_regex(text, r"^\d{4}-02-29")), text)
    years = pc.cast(pc.utf8_slice_codeunits(leap_days, 0, 4), pa.int64())
    common = pc.is_in(years, value_set=pa.array([year for year in range(3000) if not _is_leap(year)]))
    return pc.and_(matches, pc.invert(common))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _wall_time(column: Column, timezone: str) -> Column:
    if column.type.tz is None:
        return pc.cast(column, pa.timestamp("us"), safe=False)
    return pc.local_timestamp(pc.cast(column, pa.timestamp("us", tz=timezone), safe=False))


def _instants(column: Column, timezone: str) -> tuple[Column, Column]:
    if pa.types.is_date(column.type):
        column = pc.cast(column, pa.timestamp("us"))
    if pa.types.is_timestamp(column.type):
        return _as_instant(column, timezone), _falses(len(column))
    text = as_text(column)
    values = _parse_instants(text, timezone)
    return values, _failed(text, values)


def _as_instant(column: Column, timezone: str) -> Column:
    if column.type.tz is not None:
        return pc.cast(column, INSTANT, safe=False)
    wall = pc.cast(column, pa.timestamp("us"), safe=False)
    return pc.cast(pc.assume_timezone(wall, timezone, ambiguous="earliest", nonexistent="latest"), INSTANT)


def _parse_instants(text: Column, timezone: str) -> Column:
    for kind in (pa.timestamp("us"), INSTANT):
        try:
            return _as_instant(pc.cast(text, kind), timezone)
        except pa.ArrowInvalid:
            continue
    naive = pc.cast(_only(_is_written(text, f"^{_DAY}(?:{_TIME})?$"), text), pa.timestamp("us"))
    zoned = pc.cast(_only(_is_written(text, f"^{_DAY}{_TIME}{_ZONE}$"), text), INSTANT)
    return pc.coalesce(_as_instant(naive, timezone), zoned)


def lower_bound(day: date, kind: Kind) -> Any:
    """The first value of kind `day` or `instant` on a day, as pandas compares it."""
    if kind == "day":
        return day
    return pa.scalar(datetime(day.year, day.month, day.day), pa.timestamp("us")).cast(ARROW["instant"]).as_py()
