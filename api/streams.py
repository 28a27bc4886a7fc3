"""Streams of results, their errors told as in every other answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from graphql import GraphQLError
from strawberry.types.execution import PreExecutionError

from api.errors import told


async def told_stream(results: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    """The results of an operation with their errors told by the one table, as every other answer has them."""
    try:
        async with aclosing(results):
            async for result in results:
                yield replace(result, errors=[_plain(error) for error in result.errors]) if result.errors else result
    except GraphQLError as error:
        # What a cached parser or our limits refuse is raised, not answered.
        yield PreExecutionError(data=None, errors=[_plain(error)])


def _plain(error: GraphQLError) -> GraphQLError:
    answer = told(error)
    return GraphQLError(answer["message"], nodes=error.nodes, path=error.path, extensions=answer["extensions"])
