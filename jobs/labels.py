"""Labels: what people said of pairs, as a fit learns it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from decisions.verdicts import VerdictBook
from lake.version import LakeVersion
from schema.edges import RelationName
from schema.relations import Verdict
from schema.tables import cut_off_instant

LABELS: Final = pa.schema([(name, pa.string()) for name in ("sku", "other_sku", "relation")])
KINDS: Final[dict[RelationName, str]] = {"SUBSTITUTES_FOR": "substitute", "COMPLEMENTS": "complement"}


def people_labels(source: LakeVersion, verdicts: Sequence[Verdict], *, on: date) -> pa.Table | None:
    """What people say of pairs on a day: the lake's `labels`, and verdicts, which outrank them.

    A confirmed or pinned pair is of its kind, a rejected one is not (`not_substitute`, `not_complement`) and may be of
    the other. Verdicts for one store alone say nothing of the pair in general; of the others the effective one counts.

    Args:
        verdicts: in the order in which they arrived.
        on: only verdicts whose window holds this day count.

    Returns:
        `sku`, `other_sku`, `relation`; None where nobody said anything.
    """
    judged = _judged(verdicts, on)
    labels = source.rows("labels", LABELS.names).select(LABELS.names).cast(LABELS) if "labels" in source else None
    if labels is None or not labels.num_rows:
        return judged if judged.num_rows else None
    overruled = pc.is_in(_pairs(labels), value_set=_pairs(judged.filter(pc.is_in(judged["relation"], _told))))
    return pa.concat_tables([labels.filter(pc.invert(overruled)), judged])


def verdicts_before(source: LakeVersion, verdicts: Sequence[Verdict], *, as_of: date) -> list[Verdict]:
    """The verdicts judged before a day's midnight in the shop's timezone, in their order."""
    cut = cut_off_instant(as_of, source.info.timezone)
    return [verdict for verdict in verdicts if verdict.judged_at < cut]


_told = pa.array(list(KINDS.values()))


def _judged(verdicts: Sequence[Verdict], on: date) -> pa.Table:
    book = VerdictBook.of(verdicts)
    rows: dict[tuple[str, str, str], None] = {}
    for relation, anchor in book.by_anchor:
        for candidate, verdict in book.effective(relation, anchor, store_id=None, on=on).items():
            if verdict.verdict == "rejected":
                rows[(candidate, anchor, f"not_{KINDS[relation]}")] = None
            else:
                rows[(min(candidate, anchor), max(candidate, anchor), KINDS[relation])] = None
    return pa.table([pa.array(column, pa.string()) for column in zip(*sorted(rows), strict=True)] or [[]] * 3, LABELS)


def _pairs(labels: pa.Table) -> pa.Array:
    """Each row's two products as one value, whichever comes first."""
    ends = labels["sku"], labels["other_sku"]
    return pc.binary_join_element_wise(pc.min_element_wise(*ends), pc.max_element_wise(*ends), "\x1f")
