"""Recommend: what to offer beside a product or a basket, or to a customer."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from decisions.eligibility import NONE, Eligibility, Page
from decisions.facts_now import FactsNow
from decisions.model_index import ModelIndex
from decisions.moment import Moment
from decisions.proposal import Proposal
from decisions.relations import ordered, rejected_rows
from schema.decisions import Availability, Bought, Decision, Offer, Request
from schema.edges import RelationName
from schema.embeddings import Vectors, top_k
from schema.facts import Flags, Rows

COMPLEMENTS: RelationName = "COMPLEMENTS"
HISTORY_WEIGHT = 0.5
"""How much an edge from something bought before counts beside one from the basket."""
SPARE = 32
Scored = tuple[int, float, str, int | None, float | None, float]
"""A proposal whose score counts within its tier alone, as long as none is made of it."""


def recommend(
    request: Request,
    *,
    first: int,
    moment: Moment,
    history: Sequence[Bought] = (),
) -> Decision:
    """The best `first` products for a request; fewer, or none, where no more may be offered.

    Pinned ones come first, then what the model version's order puts first for the basket or product. Where it has
    none, and after it: what goes with the basket or product, what the customer buys again, near vectors where the
    version has no such order (which weighs them), and what is popular; for a customer with nothing in hand, what is
    bought again comes before what goes with it. Rules then boost and bury (`rules.ruled`).

    Args:
        first: at least 0.
        history: what the customer buys, strongest first.

    Raises:
        NotFound: if the shop has no such product (`request.anchor`) or store.
        NotTrained: if no model was published yet.
    """
    facts, model, store_id = moment.facts, moment.trained(), moment.known_store(request.store_id)
    anchors = _anchors(request, moment)
    asked = anchors or [bought.sku for bought in history if bought.sku in facts.base.product_rows]
    rejected = rejected_rows(asked, COMPLEMENTS, moment=moment, store_id=store_id)
    eligibility = Eligibility(moment, request, rejected)
    pins, edges = _related(asked, moment, store_id)
    again = _repeats(history, facts)
    rows = np.array([facts.base.product_rows[sku] for sku in asked], np.int64)
    tiers: tuple[Iterable[Scored], ...]
    if anchors:
        tiers = (pins, _best(rows, history, edges, again, moment, eligibility, first), edges.falling(1.0), again)
    else:
        tiers = (pins, again, edges.falling(HISTORY_WEIGHT))
    near = _near(rows, model, eligibility, first) if model.ranker is None else ()
    proposals = chain(_stacked(tiers), near, _popular(model, eligibility, first))
    return _decision(eligibility.page(proposals, first), facts, model)


def _anchors(request: Request, moment: Moment) -> list[str]:
    """Skus to start from, the product asked for first; lines of a basket that the shop does not know are passed by."""
    rows = moment.facts.base.product_rows
    named = [] if request.anchor is None else [moment.facts.base.skus[moment.row_of(request.anchor)]]
    lines = [sku for sku in request.basket[-moment.policy.anchors :] if sku in rows]
    return list(dict.fromkeys([*named, *lines]))


class _Edges(NamedTuple):
    """What the model says goes with some anchors; most of it is never asked for.

    Attributes:
        strongest: by candidate, the chance of the likeliest edge (0 without one), its anchor, that chance once more or
            None, and in how many baskets both were.
        misses: by candidate, the chance that none of its edges is right.
    """

    strongest: dict[int, tuple[float, int, float | None, float]]
    misses: dict[int, float]

    def scored(self, row: int, score: float) -> Scored:
        """A candidate by its strongest edge, with a score."""
        _, because_of, chance, together = self.strongest[row]
        return row, score, "relation", because_of, chance, together

    def falling(self, weight: float) -> Iterator[Scored]:
        """All of them by the chance that at least one edge is right, that times a weight for a score."""
        chances = [(-(1.0 - miss), row) for row, miss in self.misses.items()]
        for chance, row in sorted(chances):
            yield self.scored(row, -chance * weight)


def _related(anchors: list[str], moment: Moment, store_id: str | None) -> tuple[list[Proposal], _Edges]:
    """Pinned candidates of the anchors, and the others."""
    model, rows = moment.trained(), moment.facts.base.product_rows
    pins: list[Proposal] = []
    edges = _Edges({}, {})
    strongest, misses = edges
    for anchor in anchors:
        because_of = rows[anchor]
        table = model.candidates(COMPLEMENTS, because_of)
        probability, baskets = table.probability.tolist(), table.columns["num_baskets"].tolist()
        for row, place, verdict in ordered(anchor, COMPLEMENTS, moment=moment, store_id=store_id, keeps_rejected=True):
            chance, together = (None, 0.0) if place is None else (probability[place], baskets[place])
            if verdict is not None and verdict.verdict == "pinned":
                pins.append(Proposal(row, 1.0 / (verdict.position or 99), "pinned", because_of, chance, together))
                continue
            score = chance or 0.0
            if row not in misses:
                misses[row] = 1.0 - score
                strongest[row] = score, because_of, chance, together
                continue
            misses[row] *= 1.0 - score
            if score > strongest[row][0]:
                strongest[row] = score, because_of, chance, together
    return _falling(pins), edges


def _best(
    anchors: Rows,
    history: Sequence[Bought],
    edges: _Edges,
    again: Sequence[Proposal],
    moment: Moment,
    eligibility: Eligibility,
    first: int,
) -> Iterator[Scored]:
    """What the learnt order puts first for the anchors, each with the reason that is known for it, if one is."""
    facts, ranker = moment.facts, moment.trained().ranker
    rows = facts.base.product_rows
    bought = [(rows[one.sku], one) for one in history if one.sku in rows]
    found = None if ranker is None else ranker.ranked(anchors.tolist(), bought)
    if found is None:
        return
    bought_again = {proposal.row: proposal for proposal in again}
    top, may = max(float(found.scores.max(initial=0.0)), 1e-9), eligibility.codes_at(found.rows) == NONE
    order, num_free, num_masked = np.lexsort((found.rows, -found.scores)), 0, 0
    # As Python's own numbers at once: one by one out of arrays they cost more than what is done with them.
    columns = (column[order].tolist() for column in (found.rows, found.callers, found.scores, may))
    for row, caller, value, is_free in zip(*columns, strict=True):
        num_free, num_masked = num_free + is_free, num_masked + (not is_free)
        if not is_free and num_masked > SPARE:
            continue
        score = value / top
        if row in edges.strongest:
            yield edges.scored(row, score)
        elif row in bought_again:
            yield bought_again[row].scored(score)
        elif caller >= 0:
            yield row, score, "relation", caller, None, 0.0
        else:
            yield row, score, "popular", None, None, 0.0
        if num_free == first + SPARE:
            return


def _repeats(history: Sequence[Bought], facts: FactsNow) -> list[Proposal]:
    most = max((bought.strength for bought in history), default=0.0)
    known = [bought for bought in history if bought.sku in facts.base.product_rows]
    scores = [bought.strength / most if most > 0 else 0.0 for bought in known]
    rows = [facts.base.product_rows[bought.sku] for bought in known]
    return _falling([Proposal(row, score, "repeat") for row, score in zip(rows, scores, strict=True)])


def _stacked(tiers: Sequence[Iterable[Scored]]) -> Iterator[Proposal]:
    """The tiers one after the other, scores falling throughout: a tier's number and the score within it."""
    for floor, tier in zip(range(len(tiers) + 1, 1, -1), tiers, strict=True):
        for row, score, source, because_of, probability, num_baskets in tier:
            yield Proposal(row, floor + score, source, because_of, probability, num_baskets)


