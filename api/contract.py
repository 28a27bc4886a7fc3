"""The contract: every type of the API in one schema, and the file it is printed to."""

from pathlib import Path
from typing import Any, Final

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from api.admission import Admitted
from api.audit import audit_mutations
from api.compiled import CompiledExecutor
from api.decisions import LedgerQuery
from api.entities import Brand, Category, Promotion, Store, Supplier
from api.erasures import ErasureQuery
from api.errors import is_ours
from api.flat_inputs import compile_inputs
from api.guard import guard_customers
from api.jobs import JobQuery
from api.models import ModelQuery
from api.mutations import Mutation
from api.products import Product
from api.query import Query
from api.request_log import log
from api.scalars import SCALARS
from api.streams import told_stream
from api.subscriptions import Subscription

PRINTED: Final = Path(__file__).with_name("schema.graphql")
"""The contract as front-end teams read it, kept current by a test."""


@strawberry.type(name="Query", description="What callers may ask.")
class Queries(Query, LedgerQuery, JobQuery, ModelQuery, ErasureQuery):
    """Every query."""


class Contract(strawberry.Schema):
    """The schema; it logs its own faults and nobody else's."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log what is our fault with its stack; what a caller did wrong is in the answer alone."""
        for error in errors:
            if is_ours(error):
                request_id = getattr(getattr(execution_context, "context", None), "request_id", None)
                log.error("operation failed", request_id=request_id, path=error.path, exc_info=error.original_error)

    async def execute(self, *given: Any, **named: Any) -> ExecutionResult:
        """The answer to a query or mutation, which is one."""
        allowed = set(named.get("allowed_operation_types") or OperationType) - {OperationType.SUBSCRIPTION}
        return await super().execute(*given, **{**named, "allowed_operation_types": allowed})

    async def stream(self, *given: Any, **named: Any) -> StreamResult:
        """The results of a subscription; a socket runs nothing else."""
        only = {"allowed_operation_types": (OperationType.SUBSCRIPTION,)}
        return told_stream(await super().stream(*given, **{**named, **only}), named["context_value"])


def contract() -> Contract:
    """The schema that `/graphql` answers by, guarded."""
    schema = Contract(
        query=Queries,
        mutation=Mutation,
        subscription=Subscription,
        types=[Product, Category, Brand, Supplier, Store, Promotion],
        extensions=[Admitted],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=CompiledExecutor,
    )
    audit_mutations(schema._schema)
    guard_customers(schema._schema)
    compile_inputs(schema)
    return schema


def printed() -> str:
    """The contract in GraphQL's own language, as `schema.graphql` holds it."""
    return contract().as_str() + "\n"
