"""A loaded shop whose live facts are projected: two stores, one with a range of its own, and what the graph holds."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lake_shops import at, line, stage

from graph.connection import Graph
from graph.publishing import publish_relations
from jobs.load import load
from jobs.project import Projector
from journal.store import Journal
from lake.store import Lake
from schema.changes import Delisting, PriceChange, StockChange
from schema.relations import RELATION_SCHEMA, Relations, Verdict

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
TODAY = NOON.date()
SKUS = ("a", "b", "c", "d")
STORES = ("all", "choosy")


def tables(folder: Path, **more):
    """The shop's files: `choosy` ranges a and b, `all` sold a; d left the range."""
    rows = {
        "products": [
            {"sku": sku, "name": sku, "delisted_on": date(2024, 1, 5) if sku == "d" else None} for sku in SKUS
        ],
        "stores": [{"store_id": store} for store in STORES],
        "assortments": [{"store_id": "choosy", "sku": sku} for sku in "ab"],
        "stocks": [
            {"store_id": "choosy", "sku": "a", "counted_at": at(2), "on_hand_units": 7.0},
            {"store_id": "all", "sku": "a", "counted_at": at(3), "on_hand_units": 8.0},
        ],
        "prices": [{"sku": "a", "price": 2.0, "valid_from": date(2024, 1, 1)}],
        "purchases": [line("1", 1, "a", 20, store_id="all", customer_id="k")],
        "customers": [{"customer_id": "k"}],
    }
    return stage(folder, {**rows, **more})


class Shop:
    """Lake, journal and graph of one shop, and the time there."""

    def __init__(self, folder: Path, graph: Graph, address: str | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.graph = folder, graph
        self.lake, self.journal = Lake(str(folder / "lake")), Journal(address or str(folder / "journal.db"))
        self.time = NOON

    def load(self, **more):
        """Load the files, with other rows for some tables."""
        return load(
            tables(self.folder, **more),
            home=self.folder,
            lake=self.lake,
            journal=self.journal,
            graph=self.graph,
            now=self.time,
        )

    def tell(self, *changes, key: str | None = None) -> int:
        """The sequence number after these changes, told now."""
        return self.journal.record(changes, recorded_at=self.time, idempotency_key=key)[-1]

    def judge(self, number: int, word: str = "confirmed", **more) -> None:
        """One person's word on a for b."""
        at_ = self.time + timedelta(seconds=number)
        body = {"sku": "a", "other_sku": "b", "relation": "SUBSTITUTES_FOR", "is_directed": False, **more}
        verdict = Verdict(f"v{number}", verdict=word, judged_by="ann", judged_at=at_, reason="so", **body)
        self.journal.save_verdicts([verdict], recorded_at=self.time)

    def projector(self, name: str = "one", **more) -> Projector:
        """Somebody who projects."""
        wiring = {"journal": self.journal, "lake": self.lake, "connect": lambda: self.graph}
        return Projector(**wiring, holder=name, clock=lambda: self.time, **more)

    def relate(self) -> None:
        """Publish a for b and b for a, as a model would."""
        rows = [
            ("SUBSTITUTES_FOR", anchor, 1, sku, 0.5, 0.1, 1, 1, True, 0.5) for sku, anchor in (("a", "b"), ("b", "a"))
        ]
        table = [dict(zip(RELATION_SCHEMA.names, row, strict=True)) for row in rows]
        import pyarrow as pa

        publish_relations(self.graph, Relations(pa.Table.from_pylist(table, RELATION_SCHEMA), False, "m1"))


def level(projector: Projector):
    """Its state once all is carried; it gives its lease back."""
    state = projector.advance()
    while not state.is_level:
        assert state.is_ours, state
        assert state.problem is None, state
        state = projector.advance()
    projector.release()
    return state


def stock(sku="a", units=0.0, store_id="choosy", hour=1):
    """A count."""
    return StockChange(store_id, sku, float(units), NOON + timedelta(hours=hour))


def held(graph: Graph) -> dict[str, list]:
    """What the graph says of shelves, ranges, prices and words."""
    ask = {
        "stocks": "MATCH (s:Store)-[e:STOCKS]->(p) RETURN s.store_id, p.sku, e.on_hand_units, toString(e.counted_at)",
        "delisted": "MATCH (p:Product) RETURN p.sku, toString(p.delisted_on)",
        "prices": "MATCH (x:Price)-[:PRICES]->(p) OPTIONAL MATCH (x)-[:HOLDS_AT]->(s) RETURN p.sku, x.store_id, "
        "s.store_id, toString(x.valid_from), toString(x.valid_to), x.price, x.sequence",
        "judged": "MATCH (a)-[e:JUDGED]->(b) RETURN a.sku, b.sku, e.verdict_id, e.verdict",
        "marks": "MATCH (a)-[e:SUBSTITUTES_FOR|COMPLEMENTS]->(b) RETURN type(e), a.sku, b.sku, e.verdict",
    }
    with graph._driver.session() as session:
        return {name: sorted((record.values() for record in session.run(text)), key=str) for name, text in ask.items()}


PRICE = PriceChange("a", 3.0)
DELISTED = Delisting("a", TODAY)