def _near(anchors: Rows, model: ModelIndex, eligibility: Eligibility, first: int) -> Iterator[Proposal]:
    """Products whose vectors answer the anchors' best: for anchors with few edges, or new products."""
    keys, queries = model.spaces["complement_candidate"], model.spaces["complement_anchor"]
    if not len(anchors):
        return
    scores = keys @ queries[anchors].sum(axis=0)
    for row in _head(scores, eligibility.mask, first + SPARE).tolist():
        value, nearest = float(scores[row]), int(anchors[np.argmax(queries[anchors] @ keys[row])])
        yield Proposal(row, 1.0 + value / (1.0 + value), "relation", nearest)


def _head(scores: Vectors, may: Flags, count: int) -> Rows:
    """Rows of the best `count` positive scores of rows that may be offered, and some of the others among them."""
    free = np.flatnonzero(may & (scores > 0))
    best = free[top_k(scores[free], count)[0]]
    floor = scores[best[-1]] if len(best) == count else 0.0
    masked = np.flatnonzero(~may & (scores > floor))
    masked = masked[top_k(scores[masked], SPARE)[0]]
    rows = np.concatenate([best, masked])
    return rows[np.lexsort((rows, -scores[rows]))]


def _popular(model: ModelIndex, eligibility: Eligibility, first: int) -> Iterator[Proposal]:
    """What most people buy: the head as it is, so that what is withheld is told, then only what may be offered."""
    for start in range(0, len(model.popular), first + SPARE):
        part = slice(start, start + first + SPARE)
        rows, values = model.popular[part], model.popularity[part]
        if start:
            may = eligibility.mask[rows]
            rows, values = rows[may], values[may]
        for row, value in zip(rows.tolist(), values.tolist(), strict=True):
            yield Proposal(row, float(value), "popular")


def _decision(page: Page, facts: FactsNow, model: ModelIndex) -> Decision:
    offers = tuple(_offer(proposal, availability, facts) for proposal, availability in page.offered)
    learnt = any(offer.source in ("relation", "pinned") for offer in offers)
    return Decision(offers, tuple(page.withheld), model.model_version, facts.sequence, is_fallback=not learnt)


def _offer(proposal: Proposal, availability: Availability, facts: FactsNow) -> Offer:
    anchor = proposal.because_of
    return Offer(
        sku=facts.base.skus[proposal.row],
        score=proposal.score,
        source=proposal.source,
        reason=_reason(proposal, None if anchor is None else facts.base.names[anchor]),
        availability=availability,
        relation=None if anchor is None else COMPLEMENTS,
        because_of=None if anchor is None else facts.base.skus[anchor],
        probability=proposal.probability,
    )


def _reason(proposal: Proposal, anchor: str | None) -> str:
    if proposal.source == "repeat":
        return "Bought before."
    if proposal.source == "popular":
        return "Popular in this shop."
    if proposal.source == "pinned":
        return f"Chosen by a person to go with {anchor}."
    together = f"; bought together in {proposal.num_baskets:.0f} baskets" if proposal.num_baskets > 1 else ""
    return f"Goes with {anchor}{together}."


def _falling(proposals: list[Proposal]) -> list[Proposal]:
    return sorted(proposals, key=lambda proposal: (-proposal.score, proposal.row))
