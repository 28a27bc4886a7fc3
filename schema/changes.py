"""Live facts as rows of the journal: what changed after a load, each with a sequence number."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from schema.rules import Rule


@dataclass(frozen=True)
class StockChange:
    """Units on hand of a product at a store, as counted or booked at an instant."""

    store_id: str
    sku: str
    on_hand_units: float
    counted_at: datetime
    kind: Literal["stock"] = "stock"


@dataclass(frozen=True)
class Delisting:
    """A product taken from the range on a day; `delisted_on` None withdraws an earlier delisting."""

    sku: str
    delisted_on: date | None
    kind: Literal["delisting"] = "delisting"


@dataclass(frozen=True)
class PriceChange:
    """What a product costs, at one store or everywhere, over a half-open window of days.

    Attributes:
        store_id: None means every store that has no price of its own.
        valid_from: None means from the day on which it was recorded.
        valid_to: None means until another price.
    """

    sku: str
    price: float
    store_id: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    kind: Literal["price"] = "price"

    def first_day(self, recorded_at: datetime) -> date:
        """The first day of its window."""
        return self.valid_from or recorded_at.date()


@dataclass(frozen=True)
class RuleSet:
    """A rule from now on; its number is the change's sequence number."""

    rule: Rule
    kind: Literal["rule"] = "rule"


@dataclass(frozen=True)
class RuleWithdrawn:
    """A rule no longer holds; `rule_number` is the sequence number of the change that set it."""

    rule_number: int
    kind: Literal["rule_withdrawn"] = "rule_withdrawn"


@dataclass(frozen=True)
class VerdictsSaved:
    """The journal's verdicts up to a number hold from here on; the last `num_verdicts` of them are new."""

    last_number: int
    num_verdicts: int
    kind: Literal["verdicts"] = "verdicts"


@dataclass(frozen=True)
class LoadPublished:
    """A lake version was published; the stocks and prices that it says it carries are in it, and later ones hold on.

    Where it does not say, every earlier one counts as in it. Delistings by mutation, rules and verdicts outlive it.
    """

    lake_version: int
    kind: Literal["load_published"] = "load_published"


@dataclass(frozen=True)
class ForecastOverridden:
    """A planner's word on what a store will sell of a product in one week; `units` None withdraws it."""

    sku: str
    store_id: str
    week_starts_on: date
    units: float | None
    reason: str
    said_by: str
    kind: Literal["override"] = "override"


@dataclass(frozen=True)
class OrderJudged:
    """A planner's word on one line of the orders that a decision proposed; approved, it is on its way to the shelf.

    Attributes:
        units: as approved, perhaps not as proposed; 0 where it was rejected.
    """

    decision_id: str
    store_id: str
    sku: str
    supplier_id: str
    units: float
    order_on: date
    expected_on: date
    is_approved: bool
    reason: str
    judged_by: str
    kind: Literal["order"] = "order"


Change = (
    StockChange
    | PriceChange
    | Delisting
    | RuleSet
    | RuleWithdrawn
    | VerdictsSaved
    | LoadPublished
    | ForecastOverridden
    | OrderJudged
)


@dataclass(frozen=True)
class RecordedChange:
    """A change with the sequence number the journal gave it (ascending, no number is used twice)."""

    sequence: int
    change: Change
    recorded_at: datetime
