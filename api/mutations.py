"""Mutation: everything that callers may tell the service, batched, idempotent and answered with a sequence number."""

import strawberry

from api.erasures import ErasureMutation
from api.event_mutations import EventMutation
from api.job_mutations import JobMutation
from api.model_mutations import ModelMutation
from api.order_mutations import PlanningMutation
from api.outcome_mutations import OutcomeMutation
from api.rule_mutations import RuleMutation
from api.stock_mutations import StockMutation
from api.verdict_mutations import VerdictMutation


@strawberry.type(description="What callers may tell the service.")
class Mutation(
    StockMutation,
    VerdictMutation,
    RuleMutation,
    EventMutation,
    OutcomeMutation,
    JobMutation,
    ModelMutation,
    ErasureMutation,
    PlanningMutation,
):
    """The mutations."""
