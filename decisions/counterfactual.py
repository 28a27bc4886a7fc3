"""Counterfactual: what would have to be otherwise for a related product to stand at another place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from decisions.moment import Moment
from decisions.relations import Related
from schema.edges import RelationName

_LISTS: Final[Mapping[RelationName, str]] = {
    "SUBSTITUTES_FOR": "what can stand in for {}",
    "COMPLEMENTS": "what goes with {}",
}


@dataclass(frozen=True)
class Counterfactual:
    """What a candidate's place hangs on.

    Attributes:
        model_rank: its place if nobody had judged a pair or set a rule, from 1; None if the model does not propose it.
        overtaken_below: the probability below which the next candidate would stand before it; None where there is none.
    """

    sentence: str
    model_rank: int | None
    overtaken_below: float | None


def counterfactual(edge: Related, *, moment: Moment) -> Counterfactual:
    """What would have to be otherwise for `edge` to stand elsewhere, by the model's own list and people's words."""
    names, rows = moment.facts.base.names, moment.facts.base.product_rows
    among = _LISTS[edge.relation].format(names[rows[edge.other_sku]])
    if edge.model_rank is None:
        told = f"Without the word of a person it would not be among {among}: the model does not propose it."
        return Counterfactual(told, None, None)
    if edge.model_rank == edge.rank:
        told = f"It is number {edge.rank} of {among} with people's words and rules or without."
    else:
        told = f"Without people's words and rules it would be number {edge.model_rank} of {among}, not {edge.rank}."
    table = moment.trained().candidates(edge.relation, rows[edge.other_sku])
    if edge.model_rank == len(table.rows):
        return Counterfactual(f"{told} The model proposes none after it.", edge.model_rank, None)
    below = float(table.probability[edge.model_rank])
    rival = names[table.rows[edge.model_rank]]
    told = f"{told} With a probability below {below:.2f} it would stand behind {rival}."
    return Counterfactual(told, edge.model_rank, below)
