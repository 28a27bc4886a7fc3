"""A stand-in for public benchmarks of recommendation: what customers with tastes bought, without names or prices."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from schema.progress import Progress, silent

Rows = npt.NDArray[np.int64]
NUM_TASTES = 400
"""Groups of products that are bought together."""
SHARES = (0.4, 0.25, 0.15, 0.1, 0.1)
"""Of a customer's purchases, by each of four tastes and by chance."""
TEST_SHARE = 0.2
SOLD_ON = np.datetime64("2020-01-01T12:00:00", "us")


def write_purchases_only(
    into: Path,
    *,
    num_customers: int = 29_858,
    num_products: int = 40_981,
    num_draws: int = 1_900_000,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Path, Path]:
    """A retail-tables folder and the test file beside it, as `evaluate recommendation` takes them.

    Products are as popular within their taste as a power law says; a fifth of what each customer bought is the test's.

    Args:
        num_draws: purchases drawn; a product drawn twice by a customer is bought once.
    """
    generator = np.random.default_rng(seed)
    owners, items = _bought(generator, num_customers, num_products, num_draws, progress)
    is_test = generator.random(len(owners)) < TEST_SHARE
    skus, customers = _ids("p", num_products), _ids("c", num_customers)
    folder, test = into / "shop", into / "test.csv"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"sku": skus}), folder / "products.parquet")
    pq.write_table(pa.table({"customer_id": customers}), folder / "customers.parquet")
    learnt = owners[~is_test]
    purchases = {
        "basket_id": _ids("b", num_customers).take(pa.array(learnt)),
        "sku": skus.take(pa.array(items[~is_test])),
        "bought_at": pa.array(np.full(len(learnt), SOLD_ON)),
        "units": pa.array(np.ones(len(learnt))),
        "customer_id": customers.take(pa.array(learnt)),
    }
    pq.write_table(pa.table(purchases), folder / "purchases.parquet")
    hidden = {"customer_id": customers.take(pa.array(owners[is_test])), "sku": skus.take(pa.array(items[is_test]))}
    csv.write_csv(pa.table(hidden), test)
    return folder, test


def _bought(
    generator: np.random.Generator, num_customers: int, num_products: int, num_draws: int, progress: Progress
) -> tuple[Rows, Rows]:
    """Customer and product of each purchase `[num_purchases]`, by customer."""
    taste_of = generator.integers(0, NUM_TASTES, num_products)
    popularity = generator.zipf(1.6, num_products).clip(max=2000).astype(float)
    groups = [np.flatnonzero(taste_of == taste) for taste in range(NUM_TASTES)]
    shares = [popularity[group] / popularity[group].sum() for group in groups]
    wanted = np.maximum(8, generator.lognormal(3.1, 0.7, num_customers).astype(int))
    wanted = (wanted * num_draws / wanted.sum()).astype(int).clip(min=8)
    owners, items = [], []
    for customer in range(num_customers):
        tastes = generator.integers(0, NUM_TASTES, len(SHARES) - 1)
        *numbers, by_chance = generator.multinomial(wanted[customer], SHARES)
        drawn = [
            generator.choice(groups[taste], min(number, len(groups[taste])), p=shares[taste])
            for taste, number in zip(tastes, numbers, strict=True)
            if number and len(groups[taste])
        ]
        if by_chance or not drawn:
            drawn.append(generator.integers(0, num_products, max(by_chance, 1)))
        bought = np.unique(np.concatenate(drawn))
        owners.append(np.full(len(bought), customer))
        items.append(bought)
        if customer % 1000 == 0:
            progress("customers shop", customer, num_customers)
    progress("customers shop", num_customers, num_customers)
    return np.concatenate(owners), np.concatenate(items)


def _ids(kind: str, number: int) -> pa.Array:
    return pa.array([f"{kind}{place:05d}" for place in range(number)], pa.string())
