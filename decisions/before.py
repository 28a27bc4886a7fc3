"""Before: what stood where a change is about to be made, for the audit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from decisions.moment import Moment
from schema.changes import Change, Delisting, PriceChange, RuleWithdrawn, StockChange
from schema.relations import Verdict


def stood_before(changes: Sequence[Change], moment: Moment) -> list[Any]:
    """What each change replaces, in order: units, a price, a day, or a rule; None where there was nothing."""
    return [_stood(change, moment) for change in changes]


def verdicts_before(verdicts: Sequence[Verdict], moment: Moment) -> list[Verdict | None]:
    """The word that counted for each pair, in order; None where nobody had judged it."""
    book, on = moment.facts.verdicts, moment.on
    return [
        book.effective(told.relation, told.other_sku, store_id=told.store_id, on=on).get(told.sku) for told in verdicts
    ]


def _stood(change: Change, moment: Moment) -> Any:
    facts = moment.facts
    if isinstance(change, RuleWithdrawn):
        return facts.rules.rules.get(change.rule_number)
    if not isinstance(change, StockChange | PriceChange | Delisting) or change.sku not in facts.base.product_rows:
        return None
    rows = np.array([facts.base.product_rows[change.sku]], np.int64)
    if isinstance(change, Delisting):
        day = facts.delisting(int(rows[0]))
        return None if day is None else day.isoformat()
    if isinstance(change, StockChange):
        return _known(facts.units(rows, store_id=change.store_id))
    return _known(facts.price(rows, store_id=change.store_id, on=change.valid_from or moment.on))


def _known(value: Any) -> float | None:
    return None if np.isnan(value[0]) else float(value[0])
