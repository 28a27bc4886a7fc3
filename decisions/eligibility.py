"""Who may be offered at all, and why a product that would have made the page is not on it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.facts_now import FactsNow, availabilities, day_number
from decisions.moment import Moment
from decisions.proposal import Proposal
from decisions.rules import Lifts, ruled
from schema.decisions import Availability, Request, Withheld, WithheldReason
from schema.facts import Flags, Floats, Rows

REASONS: Final = tuple(WithheldReason)
NONE: Final = -1
SPARE: Final = 8
"""Proposals looked at beside twice a page: about as many are withheld as offered where a store ranges half of all."""


@dataclass(frozen=True)
class Page:
    """The best that may be offered, and what was passed over on the way to it."""

    offered: list[tuple[Proposal, Availability]]
    withheld: list[Withheld]


@dataclass(frozen=True)
class Eligibility:
    """One request's conditions at one moment.

    Attributes:
        rejected: product rows that a person rejected for what is asked.
        least_units: units a store must hold for a product to count as in stock; 0 means any above none.
    """

    moment: Moment
    request: Request
    rejected: frozenset[int] = frozenset()
    least_units: float = 0.0

    @property
    def facts(self) -> FactsNow:
        """The moment's facts."""
        return self.moment.facts

    @cached_property
    def codes(self) -> npt.NDArray[np.int8]:
        """`[num_products]` the place in REASONS of what masks a product before ranking; NONE where nothing does."""
        codes, base, age = self._standing.copy(), self.facts.base, self.request.customer_age
        bound = base.age_bound
        too_young = bound[(base.minimum_ages[bound] > (0 if age is None else age)) & (codes[bound] == NONE)]
        _mark(codes, too_young, WithheldReason.UNDER_AGE)
        codes[list(self._by_request)] = list(self._by_request.values())
        return codes

    def codes_at(self, rows: Rows) -> npt.NDArray[np.int8]:
        """`codes` of some products alone, found without those of all the others."""
        codes, base, age = self._standing[rows], self.facts.base, self.request.customer_age
        is_too_young = (base.minimum_ages[rows] > (0 if age is None else age)) & (codes == NONE)
        _mark(codes, is_too_young, WithheldReason.UNDER_AGE)
        hidden = self._by_request
        for place, row in enumerate(rows.tolist()):
            if row in hidden:
                codes[place] = hidden[row]
        return codes

    @cached_property
    def mask(self) -> Flags:
        """`[num_products]` True where nothing masks a product before ranking."""
        return self.codes == NONE

    @property
    def lifts(self) -> Lifts | None:
        """`[num_products]` what the rules in force boost or bury; None where there is none."""
        return self.facts.rules.lifts(store_id=self.request.store_id, on=self.moment.on)

    def reasons(self, rows: Rows) -> tuple[list[WithheldReason | None], list[Availability]]:
        """Why each product may not be offered (None: it may), stock and price looked at now, and its availability."""
        codes, ceiling = self.codes_at(rows), self.request.price_ceiling
        if ceiling is not None:
            prices = self.facts.price(rows, store_id=self.request.store_id, on=self.moment.on)
            _mark(codes, (codes == NONE) & (prices > ceiling), WithheldReason.ABOVE_PRICE_CEILING)
        units = self.facts.units(rows, store_id=self.request.store_id)
        _mark(codes, (codes == NONE) & self._is_short(units), WithheldReason.OUT_OF_STOCK)
        return [None if code == NONE else REASONS[code] for code in codes.tolist()], availabilities(units)

    def page(self, proposals: Iterable[Proposal], first: int) -> Page:
        """The first `first` that may be offered, in the order that the rules ask for and each product once.

        It reads no further than it must. Whatever is passed over before the page is full would have stood on it.
        """
        page = Page([], [])
        fresh = ruled(_once(proposals), self.lifts, first=first)
        while (wanted := first - len(page.offered)) > 0 and (chunk := list(islice(fresh, 2 * wanted + SPARE))):
            reasons, availability = self.reasons(np.array([proposal.row for proposal in chunk], np.int64))
            for proposal, reason, available in zip(chunk, reasons, availability, strict=True):
                if len(page.offered) == first:
                    break
                if reason is None:
                    page.offered.append((proposal, available))
                else:
                    page.withheld.append(Withheld(self.facts.base.skus[proposal.row], reason))
        return page

    @cached_property
    def _by_request(self) -> dict[int, int]:
        """Rows that the request masks, whatever the products are, and each one's place in REASONS."""
        masked: dict[int, int] = {}
        for rows, reason in (  # a later reason counts before an earlier
            (self.rejected, WithheldReason.REJECTED_BY_PERSON),
            (self._kept_apart.tolist(), WithheldReason.NEVER_TOGETHER),
            (self._rows(self.request.exclude), WithheldReason.EXCLUDED),
            (self._in_hand, WithheldReason.IN_BASKET),
        ):
            masked |= dict.fromkeys(rows, REASONS.index(reason))
        return masked

    @property
    def _standing(self) -> npt.NDArray[np.int8]:
        """As `codes`, but for what the request alone says."""
        kept, store_id = self.moment.standing, self.request.store_id
        if store_id not in kept:
            base, day = self.facts.base, day_number(self.moment.on)
            codes = np.full(len(base.skus), NONE, np.int8)
            _mark(codes, ~self._is_ranged, WithheldReason.NOT_RANGED)
            _mark(codes, base.launched_on > day, WithheldReason.NOT_LAUNCHED)
            _mark(codes, self.facts.delisted_on <= day, WithheldReason.DELISTED)
            kept[store_id] = codes
        return kept[store_id]

    @property
    def _in_hand(self) -> list[int]:
        return self._rows((*self.request.basket, self.request.anchor or ""))

    @property
    def _kept_apart(self) -> Rows:
        book = self.facts.rules
        return book.kept_apart(self._in_hand, store_id=self.request.store_id, on=self.moment.on)

    @property
    def _is_ranged(self) -> Flags:
        if self.request.store_id is None:
            return self.facts.is_ranged_anywhere
        return self.facts.base.is_ranged[self.facts.base.store_rows[self.request.store_id]]

    def _is_short(self, units: Floats) -> Flags:
        is_short = (units <= 0) | (units < self.least_units)
        return is_short if self.moment.policy.offers_unknown else is_short | np.isnan(units)

    def _rows(self, skus: Iterable[str]) -> list[int]:
        rows = self.facts.base.product_rows
        return [rows[sku] for sku in skus if sku in rows]


def _mark(codes: npt.NDArray[np.int8], where: Flags | Rows, reason: WithheldReason) -> None:
    codes[where] = REASONS.index(reason)


def _once(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    seen: set[int] = set()
    for proposal in proposals:
        if proposal.row not in seen:
            seen.add(proposal.row)
            yield proposal
