"""Neo4j's full-text index over names and descriptions: for whoever explores, and to measure our search against."""

from collections.abc import Sequence
from typing import Final

from graph.connection import Graph

_LUCENE: Final = frozenset('+-&|!(){}[]^"~*?:\\/')
_BATCH: Final = 10_000
_PROPERTIES: Final = 17
_SECONDS: Final = 300


def save_names(graph: Graph, products: Sequence[tuple[str, str, str]]) -> None:
    """Write bare products (sku, name, description) into an empty graph, and wait until the index has them."""
    graph.write_alone("constrain_products")
    for start in range(0, len(products), _BATCH):
        rows = [[*product, *[None] * (_PROPERTIES - 3)] for product in products[start : start + _BATCH]]
        graph.write("merge_products", rows=rows)
    graph.write_alone("save_product_words")
    graph.read("find_indexes", seconds=_SECONDS)


def find_products(graph: Graph, words: str, *, most: int) -> list[str]:
    """Skus of products that a query of Lucene's finds, best first."""
    if not words:
        return []
    rows = graph.read("find_products_by_words", words=words, after_score=float("inf"), after="", limit=most)
    return [row["sku"] for row in rows]


def plain_words(text: str) -> str:
    """The words of a text with nothing in it that Lucene's query language would obey, the last one as a beginning."""
    words = _cleaned(text)
    return " ".join([*words[:-1], f"({words[-1]} OR {words[-1]}*)"]) if words else ""


def fuzzy_words(text: str) -> str:
    """The words of a text, each of them with one letter off or none."""
    return " ".join(f"({word} OR {word}~1)" for word in _cleaned(text))


def _cleaned(text: str) -> list[str]:
    # Lower case: AND, OR and NOT are words here.
    return "".join(" " if mark in _LUCENE or not mark.isprintable() else mark for mark in text).lower().split()
