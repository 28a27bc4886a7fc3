"""Events: what shoppers did in a shop front, one click each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What a shopper did; `impression`: was shown, `reject`: turned an offer down."""

    VIEW = "view"
    SEARCH = "search"
    ADD_TO_BASKET = "add_to_basket"
    REMOVE_FROM_BASKET = "remove_from_basket"
    CHECKOUT = "checkout"
    PURCHASE = "purchase"
    IMPRESSION = "impression"
    REJECT = "reject"


@dataclass(frozen=True)
class Event:
    """One row of the `events` table.

    Attributes:
        event_id: given by who saw it happen; it identifies the event for ever.
        query: the words of a search.
        decision_id: the answer that the shopper acted on; None where there was none.
    """

    event_id: str
    kind: EventKind
    happened_at: datetime
    session_id: str | None = None
    customer_id: str | None = None
    sku: str | None = None
    query: str | None = None
    store_id: str | None = None
    decision_id: str | None = None
    device: str | None = None
    region: str | None = None
