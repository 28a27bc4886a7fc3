"""The ledger in the contract: what was decided, from what, what became of it, and whether it comes out again."""

import asyncio
from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from api.context import Context, Info
from api.long_work import in_turn
from api.pages import After, Before, First, Last, PageInfo, asked, page_of, stretch
from api.scalars import Sequence
from decisions.entries import read
from journal.ledger import Ledger
from schema.errors import BadInput, NotFound, Unavailable
from schema.ledger import OUTCOME_KINDS, EntryFilter, LedgerEntry, Outcome, Replay

MAX_REPLAYS = 5
FLUSH_SECONDS = 1.0
KINDS = "recommendation, substitution, demand, orders or disruption."

OutcomeKind = Enum("OutcomeKind", {kind.upper(): kind for kind in OUTCOME_KINDS})  # type: ignore[misc]
strawberry.enum(OutcomeKind, description="What became of a product: shown, clicked, added, bought or rejected.")


@strawberry.type(name="Outcome", description="What became of one product of a decision.")
class DecisionOutcome:
    """An outcome."""

    kind: OutcomeKind = strawberry.field(description="What happened.")
    sku: str = strawberry.field(description="To which product.")
    happened_at: datetime = strawberry.field(description="When.")
    units: float | None = strawberry.field(description="How many; null where nobody said.")

    @classmethod
    def of(cls, outcome: Outcome) -> "DecisionOutcome":
        """The contract's copy of an outcome."""
        return cls(
            kind=OutcomeKind(outcome.kind), sku=outcome.sku, happened_at=outcome.happened_at, units=outcome.units
        )


@strawberry.type(name="Replay", description="A decision made again from what its entry fixes.")
class DecisionReplay:
    """A replay."""

    is_same: bool = strawberry.field(description="Whether both answers have the same hash.")
    answer_hash: str = strawberry.field(description="Of the answer made again, SHA-256.")
    differences: list[str] = strawberry.field(description="Where both answers differ; empty if they are the same.")

    @classmethod
    def of(cls, replay: Replay) -> "DecisionReplay":
        """The contract's copy of a replay."""
        return cls(is_same=replay.is_same, answer_hash=replay.answer_hash, differences=list(replay.differences))


@strawberry.type(name="Decision", description="One decision as the ledger keeps it, never changed afterwards.")
class KeptDecision:
    """An entry."""

    entry: strawberry.Private[LedgerEntry]
    decision_id: strawberry.ID = strawberry.field(description="Its id, as the answer held it.")
    kind: str = strawberry.field(description=KINDS)
    decided_at: datetime = strawberry.field(description="When it was answered.")
    decided_on: date = strawberry.field(description="The day on which launches, delistings and verdicts were judged.")
    model_version: str = strawberry.field(description="The model version that answered.")
    lake_version: int = strawberry.field(description="The load whose facts it saw.")
    changes_sequence: Sequence = strawberry.field(description="Every change up to this one was honoured.")
    policy: JSON = strawberry.field(description="What the shop had decided for all requests.")
    arm: str = strawberry.field(description="The policy's name.")
    customer_id: str | None = strawberry.field(description="Whom it was for; null where nobody was named.")
    request: JSON = strawberry.field(description="What was asked, with all that the graph was asked for it.")
    answer: JSON = strawberry.field(description="Skus, scores, sources and what was withheld; no names, no paths.")
    answer_hash: str = strawberry.field(description="SHA-256 of the answer's canonical JSON.")

    @classmethod
    def of(cls, entry: LedgerEntry) -> "KeptDecision":
        """The contract's copy of an entry."""
        return cls(
            entry=entry,
            decision_id=strawberry.ID(entry.decision_id),
            kind=entry.kind,
            decided_at=entry.decided_at,
            decided_on=entry.decided_on,
            model_version=entry.model_version,
            lake_version=entry.lake_version,
            changes_sequence=Sequence(entry.changes_sequence),
            policy=JSON(read(entry.policy)),
            arm=entry.arm,
            customer_id=entry.customer_id,
            request=JSON(read(entry.inputs)),
            answer=JSON(read(entry.answer)),
            answer_hash=entry.answer_hash,
        )

    @strawberry.field(description="What became of its products, in the order in which it happened.")
    async def outcomes(self, info: Info) -> list[DecisionOutcome]:
        """The outcomes."""
        found = await info.context.outcomes.load(self.entry.decision_id)
        return [DecisionOutcome.of(outcome) for outcome in found]

    @strawberry.field(description=f"Made again now and compared; at most {MAX_REPLAYS} in one operation.")
    async def replay(self, info: Info) -> DecisionReplay | None:
        """The replay."""
        context = info.context
        context.num_replays += 1
        if context.num_replays > MAX_REPLAYS:
            raise BadInput(f"More than {MAX_REPLAYS} replays are too many.", remedy="Use `shelfgraph replay`.")
        if context.replayer is None:
            raise Unavailable("Nothing is replayed here.")
        return DecisionReplay.of(await in_turn(context.replayer.replay, self.entry))


