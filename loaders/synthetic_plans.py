"""The tables of offers: price windows, promotions, what they cover and to whom they were sent."""

import numpy as np

from loaders.synthetic_chance import stream
from loaders.synthetic_files import Folder, days_from, names_of
from loaders.synthetic_masters import customer_ids
from loaders.synthetic_world import World


def promotion_ids(count: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Ids of promotions, in order of their start."""
    return np.array([f"M{row:05d}" for row in range(count)], dtype=object)


def write_offers(folder: Folder, world: World) -> None:
    """Write prices and promotions, the planned ones included."""
    _write_promotions(folder, world)
    _write_covered(folder, world)
    _write_sent(folder, world)
    _write_prices(folder, world)


def _write_promotions(folder: Folder, world: World) -> None:
    promotions, start, rng = world.offers.promotions, world.params.shop.starts_on, stream(world.seed, "campaigns")
    kinds = world.params.promotions.kinds
    folder.write(
        "promotions",
        {
            "promotion_id": promotion_ids(len(promotions)),
            "campaign_id": [f"W{week // 4 + 1:02d}" for week in promotions.start],
            "name": [
                f"{kinds[kind].replace('_', ' ').capitalize()}, week {week + 1}"
                for kind, week in zip(promotions.kind, promotions.start, strict=True)
            ],
            "kind": [kinds[kind] for kind in promotions.kind],
            "starts_on": days_from(start, promotions.start * 7),
            "ends_on": days_from(start, promotions.stop * 7),
            "cost": np.round(rng.lognormal(5, 0.5, len(promotions)), 2),
        },
    )


def _write_covered(folder: Folder, world: World) -> None:
    promotions, offers = world.offers.promotions, world.offers
    kinds = np.array(world.params.promotions.kinds)[promotions.kind[promotions.promotion]]
    week = promotions.start[promotions.promotion]
    is_cut = kinds == "price_cut"
    promo_price = np.where(is_cut, np.round(offers.price[promotions.product, week].astype(np.float64), 2), np.nan)
    discount = np.where(promotions.discount > 0, np.round(promotions.discount.astype(np.float64), 2), np.nan)
    display = ["aisle end" if kind == "display" else None for kind in kinds]
    mailer = [{"mailer": "front page", "feature": "inside page"}.get(kind) for kind in kinds]
    folder.write(
        "promotion_products",
        {
            "promotion_id": names_of(promotion_ids(len(promotions)), promotions.promotion),
            "sku": names_of(world.catalogue.skus, promotions.product),
            "promo_price": promo_price,
            "discount_share": discount,
            "display_location": display,
            "mailer_location": mailer,
        },
    )


def _write_sent(folder: Folder, world: World) -> None:
    """To whom each coupon went: the same draw that households responded by."""
    promotions, offers = world.offers.promotions, world.offers
    customers = np.arange(world.params.scale.customers)
    ids = promotion_ids(len(promotions))
    coupons = np.flatnonzero(offers.is_coupon[promotions.kind])
    for first in range(0, len(coupons), 50):
        rows = [(row, np.flatnonzero(offers.is_sent(row[None], customers))) for row in coupons[first : first + 50]]
        promotion = np.repeat([int(row) for row, _ in rows], [len(sent) for _, sent in rows])
        if len(promotion):
            folder.write(
                "promotion_customers",
                {
                    "promotion_id": names_of(ids, promotion),
                    "customer_id": customer_ids(np.concatenate([sent for _, sent in rows])),
                    "sent_on": days_from(world.params.shop.starts_on, promotions.start[promotion] * 7 - 3),
                },
            )


def _write_prices(folder: Folder, world: World) -> None:
    """One row a window of unchanged price, the last one open-ended; the weeks after the last receipt are plans."""
    price, regular, shop = world.offers.price, world.offers.regular, world.params.shop
    is_new = np.ones(price.shape, bool)
    is_new[:, 1:] = (price[:, 1:] != price[:, :-1]) | (regular[:, 1:] != regular[:, :-1])
    product, week = np.nonzero(is_new)
    is_last = np.append(product[1:] != product[:-1], True)
    ends = np.append(week[1:], 0)
    folder.write(
        "prices",
        {
            "sku": names_of(world.catalogue.skus, product),
            "price": np.round(price[product, week].astype(np.float64), 2),
            "valid_from": days_from(shop.starts_on, week * 7),
            "valid_to": days_from(shop.starts_on, ends * 7, is_last),
            "base_price": np.round(regular[product, week].astype(np.float64), 2),
        },
    )
