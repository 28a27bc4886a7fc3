"""Ledger entries of decisions: what each kind fixes of its request and of its answer."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from decisions.canonical import canonical, sha256
from decisions.moment import Moment, Policy
from decisions.substitute import BasketLine, LineSubstitutes
from schema.decisions import Bought, Decision, Offer, Request, Withheld
from schema.ledger import LedgerEntry

Json = dict[str, Any]


def entry_of(
    kind: str,
    *,
    inputs: object,
    answer: object,
    moment: Moment,
    decided_at: datetime,
    customer_id: str | None = None,
) -> LedgerEntry:
    """The entry of a decision of any kind, under an id of its own.

    Args:
        inputs: the request with all that was asked of the graph for it, as JSON values, days and instants.
        answer: likewise; without names and paths.
    """
    text = canonical(answer)
    return LedgerEntry(
        decision_id=new_id(decided_at),
        kind=kind,
        decided_at=decided_at,
        decided_on=moment.on,
        model_version=moment.trained().model_version,
        lake_version=moment.facts.base.lake_version,
        changes_sequence=moment.facts.sequence,
        arm=moment.policy.arm,
        policy=_policy(moment.policy),
        customer_id=customer_id,
        inputs=canonical(inputs),
        answer=text,
        answer_hash=sha256(text),
    )


def new_id(decided_at: datetime) -> str:
    """An id that no other decision has; ids ascend with the milliseconds of their instants."""
    return f"{int(decided_at.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def recommendation(
    request: Request, *, first: int, decision: Decision, moment: Moment, decided_at: datetime
) -> LedgerEntry:
    """The entry of what `recommend` answered."""
    inputs = {
        "request": vars(request),
        "first": first,
        "history": [vars(bought) for bought in decision.history],
        "is_history_lost": decision.is_history_lost,
    }
    return entry_of(
        "recommendation",
        inputs=inputs,
        answer=decision_answer(decision),
        moment=moment,
        decided_at=decided_at,
        customer_id=request.customer_id,
    )


def substitution(
    lines: Sequence[BasketLine],
    *,
    first: int,
    store_id: str | None,
    customer_age: int | None,
    answers: Sequence[LineSubstitutes],
    moment: Moment,
    decided_at: datetime,
) -> LedgerEntry:
    """The entry of what `substitutes_for` answered."""
    inputs = {
        "lines": [vars(line) for line in lines],
        "first": first,
        "store_id": store_id,
        "customer_age": customer_age,
    }
    return entry_of("substitution", inputs=inputs, answer=lines_answer(answers), moment=moment, decided_at=decided_at)


def decision_answer(decision: Decision) -> Json:
    """What is hashed of a recommendation."""
    return {**_page(decision.offers, decision.withheld), "is_fallback": decision.is_fallback}


def lines_answer(answers: Sequence[LineSubstitutes]) -> Json:
    """What is hashed of a substitution."""
    lines = [{"sku": each.line.sku, "problem": each.problem, **_page(each.offers, each.withheld)} for each in answers]
    return {"lines": lines}


def request_of(inputs: Mapping[str, Any]) -> Request:
    """The request that an entry's inputs hold."""
    values: Json = {name: tuple(each) if isinstance(each, list) else each for name, each in inputs["request"].items()}
    return Request(**values)


def history_of(inputs: Mapping[str, Any]) -> list[Bought]:
    """What the graph had said that the customer buys."""
    return [Bought(**{**each, "last_bought_at": _instant(each["last_bought_at"])}) for each in inputs["history"]]


def lines_of(inputs: Mapping[str, Any]) -> list[BasketLine]:
    """The basket lines that an entry's inputs hold."""
    return [BasketLine(**each) for each in inputs["lines"]]


def read(text: str) -> Json:
    """Canonical JSON as values."""
    found: Json = json.loads(text)
    return found


@lru_cache(maxsize=64)
def _policy(policy: Policy) -> str:
    return canonical({name: value for name, value in vars(policy).items() if name != "arm"})


def _page(offers: Sequence[Offer], withheld: Sequence[Withheld]) -> Json:
    return {
        "offers": [
            {
                "sku": offer.sku,
                "score": offer.score,
                "source": offer.source,
                "relation": offer.relation,
                "because_of": offer.because_of,
                "probability": offer.probability,
                "availability": offer.availability,
            }
            for offer in offers
        ],
        "withheld": [{"sku": item.sku, "reason": item.reason} for item in withheld],
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
