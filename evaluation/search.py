"""Known-item search: is a product found by its name, cut and misspelt, beside Neo4j's index, tantivy's own and LIKE."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from tantivy import Document, Index, SchemaBuilder

from evaluation.known_item import KINDS, KnownItem, known_items
from evaluation.report import OURS, peak_mib
from graph.connection import connect
from graph.full_text import find_products, fuzzy_words, plain_words, save_names
from graph.server import USER, LocalServer
from lake.listings import read_listings
from measures.words import words
from schema.errors import EmptyWindow
from schema.listings import Listings
from schema.progress import Progress, silent
from schema.tables import RetailTables
from search.catalogue import CatalogueSearch, FacetField, Filter, Now, Sort
from search.synonyms import Synonyms

PLACES = 10
RENAMED = 100
Find = Callable[[str], list[str]]


@dataclass
class Searches:
    """What was measured.

    Attributes:
        build_seconds: by system: from names in memory to the first answer.
        ranks: by system and kind, the place of the wanted product from 1; 0 where it is not among the first ten.
        seconds: by system, of each search.
        load_seconds: from the tables of a load that calls one product in RENAMED by another name to a search over it:
            reading them, and the former search renewed or all built anew.
    """

    tables: str
    num_products: int
    num_queries: int
    build_seconds: dict[str, float] = field(default_factory=dict)
    ranks: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    load_seconds: dict[str, float] = field(default_factory=dict)


def run(
    tables: RetailTables, *, number: int, seed: int, server: LocalServer | None, progress: Progress = silent
) -> Searches:
    """Ask every system the same queries, one after another.

    Args:
        number: names that queries are made of; as many queries of each kind.
        server: a Neo4j of the benchmark's own, started and stopped here; None leaves it out.

    Raises:
        EmptyWindow: if no product has a name to search for.
    """
    began = time.monotonic()
    listings = read_listings(tables)
    read_seconds = time.monotonic() - began
    items = known_items(listings, number=number, seed=seed)
    if not items:
        raise EmptyWindow(
            "No product has a name of two words or more.", remedy="Search a shop whose products have names."
        )
    found = Searches(tables.info.name, len(listings.skus), len(items))
    systems = {OURS: _ours, "tantivy as it comes": _tantivy, "SQL LIKE": _like}
    for name, make in systems.items():
        began = time.monotonic()
        find = make(listings)
        find("a")
        found.build_seconds[name] = time.monotonic() - began
        _ask(found, name, find, items, progress)
    found.load_seconds = {"read": read_seconds, **_following(listings)}
    if server is not None:
        with _neo4j(found, listings, server) as ways:
            for name, find in ways.items():
                _ask(found, name, find, items, progress)
    return found


def markdown(found: Searches) -> str:
    """A row a kind of query and system's figures in columns: MRR and the share found among the first ten."""
    names = list(found.ranks)
    lines = [
        f"Known items on {found.tables}: {found.num_products:,} products, {found.num_queries:,} queries. "
        f"Each cell: MRR@{PLACES} / share found among the first {PLACES}.",
        "",
        "| query | " + " | ".join(names) + " |",
        "|---|" + "---:|" * len(names),
    ]
    for kind in KINDS:
        cells = [_cell(found.ranks[name][kind]) for name in names]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    every = [_cell([rank for ranks in found.ranks[name].values() for rank in ranks]) for name in names]
    lines.append("| all | " + " | ".join(every) + " |")
    for label, quantile in (("p50, ms", 50), ("p99, ms", 99)):
        cells = [f"{1e3 * float(np.percentile(found.seconds[name], quantile)):.1f}" for name in names]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    lines.append("| build, s | " + " | ".join(f"{found.build_seconds[name]:.1f}" for name in names) + " |")
    took = {name: f"{seconds:.2f} s" for name, seconds in found.load_seconds.items()}
    lines += [
        "",
        f"Ours counts all four facets in its time; the others count none. Peak memory {peak_mib():,.0f} MiB.",
        "",
        f"A load that calls one product in {RENAMED} by another name is read in {took['read']}; the search is then "
        f"renewed in {took['renewed']}, built anew in {took['built anew']}.",
    ]
    return "\n".join(lines)


