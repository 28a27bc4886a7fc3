"""The catalogue's nouns as readers of the graph see them."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Product:
    """What the catalogue says of a product; stock and price are live facts and not here.

    Attributes:
        size: amount in `size_unit`; None if unknown.
        minimum_age: years; 0 if anybody may buy it.
        launched_on, delisted_on: as loaded; None means always and never.
        category_id, brand: None where it has none.
    """

    sku: str
    name: str | None
    description: str | None
    size: float | None
    size_unit: str | None
    is_private_label: bool | None
    is_sold_by_weight: bool | None
    minimum_age: int
    gtin: str | None
    image_url: str | None
    product_url: str | None
    launched_on: date | None
    delisted_on: date | None
    category_id: str | None
    brand: str | None


@dataclass(frozen=True)
class Category:
    """A shelf of products; `parent_id` None means a root."""

    category_id: str
    name: str | None
    parent_id: str | None


@dataclass(frozen=True)
class Brand:
    """A brand, known by its name."""

    name: str


@dataclass(frozen=True)
class Supplier:
    """Who delivers; lead times in days, None if unknown."""

    supplier_id: str
    name: str | None
    country: str | None
    lead_time_days: float | None
    lead_time_sd_days: float | None


@dataclass(frozen=True)
class Store:
    """A shop."""

    store_id: str
    name: str | None
    city: str | None
    region: str | None
    country: str | None
    format: str | None
    area_m2: float | None


@dataclass(frozen=True)
class Promotion:
    """A promotion, open from `starts_on` to before `ends_on`."""

    promotion_id: str
    campaign_id: str | None
    name: str | None
    kind: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Supply:
    """A supplier of a product and the terms last agreed."""

    supplier_id: str
    pack_units: float | None
    min_order_units: float | None
    lead_time_days: float | None


@dataclass(frozen=True)
class Promoted:
    """A promotion of a product and what it takes off."""

    promotion_id: str
    promo_price: float | None
    discount_share: float | None


@dataclass(frozen=True)
class RunsAt:
    """A promotion bound to a store, and how many products it covers there."""

    promotion_id: str
    store_id: str
    num_products: int


@dataclass(frozen=True)
class ShopsAt:
    """A store that a customer shops at."""

    store_id: str
    num_baskets: int
    last_bought_at: datetime | None


@dataclass(frozen=True)
class SentTo:
    """A promotion that was sent to a customer; the day may be unknown."""

    promotion_id: str
    sent_on: date | None


@dataclass(frozen=True)
class BoughtWith:
    """A product bought in the same baskets, how many, and how many times more often than by chance."""

    sku: str
    num_baskets: int
    lift: float | None


@dataclass(frozen=True)
class Customer:
    """A customer or household; no name, address or e-mail is ever kept."""

    customer_id: str
    segment: str | None
    region: str | None
    joined_on: date | None