@strawberry.type(description="A decision's place in a list.")
class DecisionEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place, for `after`.")
    node: KeptDecision = strawberry.field(description="The decision.")


@strawberry.type(description="Decisions, newest first.")
class DecisionConnection:
    """A page."""

    edges: list[DecisionEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it stands in the list.")


@strawberry.input(description="Which decisions: those that meet all that is given.")
class DecisionFilter:
    """A filter."""

    kind: str | None = strawberry.field(default=None, description=KINDS)
    customer_id: str | None = strawberry.field(default=None, description="Made for this customer.")
    since: datetime | None = strawberry.field(default=None, description="Made at or after this instant.")
    until: datetime | None = strawberry.field(default=None, description="Made before this instant.")
    model_version: str | None = strawberry.field(default=None, description="Made by this model version.")
    outcome: OutcomeKind | None = strawberry.field(default=None, description="With an outcome of this kind.")


EntryId = Annotated[strawberry.ID, strawberry.argument(description="The `decisionId` that an answer held.")]
Chosen = Annotated[DecisionFilter | None, strawberry.argument(description="Which decisions; null means all.")]


@strawberry.type(description="What callers may ask of the ledger.")
class LedgerQuery:
    """The ledger's part of the queries."""

    @strawberry.field(description="A decision by its id; null if it was never made or is older than the ledger keeps.")
    async def decision(self, info: Info, id: EntryId) -> KeptDecision | None:
        """One decision."""
        ledger = ledger_of(info.context)
        try:
            return KeptDecision.of(await asyncio.to_thread(kept_entry, ledger, str(id)))
        except NotFound:
            return None

    @strawberry.field(description="Decisions, newest first.")
    async def decisions(
        self,
        info: Info,
        filter: Chosen = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> DecisionConnection | None:
        """A page of decisions."""
        page = asked("decision", first, after, last, before)
        chosen = EntryFilter() if filter is None else _chosen(filter)
        log = ledger_of(info.context).log
        found = await asyncio.to_thread(log.entries, chosen, **stretch(page))
        kept = page_of("decision", found, lambda entry: entry.decision_id, page)
        edges = [
            DecisionEdge(cursor=at, node=KeptDecision.of(each))
            for at, each in zip(kept.cursors, kept.items, strict=True)
        ]
        return DecisionConnection(edges=edges, page_info=kept.info)


def ledger_of(context: Context) -> Ledger:
    """The ledger.

    Raises:
        Unavailable: if this service keeps none.
    """
    if context.ledger is None:
        raise Unavailable("No ledger is kept here.")
    return context.ledger


def kept_entry(ledger: Ledger, decision_id: str) -> LedgerEntry:
    """The entry of an id, one of a moment ago among them.

    Raises:
        NotFound: if there is none.
    """
    try:
        return ledger.log.entry(decision_id)
    except NotFound:
        # An answer of a moment ago may not have reached the store yet.
        ledger.flush(within_seconds=FLUSH_SECONDS)
        return ledger.log.entry(decision_id)


def _chosen(chosen: DecisionFilter) -> EntryFilter:
    return EntryFilter(
        kind=chosen.kind,
        customer_id=chosen.customer_id,
        since=chosen.since,
        until=chosen.until,
        model_version=chosen.model_version,
        outcome=None if chosen.outcome is None else chosen.outcome.value,
    )
