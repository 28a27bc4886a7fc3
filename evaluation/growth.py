"""How cost grows with the shop: counting and one fit at several sizes, each in a process of its own."""

import math
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

import pyarrow.compute as pc

from lake.baskets import read_baskets
from lake.snapshot import build_snapshot
from loaders.staging import LoadOptions, stage
from loaders.synthetic import make_shop
from measures.costs import clocks, held_mib
from ranking.baskets import basket_matrix, first_instant, popularity_table
from schema.errors import Unavailable
from schema.progress import Progress, silent
from schema.tables import RetailTables

M = TypeVar("M")
MOST_MIB: Final = 8 * 1024
MOST_SECONDS: Final = 30 * 60
"""What one fit, its counting included, may take: the goal that 100,000 products are to be reached within."""
MOST_TIMES: Final = 100
"""Further than so many times the largest size nothing is extrapolated."""
_SCALE: Final = """[scales.medium]
products = {products}
ranged = {ranged}
weekly_pairs_per_store = {ranged}
customers = {customers}
needs_per_type = {needs_per_type:.3f}
brands = {brands}
"""


@dataclass(frozen=True)
class Cost:
    """What one size took.

    Attributes:
        times: how many times the smallest shop's products and customers.
        count_seconds: from staged tables to the graph snapshot.
        fit_seconds: from snapshot and baskets to vectors and relations.
        count_cpu_seconds, fit_cpu_seconds: of all cores together, the same however busy the machine is.
        start_mib, count_mib, peak_mib: the most memory the process had held before counting, after it, and at the end.
        num_vectors: of all spaces together.
    """

    times: float
    num_products: int
    num_lines: int
    count_seconds: float
    fit_seconds: float
    count_cpu_seconds: float
    fit_cpu_seconds: float
    start_mib: float
    count_mib: float
    peak_mib: float
    num_edges: int
    num_vectors: int
    num_relations: int

    @property
    def seconds(self) -> float:
        """Counting and fit together."""
        return self.count_seconds + self.fit_seconds

    def beyond_start(self, figure: str) -> float:
        """A figure, memory without what imports alone take, 1 at least."""
        value = float(getattr(self, figure))
        return max(value - self.start_mib if figure.endswith("mib") else value, 1.0)


def run(
    products: int = 2_000, *, times: Sequence[float] = (1, 4, 16), seed: int = 0, progress: Progress = silent
) -> list[Cost]:
    """The cost of each size of the synthetic shop, smallest first.

    Args:
        products: of the shop that is 1×; customers, and with them lines, grow in proportion, needs and brands by the
            square root.

    Raises:
        Unavailable: if a size's process is killed, as it is where memory runs out.
    """
    costs = []
    for place, each in enumerate(sorted(times)):
        progress("sizes of the shop", place, len(times))
        with TemporaryDirectory(prefix="shelfgraph-") as name:
            folder = _staged(Path(name), products, each, seed, progress)
            remedy = "Ask for smaller sizes: --times or --products."
            costs.append(apart(measure, folder, each, seed, what=f"{each:g}× the shop", remedy=remedy))
    progress("sizes of the shop", len(times), len(times))
    return costs


def measure(folder: Path, times: float, seed: int) -> Cost:
    """The cost of a staged shop in this process."""
    tables = RetailTables.open(folder)
    # torch_geometric still compiles with what torch means to retire; the command's own filter ends at its process.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"torch\.")
    from gnn.settings import TrainSettings  # noqa: PLC0415  # a new process, and torch for it alone
    from gnn.training import fit  # noqa: PLC0415

    start_mib, began = held_mib(), clocks()
    newest = pc.max(tables.read("purchases", ["bought_at"]).column("bought_at")).as_py()
    snapshot = build_snapshot(tables, as_of=newest.date() + timedelta(days=1))
    count_mib, counted = held_mib(), clocks()
    past = basket_matrix(read_baskets(tables, before=snapshot.as_of), snapshot.keys("Product").to_pylist())
    popular = popularity_table(past, until=first_instant(snapshot.as_of))
    trained = fit(snapshot, settings=TrainSettings(seed=seed), purchase_counts=popular)
    ended = clocks()
    return Cost(
        times=times,
        num_products=snapshot.num_products,
        num_lines=tables.tallies["purchases"].kept,
        count_seconds=counted[0] - began[0],
        fit_seconds=ended[0] - counted[0],
        count_cpu_seconds=counted[1] - began[1],
        fit_cpu_seconds=ended[1] - counted[1],
        start_mib=start_mib,
        count_mib=count_mib,
        peak_mib=held_mib(),
        num_edges=sum(rows.num_rows for rows in snapshot.edges.values()),
        num_vectors=sum(len(vectors) for vectors in trained.embeddings.spaces.values()),
        num_relations=trained.relations.table.num_rows,
    )


def exponents(costs: Sequence[Cost], figure: str) -> list[float]:
    """The power of the number of lines that a figure grows by from each size to the next; 1.0 is in proportion.

    Memory is taken beyond what the process had held before it counted.
    """
    return [_exponent(before, after, figure) for before, after in pairwise(costs)]


def limit(costs: Sequence[Cost], figure: str, most: float) -> float | None:
    """How many lines a figure reaches `most` at; None beyond MOST_TIMES the largest size.

    It grows on by the last exponent, or by that from the first size to the last where this is larger: a fit does less
    for each product in catalogues that are too large for an exact softmax, which the step to them makes look cheap.
    """
    first, last = costs[0], costs[-1]
    powers = [*exponents(costs, figure)[-1:], *([_exponent(first, last, figure)] if len(costs) > 1 else [1.0])]
    power, left = max(powers), most - last.start_mib if figure.endswith("mib") else most
    if power <= 0 or (log_times := math.log(left / last.beyond_start(figure)) / power) > math.log(MOST_TIMES):
        return None
    return last.num_lines * math.exp(log_times)


def _exponent(before: Cost, after: Cost, figure: str) -> float:
    grown = after.beyond_start(figure) / before.beyond_start(figure)
    return math.log(grown) / math.log(after.num_lines / before.num_lines)


def _staged(folder: Path, products: int, times: float, seed: int, progress: Progress) -> Path:
    params, size = folder / "scale.toml", int(products * times)
    params.write_text(
        _SCALE.format(
            products=size,
            ranged=int(size * 0.52),
            customers=int(size * 2.4),
            needs_per_type=max(1.35, 1.25 * math.sqrt(size / 2_000)),
            brands=int(70 * math.sqrt(size / 2_000)),
        )
    )
    shop = make_shop("medium", seed=seed, into=folder / "shop", params=params, progress=progress)
    return stage("retail-tables", shop, into=folder / "staged", options=LoadOptions(), progress=progress).folder


def apart(measured: Callable[..., M], *arguments: Any, what: str, remedy: str) -> M:
    """What a measurement gives in a new process, so that its memory is its own.

    Raises:
        Unavailable: if the process is killed, as it is where memory runs out.
    """
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(measured, *arguments).result()
        except BrokenProcessPool as error:
            raise Unavailable(
                f"The process that measured {what} was killed, as it is where memory runs out.", remedy=remedy
            ) from error
