"""Compiled queries against graphql-core's executor, on a small schema with every kind of field, value and failure."""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from enum import Enum
from typing import Annotated

import pytest
import strawberry
from strawberry.extensions import FieldExtension, ParserCache
from strawberry.permission import BasePermission
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.compiled import CompiledExecutor, Plans


@strawberry.enum
class Colour(Enum):
    RED = "r"
    BLUE = "b"


@strawberry.input
class Wish:
    name: str = "leek"
    times: int | None = strawberry.UNSET
    colours: list[Colour] = strawberry.field(default_factory=list)


class Shouted(FieldExtension):
    def resolve(self, next_, source, info, **arguments):
        return next_(source, info, **arguments).upper()


class Nobody(BasePermission):
    message = "not you"

    def has_permission(self, *_given, **_arguments):
        return False


@strawberry.interface
class Named:
    name: str


def boom():
    raise ValueError("boom")


async def later(value):
    await asyncio.sleep(0)
    return value


@strawberry.type
class Leaf(Named):
    weight: float | None = 1.5
    price: Decimal = Decimal("1.50")
    colour: Colour = Colour.RED
    nothing: str = None  # type: ignore[assignment]
    maybe: str | None = None
    wrong: int = "x"  # type: ignore[assignment]
    is_fresh: bool = True

    @strawberry.field
    def broken(self) -> str | None:
        boom()

    @strawberry.field
    async def broken_later(self) -> str:
        await asyncio.sleep(0)
        boom()


@strawberry.type
class Branch(Named):
    @strawberry.field
    def leaves(self, first: int = 2) -> list[Leaf]:
        return [Leaf(name=f"{self.name}{number}") for number in range(first)]

    @strawberry.field
    async def slow_leaves(self) -> list[Leaf | None]:
        return [await later(Leaf(name="a")), None, Leaf(name="b")]

    @strawberry.field
    def generated(self) -> list[Leaf]:
        yield Leaf(name="g")

    @strawberry.field
    def mixed(self) -> list[str | None]:
        return [later("x"), "y", None, ValueError("item")]  # type: ignore[list-item]

    @strawberry.field
    def strict(self) -> list[str] | None:
        return [later("x"), None, later("z")]  # type: ignore[list-item]

    @strawberry.field
    async def streamed(self) -> list[str]:
        async def words() -> AsyncIterator[str]:
            yield "s"

        return words()  # type: ignore[return-value]

    @strawberry.field
    def no_list(self) -> list[str] | None:
        return 5  # type: ignore[return-value]

    @strawberry.field
    def inner(self) -> "Branch | None":
        return Branch(name=self.name + "i")

    @strawberry.field
    def failure(self) -> Leaf | None:
        return ValueError("returned")  # type: ignore[return-value]

    @strawberry.field
    def stranger(self) -> Leaf | None:
        return 7  # type: ignore[return-value]


@strawberry.type
class Queries:
    @strawberry.field
    def branch(self, name: str = "b") -> Branch | None:
        return Branch(name=name)

    @strawberry.field
    async def strict_branch(self) -> Branch:
        return Branch(name="s")

    @strawberry.field
    def named(self, info: strawberry.Info, leaf: bool) -> Named:
        return Leaf(name=str(info.path.key)) if leaf else Branch(name=info.field_name)

    @strawberry.field
    async def either(self) -> list[Annotated[Leaf | Branch, strawberry.union("Either")]]:
        return [Leaf(name="l"), Branch(name="b")]

    @strawberry.field
    def foreign(self) -> Annotated[Leaf | Branch, strawberry.union("Either")] | None:
        return 7  # type: ignore[return-value]

    @strawberry.field
    def echo(self, wish: Wish, also: list[str] | None = None, colour: Colour = Colour.BLUE) -> str:
        return repr((wish, also, colour))

    @strawberry.field(extensions=[Shouted()])
    def loud(self, word: str = "a") -> str:
        return word

    @strawberry.field(permission_classes=[Nobody])
    def secret(self) -> str | None:
        return "never"


