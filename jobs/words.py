"""Words: people's verdicts as the graph shows them, and the marks that they leave on relations."""

from collections.abc import Iterable, Sequence
from datetime import date

from decisions.verdicts import VerdictBook
from graph.live import Mark
from journal.store import Journal
from schema.changes import RecordedChange, VerdictsSaved
from schema.relations import Verdict


class Words:
    """The journal's verdicts up to a number that only rises.

    A mark is the word that counts everywhere and always: verdicts for one store or one window of days leave none, and
    are found beside the relation, as `JUDGED`.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal, self._num, self._book = journal, 0, VerdictBook({})

    def told(self, changes: Sequence[RecordedChange]) -> tuple[Verdict, ...]:
        """The verdicts that these changes announce, ascending; the marks are then those of their time."""
        said = [each.change for each in changes if isinstance(each.change, VerdictsSaved)]
        if not said:
            return ()
        first, last = said[0].last_number - said[0].num_verdicts, said[-1].last_number
        if last > self._num:
            self._learn(self._journal.verdicts(after=self._num, until=last))
            self._num = last
        return tuple(self._journal.verdicts(after=first, until=last))

    def all(self, changes: Sequence[RecordedChange]) -> tuple[Verdict, ...]:
        """Every verdict up to the last that these changes announce, those among them that no change ever announced."""
        said = [each.change.last_number for each in changes if isinstance(each.change, VerdictsSaved)]
        last = said[-1] if said else self._journal.num_unannounced_verdicts()
        verdicts = self._journal.verdicts(until=last)
        self._book, self._num = VerdictBook({}), last
        self._learn(verdicts)
        return tuple(verdicts)

    def marks(self, verdicts: Iterable[Verdict]) -> tuple[Mark, ...]:
        """The marks of the pairs that these verdicts are about; None where their words were all withdrawn."""
        pairs: dict[tuple[str, str, str], None] = {}
        for verdict in filter(_is_general, verdicts):
            pairs[verdict.relation, verdict.sku, verdict.other_sku] = None
            if not verdict.is_directed:
                pairs[verdict.relation, verdict.other_sku, verdict.sku] = None
        return tuple((relation, sku, other, self._word(relation, sku, other)) for relation, sku, other in pairs)

    def _word(self, relation: str, sku: str, other_sku: str) -> str | None:
        words = self._book.effective(relation, other_sku, store_id=None, on=date.min)  # type: ignore[arg-type]
        return words[sku].verdict if sku in words else None

    def _learn(self, verdicts: Iterable[Verdict]) -> None:
        self._book = self._book.with_verdicts(filter(_is_general, verdicts))


def _is_general(verdict: Verdict) -> bool:
    return verdict.store_id is None and verdict.valid_from is None and verdict.valid_to is None
