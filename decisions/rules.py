"""RuleBook: merchandisers' rules over one lake version's products, and the order they ask for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.proposal import Proposal
from schema.changes import RecordedChange, RuleSet, RuleWithdrawn
from schema.facts import Rows, ShopFacts
from schema.rules import Rule, RuleAction, Subject, SubjectKind

Lifts = npt.NDArray[np.int8]
LIFTS: Final = {RuleAction.BURY: -1, RuleAction.BOOST: 1}
MOST_KEPT: Final = 256
"""Stores and days whose lifts are kept: callers may ask for any day."""
WINDOW: Final = 64
"""Boosted products rise among the first so many beyond the page; what fits worse is not dragged up."""


@dataclass(frozen=True)
class RuleBook:
    """The rules that were not withdrawn.

    Attributes:
        rules: by number, ascending.
        withdrawn: numbers of those that were.
    """

    base: ShopFacts
    rules: Mapping[int, Rule] = field(default_factory=dict)
    withdrawn: frozenset[int] = frozenset()
    _lifts: dict[tuple[str | None, date], Lifts | None] = field(default_factory=dict, compare=False, repr=False)

    def with_changes(self, changes: Iterable[RecordedChange]) -> "RuleBook":
        """The book with rules set and withdrawn; this one where there are none."""
        rules, withdrawn = dict(self.rules), set(self.withdrawn)
        for recorded in changes:
            if isinstance(recorded.change, RuleSet):
                rules[recorded.sequence] = recorded.change.rule
            elif isinstance(recorded.change, RuleWithdrawn) and recorded.change.rule_number in rules:
                withdrawn.add(recorded.change.rule_number)
                del rules[recorded.change.rule_number]
        is_same = rules == self.rules and withdrawn == self.withdrawn
        return self if is_same else RuleBook(self.base, rules, frozenset(withdrawn))

    def lifts(self, *, store_id: str | None, on: date) -> Lifts | None:
        """`[num_products]` 1 where boosted, -1 where buried, else 0; None where no such rule is in force.

        Of several rules on one product the most specific counts: one store before every store, the product itself
        before its category, brand or supplier; of those alike the newest.
        """
        key = (store_id, on)
        if key not in self._lifts:
            if len(self._lifts) == MOST_KEPT:
                self._lifts.clear()
            self._lifts[key] = self._lifted(store_id, on)
        return self._lifts[key]

    def kept_apart(self, rows: Iterable[int], *, store_id: str | None, on: date) -> Rows:
        """Rows of products that are never to be offered together with any of these."""
        found = [np.empty(0, np.int64)]
        if not self.rules:
            return found[0]
        own = np.array(sorted(set(rows)), np.int64)
        for _, rule in self.in_force(store_id=store_id, on=on):
            if rule.other is not None:
                one, other = members(self.base, rule.subject), members(self.base, rule.other)
                found += [there for here, there in ((one, other), (other, one)) if np.isin(own, here).any()]
        return np.setdiff1d(np.concatenate(found), own)

    def in_force(self, *, store_id: str | None, on: date) -> list[tuple[int, Rule]]:
        """Numbers and rules that hold at a store (None: at every store) on a day, ascending."""
        return [(number, rule) for number, rule in self.rules.items() if rule.holds(store_id=store_id, on=on)]

    def _lifted(self, store_id: str | None, on: date) -> Lifts | None:
        standing = [(number, rule) for number, rule in self.in_force(store_id=store_id, on=on) if rule.action in LIFTS]
        if not standing:
            return None
        lifts = np.zeros(len(self.base.skus), np.int8)
        for _, rule in sorted(standing, key=_weight):
            lifts[members(self.base, rule.subject)] = LIFTS[rule.action]
        return lifts


def members(base: ShopFacts, subject: Subject) -> Rows:
    """Rows of the products a rule speaks of, ascending; none for a key the shop does not know."""
    if subject.kind is SubjectKind.PRODUCT:
        return np.array([base.product_rows[subject.key]] if is_known(base, subject) else [], np.int64)
    return _groups(base)[subject.kind].get(subject.key, np.empty(0, np.int64))


def is_known(base: ShopFacts, subject: Subject) -> bool:
    """Whether the shop has such a product, category, brand or supplier."""
    keys = base.product_rows if subject.kind is SubjectKind.PRODUCT else _groups(base)[subject.kind]
    return subject.key in keys


def ruled(proposals: Iterable[Proposal], lifts: Lifts | None, *, first: int) -> Iterator[Proposal]:
    """The proposals in the order that the rules ask for, scores still falling.

    Boosted ones come before all others among the first `first` and WINDOW more, buried ones after everything; pinned
    ones keep their place. A product that moved takes the score of the place where it stands now.
    """
    return iter(proposals) if lifts is None else _lifted(iter(proposals), lifts, first)


def _lifted(rest: Iterator[Proposal], lifts: Lifts, first: int) -> Iterator[Proposal]:
    head = list(islice(rest, first + WINDOW))
    scores = sorted((proposal.score for proposal in head), reverse=True)
    free = [proposal for proposal in head if proposal.source != "pinned"]
    buried = [proposal for proposal in free if lifts[proposal.row] < 0]
    order = sorted((p for p in free if lifts[p.row] >= 0), key=lambda p: -int(lifts[p.row]))
    for place, proposal in enumerate(head):
        if proposal.source == "pinned":
            order.insert(min(place, len(order)), proposal)
    yield from (proposal.scored(score) for proposal, score in zip(order, scores, strict=False))
    floor = scores[-1] if scores else 0.0
    for proposal in rest:
        if lifts[proposal.row] < 0:
            buried.append(proposal)
        else:
            floor = min(floor, proposal.score)
            yield proposal
    yield from (proposal.scored(min(floor, proposal.score)) for proposal in buried)


def _groups(base: ShopFacts) -> Mapping[SubjectKind, Mapping[str, Rows]]:
    return {
        SubjectKind.CATEGORY: base.categories,
        SubjectKind.BRAND: base.brand_rows,
        SubjectKind.SUPPLIER: base.suppliers,
    }


def _weight(numbered: tuple[int, Rule]) -> tuple[bool, bool, int]:
    number, rule = numbered
    return rule.store_id is not None, rule.subject.kind is SubjectKind.PRODUCT, number