OPERATIONS = [
    "{ __typename branch { __typename name alias: name leaves { name weight price colour isFresh maybe } } }",
    '{ a: branch(name: "x") { name } b: branch { name leaves(first: 0) { name } } }',
    "query ($n: String = \"d\") { branch(name: $n) { name } }",
    "query ($n: String) { branch(name: $n) { name } }",
    "query ($n: String!) { branch(name: $n) { name } }",
    "query ($k: Int!) { branch { leaves(first: $k) { name } inner { leaves(first: $k) { name } } } }",
    "query ($y: Boolean!) { branch { name @include(if: $y) inner @skip(if: $y) { name } ...F @include(if: $y) } }"
    " fragment F on Branch { leaves { name } }",
    "{ branch { leaves { name } ... on Branch { leaves { weight } } ...F } } fragment F on Branch { leaves { price } }",
    "{ a: named(leaf: true) { __typename name ... on Leaf { weight } ... on Branch { leaves { name } } }"
    " b: named(leaf: false) { name ... on Leaf { weight } ... on Branch { leaves { name } } } }",
    "{ either { __typename ... on Named { name } ... on Leaf { colour } ... on Branch { slowLeaves { name } } } }",
    "{ foreign { __typename } branch { name } }",
    "{ branch { leaves { nothing } } other: branch { name } }",
    "{ branch { leaves { name wrong } } }",
    "{ branch { leaves { broken maybe } slowLeaves { brokenLater name } } }",
    "{ branch { slowLeaves { broken brokenLater } leaves { brokenLater } } }",
    "{ strictBranch { leaves { nothing } slowLeaves { name } } branch { name } }",
    "{ strictBranch { slowLeaves { name } leaves { nothing } } }",
    "{ branch { generated { name } mixed streamed noList inner { inner { inner { name } } } } }",
    "{ branch { strict name failure { name } stranger { name } } }",
    '{ echo(wish: {}) again: echo(wish: { times: null, colours: [RED, BLUE] }, also: "one", colour: RED) }',
    'query ($w: Wish!) { echo(wish: $w) nested: echo(wish: { name: "n", times: 3 }, also: ["a", "b"]) }',
    "query ($s: [String!], $c: Colour! = RED) { echo(wish: {}, also: $s, colour: $c) }",
    "{ loud named(leaf: true) { name } secret }",
    '{ loud(word: "hey") }',
    "{ __schema { queryType { name fields { name args { name defaultValue } } } } __type(name: \"Leaf\") { kind } }",
    "query @experimental_disableErrorPropagation { branch { leaves { nothing } } }",
    "{ nowhere }",
]  # fmt: skip
VARIABLES = [
    {},
    {"n": "v", "k": 3, "y": True, "w": {"name": "w", "colours": ["BLUE"]}, "s": ["p"], "c": "BLUE"},
    {"n": None, "k": 0, "y": False, "w": {"times": None}, "s": None},
    {"n": "v", "k": "many", "y": 1, "w": {"name": 5}, "c": "GREEN"},
]


def answered(schema, executor, query, variables):
    """The answer as text: its data in order, its errors as they were told, and what was behind each."""
    schema.execution_context_class = executor
    result = asyncio.run(schema.execute(query, variable_values=dict(variables)))
    errors = [(error.formatted, repr(error.original_error)) for error in result.errors or ()]
    return json.dumps([result.data, errors])


@pytest.fixture(scope="module")
def schema():
    class Silent(strawberry.Schema):
        def process_errors(self, errors, execution_context=None):
            """Failures are what is compared here."""

    return Silent(query=Queries, types=[Leaf], extensions=[ParserCache])


@pytest.mark.parametrize("query", OPERATIONS)
def test_an_answer_is_graphql_cores(schema, query):
    for variables in VARIABLES:
        told = answered(schema, StrawberryGraphQLCoreExecutionContext, query, variables)
        for _ in range(2):
            assert answered(schema, CompiledExecutor, query, variables) == told


def test_plans_are_kept_by_what_their_conditions_came_to_and_forgotten_in_time(schema, monkeypatch):
    plans = Plans(most=2)
    monkeypatch.setattr(CompiledExecutor, "plans", plans)
    for query in ("{ branch { name } }", "query ($y: Boolean!) { branch { name @skip(if: $y) __typename } }"):
        for value in (True, False, True):
            answered(schema, CompiledExecutor, query, {"y": value})
            assert len(plans) <= 2
    assert len(plans) == 2


def test_arguments_are_of_one_request_only(schema):
    query = "query ($k: Int!) { branch { leaves(first: $k) { name } } }"
    told = [json.loads(answered(schema, CompiledExecutor, query, {"k": k}))[0] for k in (3, 1)]
    assert [len(data["branch"]["leaves"]) for data in told] == [3, 1]
