"""Prices and promotions by product and week, receipts' weeks and planned weeks alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loaders.synthetic_catalogue import Catalogue, charm
from loaders.synthetic_chance import Floats, Ints, between, stream, uniform_of
from loaders.synthetic_parameters import Parameters

NONE = -1


@dataclass(frozen=True)
class Promotions:
    """Promotions, `[num_promotions]` each, and the products they cover, `[num_covered]` each.

    Attributes:
        kind: row of the parameters' `kinds`.
        start, stop: half-open weeks.
        promotion, product: of each covered product; at most one promotion covers a product in a week.
        discount: share off the regular price; 0 for those that cut none.
        utility: log odds that the promotion adds, its price cut left aside.
    """

    kind: Ints
    start: Ints
    stop: Ints
    promotion: Ints
    product: Ints
    discount: Floats
    utility: Floats

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Offers:
    """What each product costs and how it is promoted, `[num_products, all_weeks]`.

    Attributes:
        regular: price without promotion.
        price: what everybody pays (a price cut taken off, a coupon not).
        covered: row into the promotions' covered products, or -1.
        promotions: what the rows refer to.
        is_coupon: by kind, whether only customers who were sent it respond.
    """

    regular: Floats
    price: Floats
    covered: npt.NDArray[np.int32]
    promotions: Promotions
    is_coupon: npt.NDArray[np.bool_]
    coupon_share: float
    salt: int

    def is_sent(self, promotion: Ints, customer: Ints) -> npt.NDArray[np.bool_]:
        """Whether a coupon was sent to a customer, of the broadcast shape; the same answer at every asking."""
        return uniform_of(promotion, customer, self.salt) < self.coupon_share


def make_offers(catalogue: Catalogue, params: Parameters, seed: int) -> Offers:
    """Prices that move a few times a year, and promotions of a category's or a brand's products."""
    regular = _regular_prices(catalogue, params, stream(seed, "prices"))
    promotions = _promotions(catalogue, params, stream(seed, "promotions"))
    covered = np.full(regular.shape, NONE, np.int32)
    promotions = _laid_out(promotions, covered)
    price = regular.copy()
    cuts = np.array([kind == "price_cut" for kind in params.promotions.kinds])
    is_cut = (covered >= 0) & cuts[promotions.kind[promotions.promotion[covered]]]
    price[is_cut] = charm(regular[is_cut] * (1 - promotions.discount[covered[is_cut]])).astype(np.float32)
    return Offers(
        regular=regular,
        price=np.minimum(price, regular),
        covered=covered,
        promotions=promotions,
        is_coupon=np.array([kind == "coupon" for kind in params.promotions.kinds]),
        coupon_share=params.scale.coupon_share_sent,
        salt=seed + 71,
    )


def _regular_prices(catalogue: Catalogue, params: Parameters, rng: np.random.Generator) -> Floats:
    """Each product's price by week: steps around its list price."""
    count, weeks, like = len(catalogue), params.shop.all_weeks, params.prices
    regular = np.empty((count, weeks), np.float32)
    price = catalogue.list_price.astype(np.float64)
    for week in range(weeks):
        is_changed = rng.random(count) < like.changes_per_year / 52
        moved = charm(catalogue.list_price * np.exp(rng.normal(0, like.change_sd, count)))
        price = np.where(is_changed & (week > 0), moved, price)
        regular[:, week] = price
    return regular


def _promotions(catalogue: Catalogue, params: Parameters, rng: np.random.Generator) -> Promotions:
    like, weeks = params.promotions, params.shop.all_weeks
    count = max(1, int(params.scale.promotions_per_week * weeks))
    kind = rng.choice(len(like.kinds), count, p=like.kind_weights)
    start = np.sort(rng.integers(0, weeks, count))
    stop = np.minimum(start + rng.integers(like.weeks[0], like.weeks[1] + 1, count), weeks)
    by_leaf = np.argsort(catalogue.filed, kind="stable")
    by_brand = np.argsort(catalogue.brand, kind="stable")
    promotion, product = [], []
    for row in range(count):
        order, label = (by_leaf, catalogue.filed) if rng.random() < 0.6 else (by_brand, catalogue.brand)
        chosen = _neighbours(order, label, params.scale.products_per_promotion, rng)
        promotion.append(np.full(len(chosen), row, np.int64))
        product.append(chosen)
    covered = np.concatenate(promotion)
    is_cut = np.isin(kind, [like.kinds.index("price_cut"), like.kinds.index("coupon")])
    discount = np.round(between(rng, like.discount, count), 2)[covered] * is_cut[covered]
    utility = np.array([like.utility[name] for name in like.kinds])[kind][covered]
    utility = np.maximum(utility + rng.normal(0, like.utility_sd, len(covered)), 0)
    return Promotions(
        kind=kind.astype(np.int64),
        start=start.astype(np.int64),
        stop=stop.astype(np.int64),
        promotion=covered,
        product=np.concatenate(product),
        discount=discount.astype(np.float32),
        utility=utility.astype(np.float32),
    )


def _neighbours(order: Ints, label: Ints, most: int, rng: np.random.Generator) -> Ints:
    """Some of the products that share a random product's leaf or brand."""
    pick = label[order[rng.integers(len(order))]]
    first, last = np.searchsorted(label, [pick, pick + 1], sorter=order)
    share = order[first:last]
    return rng.permutation(share)[: max(1, min(most, (len(share) + 1) // 2))]


def _laid_out(promotions: Promotions, covered: npt.NDArray[np.int32]) -> Promotions:
    """Fill `covered`, dropping what would put a product in two promotions of a week."""
    keep = np.zeros(len(promotions.product), bool)
    starts, stops = promotions.start[promotions.promotion], promotions.stop[promotions.promotion]
    row = 0
    for place, (product, start, stop) in enumerate(zip(promotions.product, starts, stops, strict=True)):
        if (covered[product, start:stop] == NONE).all():
            covered[product, start:stop] = row
            keep[place] = True
            row += 1
    return Promotions(
        kind=promotions.kind,
        start=promotions.start,
        stop=promotions.stop,
        promotion=promotions.promotion[keep],
        product=promotions.product[keep],
        discount=promotions.discount[keep],
        utility=promotions.utility[keep],
    )
