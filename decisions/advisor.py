"""Advisor: the decisions wired to live facts, one model version and the graph's ports."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from decisions import explain as explaining
from decisions import recommend as recommending
from decisions.facts_now import FactsNow
from decisions.live import LiveFacts
from decisions.model_index import ModelIndex
from decisions.moment import Moment, Policy
from decisions.ports import CustomerHistory, EvidencePaths, OpenRanker, Today, no_ranker
from decisions.relations import Related
from schema.artefact import Artefact
from schema.decisions import Bought, Decision, Explanation, Request
from schema.errors import Unavailable
from schema.facts import ShopFacts


class Advisor:
    """Answers by the newest facts and the model served; safe to share between threads.

    Args:
        live: facts kept up with the journal.
        artefact: the model version to serve; None answers NotTrained where one is needed.
        history: what customers buy.
        paths: how products hang together.
        today: the day on which launches, delistings and verdicts' windows are judged.
        open_ranker: the order of products that an artefact holds; None where it holds none.
    """

    def __init__(
        self,
        *,
        live: LiveFacts,
        artefact: Artefact | None,
        history: CustomerHistory,
        paths: EvidencePaths,
        today: Today,
        policy: Policy = Policy(),  # noqa: B008 (immutable)
        open_ranker: OpenRanker = no_ranker,
    ) -> None:
        self._live, self._artefact = live, artefact
        self._history, self._paths, self._today, self._policy = history, paths, today, policy
        self._open_ranker = open_ranker
        self._lock = threading.Lock()
        self._index: ModelIndex | None = None
        self._indexed: tuple[Artefact | None, ShopFacts | None] = (None, None)
        self._refreshed_at = time.monotonic()
        self._moment = Moment(live.now(), None, today(), policy)
        self._moment = self._look(live.now())

    @property
    def model_version(self) -> str | None:
        """The version served; None before the first."""
        return None if self._artefact is None else self._artefact.model_version

    @property
    def stale_seconds(self) -> float:
        """For how long the journal may have taken what the moment does not hold: since a look at it last began."""
        return time.monotonic() - self._refreshed_at

    def moment(self) -> Moment:
        """Facts and model as last refreshed; hold on to it for the whole of a request."""
        return self._moment

    def refresh(self) -> Moment:
        """The moment after everything the journal has acknowledged; blocks on the journal.

        Raises:
            Unavailable: if journal or lake do not answer; what stood before stands on.
        """
        began = time.monotonic()
        facts = self._live.refresh()
        with self._lock:
            self._refreshed_at = max(began, self._refreshed_at)
            self._moment = self._look(facts)
            return self._moment

    def serve(self, artefact: Artefact) -> None:
        """Answer by another model version from the next request on."""
        with self._lock:
            self._artefact = artefact
            self._moment = self._look(self._live.now())

    async def recommend(self, request: Request, *, first: int, moment: Moment) -> Decision:
        """The best products for a request; without the graph a customer is answered as a new one, marked fallback."""
        history, is_lost = await self._bought(request.customer_id, moment)
        decision = recommending.recommend(
            request,
            first=first,
            moment=moment,
            history=history,
        )
        is_fallback = decision.is_fallback or is_lost
        return replace(decision, history=tuple(history), is_history_lost=is_lost, is_fallback=is_fallback)

    async def explain(
        self, edges: Sequence[Related], *, names: Mapping[str, str], categories: Mapping[str, str]
    ) -> list[Explanation]:
        """Why each edge holds; one question to the graph for all of them.

        Args:
            names: of products by sku.
            categories: names of products' categories by sku.

        Raises:
            Unavailable: if the graph does not answer.
        """
        paths = await self._paths.between([(edge.other_sku, edge.sku) for edge in edges])
        return [
            explaining.explain(
                edge, paths.get((edge.other_sku, edge.sku), ()), names=names, category=categories.get(edge.other_sku)
            )
            for edge in edges
        ]

    async def _bought(self, customer_id: str | None, moment: Moment) -> tuple[Sequence[Bought], bool]:
        if customer_id is None:
            return (), False
        try:
            return await self._history.bought(customer_id, lake_version=moment.facts.base.lake_version), False
        except Unavailable:
            return (), True

    def _look(self, facts: FactsNow) -> Moment:
        wanted = (self._artefact, facts.base)
        if wanted[0] is not self._indexed[0] or wanted[1] is not self._indexed[1]:
            self._index = None if self._artefact is None else self._indexed_for(self._artefact, facts.base)
            self._indexed = wanted
        moment = Moment(facts, self._index, self._today(), self._policy)
        is_same = facts is self._moment.facts and moment.model is self._moment.model and moment.on == self._moment.on
        return self._moment if is_same else moment  # what it worked out is kept

    def _indexed_for(self, artefact: Artefact, base: ShopFacts) -> ModelIndex:
        return ModelIndex.of(artefact, base, ranker=self._open_ranker(artefact))
