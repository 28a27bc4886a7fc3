"""Replay: a decision made again from its ledger entry, and where it differs."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final, Protocol

from decisions.canonical import canonical, sha256
from decisions.demand import demand_answer, expected_demand
from decisions.disruption import dependents_of, disrupted, disruption_answer
from decisions.entries import decision_answer, history_of, lines_answer, lines_of, read, request_of
from decisions.facts_now import FactsNow
from decisions.model_index import ModelIndex
from decisions.moment import Moment, Policy
from decisions.orders import order_proposals, orders_answer, policy_of, wish_of
from decisions.ports import OpenRanker, no_ranker
from decisions.recommend import recommend
from decisions.substitute import substitutes_for
from schema.artefact import Artefact
from schema.errors import BadInput, NotFound
from schema.grouping import Grain
from schema.ledger import ERASED, LedgerEntry, Replay

MOST_TOLD: Final = 20
Decide = Callable[[Mapping[str, Any], Moment], object]


class FactsAt(Protocol):
    """What reads the past."""

    def __call__(self, sequence: int, *, lake_version: int) -> FactsNow:
        """The facts as they stood on a load when the journal had come to a sequence number."""


OpenArtefact = Callable[[str], Artefact]
"""A model version as it was published."""


def _recommended(inputs: Mapping[str, Any], moment: Moment) -> object:
    decision = recommend(request_of(inputs), first=inputs["first"], moment=moment, history=history_of(inputs))
    return decision_answer(replace(decision, is_fallback=decision.is_fallback or inputs["is_history_lost"]))


def _substituted(inputs: Mapping[str, Any], moment: Moment) -> object:
    store_id, age = inputs["store_id"], inputs["customer_age"]
    lines = lines_of(inputs)
    return lines_answer(
        substitutes_for(lines, first=inputs["first"], moment=moment, store_id=store_id, customer_age=age)
    )


def _expected(inputs: Mapping[str, Any], moment: Moment) -> object:
    grain = Grain(inputs.get("grain", Grain.WEEK))
    return demand_answer(expected_demand(**{**inputs, "grain": grain}, moment=moment))


def _ordered(inputs: Mapping[str, Any], moment: Moment) -> object:
    wish, policy = wish_of(inputs["wish"]), policy_of(inputs["policy"])
    return orders_answer(order_proposals(wish, policy, first=inputs["first"], moment=moment))


def _disrupted(inputs: Mapping[str, Any], moment: Moment) -> object:
    asked = {name: inputs[name] for name in ("supplier_id", "delay_days", "first")}
    return disruption_answer(disrupted(dependents=dependents_of(inputs), moment=moment, **asked))


KINDS: Final[Mapping[str, Decide]] = {
    "recommendation": _recommended,
    "substitution": _substituted,
    "demand": _expected,
    "orders": _ordered,
    "disruption": _disrupted,
}
"""How each kind is decided from its inputs; a new kind of decision is replayed once it stands here."""


class Replayer:
    """Makes decisions again; keeps the last facts and model, so that neighbours in time are quick.

    Args:
        facts_at: reads the journal and the lake.
        open_artefact: reads the registry.
        open_ranker: the order of products that an artefact holds.
    """

    def __init__(self, facts_at: FactsAt, open_artefact: OpenArtefact, open_ranker: OpenRanker = no_ranker) -> None:
        self._facts_at, self._open_artefact, self._open_ranker = facts_at, open_artefact, open_ranker
        self._lock = threading.Lock()
        self._facts: FactsNow | None = None
        self._index: ModelIndex | None = None
        self._indexed: tuple[str, int] | None = None

    def replay(self, entry: LedgerEntry) -> Replay:
        """The decision made again from what the entry fixes.

        Raises:
            NotFound: if its model version or lake version is gone, or the customer whom it was for was erased.
            BadInput: if no kind of decision of this installation made it, or its answer is not the one hashed.
            Unavailable: if journal, lake or registry do not answer.
        """
        if entry.kind not in KINDS:
            raise BadInput(
                f"A decision of kind {entry.kind!r} cannot be made again here.", remedy="Upgrade this installation."
            )
        if entry.inputs == ERASED:
            raise NotFound(
                "request",
                f"of decision {entry.decision_id} any more: its customer was erased, what was asked and answered too",
                remedy="It cannot be made again.",
            )
        if sha256(entry.answer) != entry.answer_hash:
            raise BadInput(f"The answer kept of decision {entry.decision_id} is not the one that was hashed.")
        with self._lock:
            answer = canonical(KINDS[entry.kind](read(entry.inputs), self._moment(entry)))
        told = tuple(islice(_differences(read(entry.answer), read(answer), ""), MOST_TOLD))
        return Replay(answer == entry.answer, sha256(answer), told)

    def _moment(self, entry: LedgerEntry) -> Moment:
        wanted_facts = (entry.lake_version, entry.changes_sequence)
        if self._facts is None or _place(self._facts) != wanted_facts:
            self._facts = self._facts_at(entry.changes_sequence, lake_version=entry.lake_version)
        facts = self._facts
        if _place(facts) != wanted_facts:
            raise NotFound(
                "fact",
                f"of lake version {entry.lake_version} with change {entry.changes_sequence} in this journal",
                remedy="Replay where the decision was made: with its journal and its lake.",
            )
        wanted = (entry.model_version, entry.lake_version)
        if self._index is None or self._indexed != wanted:
            artefact = self._open_artefact(entry.model_version)
            self._index = ModelIndex.of(artefact, facts.base, ranker=self._open_ranker(artefact))
            self._indexed = wanted
        return Moment(facts, self._index, entry.decided_on, Policy(**read(entry.policy), arm=entry.arm))


def _place(facts: FactsNow) -> tuple[int, int]:
    return facts.base.lake_version, facts.sequence


def _differences(kept: Any, now: Any, path: str) -> Iterator[str]:
    if isinstance(kept, dict) and isinstance(now, dict):
        for name in sorted({*kept, *now}):
            yield from _differences(kept.get(name), now.get(name), f"{path}.{name}" if path else name)
    elif isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        for place, (one, other) in enumerate(zip(kept, now, strict=True)):
            yield from _differences(one, other, f"{path}[{place}]")
    elif isinstance(kept, list) and isinstance(now, list):
        yield f"{path}: kept {len(kept)}, now {len(now)}"
        yield from _differences(kept[: len(now)], now[: len(kept)], path)
    elif kept != now:
        yield f"{path}: kept {kept}, now {now}"
