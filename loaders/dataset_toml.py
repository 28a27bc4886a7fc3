"""`dataset.toml`: what a retail-tables folder says about itself."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loaders.contracts import Calendar
from loaders.intake import Dataset
from loaders.raw_files import nearest
from schema.errors import BadInput
from schema.table_specs import SPECS, Mode
from schema.tables import DatasetInfo

NAME: Final = "dataset.toml"
_TEXTS: Final = ("name", "licence", "attribution", "currency", "timezone")
_KEYS: Final = (*_TEXTS, "first_weekday", "first_on", "last_on", "tables")
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_dataset(folder: Path) -> Dataset:
    """The folder's settings, defaults where its `dataset.toml` says nothing.

    Beside the settings of `DatasetInfo` it may hold `first_on` and `last_on`, the half-open window that every day
    must lie in, and for each table (as `[NAME]` or `[tables.NAME]`) `mode` and `fresh_within_days`.

    Raises:
        BadInput: if it is not TOML, or a setting is unknown or has not a value of its kind.
    """
    body = _read(folder / NAME)
    tables = {**body.pop("tables", {}), **{name: body.pop(name) for name in list(body) if name in SPECS}}
    for key in body:
        if key not in _KEYS:
            near = nearest(key, [*_KEYS, *SPECS])
            raise _fault(key, "is not a setting.", f"Is it {near!r}?" if near else f"Settings: {', '.join(_KEYS)}.")
    for key in _TEXTS:
        if not isinstance(body.get(key, ""), str):
            raise _fault(key, "is not text.", "Put it in quotes.")
    info = DatasetInfo(
        name=body.get("name", folder.resolve().name),
        source="retail-tables",
        licence=body.get("licence", ""),
        attribution=body.get("attribution", ""),
        currency=_currency(body),
        timezone=_timezone(body),
        first_weekday=_weekday(body),
        modes=_modes(tables),
    )
    return Dataset(info, _calendar(body, info.timezone), _freshness(tables))


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise BadInput(f"is not TOML ({fault}).", file=NAME, remedy="Mend it, or remove it.") from fault


def _fault(key: str, what: str, remedy: str) -> BadInput:
    return BadInput(what, file=NAME, column=key, remedy=remedy)


def _currency(body: Mapping[str, Any]) -> str:
    currency = str(body.get("currency", "EUR"))
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise _fault("currency", f"{currency!r} is no ISO 4217 code.", "Write three capitals, such as EUR.")
    return currency


def _timezone(body: Mapping[str, Any]) -> str:
    timezone = str(body.get("timezone", "UTC"))
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise _fault("timezone", f"{timezone!r} is no IANA zone.", "Write one such as Europe/Berlin.") from fault
    return timezone


def _weekday(body: Mapping[str, Any]) -> int:
    value = body.get("first_weekday", 0)
    if isinstance(value, str) and value.lower() in _WEEKDAYS:
        return _WEEKDAYS.index(value.lower())
    if isinstance(value, int) and 0 <= value <= 6:
        return value
    raise _fault("first_weekday", f"{value!r} is no weekday.", "Write 0 (Monday) to 6, or the English name.")


def _modes(tables: Mapping[str, Any]) -> dict[str, Mode]:
    modes: dict[str, Mode] = {}
    for table, settings in tables.items():
        if table not in SPECS or not isinstance(settings, dict):
            raise _fault(table, "is not a retail table.", f"Is it {nearest(table, SPECS)!r}?")
        mode = settings.get("mode")
        if mode not in (None, "full", "append"):
            raise _fault(f"{table}.mode", f"{mode!r} is no mode.", 'Write "full" or "append".')
        if mode is not None:
            modes[table] = mode
    return modes


def _freshness(tables: Mapping[str, Any]) -> dict[str, int]:
    limits = {
        name: settings["fresh_within_days"] for name, settings in tables.items() if "fresh_within_days" in settings
    }
    for table, days in limits.items():
        if not isinstance(days, int) or days < 0:
            raise _fault(f"{table}.fresh_within_days", f"{days!r} is no number of days.", "Write a whole number.")
    return limits


def _calendar(body: Mapping[str, Any], timezone: str) -> Calendar:
    plain = Calendar(timezone)
    first, last = body.get("first_on", plain.first), body.get("last_on", plain.last)
    if type(first) is not date or type(last) is not date or first >= last:
        raise _fault("first_on", "with `last_on` is no window of days.", "Write first_on = 2024-01-01, unquoted.")
    return Calendar(timezone, first, last)
