"""What a caller may ask an offer for: a customer, a basket, a product page, and lines that cannot be filled."""

from decimal import Decimal
from typing import Annotated, Final

import strawberry

from decisions.substitute import BasketLine
from schema.decisions import Request
from schema.errors import BadInput

MAX_OFFERS: Final = 100
MAX_LINES: Final = 250
MAX_CONTEXT: Final = 64


@strawberry.input(description="Whom or what an offer is for; everything may be left out.")
class RecommendationsFor:
    """What an offer is for."""

    customer_id: str | None = strawberry.field(default=None, description="Who asks; unknown ones are new customers.")
    customer_age: int | None = strawberry.field(
        default=None, description="Their age in years; if null, products with a minimum age are withheld."
    )
    basket: list[str] = strawberry.field(
        default_factory=list, description="Skus already chosen, oldest first; they are never offered."
    )
    product: str | None = strawberry.field(default=None, description="The product whose page it is, by sku.")
    store_id: str | None = strawberry.field(default=None, description="The store to buy at; null means any.")
    price_ceiling: Decimal | None = strawberry.field(default=None, description="The most a product may cost.")
    context: str | None = strawberry.field(
        default=None,
        description=f"Where it is shown, such as `checkout`, at most {MAX_CONTEXT} letters: kept with the decision, so "
        "that outcomes can be told apart; it changes no offer.",
    )


@strawberry.input(description="One line of a basket.")
class BasketLineInput:
    """A line."""

    sku: str = strawberry.field(description="The product.")
    units: Decimal = strawberry.field(default=Decimal(1), description="How many are wanted, above 0.")
    price_ceiling: Decimal | None = strawberry.field(
        default=None, description="The most a substitute may cost; null means the product's price and a quarter."
    )


For = Annotated[RecommendationsFor, strawberry.argument(name="for", description="Whom or what for.")]
Exclude = Annotated[list[str] | None, strawberry.argument(description="Skus that are not wanted.")]
FirstOffers = Annotated[int, strawberry.argument(description=f"How many, 0 to {MAX_OFFERS}.")]
Lines = Annotated[list[BasketLineInput], strawberry.argument(description=f"The basket, at most {MAX_LINES} lines.")]
AtStore = Annotated[str | None, strawberry.argument(description="The store to buy at; null means any.")]
Age = Annotated[int | None, strawberry.argument(description="The customer's age; null withholds age-bound products.")]


def request_of(asked: RecommendationsFor, exclude: list[str]) -> Request:
    """What decisions take.

    Raises:
        BadInput: if the basket or the context is too long, or the ceiling no number.
    """
    _bounded(len(asked.basket), "basket")
    if asked.context is not None and len(asked.context) > MAX_CONTEXT:
        raise BadInput(f"`context` has {len(asked.context)} letters.", remedy=f"Send at most {MAX_CONTEXT}.")
    return Request(
        customer_id=asked.customer_id,
        basket=tuple(asked.basket),
        anchor=asked.product,
        store_id=asked.store_id,
        exclude=tuple(exclude),
        customer_age=asked.customer_age,
        price_ceiling=None if asked.price_ceiling is None else _number(asked.price_ceiling, "priceCeiling"),
        context=asked.context,
    )


def basket_of(lines: list[BasketLineInput]) -> list[BasketLine]:
    """What decisions take.

    Raises:
        BadInput: if there are too many lines, or a line's units or ceiling are no numbers or nothing.
    """
    _bounded(len(lines), "basketLines")
    return [_line(line) for line in lines]


def _line(line: BasketLineInput) -> BasketLine:
    units = _number(line.units, "units")
    if units <= 0:
        raise BadInput(f"A line of {units:g} units wants nothing.", remedy="Give `units` above 0.")
    ceiling = None if line.price_ceiling is None else _number(line.price_ceiling, "priceCeiling")
    return BasketLine(line.sku, units, ceiling)


def _number(number: Decimal, field: str) -> float:
    if not number.is_finite():
        raise BadInput(f"`{field}` is {number}, not a number.", remedy="Give a finite number.")
    return float(number)


def _bounded(size: int, field: str) -> None:
    if size > MAX_LINES:
        raise BadInput(f"`{field}` holds {size} lines.", remedy=f"Send at most {MAX_LINES}.")
