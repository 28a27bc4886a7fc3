"""Mutations of verdicts: a person confirms, rejects, pins or releases a pair."""

from collections.abc import Sequence as Several
from datetime import date
from enum import Enum
from typing import Annotated, Final

import strawberry

from api.context import Context, Info
from api.recording import newest, record_verdicts, speaker
from api.scalars import Sequence
from api.stock_mutations import ERRORS, KEY, SEQUENCE
from api.user_errors import (
    UserError,
    errors_of_batch,
    errors_of_reason,
    errors_of_window,
    gathered,
    invalid,
    unknown,
)
from api.verdicts import JudgedPair, RelationKind, judged_pair
from schema.relations import Verdict, VerdictWord

MAX_JUDGEMENTS: Final = 250
MAX_POSITION: Final = 250


class Judgement(Enum):
    """What a person says of a pair."""

    CONFIRM = "confirmed"
    REJECT = "rejected"
    PIN = "pinned"
    RELEASE = "released"


WORDS: Final[dict[Judgement, VerdictWord]] = {
    Judgement.CONFIRM: "confirmed",
    Judgement.REJECT: "rejected",
    Judgement.PIN: "pinned",
    Judgement.RELEASE: "released",
}
strawberry.enum(
    Judgement,
    description="CONFIRM: the relation holds. REJECT: it does not, and is never offered. PIN: offer it, at a position "
    "if one is named, whether the model knows it or not. RELEASE: withdraw what was said within the same scope.",
)


@strawberry.input(description="A person's word on one pair, candidate to anchor.")
class RelationJudgement:
    """A judgement."""

    sku: str = strawberry.field(description="The candidate.")
    other_sku: str = strawberry.field(description="The anchor: the product it stands in for or goes with.")
    relation: RelationKind = strawberry.field(description="The relation judged.")
    judgement: Judgement = strawberry.field(description="The word.")
    reason: str = strawberry.field(description="Why; never empty.")
    position: int | None = strawberry.field(
        default=None, description=f"Where a pinned candidate is to stand, 1 to {MAX_POSITION}; null: where it would."
    )
    is_directed: bool | None = strawberry.field(
        default=None,
        description="Whether it holds in this direction only; null means no for SUBSTITUTES_FOR, yes for COMPLEMENTS.",
    )
    store_id: str | None = strawberry.field(default=None, description="The only store; null means every store.")
    valid_from: date | None = strawberry.field(default=None, description="Its first day; null means at once.")
    valid_to: date | None = strawberry.field(default=None, description="The day on which it ends; null means never.")


@strawberry.input(description="A batch of verdicts, kept whole or not at all.")
class JudgeRelationInput:
    """A batch."""

    judgements: list[RelationJudgement] = strawberry.field(description=f"In order, at most {MAX_JUDGEMENTS}.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="What became of a batch of verdicts.")
class JudgedRelations:
    """An answer."""

    sequence: Sequence | None = strawberry.field(description=SEQUENCE)
    pairs: list[JudgedPair] = strawberry.field(
        description="Each pair, in order, with the word that counts for it now: a narrower scope outranks a wider one."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


Batch = Annotated[JudgeRelationInput, strawberry.argument(description="The batch.")]
Scope = tuple[RelationKind, tuple[str, ...], bool, str | None, date | None, date | None]


@strawberry.type(description="People's verdicts.")
class VerdictMutation:
    """The mutations of verdicts."""

    @strawberry.mutation(
        description="Judge pairs of products; every answer begun after this one honours it. Verdicts outrank the model "
        "and outlive loads and retraining."
    )
    async def judge_relation(self, info: Info, input: Batch) -> JudgedRelations:
        """Record a batch of verdicts."""
        context, told = info.context, input.judgements
        errors = errors_of_batch("judgements", len(told), MAX_JUDGEMENTS, input.idempotency_key)
        errors = errors or gathered(_wrong(each, n, context) for n, each in enumerate(told)) + _contradictions(told)
        if errors:
            return JudgedRelations(sequence=None, pairs=[], user_errors=errors)
        key = input.idempotency_key
        verdicts = [_verdict(each, f"judgeRelation:{key}:{n}", context) for n, each in enumerate(told)]
        numbers, errors = await record_verdicts(context, verdicts, mutation="judgeRelation", key=key)
        moment = context.advisor.moment()
        pairs = [] if errors else [judged_pair(moment, e.sku, e.other_sku, e.relation, e.store_id) for e in told]
        return JudgedRelations(sequence=newest(numbers), pairs=pairs, user_errors=errors)


def _verdict(told: RelationJudgement, verdict_id: str, context: Context) -> Verdict:
    return Verdict(
        verdict_id=verdict_id,
        sku=told.sku,
        other_sku=told.other_sku,
        relation=told.relation.value,
        verdict=WORDS[told.judgement],
        is_directed=_is_directed(told),
        judged_by=speaker(context),
        judged_at=context.clock(),
        reason=told.reason.strip(),
        position=told.position,
        store_id=told.store_id,
        valid_from=told.valid_from,
        valid_to=told.valid_to,
    )


def _is_directed(told: RelationJudgement) -> bool:
    return told.relation is RelationKind.COMPLEMENTS if told.is_directed is None else told.is_directed


def _wrong(told: RelationJudgement, place: int, context: Context) -> list[UserError]:
    base, path = context.moment.facts.base, ["judgements", str(place)]
    errors = [
        unknown([*path, name], "product", sku)
        for name, sku in (("sku", told.sku), ("otherSku", told.other_sku))
        if sku not in base.product_rows
    ]
    if told.sku == told.other_sku:
        errors.append(invalid([*path, "otherSku"], "A product has no relation to itself. Name two."))
    if told.store_id is not None and told.store_id not in base.store_rows:
        errors.append(unknown([*path, "storeId"], "store", told.store_id))
    if told.position is not None and told.judgement is not Judgement.PIN:
        errors.append(invalid([*path, "position"], "Only a pinned candidate has a position. Use PIN, or leave it out."))
    elif told.position is not None and not 0 < told.position <= MAX_POSITION:
        errors.append(invalid([*path, "position"], f"Positions count from 1 to {MAX_POSITION}."))
    return errors + errors_of_window(path, told.valid_from, told.valid_to) + errors_of_reason(path, told.reason)


def _contradictions(told: Several[RelationJudgement]) -> list[UserError]:
    """One batch may judge a pair once within a scope: of two words nobody could say which is meant."""
    seen: set[Scope] = set()
    errors = []
    for place, each in enumerate(told):
        scope = _scope(each)
        if scope in seen:
            said = "This pair was judged already in this batch, in the same scope. Say one word."
            errors.append(invalid(["judgements", str(place)], said))
        seen.add(scope)
    return errors


def _scope(told: RelationJudgement) -> Scope:
    is_directed = _is_directed(told)
    ends = (told.sku, told.other_sku)
    pair = ends if is_directed else tuple(sorted(ends))
    return told.relation, pair, is_directed, told.store_id, told.valid_from, told.valid_to
