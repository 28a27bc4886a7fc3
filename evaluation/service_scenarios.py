"""What the service is asked in its benchmark: the operations, whom they are about, and the limits they are held to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np

REQUESTS: Final = 16_384
"""The most different requests of a scenario: at 250 a second none comes again within the minute for which the service
remembers a customer."""


@dataclass(frozen=True)
class Limit:
    """A promise about one scenario.

    Attributes:
        p99: milliseconds; None where throughput is promised.
        per_second: answers a second at least; None where only waiting is promised.
    """

    p99: float | None = None
    per_second: float | None = None

    def words(self) -> str:
        """The promise as a table shows it."""
        waits = "" if self.p99 is None else f"p99 ≤ {self.p99:g} ms"
        flows = "" if self.per_second is None else f"≥ {self.per_second:g}/s"
        return ", ".join(filter(None, (waits, flows)))


@dataclass(frozen=True)
class Subjects:
    """Whom and what requests are about.

    Attributes:
        skus: most bought first.
        store_ids, customer_ids: any; perhaps none.
        cursors: each begins a page of 50 products; empty for the first page alone.
    """

    skus: Sequence[str]
    store_ids: Sequence[str]
    customer_ids: Sequence[str] = ()
    cursors: Sequence[str | None] = (None,)


ONE_CONNECTION: Final[Mapping[str, Limit]] = {
    "product": Limit(p99=10),
    "substitutes": Limit(p99=8),
    "recommendations": Limit(p99=15),
    "page": Limit(p99=60),
    "paths": Limit(p99=40),
    "demand": Limit(p99=20),
}
"""By statement, what is promised to one caller who asks one thing after another."""
STEADY_P99: Final = 50.0
"""Milliseconds at a steady load."""
SATURATED: Final = Limit(per_second=400)
SATURATING_CONNECTIONS: Final = 16


def operation(name: str) -> str:
    """The operation that a scenario asks."""
    return (files("evaluation") / "service_queries" / f"{name}.graphql").read_text(encoding="utf-8")


def bodies(name: str, subjects: Subjects, *, count: int, seed: int = 0) -> list[bytes]:
    """The JSON bodies of `count` requests of a scenario, drawn so that what is bought more is asked about more."""
    query = operation(name)
    draw = np.random.default_rng(seed)
    return [
        json.dumps({"query": query, "variables": _VARIABLES[name](subjects, draw)}).encode()
        for _ in range(min(count, REQUESTS))
    ]


def _sku(subjects: Subjects, draw: np.random.Generator) -> str:
    # Zipf-like: half of the questions are about the tenth of the products that is bought most.
    return subjects.skus[int(len(subjects.skus) * draw.random() ** 3)]


def _product(subjects: Subjects, draw: np.random.Generator) -> dict[str, Any]:
    return {"sku": _sku(subjects, draw), "storeId": _one(subjects.store_ids, draw)}


def _page(subjects: Subjects, draw: np.random.Generator) -> dict[str, Any]:
    return {"after": _one(subjects.cursors, draw), "storeId": _one(subjects.store_ids, draw)}


def _recommendations(subjects: Subjects, draw: np.random.Generator) -> dict[str, Any]:
    """A third of callers look at a product, all have a basket of one to five, half are known customers."""
    about: dict[str, Any] = {
        "basket": sorted({_sku(subjects, draw) for _ in range(draw.integers(1, 6))}),
        "storeId": _one(subjects.store_ids, draw),
        "customerAge": 40,
    }
    if draw.random() < 1 / 3:
        about["product"] = _sku(subjects, draw)
    if draw.random() < 1 / 2:
        about["customerId"] = _one(subjects.customer_ids, draw)
    return {"for": about}


def _one(values: Sequence[Any], draw: np.random.Generator) -> Any:
    return values[int(draw.integers(len(values)))] if values else None


_VARIABLES: Final = {
    "product": _product,
    "substitutes": _product,
    "recommendations": _recommendations,
    "page": _page,
    "paths": _product,
    "demand": _product,
}
