"""Streams of results: each is paid for, and its errors are told as in every other answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from graphql import GraphQLError
from strawberry.types.execution import PreExecutionError

from api.budgets import answered_fields
from api.context import Context
from api.errors import told


async def told_stream(results: AsyncGenerator[Any, None], context: Context) -> AsyncGenerator[Any, None]:
    """The results of an operation with their errors told by the one table, as every other answer has them.

    Each takes what it holds from its caller's points; where too few are left it waits until they are not.
    """
    try:
        async with aclosing(results):
            async for result in results:
                await _paid(context, answered_fields(result.data))
                yield replace(result, errors=[_plain(error) for error in result.errors]) if result.errors else result
    except GraphQLError as error:
        # What a cached parser or our limits refuse is raised, not answered.
        yield PreExecutionError(data=None, errors=[_plain(error)])


async def _paid(context: Context, points: int) -> None:
    access = context.access
    points = min(points, access.policy.points(context.caller))
    while wait := access.budgets.spend(context.caller, points):
        await asyncio.sleep(wait)


def _plain(error: GraphQLError) -> GraphQLError:
    answer = told(error)
    return GraphQLError(answer["message"], nodes=error.nodes, path=error.path, extensions=answer["extensions"])
