"""Ranker: the order of products for baskets that a model version is served with, or why it has none."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from lake.baskets import read_baskets
from lake.snapshot import build_snapshot
from lake.version import LakeVersion
from ranking.basket_models import LATER_DAYS, Past, fit_basket_hybrid, looks_at_network, past
from ranking.baskets import BasketMatrix, basket_matrix, first_instant, popularity_table
from ranking.dual_vectors import dual_vectors
from ranking.hybrid import LEAST_BASKETS
from ranking.saved import saved
from schema.edges import BOUGHT_CAP
from schema.embeddings import EmbeddingTable
from schema.progress import Progress, silent
from schema.ranker import SavedRanker

if TYPE_CHECKING:
    from gnn.settings import TrainSettings
    from schema.snapshot import GraphSnapshot


def fit_ranker(
    source: LakeVersion,
    snapshot: "GraphSnapshot",
    embeddings: EmbeddingTable,
    *,
    settings: "TrainSettings",
    progress: Progress = silent,
) -> tuple[SavedRanker | None, str]:
    """The order as of the snapshot's day and how it was chosen; without one, recommendations are led by relations.

    A customer counts with the products that the graph keeps of them, so that what is learnt is what is asked.
    """
    as_of, skus = snapshot.as_of, snapshot.keys("Product").to_pylist()
    earlier_day = as_of - timedelta(days=LATER_DAYS)
    earlier, later = read_baskets(source, before=earlier_day), read_baskets(source, from_=earlier_day, before=as_of)
    num_later = len(later.column("basket_id").unique())
    if not earlier.num_rows or num_later < LEAST_BASKETS:
        return None, f"{num_later:,} baskets in the {LATER_DAYS} days before {as_of}, and {LEAST_BASKETS} are needed"
    is_heard = looks_at_network(len(skus))
    first = _earlier_past(source, earlier, earlier_day, is_heard=is_heard, settings=settings, progress=progress)
    until, bought = first_instant(as_of), basket_matrix(pa.concat_tables([earlier, later]), skus)
    now = past(bought, until, _names(snapshot), dual_vectors(embeddings, tuple(skus)) if is_heard else None)
    hybrid, chosen = fit_basket_hybrid(
        first,
        basket_matrix(later, first.baskets.skus),
        now,
        most_bought=BOUGHT_CAP,
        seed=settings.seed,
        progress=progress,
    )
    return saved(hybrid, until=until), str(chosen["order"])


def popularity_of(baskets: BasketMatrix, as_of: date) -> pa.Table:
    """`sku` and `num_baskets` (decayed to the day), most bought first."""
    return popularity_table(baskets, until=first_instant(as_of))


def _earlier_past(
    source: LakeVersion,
    bought: pa.Table,
    day: date,
    *,
    is_heard: bool,
    settings: "TrainSettings",
    progress: Progress,
) -> Past:
    """What was known on an earlier day; the network's vectors as of then too, where it is heard."""
    snapshot = build_snapshot(source, as_of=day, progress=progress)
    skus = snapshot.keys("Product").to_pylist()
    baskets = basket_matrix(bought, skus)
    network = None
    if is_heard:
        from gnn.training import fit_vectors  # noqa: PLC0415  # torch is imported by training alone

        counts = popularity_of(baskets, day)
        vectors = fit_vectors(snapshot, settings=settings, purchase_counts=counts, progress=progress)
        network = dual_vectors(vectors, tuple(skus))
    return past(baskets, first_instant(day), _names(snapshot), network)


def _names(snapshot: "GraphSnapshot") -> dict[str, str | None]:
    products = snapshot.nodes["Product"]
    return dict(zip(products.column("sku").to_pylist(), products.column("name").to_pylist(), strict=True))
