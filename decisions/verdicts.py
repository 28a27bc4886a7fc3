"""VerdictBook: the effective word of people on every pair, laid over what the model proposes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from schema.edges import RelationName
from schema.relations import Verdict

Scope = tuple[bool, str | None, date | None, date | None]
Key = tuple[RelationName, str]
OVERRULES: Final = ("rejected", "pinned", "confirmed")


@dataclass(frozen=True)
class VerdictBook:
    """Verdicts by relation and anchor.

    Attributes:
        by_anchor: candidate → its verdicts, in the order in which they arrived; one without direction stands under
            both of its products.
    """

    by_anchor: Mapping[Key, Mapping[str, tuple[Verdict, ...]]]

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> "VerdictBook":
        """The book that holds these verdicts, given in the order in which they arrived."""
        return cls({}).with_verdicts(verdicts)

    def with_verdicts(self, verdicts: Iterable[Verdict]) -> "VerdictBook":
        """The book with later verdicts added, in the order in which they arrived."""
        pages = dict(self.by_anchor)
        for verdict in verdicts:
            ends = [(verdict.sku, verdict.other_sku)]
            if not verdict.is_directed:
                ends.append((verdict.other_sku, verdict.sku))
            for candidate, anchor in ends:
                page = pages.get((verdict.relation, anchor), {})
                pages[verdict.relation, anchor] = {**page, candidate: (*page.get(candidate, ()), verdict)}
        return VerdictBook(pages)

    def effective(self, relation: RelationName, anchor: str, *, store_id: str | None, on: date) -> dict[str, Verdict]:
        """The word that counts for each candidate of an anchor; candidates nobody judged are absent.

        The most specific scope counts (a store before everywhere, a window before always, one direction before both),
        within it the newest. `released` withdraws what its own scope said, and the next scope counts.

        Args:
            store_id: None asks for what is said of every store.
            on: only verdicts whose window holds this day count.
        """
        page = self.by_anchor.get((relation, anchor))
        if not page:
            return {}
        words = {candidate: _effective(verdicts, store_id, on) for candidate, verdicts in page.items()}
        return {candidate: word for candidate, word in words.items() if word is not None}


def _effective(verdicts: tuple[Verdict, ...], store_id: str | None, on: date) -> Verdict | None:
    by_scope: dict[Scope, Verdict] = {}
    for verdict in verdicts:
        scope = (verdict.is_directed, verdict.store_id, verdict.valid_from, verdict.valid_to)
        if scope not in by_scope or verdict.judged_at >= by_scope[scope].judged_at:
            by_scope[scope] = verdict
    standing = [word for word in by_scope.values() if word.verdict in OVERRULES and _holds(word, store_id, on)]
    return max(standing, key=_weight, default=None)


def _holds(verdict: Verdict, store_id: str | None, on: date) -> bool:
    return (
        verdict.store_id in (None, store_id)
        and (verdict.valid_from is None or verdict.valid_from <= on)
        and (verdict.valid_to is None or on < verdict.valid_to)
    )


def _weight(verdict: Verdict) -> tuple[bool, bool, bool, float]:
    is_windowed = verdict.valid_from is not None or verdict.valid_to is not None
    return verdict.store_id is not None, is_windowed, verdict.is_directed, verdict.judged_at.timestamp()
