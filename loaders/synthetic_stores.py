"""Where products stand: stores, what each ranges and when, and the weeks in which it is out of it."""

from dataclasses import dataclass

import numpy as np

from loaders.synthetic_catalogue import Catalogue, Objects
from loaders.synthetic_chance import Floats, Ints, stream
from loaders.synthetic_parameters import Parameters


@dataclass(frozen=True)
class Stores:
    """Stores, `[num_stores]` each; `share` is their part of the customers."""

    store_ids: Objects
    name: list[str]
    city: list[str]
    region: list[str]
    format: list[str]
    area_m2: Floats
    share: Floats

    def __len__(self) -> int:
        return len(self.store_ids)


@dataclass(frozen=True)
class Shelves:
    """Every (store, product) place, sorted by store and need; arrays are `[num_places]`.

    Attributes:
        start, count: `[num_stores * num_needs]`, the places of each (store, need): what is chosen among.
        first_day, last_day: half-open days on which the store sells the product (its range and the product's life).
        listed_from, listed_to: half-open days of the range alone; -1 and the year's length where unbounded.
        out_from, out_to: half-open days on which it is out; both 0 where it never is.
    """

    num_needs: int
    store: Ints
    product: Ints
    start: Ints
    count: Ints
    first_day: Ints
    last_day: Ints
    listed_from: Ints
    listed_to: Ints
    out_from: Ints
    out_to: Ints

    def __len__(self) -> int:
        return len(self.product)


def make_stores(params: Parameters, seed: int) -> Stores:
    """The stores of a shop, in towns of its country."""
    rng, words, count = stream(seed, "stores"), params.words, params.scale.stores
    named = [(city, f"{city[0]} {district}") for district in words.districts for city in words.cities]
    places = [(*named[row % len(named)], row // len(named)) for row in range(count)]
    kinds = rng.permutation(np.arange(count) % len(words.formats))
    area = np.array([float(words.formats[kind][1]) for kind in kinds]) * rng.lognormal(0, 0.2, count)
    return Stores(
        store_ids=np.array([f"S{code}" for code in rng.choice(9_000, count, replace=False) + 1_000], dtype=object),
        name=[f"{name} {turn + 1}" if turn else name for _, name, turn in places],
        city=[city[0] for city, *_ in places],
        region=[city[1] for city, *_ in places],
        format=[str(words.formats[kind][0]) for kind in kinds],
        area_m2=np.round(area).astype(np.float32),
        share=rng.dirichlet(np.full(count, 12.0)).astype(np.float32),
    )


def make_shelves(catalogue: Catalogue, params: Parameters, seed: int) -> Shelves:
    """What each store ranges, and its stock-outs: whole weeks, popular products more often."""
    rng = stream(seed, "shelves")
    store, product = _ranges(catalogue, params, rng)
    num_needs, days = len(catalogue.needs), params.shop.days
    cell = store * num_needs + catalogue.need[product]
    order = np.argsort(cell, kind="stable")
    store, product, cell = store[order], product[order], cell[order]
    count = np.bincount(cell, minlength=params.scale.stores * num_needs)
    listed_from, listed_to = _listing(len(product), days, rng)
    first = np.maximum(catalogue.first_day[product], listed_from)
    last = np.minimum(catalogue.last_day[product], listed_to)
    last = np.where(catalogue.is_cold[product], first, last)
    out_from, out_to = _stock_outs(catalogue, product, (first, last), params, rng)
    return Shelves(
        num_needs=num_needs,
        store=store,
        product=product,
        start=np.cumsum(count) - count,
        count=count,
        first_day=first,
        last_day=last,
        listed_from=listed_from,
        listed_to=listed_to,
        out_from=out_from,
        out_to=out_to,
    )


def _ranges(catalogue: Catalogue, params: Parameters, rng: np.random.Generator) -> tuple[Ints, Ints]:
    ranged = min(params.scale.ranged, len(catalogue))
    stores, products = [], []
    for store in range(params.scale.stores):
        liking = catalogue.appeal + rng.gumbel(0, 1.0, len(catalogue)) + 0.5 * catalogue.is_private_label
        stores.append(np.full(ranged, store, np.int64))
        products.append(np.argpartition(-liking, ranged - 1)[:ranged].astype(np.int64))
    return np.concatenate(stores), np.concatenate(products)


def _listing(places: int, days: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """A few places are listed or dropped in the year; the others stand throughout."""
    fate = rng.random(places)
    day = rng.integers(days // 5, days * 4 // 5, places)
    return np.where(fate < 0.03, day, -1), np.where(fate > 0.98, day, days)


def _stock_outs(
    catalogue: Catalogue, product: Ints, life: tuple[Ints, Ints], params: Parameters, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Whole weeks without stock, half-open days; popular products and unreliable suppliers have more of them."""
    stock, weeks = params.stock, params.shop.weeks
    unreliable = rng.lognormal(0, stock.supplier_sd, catalogue.suppliers)[catalogue.supplier[product]]
    liking = np.exp(catalogue.appeal[product]) * unreliable
    is_out = rng.random(len(product)) < np.minimum(stock.out_share * liking / liking.mean(), 0.9)
    length = rng.integers(stock.out_weeks[0], stock.out_weeks[1] + 1, len(product))
    start = rng.integers(5, max(6, weeks), len(product))
    stop = np.minimum(start + length, weeks)
    is_whole = is_out & (start * 7 >= life[0] + 28) & (stop * 7 <= life[1])
    return np.where(is_whole, start * 7, 0), np.where(is_whole, stop * 7, 0)
