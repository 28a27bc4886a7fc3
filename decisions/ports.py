"""What decisions need of other workshops, as narrow as it can be."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from schema.artefact import Artefact
from schema.changes import Change, RecordedChange
from schema.decisions import Bought, PathStep
from schema.events import Event
from schema.facts import ShopFacts
from schema.ranker import RankedProducts
from schema.relations import Verdict

Pair = tuple[str, str]
Path = tuple[PathStep, ...]
ReadFacts = Callable[[int], ShopFacts]
"""The facts of a lake version."""
Today = Callable[[], date]
"""The day on which launches, delistings and verdicts' windows are judged."""


class ChangeLog(Protocol):
    """The journal, as far as decisions read it."""

    def changes_after(
        self, sequence: int, *, kind: str | None = None, until: int | None = None, limit: int = ...
    ) -> list[RecordedChange]:
        """Changes with a greater number, up to `until`, ascending, at most `limit`; of one kind where one is named."""

    def verdicts(self, *, after: int = 0, until: int | None = None) -> list[Verdict]:
        """Verdicts in the order in which they arrived: all but the first `after`, up to number `until`."""

    def num_unannounced_verdicts(self) -> int:
        """How many verdicts, the oldest ones, no change announces."""

    def record(
        self, changes: Sequence[Change], *, recorded_at: datetime, idempotency_key: str | None = None
    ) -> list[int]:
        """The sequence numbers of a batch, kept whole and once."""

    def save_verdicts(
        self, verdicts: Sequence[Verdict], *, recorded_at: datetime, idempotency_key: str | None = None
    ) -> int:
        """The sequence number from which all of these verdicts hold, kept whole and once."""

    def save_events(self, events: Sequence[Event], *, recorded_at: datetime) -> int:
        """How many of these events were new, each kept once."""

    def last_sequence(self) -> int:
        """The number of the newest change; 0 where there is none."""


class CustomerHistory(Protocol):
    """What customers buy, from the graph."""

    async def bought(self, customer_id: str, *, lake_version: int) -> Sequence[Bought]:
        """A customer's strongest products, strongest first; empty for a customer nobody knows.

        Args:
            lake_version: the load whose facts the caller goes by.

        Raises:
            Unavailable: if the graph does not answer.
        """


class Ranker(Protocol):
    """A learnt order of products for baskets, over the rows of a model version."""

    def ranked(self, basket: Sequence[int], history: Sequence[tuple[int, Bought]]) -> RankedProducts:
        """How well each product completes a basket of one product at least, for a customer who bought these."""


OpenRanker = Callable[[Artefact], Ranker | None]
"""The order of products that an artefact holds; None where it holds none."""


def no_ranker(_: Artefact) -> None:
    """No order: what is recommended is then led by relations alone."""


class EvidencePaths(Protocol):
    """How products hang together, from the graph."""

    async def between(self, pairs: Sequence[Pair]) -> Mapping[Pair, tuple[Path, ...]]:
        """The shortest evidence paths of each pair, from its first product to its second; none where there is none.

        Raises:
            Unavailable: if the graph does not answer.
        """
