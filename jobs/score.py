"""Score: what to offer every customer, as one Parquet file that appears whole or not at all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from decisions.facts_now import FactsNow
from decisions.model_index import ModelIndex
from decisions.moment import Moment
from decisions.recommend import recommend
from graph.bought import bought
from graph.connection import Graph
from graph.extract import read_nodes
from ranking.saved import open_ranker
from schema.artefact import Artefact
from schema.decisions import Bought, Request
from schema.progress import Progress, silent

SCORES_SCHEMA: Final = pa.schema(
    [
        pa.field("customer_id", pa.string()),
        pa.field("rank", pa.int32()),
        pa.field("sku", pa.string()),
        pa.field("score", pa.float32()),
    ]
)
"""`rank` is from 1 within a customer; scores are comparable within a customer only."""
CUSTOMERS_AT_ONCE: Final = 1000

Histories = Mapping[str, Sequence[Bought]]


def present(facts: FactsNow, artefact: Artefact, *, on: date) -> Moment:
    """Facts and one model version, as decisions want them."""
    return Moment(facts, ModelIndex.of(artefact, facts.base, ranker=open_ranker(artefact)), on)


def score_customers(graph: Graph, moment: Moment, *, first: int, target: Path, progress: Progress = silent) -> int:
    """How many customers of the graph were scored into `target`, each as `recommend` answers one with an empty basket.

    Raises:
        Unavailable: if the graph is lost and does not come back; `target` then stays as it was.
    """
    customers = read_nodes(graph, "Customer")[0].column("customer_id").to_pylist()
    return write_scores(histories(graph, customers), moment, first=first, target=target, progress=progress)


def histories(graph: Graph, customers: Sequence[str]) -> Iterator[Histories]:
    """What each customer buys, strongest first, CUSTOMERS_AT_ONCE customers by CUSTOMERS_AT_ONCE."""
    for start in range(0, len(customers), CUSTOMERS_AT_ONCE):
        block = customers[start : start + CUSTOMERS_AT_ONCE]
        found = {row["customer_id"]: row["bought"] for row in graph.read("find_bought_of_many", keys=block)}
        yield {key: [bought(*each) for each in found.get(key, ())] for key in block}


def write_scores(
    blocks: Iterable[Histories], moment: Moment, *, first: int, target: Path, progress: Progress = silent
) -> int:
    """How many customers were scored: columns of SCORES_SCHEMA, customers in the order given, best first."""
    part, done = target.with_name(f"{target.name}.part"), 0
    try:
        with pq.ParquetWriter(part, SCORES_SCHEMA) as writer:
            for block in blocks:
                writer.write_table(_scores(block, moment, first))
                done += len(block)
                progress("scoring customers", done)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return done


def _scores(block: Histories, moment: Moment, first: int) -> pa.Table:
    rows: dict[str, list[object]] = {name: [] for name in SCORES_SCHEMA.names}
    for customer_id, history in block.items():
        decision = recommend(Request(customer_id=customer_id), first=first, moment=moment, history=history)
        for rank, offer in enumerate(decision.offers, start=1):
            for name, value in zip(SCORES_SCHEMA.names, (customer_id, rank, offer.sku, offer.score), strict=True):
                rows[name].append(value)
    return pa.table(rows, schema=SCORES_SCHEMA)
