"""Decisions in the contract: recommendations and substitutes, each with its reason and with what was withheld."""

from collections.abc import Awaitable, Iterable, Mapping
from functools import partial
from itertools import chain
from typing import Any

import strawberry

from api.context import Context, Info
from api.offer_inputs import MAX_OFFERS, BasketLineInput, RecommendationsFor, basket_of, request_of
from api.pages import page_size
from api.products import Product
from api.relations import Explanation
from api.scalars import Sequence
from decisions import entries
from decisions.relations import Related, related
from decisions.substitute import LineSubstitutes, substitutes_for
from schema import catalogue
from schema.decisions import Availability, Decision, Offer, WithheldReason
from schema.decisions import Withheld as WithheldProduct

Cards = Mapping[str, catalogue.Product | None]
DECISION_ID = "The ledger's id of this decision, for `decision` and `recordOutcome`; null if it could not be kept."
strawberry.enum(WithheldReason, description="Why a product that would have made the page is not on it.")


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


async def recommendations(info: Info, for_: RecommendationsFor, exclude: list[str], first: int) -> Recommendations:
    """The best products for a request."""
    context = info.context
    request = request_of(for_, exclude)
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
    asked: dict[str, Any] = {
        "first": page_size(first, most=MAX_OFFERS),
        "moment": context.moment,
        "store_id": store_id,
        "customer_age": customer_age,
    }
    basket = basket_of(lines)
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
