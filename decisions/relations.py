"""What the learnt relations say of one product, with people's verdicts laid over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, NamedTuple

import numpy as np

from decisions.eligibility import NONE, Eligibility
from decisions.model_index import Candidates
from decisions.moment import Moment
from schema.decisions import Availability, Request
from schema.edges import RelationName
from schema.relations import Verdict

Entry = tuple[int, int | None, Verdict | None]
"""A candidate's product row, its place in the model's list (None: not in it), and the verdict that counts."""

CONTESTED_BASKETS = 3
"""Fewer common baskets beside switches are a chance meeting, not evidence of a complement."""


@dataclass(frozen=True)
class Related:
    """One edge candidate → anchor as it stands now.

    Attributes:
        rank: from 1, after verdicts were laid over the model's order.
        probability: None for a pair that a person pinned and the model never proposed; so all figures after it.
        transfer_share: None where it was not fitted.
        verdict: the word that counts for this pair; None if nobody judged it.
        model_rank: from 1, before anything was laid over the model's order.
    """

    sku: str
    other_sku: str
    relation: RelationName
    rank: int
    availability: Availability
    model_version: str
    is_calibrated: bool
    verdict: Verdict | None = None
    probability: float | None = None
    transfer_share: float | None = None
    num_baskets: int | None = None
    num_switches: int | None = None
    is_same_category: bool | None = None
    text_similarity: float | None = None
    model_rank: int | None = None

    @property
    def is_contested(self) -> bool:
        """Whether baskets and switches speak for different relations: the probabilities do not settle which."""
        return (self.num_baskets or 0) >= CONTESTED_BASKETS and bool(self.num_switches)


def ordered(
    anchor: str, relation: RelationName, *, moment: Moment, store_id: str | None, keeps_rejected: bool = False
) -> list[Entry]:
    """Candidates of an anchor in the order that counts.

    Pinned ones stand at their position, the others keep the model's order, those that a rule boosts first and those
    that it buries last. Rejected ones are gone, unless they are kept so that they can be named as withheld.
    """
    facts, row = moment.facts, moment.row_of(anchor)
    words = facts.verdicts.effective(relation, anchor, store_id=store_id, on=moment.on)
    lifts = facts.rules.lifts(store_id=store_id, on=moment.on)
    rows = moment.trained().candidates(relation, row).rows.tolist()
    if not words and lifts is None:
        return [(r, place, None) for place, r in enumerate(rows) if r != row]
    skus = facts.base.skus
    free: list[Entry] = [
        (r, place, word)
        for place, r in enumerate(rows)
        if r != row and ((word := words.get(skus[r])) is None or _is_free(word, keeps_rejected))
    ]
    if lifts is not None:
        free.sort(key=lambda entry: -int(lifts[entry[0]]))
    places = {candidate: place for place, candidate in enumerate(rows)} if words else {}
    pinned = [(word.position or 0, word) for word in words.values() if word.verdict == "pinned"]
    for position, word in sorted(pinned, key=_pin_order):
        pin_row = facts.base.product_rows.get(word.sku if word.sku != anchor else word.other_sku)
        if pin_row is not None:
            at = position - 1 if position else _natural_place(free, places.get(pin_row))
            free.insert(min(at, len(free)), (pin_row, places.get(pin_row), word))
    return free


def rejected_rows(
    anchors: list[str], relation: RelationName, *, moment: Moment, store_id: str | None
) -> frozenset[int]:
    """Rows of products that a person rejected for any of these anchors."""
    rows, verdicts = moment.facts.base.product_rows, moment.facts.verdicts
    return frozenset(
        rows[candidate]
        for anchor in anchors
        for candidate, word in verdicts.effective(relation, anchor, store_id=store_id, on=moment.on).items()
        if word.verdict == "rejected" and candidate in rows
    )


class Standing(NamedTuple):
    """A candidate as it stands in its anchor's list, its figures not looked up yet: most are counted and not shown."""

    row: int
    sku: str
    rank: int
    place: int | None
    verdict: Verdict | None


def standing(
    anchor: str, relation: RelationName, *, moment: Moment, store_id: str | None = None, in_stock_only: bool = False
) -> list[Standing]:
    """Every candidate of an anchor that is in the range now, best first.

    Args:
        store_id: only what this store ranges, and its stock; None means any store.
        in_stock_only: leave out what is OUT or UNKNOWN.

    Raises:
        NotFound: if the shop has no such product or store.
    """
    facts = moment.facts
    entries = ordered(anchor, relation, moment=moment, store_id=moment.known_store(store_id))
    if not entries:
        return []
    # No age is asked for on a catalogue page: who may buy it is settled when it is offered or sold.
    eligibility = Eligibility(moment, Request(anchor=anchor, store_id=store_id, customer_age=200))
    rows = np.array([row for row, _, _ in entries], np.int64)
    is_shown = eligibility.codes_at(rows) == NONE
    if in_stock_only:
        is_shown &= facts.units(rows, store_id=store_id) > 0
    skus = facts.base.skus
    return [
        Standing(row, skus[row], rank, place, verdict)
        for rank, ((row, place, verdict), shown) in enumerate(zip(entries, is_shown.tolist(), strict=True), 1)
        if shown
    ]


def edges_of(
    anchor: str, relation: RelationName, found: Sequence[Standing], *, moment: Moment, store_id: str | None = None
) -> list[Related]:
    """The candidates with what the model says of each, and whether they can be had at the store."""
    model, rows = moment.trained(), np.array([one.row for one in found], np.int64)
    table = model.candidates(relation, moment.row_of(anchor))
    available = moment.facts.availability(rows, store_id=store_id)
    return [
        Related(
            one.sku,
            anchor,
            relation,
            one.rank,
            availability,
            model.model_version,
            model.is_calibrated,
            one.verdict,
            **_figures(table, one.place),
        )
        for one, availability in zip(found, available, strict=True)
    ]


def related(
    anchor: str,
    relation: RelationName,
    *,
    moment: Moment,
    store_id: str | None = None,
    in_stock_only: bool = False,
) -> list[Related]:
    """`standing` and `edges_of` in one."""
    found = standing(anchor, relation, moment=moment, store_id=store_id, in_stock_only=in_stock_only)
    return edges_of(anchor, relation, found, moment=moment, store_id=store_id)


def _pin_order(pin: tuple[int, Verdict]) -> tuple[bool, int, float, str, str]:
    # Of two pins to one place the newest is inserted last and so stands first, whichever product was judged first.
    position, word = pin
    return position == 0, position, word.judged_at.timestamp(), word.sku, word.other_sku


def _is_free(word: Verdict, keeps_rejected: bool) -> bool:
    return word.verdict == "confirmed" or (keeps_rejected and word.verdict == "rejected")


def _natural_place(entries: list[Entry], place: int | None) -> int:
    if place is None:
        return 0
    return sum(1 for _, other, _ in entries if other is not None and other < place)


def _figures(table: Candidates, place: int | None) -> dict[str, Any]:
    if place is None:
        return {}
    values = {name: _value(float(column[place])) for name, column in table.columns.items()}
    return {
        **values,
        "model_rank": place + 1,
        "num_baskets": _whole(values["num_baskets"]),
        "num_switches": _whole(values["num_switches"]),
        "is_same_category": None if values["is_same_category"] is None else bool(values["is_same_category"]),
    }


def _value(number: float) -> float | None:
    return None if isnan(number) else number


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)
