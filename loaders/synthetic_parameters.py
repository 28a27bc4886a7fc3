"""Every parameter of the synthetic shop, section by section as in `synthetic.toml`, which says what each one does."""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Shop:
    """Name, money, timezone and the receipts' span: `weeks` from `starts_on`, then `planned_weeks` of plans."""

    name: str
    currency: str
    timezone: str
    first_weekday: int
    starts_on: date
    weeks: int
    planned_weeks: int

    @property
    def days(self) -> int:
        """How many days have receipts."""
        return 7 * self.weeks

    @property
    def all_weeks(self) -> int:
        """Weeks with receipts and planned weeks together."""
        return self.weeks + self.planned_weeks


@dataclass(frozen=True)
class Scale:
    """How large the shop is."""

    products: int
    stores: int
    ranged: int
    customers: int
    types: int
    needs_per_type: float
    brands: int
    trips: float
    needs_per_customer: float
    staples_per_customer: float
    promotions_per_week: float
    products_per_promotion: int
    coupon_share_sent: float
    count_every_weeks: int
    weekly_pairs_per_store: int
    online_share: float
    customers_per_chunk: int
    label_anchors: int


@dataclass(frozen=True)
class CatalogueParameters:
    """What products are like."""

    size_exponent: float
    tier_prices: list[float]
    tier_weights: list[float]
    price_noise: float
    appeal_sd: float
    special_form_share: float
    form_named_share: float
    plain_name_share: float
    misfiled_share: float
    private_label_share: float
    cold_share: float
    launched_share: float
    delisted_share: float
    margin: list[float]
    bridge_needs: bool


@dataclass(frozen=True)
class Behaviour:
    """How households shop and choose."""

    activity_shape: float
    interval_shape: float
    interval_scale: float
    brand_taste: float
    product_taste: float
    tier_penalty: float
    form_penalty: float
    special_form_households: float
    variety_share: float
    impulses_per_trip: float
    other_store_share: float
    extra_units: float
    return_share: float
    season_amplitude: list[float]
    same_brand_affinity: float
    same_form_affinity: float
    complement_scale: float
    links_per_need: list[int]
    january_low: float
    december_high: float
    weekday_weights: list[float]


@dataclass(frozen=True)
class PriceParameters:
    """How regular prices move and how households respond."""

    price_beta: list[float]
    changes_per_year: float
    change_sd: float
    household_sensitivity: list[float]


@dataclass(frozen=True)
class PromotionParameters:
    """What promotions there are and what they do."""

    kinds: list[str]
    kind_weights: list[float]
    weeks: list[int]
    discount: list[float]
    utility: dict[str, float]
    utility_sd: float
    multibuy_units: float
    redeemed_share: float


@dataclass(frozen=True)
class StockParameters:
    """How often stores run out, for how long, and what demand leaves then."""

    out_share: float
    out_weeks: list[int]
    supplier_sd: float
    lost_share: list[float]
    cover_weeks: int
    counts_at_hour: int


@dataclass(frozen=True)
class SupplierParameters:
    """Suppliers, their lead times and their delays."""

    brands_per_supplier: float
    lead_time_days: list[float]
    lead_time_sd_share: list[float]
    second_source_share: float
    countries: list[str]


@dataclass(frozen=True)
class Fault:
    """One kind of planted dirt: see the head of its section in `synthetic.toml`."""

    table: str
    kind: str
    share: float
    exact: bool = False
    conflict: bool = False
    column: str = ""
    value: Any = None
    fresh: str = ""


@dataclass(frozen=True)
class DirtParameters:
    """Faults to plant; `scale` multiplies every share."""

    scale: float
    as_text: dict[str, list[str]]
    fault: list[Fault]


@dataclass(frozen=True)
class Words:
    """Vocabulary of names, and which types and categories belong together."""

    brand_first: list[str]
    brand_second: list[str]
    private_labels: list[list[Any]]
    supplier_second: list[str]
    cities: list[list[str]]
    districts: list[str]
    formats: list[list[Any]]
    segments: list[list[Any]]
    bridges: list[list[str]]
    complements: list[list[Any]]


@dataclass(frozen=True)
class CategoryWords:
    """One category of the tree: its types, sizes and what its needs are like."""

    department: str
    name: str
    nouns: list[str]
    qualifiers: list[str]
    forms: list[str]
    sizes: list[float]
    unit: str
    price: float
    shelf_life_days: int
    interval_days: float
    popularity: float
    is_staple: bool = False
    minimum_age: int | None = None


@dataclass(frozen=True)
class Parameters:
    """Everything a shop is made from, for one scale."""

    shop: Shop
    scale: Scale
    catalogue: CatalogueParameters
    behaviour: Behaviour
    prices: PriceParameters
    promotions: PromotionParameters
    stock: StockParameters
    suppliers: SupplierParameters
    dirt: DirtParameters
    words: Words
    categories: tuple[CategoryWords, ...]
