"""Scalars and small values of the contract."""

from decimal import Decimal
from functools import lru_cache
from math import isnan
from typing import NewType

import numpy as np
import strawberry
from strawberry.types.scalar import ScalarDefinition

from decisions.moment import Moment

CurrencyCode = NewType("CurrencyCode", str)
Sequence = NewType("Sequence", int)

SCALARS: dict[object, ScalarDefinition] = {
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode", description="A currency by its ISO 4217 code, such as EUR.", serialize=str, parse_value=str
    ),
    Sequence: strawberry.scalar(
        name="Sequence",
        description="The number of a change in the journal, ascending without gaps; it may exceed 32 bits.",
        serialize=int,
        parse_value=int,
    ),
}


@strawberry.type(description="An amount of money.")
class Money:
    """Money."""

    amount: Decimal = strawberry.field(description="How much, in units of the currency.")
    currency_code: CurrencyCode = strawberry.field(description="Which currency.")


def money(amount: np.float32, currency: str) -> Money | None:
    """Money as its shortest decimal; None where the amount is unknown."""
    return None if isnan(amount) else _money(amount, currency)


@lru_cache(maxsize=65_536)
def _money(amount: np.float32, currency: str) -> Money:
    return Money(amount=Decimal(str(amount)), currency_code=CurrencyCode(currency))


def price_of(sku: str, moment: Moment, store_id: str | None) -> Money | None:
    """What a product costs now at a store, or everywhere; None where nobody knows."""
    row = moment.facts.base.product_rows.get(sku)
    if row is None:
        return None
    return money(moment.facts.price_of(row, store_id=store_id, on=moment.on), moment.facts.base.currency)
