"""Learnt relations between products, and people's verdicts that outrank them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, cast

import pyarrow as pa
import pyarrow.compute as pc

from schema.edges import RelationName

RELATION_SCHEMA: Final = pa.schema(
    [
        pa.field("relation", pa.string()),
        pa.field("other_sku", pa.string()),
        pa.field("rank", pa.int32()),
        pa.field("sku", pa.string()),
        pa.field("probability", pa.float32()),
        pa.field("transfer_share", pa.float32()),
        pa.field("num_baskets", pa.int64()),
        pa.field("num_switches", pa.int64()),
        pa.field("is_same_category", pa.bool_()),
        pa.field("text_similarity", pa.float32()),
    ]
)
"""Candidate `sku` → anchor `other_sku`; `rank` is from 1 within (relation, anchor); `transfer_share` may be empty."""

VerdictWord = Literal["confirmed", "rejected", "pinned", "released"]


@dataclass(frozen=True)
class Relations:
    """Both learnt relations, at most RELATION_CAP candidates per anchor and relation.

    Attributes:
        table: columns of RELATION_SCHEMA, sorted by (relation, other_sku, rank).
        is_calibrated: whether `probability` was fitted on people's labels.
        model_version: the artefact that holds them; empty before it is saved.
    """

    table: pa.Table
    is_calibrated: bool
    model_version: str = ""

    def of(self, other_sku: str, relation: RelationName) -> pa.Table:
        """The candidates of one anchor, best first."""
        column = self.table.column
        mask = pc.and_(pc.equal(column("other_sku"), other_sku), pc.equal(column("relation"), relation))
        return self.table.filter(mask)


@dataclass(frozen=True)
class Verdict:
    """One person's word on a pair: `sku` is the candidate, `other_sku` the anchor.

    Attributes:
        position: where a pinned candidate stands, from 1; None means by its probability.
        store_id: None means every store.
        valid_from, valid_to: half-open days; None means unbounded.
    """

    verdict_id: str
    sku: str
    other_sku: str
    relation: RelationName
    verdict: VerdictWord
    is_directed: bool
    judged_by: str
    judged_at: datetime
    reason: str
    position: int | None = None
    store_id: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


WORDS: Final[dict[str, RelationName]] = {"substitutes": "SUBSTITUTES_FOR", "complements": "COMPLEMENTS"}
"""The relation that each word of the `verdicts` table stands for."""


def verdicts_of(table: pa.Table, *, judged_at: datetime) -> list[Verdict]:
    """The verdicts that a checked `verdicts` table holds, in file order.

    Args:
        table: columns of the spec; an empty `is_directed` means false for substitutes and true for complements.
        judged_at: stands for an empty `judged_at`.
    """
    return [
        Verdict(
            verdict_id=row["verdict_id"],
            sku=row["sku"],
            other_sku=row["other_sku"],
            relation=WORDS[row["relation"]],
            verdict=cast(VerdictWord, row["verdict"]),
            is_directed=row["relation"] == "complements" if row["is_directed"] is None else row["is_directed"],
            judged_by=row["judged_by"] or "",
            judged_at=row["judged_at"] or judged_at,
            reason=row["reason"] or "",
            position=row["position"],
            store_id=row["store_id"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )
        for row in table.to_pylist()
    ]
