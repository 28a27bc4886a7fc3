"""Memory of a training: what it will hold, by the shop's size, looked at before it begins."""

from dataclasses import dataclass
from typing import Final

from lake.version import LakeVersion
from measures.costs import held_mib
from measures.memory import free_mib
from ranking.models import EASE_CAP
from ranking.ridge import RIDGE_CAP
from schema.errors import TooLittleMemory

START_MIB: Final = 1_300
PRODUCT_MIB: Final = 0.042
LINES_MIB: Final = 130
"""Of a million receipt lines."""
ORDER_MIB: Final = 600
"""What an order for baskets takes beside squares over the products; all of it above EASE_CAP, which has none."""
SQUARES: Final = {RIDGE_CAP: 14, EASE_CAP: 3}
"""Dense single-precision squares over the products that the order of a catalogue up to that size holds at most."""
SPARED: Final = 0.9
"""Part of what is told that must be free: it errs by a tenth, and nobody should be refused for that."""


@dataclass(frozen=True)
class TrainingMemory:
    """What a training holds at most, MiB.

    Figures: `evaluate growth` (docs/operating.md) and `train`'s own costs on shops of 300 to 100,000 products, told
    within 15 %.

    Attributes:
        relations: without an order for baskets; whole: with one.
    """

    relations: float
    whole: float

    @classmethod
    def of(cls, num_products: int, num_lines: int) -> "TrainingMemory":
        """By the catalogue's products and the receipts' lines."""
        relations = START_MIB + PRODUCT_MIB * num_products + LINES_MIB * num_lines / 1e6
        squares = next((number for cap, number in SQUARES.items() if num_products <= cap), 0)
        return cls(relations, relations + ORDER_MIB + squares * 4 * num_products**2 / 1024**2)


def why_no_order(source: LakeVersion, memory_mib: float | None) -> str:
    """Why the order for baskets must be left out of a training; empty where there is memory for it.

    Args:
        memory_mib: what the training may hold; None: what the process holds and the machine has free.

    Raises:
        TooLittleMemory: if there is not enough to learn relations.
    """
    sizes = (source.dataset(name).count_rows() if name in source else 0 for name in ("products", "purchases"))
    wanted, free = TrainingMemory.of(*sizes), free_mib()
    if memory_mib is None and free is None:
        return ""
    there = memory_mib if memory_mib is not None else held_mib() + (free or 0)
    if SPARED * wanted.relations > there:
        raise TooLittleMemory("Training", wanted.relations, there)
    if SPARED * wanted.whole <= there:
        return ""
    return f"to learn one would take about {wanted.whole:,.0f} MiB of memory in all, and {there:,.0f} MiB are there"