def _cell(ranks: Sequence[int]) -> str:
    mrr = float(np.mean([1 / rank if rank else 0.0 for rank in ranks]))
    return f"{mrr:.3f} / {np.mean([rank > 0 for rank in ranks]):.3f}"


def _ask(found: Searches, name: str, find: Find, items: Sequence[KnownItem], progress: Progress) -> None:
    found.ranks[name] = {kind: [] for kind in KINDS}
    found.seconds[name] = []
    for at, item in enumerate(items):
        began = time.perf_counter()
        skus = find(item.query)
        found.seconds[name].append(time.perf_counter() - began)
        rank = next((place for place, sku in enumerate(skus, 1) if sku in item.wanted), 0)
        found.ranks[name][item.kind].append(rank)
        if at % 100 == 0:
            progress(name, at, len(items))
    progress(name, len(items), len(items))


def _ours(listings: Listings) -> Find:
    search, synonyms, count = CatalogueSearch(listings), Synonyms(), len(listings.skus)
    yes, none = np.ones(count, np.bool_), np.zeros(count, np.float32)
    now = Now(yes, yes, none, np.zeros(count, np.int16), none, np.zeros(count, np.int32))

    def find(text: str) -> list[str]:
        allowed = search.allowed(Filter(), now)
        listed = search.listed(search.find(text, synonyms), allowed, Sort.RELEVANCE, now, len(words(text)))
        for kind in FacetField:
            search.counts(listed.rows, kind)
        return [listings.skus[row] for row in listed.rows[:PLACES]]

    return find


def _following(listings: Listings) -> dict[str, float]:
    search = CatalogueSearch(listings)
    names = tuple(name if row % RENAMED else f"new {name}" for row, name in enumerate(listings.names))
    load = replace(listings, names=names, lake_version=listings.lake_version + 1)
    seconds = {}
    for name, follow in {"renewed": search.renewed, "built anew": CatalogueSearch}.items():
        began = time.monotonic()
        follow(load)
        seconds[name] = time.monotonic() - began
    return seconds


def _tantivy(listings: Listings) -> Find:
    schema = SchemaBuilder().add_text_field("name").add_text_field("sku", stored=True, tokenizer_name="raw").build()
    index = Index(schema)
    writer = index.writer(num_threads=1)
    for sku, name in zip(listings.skus, listings.names, strict=True):
        writer.add_document(Document(name=name, sku=sku))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def find(text: str) -> list[str]:
        query, _ = index.parse_query_lenient(text, ["name"])
        return [searcher.doc(address)["sku"][0] for _, address in searcher.search(query, PLACES).hits]

    return find


def _like(listings: Listings) -> Find:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE products (sku TEXT, name TEXT)")
    database.executemany("INSERT INTO products VALUES (?, ?)", zip(listings.skus, listings.names, strict=True))

    def find(text: str) -> list[str]:
        asked = text.split()
        condition = " AND ".join(["name LIKE ?"] * len(asked)) or "0"
        query = f"SELECT sku FROM products WHERE {condition} ORDER BY length(name), sku LIMIT {PLACES}"
        return [sku for (sku,) in database.execute(query, [f"%{word}%" for word in asked])]

    return find


@contextmanager
def _neo4j(found: Searches, listings: Listings, server: LocalServer) -> Iterator[dict[str, Find]]:
    ways = {"Neo4j full-text": plain_words, "Neo4j full-text, fuzzy": fuzzy_words}
    try:
        server.start()
        with connect(server.uri, user=USER, password=server.password()) as graph:
            began = time.monotonic()
            save_names(graph, list(zip(listings.skus, listings.names, listings.descriptions, strict=True)))
            for name in ways:
                found.build_seconds[name] = time.monotonic() - began

            def finding(phrase: Callable[[str], str]) -> Find:
                return lambda text: find_products(graph, phrase(text), most=PLACES)

            yield {name: finding(phrase) for name, phrase in ways.items()}
    finally:
        server.stop()
