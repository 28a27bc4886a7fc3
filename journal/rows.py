"""Changes and verdicts as rows of the journal, and back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import Any, Final

from schema.changes import (
    Change,
    Delisting,
    ForecastOverridden,
    LoadPublished,
    OrderJudged,
    PriceChange,
    RecordedChange,
    RuleSet,
    RuleWithdrawn,
    StockChange,
    VerdictsSaved,
)
from schema.errors import BadInput
from schema.relations import Verdict
from schema.rules import Rule, RuleAction, Subject, SubjectKind

DAYS: Final = ("delisted_on", "valid_from", "valid_to", "week_starts_on", "order_on", "expected_on")


def payload_of(change: Change) -> dict[str, Any]:
    """A change's fields but `kind`, days and instants as ISO text (instants in UTC)."""
    body = asdict(change)
    del body["kind"]
    return {name: _plain(value) for name, value in body.items()}


def change_row(change: Change, *, position: int, recorded_at: datetime, idempotency_key: str | None) -> dict[str, Any]:
    """A change as a row of `changes`, without its sequence number."""
    return {
        "kind": change.kind,
        "payload": payload_of(change),
        "recorded_at": naive(recorded_at),
        "idempotency_key": idempotency_key,
        "position": position,
    }


def change_of(row: Mapping[str, Any]) -> RecordedChange:
    """The change that a row of `changes` holds.

    Raises:
        BadInput: if a newer program wrote a kind this one does not know.
    """
    if row["kind"] not in _KINDS:
        raise BadInput(
            f"Change {row['sequence']} is of unknown kind {row['kind']!r}.", remedy="Upgrade this installation."
        )
    return RecordedChange(row["sequence"], _KINDS[row["kind"]](_dated(row["payload"])), aware(row["recorded_at"]))


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a row of `verdicts`, without its number."""
    return {**asdict(verdict), "judged_at": naive(verdict.judged_at)}


def verdict_of(row: Mapping[str, Any]) -> Verdict:
    """The verdict that a row of `verdicts` holds."""
    values = {field.name: row[field.name] for field in fields(Verdict)}
    return Verdict(**{**values, "judged_at": aware(row["judged_at"])})


def naive(instant: datetime) -> datetime:
    """An aware instant as UTC without a timezone, as every SQL database keeps it.

    Raises:
        BadInput: if the instant has no timezone.
    """
    if instant.tzinfo is None:
        raise BadInput(f"The instant {instant.isoformat()} has no timezone.", remedy="Give one, such as +00:00.")
    return instant.astimezone(UTC).replace(tzinfo=None)


def aware(instant: datetime) -> datetime:
    """An instant read from the database, in UTC."""
    return instant.replace(tzinfo=UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, datetime):
        return naive(value).replace(tzinfo=UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _dated(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload with its days as days."""
    return {name: date.fromisoformat(value) if name in DAYS and value else value for name, value in payload.items()}


def _stock(body: dict[str, Any]) -> StockChange:
    return StockChange(**{**body, "counted_at": datetime.fromisoformat(body["counted_at"])})


def _rule_set(body: dict[str, Any]) -> RuleSet:
    rule = _dated(body["rule"])
    subject, other = _subject(rule["subject"]), rule["other"]
    ends = {"subject": subject, "other": None if other is None else _subject(other)}
    return RuleSet(Rule(**{**rule, "action": RuleAction(rule["action"]), **ends}))


def _subject(body: Mapping[str, str]) -> Subject:
    return Subject(SubjectKind(body["kind"]), body["key"])


_KINDS: Final[Mapping[str, Callable[[dict[str, Any]], Change]]] = {
    "stock": _stock,
    "price": lambda body: PriceChange(**body),
    "delisting": lambda body: Delisting(**body),
    "rule": _rule_set,
    "rule_withdrawn": lambda body: RuleWithdrawn(**body),
    "verdicts": lambda body: VerdictsSaved(**body),
    "load_published": lambda body: LoadPublished(**body),
    "override": lambda body: ForecastOverridden(**body),
    "order": lambda body: OrderJudged(**body),
}


def findable(text: str) -> str:
    """A text as every database can keep and find it: what no text column holds is written out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
