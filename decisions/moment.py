"""Moment: what one request sees from start to end."""

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from decisions.facts_now import FactsNow
from decisions.model_index import ModelIndex
from schema.errors import NotFound, NotTrained


@dataclass(frozen=True)
class Policy:
    """What a shop decides once for all requests.

    Attributes:
        offers_unknown: whether products whose stock nobody counted are offered (flagged UNKNOWN).
        price_tolerance: how much dearer a substitute may be than what it stands for, as a share.
        pack_tolerance: how many times larger or smaller its pack may be.
        anchors: how many of a basket's newest lines are looked at.
        arm: the name that the ledger keeps the policy under, where several are tried beside each other.
    """

    offers_unknown: bool = True
    price_tolerance: float = 0.25
    pack_tolerance: float = 1.6
    anchors: int = 50
    arm: str = "standing"


@dataclass(frozen=True)
class Moment:
    """Facts at one sequence number, one model version, one day and one policy.

    Attributes:
        model: None before the first version was published.
        on: the day on which launches, delistings and verdicts' windows are judged.
        standing: `[num_products]` by store what masks products whoever asks, once somebody asked (`eligibility`).
    """

    facts: FactsNow
    model: ModelIndex | None
    on: date
    policy: Policy = Policy()
    standing: dict[str | None, npt.NDArray[np.int8]] = field(default_factory=dict, compare=False, repr=False)

    def trained(self) -> ModelIndex:
        """The model.

        Raises:
            NotTrained: if none was published yet.
        """
        if self.model is None:
            raise NotTrained
        return self.model

    def on_day(self, day: date | None) -> "Moment":
        """This moment judged on another day: launches, delistings, rules and verdicts as of then; None: as it is."""
        return self if day in (None, self.on) else replace(self, on=day, standing={})

    def row_of(self, sku: str) -> int:
        """The row of a product.

        Raises:
            NotFound: if the shop has no such product.
        """
        if sku not in self.facts.base.product_rows:
            raise NotFound("product", sku)
        return self.facts.base.product_rows[sku]

    def known_store(self, store_id: str | None) -> str | None:
        """The store as given.

        Raises:
            NotFound: if the shop has no such store.
        """
        if store_id is not None and store_id not in self.facts.base.store_rows:
            raise NotFound("store", store_id)
        return store_id
