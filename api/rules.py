"""Merchandisers' rules in the contract: those that were not withdrawn."""

from datetime import date

import strawberry

from api.context import Info
from api.pages import After, Before, First, Last, PageInfo, asked, cut
from api.scalars import Sequence
from schema import rules as told
from schema.rules import RuleAction, SubjectKind

strawberry.enum(
    RuleAction,
    description="BOOST: before all others of an answer but pinned ones. BURY: after all others. NEVER_TOGETHER: one "
    "side is not offered with, beside or in place of the other.",
)
strawberry.enum(SubjectKind, description="What a rule speaks of; a category stands for those below it too.")


@strawberry.type(description="The products a rule speaks of.")
class RuleSubject:
    """A subject."""

    kind: SubjectKind = strawberry.field(description="What the key is of.")
    key: str = strawberry.field(description="The sku, the category's or supplier's key, or the brand's name.")


@strawberry.input(description="The products a rule is to speak of.")
class RuleSubjectInput:
    """A subject."""

    kind: SubjectKind = strawberry.field(description="What the key is of.")
    key: str = strawberry.field(description="The sku, the category's or supplier's key, or the brand's name.")


@strawberry.type(description="A merchandiser's rule.")
class MerchandisingRule:
    """A rule."""

    number: Sequence = strawberry.field(description="Its number: that of the change which set it.")
    action: RuleAction = strawberry.field(description="What it asks for.")
    subject: RuleSubject = strawberry.field(description="The products it speaks of.")
    other: RuleSubject | None = strawberry.field(description="The other side of NEVER_TOGETHER; else null.")
    store_id: str | None = strawberry.field(description="The only store it holds at; null means every store.")
    valid_from: date | None = strawberry.field(description="Its first day; null means it held from the start.")
    valid_to: date | None = strawberry.field(description="The day on which it no longer holds; null means never.")
    reason: str = strawberry.field(description="Why, in the person's words.")
    set_by: str = strawberry.field(description="Who set it; empty where nobody was named.")


@strawberry.type(description="One rule of a list.")
class MerchandisingRuleEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: MerchandisingRule = strawberry.field(description="The rule.")


@strawberry.type(description="Rules, oldest first.")
class MerchandisingRuleConnection:
    """A connection."""

    edges: list[MerchandisingRuleEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="How many rules there are.")


@strawberry.type(description="Merchandisers' rules.")
class RuleQuery:
    """The queries of rules."""

    @strawberry.field(description="Every rule that was not withdrawn, those of other days and stores among them.")
    async def rules(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> MerchandisingRuleConnection:
        """A page of rules."""
        standing = list(info.context.moment.facts.rules.rules.items())
        numbers = [str(number) for number, _ in standing]
        page = cut("rule", standing, numbers, asked("rule", first, after, last, before))
        edges = [
            MerchandisingRuleEdge(cursor=at, node=_rule(number, rule))
            for at, (number, rule) in zip(page.cursors, page.items, strict=True)
        ]
        return MerchandisingRuleConnection(edges=edges, page_info=page.info, total_count=len(standing))


def _rule(number: int, rule: told.Rule) -> MerchandisingRule:
    return MerchandisingRule(
        number=Sequence(number),
        action=rule.action,
        subject=RuleSubject(kind=rule.subject.kind, key=rule.subject.key),
        other=None if rule.other is None else RuleSubject(kind=rule.other.kind, key=rule.other.key),
        store_id=rule.store_id,
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
        reason=rule.reason,
        set_by=rule.set_by,
    )
