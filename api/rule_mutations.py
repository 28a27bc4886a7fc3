"""Mutations of merchandisers' rules: set and withdraw."""

from datetime import date
from typing import Annotated, Final

import strawberry

from api.context import Context, Info
from api.recording import newest, record, speaker
from api.rules import RuleSubjectInput
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
from decisions.rules import is_known
from schema.changes import RuleSet, RuleWithdrawn
from schema.rules import Rule, RuleAction, Subject

MAX_RULES: Final = 100


@strawberry.input(description="A rule to set.")
class RuleInput:
    """A rule."""

    action: RuleAction = strawberry.field(description="What it asks for.")
    subject: RuleSubjectInput = strawberry.field(description="The products it speaks of.")
    other: RuleSubjectInput | None = strawberry.field(default=None, description="The other side of NEVER_TOGETHER.")
    store_id: str | None = strawberry.field(default=None, description="The only store; null means every store.")
    valid_from: date | None = strawberry.field(default=None, description="Its first day; null means at once.")
    valid_to: date | None = strawberry.field(default=None, description="The day on which it ends; null means never.")
    reason: str = strawberry.field(description="Why; never empty.")


@strawberry.input(description="A batch of rules, kept whole or not at all.")
class SetRuleInput:
    """A batch."""

    rules: list[RuleInput] = strawberry.field(description=f"In order, at most {MAX_RULES}.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="A batch of rules that are no longer to hold.")
class WithdrawRuleInput:
    """A batch."""

    numbers: list[Sequence] = strawberry.field(description=f"The rules' numbers, at most {MAX_RULES}.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="What became of a batch of rules, or of their withdrawal.")
class RecordedRules:
    """An answer."""

    sequence: Sequence | None = strawberry.field(description=SEQUENCE)
    numbers: list[Sequence] = strawberry.field(description="The numbers of the rules set or withdrawn, in order.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


RuleBatch = Annotated[SetRuleInput, strawberry.argument(description="The batch.")]
WithdrawalBatch = Annotated[WithdrawRuleInput, strawberry.argument(description="The batch.")]


@strawberry.type(description="Merchandisers' rules.")
class RuleMutation:
    """The mutations of rules."""

    @strawberry.mutation(description="Set rules; every answer begun after this one honours them. They outlive loads.")
    async def set_rule(self, info: Info, input: RuleBatch) -> RecordedRules:
        """Record a batch of rules."""
        context = info.context
        errors = errors_of_batch("rules", len(input.rules), MAX_RULES, input.idempotency_key)
        errors = errors or gathered(_wrong_rule(each, n, context) for n, each in enumerate(input.rules))
        if errors:
            return RecordedRules(sequence=None, numbers=[], user_errors=errors)
        changes = [RuleSet(_told(each, speaker(context))) for each in input.rules]
        numbers, errors = await record(context, changes, mutation="setRule", key=input.idempotency_key)
        return RecordedRules(
            sequence=newest(numbers), numbers=[Sequence(number) for number in numbers], user_errors=errors
        )

    @strawberry.mutation(description="Withdraw rules by their numbers.")
    async def withdraw_rule(self, info: Info, input: WithdrawalBatch) -> RecordedRules:
        """Record a batch of withdrawals; to withdraw a rule again changes nothing."""
        context, numbers = info.context, input.numbers
        book = context.moment.facts.rules
        errors = errors_of_batch("numbers", len(numbers), MAX_RULES, input.idempotency_key) or [
            unknown(["numbers", str(n)], "rule", number)
            for n, number in enumerate(numbers)
            if number not in book.rules and number not in book.withdrawn
        ]
        if errors:
            return RecordedRules(sequence=None, numbers=[], user_errors=errors)
        changes = [RuleWithdrawn(number) for number in numbers]
        given, errors = await record(context, changes, mutation="withdrawRule", key=input.idempotency_key)
        return RecordedRules(sequence=newest(given), numbers=[] if errors else numbers, user_errors=errors)


def _told(rule: RuleInput, set_by: str) -> Rule:
    other = None if rule.other is None else Subject(rule.other.kind, rule.other.key)
    window = {"valid_from": rule.valid_from, "valid_to": rule.valid_to}
    subject = Subject(rule.subject.kind, rule.subject.key)
    return Rule(rule.action, subject, rule.reason.strip(), set_by, other, rule.store_id, **window)


def _wrong_rule(rule: RuleInput, place: int, context: Context) -> list[UserError]:
    base, path = context.moment.facts.base, ["rules", str(place)]
    sides = [("subject", rule.subject), ("other", rule.other)]
    errors = [
        unknown([*path, name, "key"], side.kind.value.lower(), side.key)
        for name, side in sides
        if side is not None and not is_known(base, Subject(side.kind, side.key))
    ]
    if (rule.other is None) == (rule.action is RuleAction.NEVER_TOGETHER):
        errors.append(invalid([*path, "other"], "NEVER_TOGETHER has two sides; BOOST and BURY have one."))
    if rule.other is not None and (rule.other.kind, rule.other.key) == (rule.subject.kind, rule.subject.key):
        errors.append(invalid([*path, "other"], "Both sides are the same. Name two."))
    if rule.store_id is not None and rule.store_id not in base.store_rows:
        errors.append(unknown([*path, "storeId"], "store", rule.store_id))
    errors += errors_of_window(path, rule.valid_from, rule.valid_to)
    return errors + errors_of_reason(path, rule.reason)
