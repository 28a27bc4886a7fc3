"""Decisions in the contract: recommendations and substitutes, each with its reason and with what was withheld."""

from collections.abc import Awaitable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Annotated, Any

import strawberry

from api.context import Context, Info
from api.pages import page_size
from api.products import Product
from api.relations import Explanation
from api.scalars import Sequence
from decisions import entries
from decisions.relations import Related, related
from decisions.substitute import BasketLine, LineSubstitutes, substitutes_for
from schema import catalogue
from schema.decisions import Availability, Decision, Offer, Request, WithheldReason
from schema.decisions import Withheld as WithheldProduct
from schema.errors import BadInput

Cards = Mapping[str, catalogue.Product | None]
MAX_OFFERS = 100
MAX_LINES = 250
DECISION_ID = "The ledger's id of this decision, for `decision` and `recordOutcome`; null if it could not be kept."
strawberry.enum(WithheldReason, description="Why a product that would have made the page is not on it.")


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


@strawberry.input(description="One line of a basket.")
class BasketLineInput:
    """A line."""

    sku: str = strawberry.field(description="The product.")
    units: Decimal = strawberry.field(default=Decimal(1), description="How many are wanted, above 0.")
    price_ceiling: Decimal | None = strawberry.field(
        default=None, description="The most a substitute may cost; null means the product's price and a quarter."
    )


@strawberry.type(description="A product that would have made the page, and why it did not.")
class Withheld:
    """A product withheld."""

    product: Product = strawberry.field(description="The product.")
    reason: WithheldReason = strawberry.field(description="Why.")


@strawberry.type(description="One product offered.")
class Recommendation:
    """An offer."""

    offer: strawberry.Private[Offer]
    store_id: strawberry.Private[str | None]
    product: Product = strawberry.field(description="The product.")
    score: float = strawberry.field(description="Falls from the best; comparable within one answer only.")
    reason: str = strawberry.field(description="Why it is offered, one sentence for a person.")
    source: str = strawberry.field(description="relation, repeat, popular or pinned.")
    relation: str | None = strawberry.field(description="The relation it came by; null if it came by none.")
    because_of: str | None = strawberry.field(description="Sku of the product it goes with or stands in for.")
    probability: float | None = strawberry.field(description="Of that relation; null without one.")
    availability: Availability = strawberry.field(description="Whether it can be had at the store asked for.")

    @strawberry.field(description="Why, in words and as paths in the graph; null where it came by no known relation.")
    async def explanation(self, info: Info) -> Explanation | None:
        """The explanation of the edge it came by."""
        edge = _edge_of(self.offer, info.context, self.store_id)
        return None if edge is None else await Explanation.of(edge, info.context)


@strawberry.type(description="Products for a customer, a basket or a product page, best first.")
class Recommendations:
    """An answer."""

    products: list[Recommendation] = strawberry.field(description="The offers; honestly empty where there is none.")
    withheld: list[Withheld] = strawberry.field(description="What would have made the page but may not be offered.")
    is_fallback: bool = strawberry.field(description="Whether it was built without the learnt relations or the graph.")
    decision_id: strawberry.ID | None = strawberry.field(description=DECISION_ID)
    model_version: str = strawberry.field(description="The model version that answered.")
    changes_sequence: Sequence = strawberry.field(description="Every change up to this one is honoured.")


@strawberry.type(description="What to offer for one basket line that cannot be filled.")
class LineOffers:
    """An answer for one line."""

    sku: str = strawberry.field(description="The line's product.")
    problem: WithheldReason = strawberry.field(description="Why the line cannot be filled.")
    offers: list[Recommendation] = strawberry.field(description="What can be offered, best first; perhaps nothing.")
    withheld: list[Withheld] = strawberry.field(description="What would have been offered, and why it is not.")
    decision_id: strawberry.ID | None = strawberry.field(description=f"{DECISION_ID} All lines of an answer share it.")


For = Annotated[RecommendationsFor, strawberry.argument(name="for", description="Whom or what for.")]
Exclude = Annotated[list[str] | None, strawberry.argument(description="Skus that are not wanted.")]
FirstOffers = Annotated[int, strawberry.argument(description=f"How many, 0 to {MAX_OFFERS}.")]
Lines = Annotated[list[BasketLineInput], strawberry.argument(description=f"The basket, at most {MAX_LINES} lines.")]
AtStore = Annotated[str | None, strawberry.argument(description="The store to buy at; null means any.")]
Age = Annotated[int | None, strawberry.argument(description="The customer's age; null withholds age-bound products.")]


