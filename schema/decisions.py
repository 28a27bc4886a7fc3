"""What a decision answers: offers with reasons, what was withheld and why, and the paths that explain them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from schema.edges import RelationName


class Availability(StrEnum):
    """Whether a product can be had now at a store (or at any, where none is named)."""

    IN_STOCK = "IN_STOCK"
    OUT = "OUT"
    UNKNOWN = "UNKNOWN"


class WithheldReason(StrEnum):
    """Why a product that would have made the page is not on it."""

    OUT_OF_STOCK = "OUT_OF_STOCK"
    DELISTED = "DELISTED"
    NOT_RANGED = "NOT_RANGED"
    NOT_LAUNCHED = "NOT_LAUNCHED"
    REJECTED_BY_PERSON = "REJECTED_BY_PERSON"
    ABOVE_PRICE_CEILING = "ABOVE_PRICE_CEILING"
    PACK_TOO_DIFFERENT = "PACK_TOO_DIFFERENT"
    EXCLUDED = "EXCLUDED"
    IN_BASKET = "IN_BASKET"
    UNDER_AGE = "UNDER_AGE"
    NEVER_TOGETHER = "NEVER_TOGETHER"


@dataclass(frozen=True)
class Request:
    """What an offer is wanted for.

    Attributes:
        basket: skus already chosen; they are never offered.
        anchor: a product page's product, or the product to be substituted.
        store_id: None means any store.
        exclude: skus the caller does not want.
        customer_age: years; None means unknown, and age-restricted products are then withheld.
        price_ceiling: money; None means none.
        context: where the offer is shown, kept with the decision; it changes nothing.
    """

    customer_id: str | None = None
    basket: tuple[str, ...] = ()
    anchor: str | None = None
    store_id: str | None = None
    exclude: tuple[str, ...] = ()
    customer_age: int | None = None
    price_ceiling: float | None = None
    context: str | None = None


@dataclass(frozen=True)
class Bought:
    """A product a customer buys.

    Attributes:
        strength: decayed baskets, comparable within one customer.
        num_baskets: the same, undecayed.
        last_bought_at: None where nobody knows.
    """

    sku: str
    strength: float
    num_baskets: int = 0
    last_bought_at: datetime | None = None


class Offer(NamedTuple):
    """One product offered, best first.

    Attributes:
        score: comparable within one answer only.
        relation, because_of: the edge it came by and its anchor; None where it came by popularity or repeat.
        probability: of that edge; None without one.
        source: `relation`, `repeat`, `popular` or `pinned`.
        reason: one sentence for a person.
    """

    sku: str
    score: float
    source: str
    reason: str
    availability: Availability
    relation: RelationName | None = None
    because_of: str | None = None
    probability: float | None = None


class Withheld(NamedTuple):
    """A product that would have made the page, and why it did not."""

    sku: str
    reason: WithheldReason


@dataclass(frozen=True)
class Decision:
    """An answer to a request.

    Attributes:
        is_fallback: whether it was built without the learnt relations.
        changes_sequence: the journal's sequence number up to which facts were known.
        history: what the customer buys, as the graph told it; `is_history_lost` if it did not answer.
    """

    offers: tuple[Offer, ...]
    withheld: tuple[Withheld, ...]
    model_version: str
    changes_sequence: int
    is_fallback: bool = False
    history: tuple[Bought, ...] = ()
    is_history_lost: bool = False


@dataclass(frozen=True)
class PathStep:
    """One relationship walked on a path: names of both ends, its type, and whether it was walked forwards."""

    source: str
    source_label: str
    relation: str
    target: str
    target_label: str
    is_forward: bool


@dataclass(frozen=True)
class Explanation:
    """Why two products are related: shortest evidence paths in the graph, in words and steps."""

    sku: str
    other_sku: str
    sentence: str
    paths: tuple[tuple[PathStep, ...], ...] = field(default=())
