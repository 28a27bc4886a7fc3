"""Live facts as rows of the journal: what changed after a load, each with a sequence number."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


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
class LoadPublished:
    """A lake version was published; every earlier fact is in it, delistings by mutation excepted."""

    lake_version: int
    kind: Literal["load_published"] = "load_published"


Change = StockChange | Delisting | LoadPublished


@dataclass(frozen=True)
class RecordedChange:
    """A change with the sequence number the journal gave it (ascending, no number is used twice)."""

    sequence: int
    change: Change
    recorded_at: datetime
