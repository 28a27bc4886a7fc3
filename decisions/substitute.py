"""Substitute: what to offer for each line of a basket that cannot be filled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from decisions.eligibility import Eligibility, Page
from decisions.facts_now import FactsNow
from decisions.moment import Moment
from decisions.packs import amount, is_alike
from decisions.proposal import Proposal
from decisions.relations import ordered, rejected_rows
from schema.decisions import Availability, Offer, Request, Withheld, WithheldReason
from schema.edges import RelationName
from schema.embeddings import top_k

SUBSTITUTES: RelationName = "SUBSTITUTES_FOR"
SPARE = 32


@dataclass(frozen=True)
class BasketLine:
    """One line of a basket.

    Attributes:
        units: how many are wanted; above 0.
        price_ceiling: money a substitute may cost at most; None means the line's own price and the policy's tolerance.
    """

    sku: str
    units: float = 1.0
    price_ceiling: float | None = None


@dataclass(frozen=True)
class LineSubstitutes:
    """What can be offered for one line that cannot be filled.

    Attributes:
        problem: why it cannot be filled.
    """

    line: BasketLine
    problem: WithheldReason
    offers: tuple[Offer, ...]
    withheld: tuple[Withheld, ...]


def substitutes_for(
    lines: Sequence[BasketLine],
    *,
    first: int,
    moment: Moment,
    store_id: str | None = None,
    customer_age: int | None = None,
) -> list[LineSubstitutes]:
    """At most `first` substitutes for each line that cannot be filled, in the order of the lines.

    Nothing out of stock, dearer than the ceiling, of another pack size, in the basket or twice in one line's answer is
    offered; lines that can be filled, and lines that the shop does not know, are absent.

    Raises:
        NotFound: if the shop has no such store.
        NotTrained: if no model was published yet.
    """
    moment.known_store(store_id)
    basket = tuple(line.sku for line in lines)
    answers = []
    for line in lines:
        request = Request(basket=basket, anchor=line.sku, store_id=store_id, customer_age=customer_age)
        problem = why_unfilled(line, moment=moment, store_id=store_id)
        if problem is not None:
            answers.append(_substitutes(line, problem, request, first, moment))
    return answers


def why_unfilled(line: BasketLine, *, moment: Moment, store_id: str | None) -> WithheldReason | None:
    """Why a line cannot be filled; None if it can, may be (nobody counted its stock), or the shop does not know it."""
    row = moment.facts.base.product_rows.get(line.sku)
    if row is None:
        return None
    request = Request(store_id=store_id, customer_age=200)
    eligibility = Eligibility(moment, request, least_units=line.units)
    (reason,), _ = eligibility.reasons(np.array([row], np.int64))
    return reason


def _substitutes(
    line: BasketLine, problem: WithheldReason, request: Request, first: int, moment: Moment
) -> LineSubstitutes:
    request = replace(request, price_ceiling=_ceiling(line, request.store_id, moment))
    rejected = rejected_rows([line.sku], SUBSTITUTES, moment=moment, store_id=request.store_id)
    eligibility = Eligibility(moment, request, rejected, least_units=line.units)
    proposals = chain(_related(line.sku, moment, request.store_id), _near(line.sku, moment, eligibility, first))
    other_packs: list[Withheld] = []
    alike = _of_like_packs(proposals, line.sku, moment, other_packs)
    page = eligibility.page(alike, first)
    withheld = (*page.withheld, *other_packs)
    return LineSubstitutes(line, problem, _offers(page, line.sku, moment.facts), withheld)


def _ceiling(line: BasketLine, store_id: str | None, moment: Moment) -> float | None:
    if line.price_ceiling is not None:
        return line.price_ceiling
    price = float(moment.facts.price(np.array([moment.row_of(line.sku)]), store_id=store_id, on=moment.on)[0])
    return None if np.isnan(price) else price * (1.0 + moment.policy.price_tolerance)


def _related(sku: str, moment: Moment, store_id: str | None) -> Iterator[Proposal]:
    """Pinned ones and the model's, in the order that counts; a pinned one keeps the score of its place."""
    entries = ordered(sku, SUBSTITUTES, moment=moment, store_id=store_id, keeps_rejected=True)
    probability = moment.trained().candidates(SUBSTITUTES, moment.row_of(sku)).probability.tolist()
    for place, (row, in_model, verdict) in enumerate(entries):
        source = "pinned" if verdict is not None and verdict.verdict == "pinned" else "relation"
        chance = None if in_model is None else probability[in_model]
        yield Proposal(row, 2.0 + 1.0 / (1.0 + place), source, probability=chance)


def _near(sku: str, moment: Moment, eligibility: Eligibility, first: int) -> Iterator[Proposal]:
    """Products of the same category whose vectors answer the anchor's best, where the relation's list is short."""
    model, row = moment.trained(), moment.row_of(sku)
    shelf = model.categories.get(moment.facts.base.category_ids[row], np.empty(0, np.int64))
    scores = model.spaces["substitute_candidate"][shelf] @ model.spaces["substitute_anchor"][row]
    places, values = top_k(scores, first + SPARE, allowed=eligibility.mask[shelf])
    for other, value in zip(shelf[places].tolist(), values.tolist(), strict=True):
        if value > 0:
            yield Proposal(other, 1.0 + value / (1.0 + value), "relation")


def _of_like_packs(
    proposals: Iterator[Proposal], sku: str, moment: Moment, other_packs: list[Withheld]
) -> Iterator[Proposal]:
    base, row = moment.facts.base, moment.row_of(sku)
    own = amount(float(base.sizes[row]), base.size_units[row])
    for proposal in proposals:
        pack = amount(float(base.sizes[proposal.row]), base.size_units[proposal.row])
        if is_alike(own, pack, moment.policy.pack_tolerance):
            yield proposal
        elif all(known.sku != base.skus[proposal.row] for known in other_packs):
            other_packs.append(Withheld(base.skus[proposal.row], WithheldReason.PACK_TOO_DIFFERENT))


def _offers(page: Page, sku: str, facts: FactsNow) -> tuple[Offer, ...]:
    name = facts.base.names[facts.base.product_rows[sku]]
    return tuple(_offer(proposal, availability, sku, name, facts) for proposal, availability in page.offered)


def _offer(proposal: Proposal, availability: Availability, sku: str, name: str, facts: FactsNow) -> Offer:
    pinned = proposal.source == "pinned"
    return Offer(
        sku=facts.base.skus[proposal.row],
        score=proposal.score,
        source=proposal.source,
        reason=f"Chosen by a person in place of {name}." if pinned else f"Can stand in for {name}.",
        availability=availability,
        relation=SUBSTITUTES,
        because_of=sku,
        probability=proposal.probability,
    )
