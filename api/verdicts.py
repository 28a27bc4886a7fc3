"""Verdicts in the contract: a person's word on one pair, and every word in force."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from api.context import Info
from api.pages import After, Before, First, Last, PageInfo, asked, cut
from decisions.moment import Moment
from schema.edges import RELATION_NAMES
from schema.relations import Verdict as Word


class RelationKind(Enum):
    """The two learnt relations."""

    SUBSTITUTES_FOR = "SUBSTITUTES_FOR"
    COMPLEMENTS = "COMPLEMENTS"


strawberry.enum(RelationKind, description="A learnt relation, read from candidate to anchor.")


@strawberry.type(description="A person's word on one pair; it outranks the model.")
class Verdict:
    """A verdict."""

    word: str = strawberry.field(
        description="confirmed, pinned or rejected; relation fields do not list rejected pairs."
    )
    judged_at: datetime = strawberry.field(description="When it was given.")
    judged_by: str = strawberry.field(description="Who gave it; empty where nobody was named.")
    store_id: str | None = strawberry.field(description="The only store it holds for; null means every store.")
    valid_from: date | None = strawberry.field(description="Its first day; null means it held from the start.")
    valid_to: date | None = strawberry.field(description="The day on which it no longer holds; null means never.")
    position: int | None = strawberry.field(description="Where a pinned candidate stands, from 1; null if not told.")
    is_directed: bool = strawberry.field(description="Whether it holds in this direction only.")
    reason: str = strawberry.field(description="Why, in the person's words.")

    @classmethod
    def of(cls, word: Word) -> "Verdict":
        """The contract's copy."""
        return cls(
            word=word.verdict,
            judged_at=word.judged_at,
            judged_by=word.judged_by,
            store_id=word.store_id,
            valid_from=word.valid_from,
            valid_to=word.valid_to,
            position=word.position,
            is_directed=word.is_directed,
            reason=word.reason,
        )


@strawberry.type(description="A pair of products and the word that counts for it now.")
class JudgedPair:
    """A pair."""

    sku: str = strawberry.field(description="The candidate.")
    other_sku: str = strawberry.field(description="The anchor: the product it stands in for or goes with.")
    relation: RelationKind = strawberry.field(description="The relation judged.")
    verdict: Verdict | None = strawberry.field(description="The word; null where none is in force.")


@strawberry.type(description="One pair of a list.")
class JudgedPairEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: JudgedPair = strawberry.field(description="The pair.")


@strawberry.type(description="Judged pairs, by relation, anchor and candidate.")
class JudgedPairConnection:
    """A connection."""

    edges: list[JudgedPairEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="How many pairs there are.")


Anchor = Annotated[str | None, strawberry.argument(description="Only pairs with this anchor; null means all.")]
AtStore = Annotated[
    str | None, strawberry.argument(description="What counts there; null: what is said of every store.")
]


@strawberry.type(description="People's verdicts.")
class VerdictQuery:
    """The queries of verdicts."""

    @strawberry.field(description="Every pair that a person's word is in force for today, rejected ones among them.")
    async def verdicts(
        self,
        info: Info,
        other_sku: Anchor = None,
        store_id: AtStore = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> JudgedPairConnection:
        """A page of judged pairs."""
        moment = info.context.moment
        pairs = list(_in_force(moment, other_sku, moment.known_store(store_id)))
        keys = ["\n".join((pair.relation.value, pair.other_sku, pair.sku)) for pair in pairs]
        page = cut("verdict", pairs, keys, asked("verdict", first, after, last, before))
        edges = [JudgedPairEdge(cursor=at, node=pair) for at, pair in zip(page.cursors, page.items, strict=True)]
        return JudgedPairConnection(edges=edges, page_info=page.info, total_count=len(pairs))


def judged_pair(moment: Moment, sku: str, other_sku: str, relation: RelationKind, store_id: str | None) -> JudgedPair:
    """A pair and the word that counts for it at a store (None: at every store)."""
    words = moment.facts.verdicts.effective(relation.value, other_sku, store_id=store_id, on=moment.on)
    word = words.get(sku)
    verdict = None if word is None else Verdict.of(word)
    return JudgedPair(sku=sku, other_sku=other_sku, relation=relation, verdict=verdict)


def _in_force(moment: Moment, other_sku: str | None, store_id: str | None) -> Iterator[JudgedPair]:
    book = moment.facts.verdicts
    pages = sorted(book.by_anchor) if other_sku is None else [(name, other_sku) for name in RELATION_NAMES]
    for relation, anchor in pages:
        words = book.effective(relation, anchor, store_id=store_id, on=moment.on)
        for sku, word in sorted(words.items()):
            yield JudgedPair(sku=sku, other_sku=anchor, relation=RelationKind(relation), verdict=Verdict.of(word))