async def recommendations(info: Info, for_: RecommendationsFor, exclude: list[str], first: int) -> Recommendations:
    """The best products for a request."""
    context = info.context
    _bounded(len(for_.basket), "basket")
    request = Request(
        customer_id=for_.customer_id,
        basket=tuple(for_.basket),
        anchor=for_.product,
        store_id=for_.store_id,
        exclude=tuple(exclude),
        customer_age=for_.customer_age,
        price_ceiling=None if for_.price_ceiling is None else _number(for_.price_ceiling, "priceCeiling"),
    )
    size = page_size(first, most=MAX_OFFERS)
    moment, now = context.moment, context.clock()
    decision = await context.advisor.recommend(request, first=size, moment=moment)
    # Kept while the graph is asked for names: an answer waits for the longer of both.
    kept = context.keep(
        partial(entries.recommendation, request, first=size, decision=decision, moment=moment, decided_at=now)
    )
    return await _answer(decision, context, for_.store_id, kept)


async def offers_for_lines(
    info: Info, lines: list[BasketLineInput], store_id: str | None, first: int, customer_age: int | None
) -> list[LineOffers]:
    """What to offer for each line that cannot be filled."""
    context = info.context
    _bounded(len(lines), "basketLines")
    asked: dict[str, Any] = {
        "first": page_size(first, most=MAX_OFFERS),
        "moment": context.moment,
        "store_id": store_id,
        "customer_age": customer_age,
    }
    basket = [_line(line) for line in lines]
    answers = substitutes_for(basket, **asked)
    kept = context.keep(partial(entries.substitution, basket, answers=answers, decided_at=context.clock(), **asked))
    # All products of all lines at once: one read, however many lines.
    cards = await _cards(answers, context)
    decision_id = _id(await kept)
    return [_line_offers(answer, cards, store_id, decision_id) for answer in answers]


async def _answer(
    decision: Decision, context: Context, store_id: str | None, kept: Awaitable[str | None]
) -> Recommendations:
    cards = await _cards([decision], context)
    return Recommendations(
        products=_offers(decision.offers, cards, store_id),
        withheld=_withheld(decision.withheld, cards),
        is_fallback=decision.is_fallback,
        decision_id=_id(await kept),
        model_version=decision.model_version,
        changes_sequence=Sequence(decision.changes_sequence),
    )


async def _cards(answers: Iterable[Decision | LineSubstitutes], context: Context) -> Cards:
    """The cards of all products of these answers, by sku."""
    skus: list[str] = [each.sku for answer in answers for each in chain[Any](answer.offers, answer.withheld)]
    return dict(zip(skus, await context.products.load_many(skus), strict=True))


def _id(decision_id: str | None) -> strawberry.ID | None:
    return None if decision_id is None else strawberry.ID(decision_id)


def _line_offers(
    answer: LineSubstitutes, cards: Cards, store_id: str | None, decision_id: strawberry.ID | None
) -> LineOffers:
    return LineOffers(
        sku=answer.line.sku,
        problem=answer.problem,
        offers=_offers(answer.offers, cards, store_id),
        withheld=_withheld(answer.withheld, cards),
        decision_id=decision_id,
    )


def _offers(offers: tuple[Offer, ...], cards: Cards, store_id: str | None) -> list[Recommendation]:
    return [
        Recommendation(
            offer=offer,
            store_id=store_id,
            product=Product.of(card),
            score=offer.score,
            reason=offer.reason,
            source=offer.source,
            relation=offer.relation,
            because_of=offer.because_of,
            probability=offer.probability,
            availability=offer.availability,
        )
        for offer in offers
        if (card := cards[offer.sku]) is not None
    ]


def _withheld(withheld: tuple[WithheldProduct, ...], cards: Cards) -> list[Withheld]:
    return [
        Withheld(product=Product.of(card), reason=item.reason)
        for item in withheld
        if (card := cards[item.sku]) is not None
    ]


def _edge_of(offer: Offer, context: Context, store_id: str | None) -> Related | None:
    if offer.because_of is None or offer.relation is None:
        return None
    edges = related(offer.because_of, offer.relation, moment=context.moment, store_id=store_id)
    return next((edge for edge in edges if edge.sku == offer.sku), None)


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
