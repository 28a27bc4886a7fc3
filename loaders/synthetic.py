"""The synthetic shop: a retail-tables folder made from a seed, with the planted truths beside it."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from loaders.synthetic_customers import make_customers
from loaders.synthetic_files import Clock, Folder, write_json
from loaders.synthetic_masters import make_suppliers, write_customers, write_masters
from loaders.synthetic_parameters import Parameters, Shop
from loaders.synthetic_plans import write_offers
from loaders.synthetic_receipts import make_receipts
from loaders.synthetic_sales import write_sales
from loaders.synthetic_settings import read_parameters
from loaders.synthetic_stock import write_stock
from loaders.synthetic_tallies import Tallies
from loaders.synthetic_truths import write_truths
from loaders.synthetic_world import World, make_world
from schema.errors import BadInput
from schema.progress import Progress, silent


def make_shop(scale: str, *, seed: int, into: Path, params: Path | None = None, progress: Progress = silent) -> Path:
    """A made-up shop in `into`: retail tables as Parquet with planted dirt, `dataset.toml`, and `truths/`.

    The same scale, seed and parameters give the same content. A shop that stands in `into` is replaced when the new one
    is whole; killed before, nothing is changed there.

    Args:
        scale: `small`, `medium` or `large`, as in `synthetic.toml`.
        seed: any whole number from 0.
        params: a TOML file laid over `synthetic.toml`.

    Returns:
        `into`.

    Raises:
        NotFound: if no such scale is defined.
        BadInput: if `params` cannot be read, or `into` holds something else than a synthetic shop.
    """
    parameters = read_parameters(scale, params)
    if into.exists() and any(into.iterdir()) and not (into / "truths").is_dir():
        raise BadInput("holds files that are no synthetic shop.", file=str(into), remedy="Name another folder.")
    torn = into.with_name(into.name + ".part")
    shutil.rmtree(torn, ignore_errors=True)
    _make(parameters, seed, torn, progress)
    write_json(torn / "truths" / "made_from.json", {"scale": scale, "seed": seed})
    shutil.rmtree(into, ignore_errors=True)
    torn.replace(into)
    return into


def _make(params: Parameters, seed: int, path: Path, progress: Progress) -> None:
    progress("The shop is laid out", 0, 1)
    world = make_world(params, seed)
    suppliers = make_suppliers(params, world.catalogue.suppliers, seed)
    clock = _clock(params.shop)
    with Folder(path, params.dirt, seed) as folder:
        folder.save_text("dataset.toml", _dataset(params.shop, params.scale.products))
        write_masters(folder, world, suppliers)
        write_offers(folder, world)
        progress("The shop is laid out", 1, 1)
        tallies = _write_shopping(folder, world, clock, progress)
        delays = write_stock(folder, world, tallies.sold, suppliers, clock, progress)
        write_truths(folder, world, tallies, suppliers, delays)


def _write_shopping(folder: Folder, world: World, clock: Clock, progress: Progress) -> Tallies:
    """Customers shop, a chunk at a time: memory does not grow with their number."""
    scale, offers = world.params.scale, world.offers
    tallies = Tallies.empty(
        len(world.catalogue), len(offers.promotions.product), len(world.shelves), world.params.shop.weeks
    )
    chunks = -(-scale.customers // scale.customers_per_chunk)
    for chunk in range(chunks):
        customers = make_customers(world.params, world.stores.share, world.seed, chunk)
        write_customers(folder, customers, world)
        receipts = make_receipts(customers, world, chunk, tallies)
        write_sales(folder, receipts, customers, world, clock)
        progress("Customers shop", min((chunk + 1) * scale.customers_per_chunk, scale.customers), scale.customers)
    return tallies


def _clock(shop: Shop) -> Clock:
    zone = ZoneInfo(shop.timezone)
    first = datetime(shop.starts_on.year, shop.starts_on.month, shop.starts_on.day)
    midnights = [(first + timedelta(days=day)).replace(tzinfo=zone).timestamp() for day in range(shop.days)]
    return Clock(np.array(midnights, np.int64))


def _dataset(shop: Shop, products: int) -> str:
    return (
        f'name = "{shop.name}, {products} products"\n'
        'licence = "Apache-2.0"\n'
        'attribution = "Made up; any likeness is chance."\n'
        f'currency = "{shop.currency}"\n'
        f'timezone = "{shop.timezone}"\n'
        f"first_weekday = {shop.first_weekday}\n"
    )
