"""Price windows of products: what a lake version knows of prices that held, hold and will hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import pyarrow as pa


class PriceSource(StrEnum):
    """Where a price came from."""

    LOADED = "loaded"
    TOLD = "told"


@dataclass(frozen=True)
class PriceSpan:
    """A price over a half-open window of days.

    Attributes:
        valid_to: None means until another price.
        store_id: None means every store without a price of its own.
        is_replaced: whether a later load no longer names it.
    """

    price: float
    valid_from: date
    valid_to: date | None = None
    store_id: str | None = None
    base_price: float | None = None
    source: PriceSource = PriceSource.LOADED
    is_replaced: bool = False


BOOK_SCHEMA: Final = pa.schema(
    [
        pa.field("sku", pa.string()),
        pa.field("store_id", pa.string()),
        pa.field("valid_from", pa.date32()),
        pa.field("valid_to", pa.date32()),
        pa.field("price", pa.float64()),
        pa.field("base_price", pa.float64()),
        pa.field("is_told", pa.bool_()),
        pa.field("is_replaced", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class PriceBook:
    """Every price window of a lake version.

    Attributes:
        rows: columns of BOOK_SCHEMA, sorted by sku.
        places: where each product's rows begin and end.
    """

    rows: pa.Table
    places: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, rows: pa.Table) -> "PriceBook":
        """The book of these rows, in any order."""
        ordered = rows.select(BOOK_SCHEMA.names).cast(BOOK_SCHEMA).sort_by("sku").combine_chunks()
        places: dict[str, tuple[int, int]] = {}
        for row, sku in enumerate(ordered["sku"].to_pylist()):
            places[sku] = (places.get(sku, (row, row))[0], row + 1)
        return cls(ordered, places)

    def windows(self, sku: str) -> list[PriceSpan]:
        """A product's windows, in no order."""
        start, stop = self.places.get(sku, (0, 0))
        return [_span(row) for row in self.rows.slice(start, stop - start).drop_columns("sku").to_pylist()]


def _span(row: dict[str, object]) -> PriceSpan:
    source = PriceSource.TOLD if row.pop("is_told") else PriceSource.LOADED
    return PriceSpan(source=source, **row)  # type: ignore[arg-type]
